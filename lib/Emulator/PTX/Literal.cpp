//===- Literal.cpp - Numbers of PTX text ----------------------------------===//

#include "Lexer.h"

#include <bit>
#include <charconv>

namespace kgen::emulator::ptx {

/// The whole of `digits` in `base`; nothing if it is not, or overflows.
static std::optional<uint64_t> readInteger(std::string_view digits, int base) {
  uint64_t value = 0;
  const char *end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  if (error != std::errc() || stop != end)
    return std::nullopt;
  return value;
}

static std::optional<Literal> readFloatBits(std::string_view digits,
                                            bool isF64) {
  if (digits.size() != (isF64 ? 16u : 8u))
    return std::nullopt;
  const auto bits = readInteger(digits, 16);
  if (!bits)
    return std::nullopt;
  return Literal{*bits, /*isFloat=*/true, isF64};
}

static std::optional<Literal> readDecimalFloat(std::string_view word) {
  double value = 0;
  const char *end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc() || stop != end)
    return std::nullopt;
  return Literal{std::bit_cast<uint64_t>(value), /*isFloat=*/true,
                 /*isF64Bits=*/true};
}

static std::optional<Literal> readInteger(std::string_view word) {
  if (word.ends_with('U'))
    word.remove_suffix(1);
  int base = 10;
  if (word.size() > 1 && word[0] == '0') {
    const char kind = word[1];
    base = kind == 'x' || kind == 'X' ? 16 : kind == 'b' || kind == 'B' ? 2 : 8;
    word.remove_prefix(base == 8 ? 1 : 2);
  }
  const auto value = readInteger(word, base);
  if (!value)
    return std::nullopt;
  return Literal{*value};
}

std::optional<Literal> parseLiteral(std::string_view word) {
  if (word.empty() || word[0] < '0' || word[0] > '9')
    return std::nullopt;
  const std::string_view prefix = word.substr(0, 2);
  if (prefix == "0f" || prefix == "0F")
    return readFloatBits(word.substr(2), /*isF64=*/false);
  if (prefix == "0d" || prefix == "0D")
    return readFloatBits(word.substr(2), /*isF64=*/true);
  const bool hexadecimal = prefix == "0x" || prefix == "0X";
  if (!hexadecimal && word.find_first_of(".eE") != std::string_view::npos)
    return readDecimalFloat(word);
  return readInteger(word);
}

} // namespace kgen::emulator::ptx
