//===- Lexer.h - Words of PTX text ----------------------------------------===//
//
// Cuts text into tokens on demand. Never fails: what is no word of PTX comes
// out as one Bad token, which the parser reports with its line.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_PTX_LEXER_H
#define KGEN_LIB_EMULATOR_PTX_LEXER_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kgen::emulator::ptx {

enum class TokenKind : uint8_t {
  End,
  Word,      ///< "ld.shared.v2.b32", "%tid.x", "$L__BB0_2", "_"
  Directive, ///< ".reg", ".b32": one dot, one name
  Number,    ///< "12", "0x1F", "0f3F800000", "1.5e-3": Literal.h reads it
  String,    ///< "..." with its quotes
  Symbol,    ///< one of { } [ ] ( ) < > , ; : = + - * / | @ !
  Bad,       ///< a byte that starts no token, or an open string or comment
};

struct Token {
  TokenKind kind = TokenKind::End;
  std::string_view text; ///< points into the lexer's text
  uint32_t line = 1;     ///< 1-based, where the token starts

  bool isSymbol(char c) const {
    return kind == TokenKind::Symbol && text.front() == c;
  }
  bool isDirective(std::string_view word) const {
    return kind == TokenKind::Directive && text == word;
  }
};

class Lexer {
public:
  /// `text` must outlive the lexer and its tokens.
  explicit Lexer(std::string_view text) : text(text) {}

  /// The next token; End for ever after the last. Time: linear in the bytes
  /// consumed.
  Token next();

private:
  /// Skips blanks and comments; false at a block comment that has no end.
  bool skipBlanks();
  size_t endOfWord(size_t at) const;
  size_t endOfNumber(size_t at) const;
  size_t endOfString(size_t at) const;
  char at(size_t i) const { return i < text.size() ? text[i] : '\0'; }
  Token take(TokenKind kind, size_t end);

  std::string_view text;
  size_t position = 0;
  uint32_t line = 1;
};

/// A token as an error shows it: quoted, at most 40 bytes, printable.
std::string describe(const Token &token);

/// `text` on one line: comments dropped, runs of blanks made one space. Appends
/// at most text.size() bytes to `out`.
void appendOnOneLine(std::string_view text, std::string &out);

/// A number's value.
struct Literal {
  uint64_t bits = 0; ///< the integer, or the float's bits
  bool isFloat = false;
  bool isF64Bits = false; ///< 0d and decimal floats; 0f carries an f32's bits
};

/// Reads a Number token: decimal, 0x, 0 (octal), 0b, each with an optional U;
/// 0f with 8 and 0d with 16 hexadecimal digits; decimal floats. Nothing for a
/// word that is none of these or does not fit 64 bits.
std::optional<Literal> parseLiteral(std::string_view word);

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_PTX_LEXER_H
