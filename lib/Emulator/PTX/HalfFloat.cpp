//===- HalfFloat.cpp - f16 and bf16
//----------------------------------------===//

#include "HalfFloat.h"

#include <algorithm>
#include <cmath>

namespace kgen::emulator::ptx {

static bool roundsAway(Rounding mode, bool negative, double rest, bool odd) {
  switch (mode) {
  case Rounding::Nearest:
    return rest > 0.5 || (rest == 0.5 && odd);
  case Rounding::Zero:
    return false;
  case Rounding::Down:
    return negative && rest > 0;
  case Rounding::Up:
    return !negative && rest > 0;
  }
  return false;
}

/// `fraction` bits of fraction; `least`: exponent of the least normal number.
static uint16_t encode(double value, Rounding mode, int fraction, int least) {
  if (value != value)
    return kHalfNan;
  bool negative = std::signbit(value);
  uint16_t sign = negative ? 0x8000 : 0;
  uint32_t infinity = 0x7FFFu & ~((1u << fraction) - 1);
  double magnitude = std::fabs(value);
  if (std::isinf(magnitude))
    return uint16_t(sign | infinity);
  int exponent =
      magnitude == 0 ? least : std::max(std::ilogb(magnitude), least);
  // In units of the last place; less than 2^(fraction + 1), so that the whole
  // part's carry into the exponent field is the right encoding.
  double units = std::scalbn(magnitude, fraction - exponent);
  double whole = std::floor(units);
  uint64_t code = uint64_t(whole) + (uint64_t(exponent - least) << fraction);
  if (roundsAway(mode, negative, units - whole, uint64_t(whole) & 1))
    ++code;
  if (code >= infinity) {
    bool stays = mode == Rounding::Zero ||
                 (mode == Rounding::Down && !negative) ||
                 (mode == Rounding::Up && negative);
    code = stays ? infinity - 1 : infinity;
  }
  return uint16_t(sign | code);
}

uint16_t doubleToHalf(double value, Rounding mode) {
  return encode(value, mode, 10, -14);
}

uint16_t doubleToBrain(double value, Rounding mode) {
  return encode(value, mode, 7, -126);
}

} // namespace kgen::emulator::ptx
