//===- Lexer.cpp - Words of PTX text --------------------------------------===//

#include "Lexer.h"

namespace kgen::emulator::ptx {

// <cctype> depends on the locale and on the sign of char.
static bool isDigit(char c) { return c >= '0' && c <= '9'; }
static bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static bool isNameStart(char c) {
  return isLetter(c) || c == '_' || c == '$' || c == '%';
}
static bool isNamePart(char c) {
  return isLetter(c) || isDigit(c) || c == '_' || c == '$';
}
static bool isBlank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' ||
         c == '\v';
}
static bool isSymbol(char c) {
  return std::string_view("{}[]()<>,;:=+-*/|@!").find(c) !=
         std::string_view::npos;
}

bool Lexer::skipBlanks() {
  while (position < text.size()) {
    const char c = text[position];
    if (isBlank(c)) {
      line += c == '\n';
      ++position;
    } else if (c == '/' && at(position + 1) == '/') {
      const size_t end = text.find('\n', position);
      position = end == std::string_view::npos ? text.size() : end;
    } else if (c == '/' && at(position + 1) == '*') {
      const size_t end = text.find("*/", position + 2);
      if (end == std::string_view::npos)
        return false;
      for (; position < end + 2; ++position)
        line += text[position] == '\n';
    } else {
      return true;
    }
  }
  return true;
}

size_t Lexer::endOfWord(size_t i) const {
  ++i;
  for (;;) {
    while (isNamePart(at(i)))
      ++i;
    if (at(i) == '.' && isNamePart(at(i + 1)))
      i += 1;
    else if (at(i) == ':' && at(i + 1) == ':' && isNamePart(at(i + 2)))
      i += 2;
    else
      return i;
  }
}

size_t Lexer::endOfNumber(size_t i) const {
  const char second = at(i + 1);
  const bool prefixed =
      at(i) == '0' && (isLetter(second) && second != 'e' && second != 'E');
  while (isNamePart(at(i)))
    ++i;
  if (prefixed)
    return i;
  if (at(i) == '.' && isDigit(at(i + 1)))
    for (++i; isNamePart(at(i));)
      ++i;
  const char last = at(i - 1);
  if ((last == 'e' || last == 'E') && (at(i) == '+' || at(i) == '-') &&
      isDigit(at(i + 1)))
    for (++i; isDigit(at(i));)
      ++i;
  return i;
}

/// One past the closing quote; `start` itself for a string that has no end on
/// its line.
size_t Lexer::endOfString(size_t start) const {
  for (size_t i = start + 1; i < text.size() && text[i] != '\n'; ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return start;
}

Token Lexer::take(TokenKind kind, size_t end) {
  Token token{kind, text.substr(position, end - position), line};
  position = end;
  return token;
}

Token Lexer::next() {
  if (!skipBlanks())
    return take(TokenKind::Bad, text.size());
  if (position >= text.size())
    return {TokenKind::End, text.substr(text.size()), line};
  const char c = text[position];
  if (c == '.' && isNamePart(at(position + 1))) {
    size_t end = position + 1;
    while (isNamePart(at(end)))
      ++end;
    return take(TokenKind::Directive, end);
  }
  if (c == '%' ? isNamePart(at(position + 1)) : isNameStart(c))
    return take(TokenKind::Word, endOfWord(position));
  if (isDigit(c))
    return take(TokenKind::Number, endOfNumber(position));
  if (c == '"') {
    const size_t end = endOfString(position);
    return end == position ? take(TokenKind::Bad, text.size())
                           : take(TokenKind::String, end);
  }
  return take(isSymbol(c) ? TokenKind::Symbol : TokenKind::Bad, position + 1);
}

std::string describe(const Token &token) {
  if (token.kind == TokenKind::End)
    return "the end of the text";
  constexpr size_t kShown = 40;
  std::string out = "'";
  for (char c : token.text.substr(0, kShown)) {
    if (c >= 0x20 && c < 0x7f) {
      out += c;
      continue;
    }
    constexpr char digits[] = "0123456789abcdef";
    out += "\\x";
    out += digits[uint8_t(c) >> 4];
    out += digits[uint8_t(c) & 15];
  }
  return out + (token.text.size() > kShown ? "...'" : "'");
}

void appendOnOneLine(std::string_view text, std::string &out) {
  bool blank = false;
  const size_t start = out.size();
  for (size_t i = 0; i < text.size(); ++i) {
    const bool lineComment = text.substr(i, 2) == "//";
    if (lineComment || text.substr(i, 2) == "/*") {
      const size_t end =
          lineComment ? text.find('\n', i) : text.find("*/", i + 2);
      if (end == std::string_view::npos)
        return;
      i = lineComment ? end : end + 1;
      blank = true;
    } else if (isBlank(text[i])) {
      blank = true;
    } else {
      if (blank && out.size() != start)
        out += ' ';
      blank = false;
      out += text[i];
    }
  }
}

} // namespace kgen::emulator::ptx
