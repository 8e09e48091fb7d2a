//===- Parser.cpp - Tokens and the module's own items ---------------------===//

#include "Parser.h"

namespace kgen::emulator::ptx {

Parser::Parser(std::string text)
    : module(std::make_unique<Module>()), lexer({}) {
  module->text = std::move(text);
  lexer = Lexer(module->text);
}

//===----------------------------------------------------------------------===//
// Tokens
//===----------------------------------------------------------------------===//

void Parser::advance() { token = lexer.next(); }

bool Parser::acceptSymbol(char c) {
  if (!token.isSymbol(c))
    return false;
  advance();
  return true;
}

bool Parser::acceptDirective(std::string_view word) {
  if (!token.isDirective(word))
    return false;
  advance();
  return true;
}

bool Parser::expectSymbol(char c) {
  return acceptSymbol(c) || fail(token, std::string("'") + c + "'");
}

/// A name: a word without dots.
bool Parser::expectName(std::string_view what, std::string_view &name) {
  if (token.kind != TokenKind::Word || token.text == "_" ||
      token.text.find_first_of(".:") != std::string_view::npos)
    return fail(token, what);
  name = token.text;
  advance();
  return true;
}

bool Parser::expectInteger(std::string_view what, uint64_t maximum,
                           uint64_t &value) {
  const auto literal =
      token.kind == TokenKind::Number ? parseLiteral(token.text) : std::nullopt;
  if (!literal || literal->isFloat || literal->bits > maximum)
    return fail(token,
                std::string(what) + " of at most " + std::to_string(maximum));
  value = literal->bits;
  advance();
  return true;
}

bool Parser::fail(uint32_t line, std::string_view found,
                  std::string_view expected, ErrorCode code) {
  if (!failure)
    failure = Error(code, "line " + std::to_string(line) + ": found " +
                              std::string(found) + ", expected " +
                              std::string(expected));
  return false;
}

bool Parser::fail(const Token &found, std::string_view expected) {
  return fail(found.line, describe(found), expected);
}

bool Parser::unsupported(const Token &found, std::string_view expected) {
  return fail(found.line, describe(found), expected,
              ErrorCode::EmulatorUnsupported);
}

bool Parser::withinLimit(uint64_t value, uint64_t limit, uint32_t line,
                         std::string_view what) {
  return value <= limit ||
         fail(line, std::to_string(value) + " " + std::string(what),
              "at most " + std::to_string(limit),
              ErrorCode::EmulatorUnsupported);
}

//===----------------------------------------------------------------------===//
// The module
//===----------------------------------------------------------------------===//

Expected<std::unique_ptr<Module>> Parser::run() {
  if (module->text.size() > Limits::kTextBytes)
    withinLimit(module->text.size(), Limits::kTextBytes, 1, "bytes of text");
  // Statements' texts are views into this string: it must never grow beyond
  // what is reserved. Each is at most as long as what it was written from.
  module->statementTexts.reserve(module->text.size());
  if (!failure)
    advance();
  if (!failure && parseHeader())
    while (token.kind != TokenKind::End && parseModuleItem())
      ;
  if (failure)
    return *failure;
  return std::move(module);
}

/// "8.6" of .version.
static bool readVersion(std::string_view text, uint32_t &major,
                        uint32_t &minor) {
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos)
    return false;
  const auto high = parseLiteral(text.substr(0, dot));
  const auto low = parseLiteral(text.substr(dot + 1));
  if (!high || !low || high->isFloat || low->isFloat || high->bits > 1000 ||
      low->bits > 1000)
    return false;
  major = uint32_t(high->bits);
  minor = uint32_t(low->bits);
  return true;
}

/// .version 8.6  .target sm_90a  .address_size 64
bool Parser::parseHeader() {
  if (!acceptDirective(".version"))
    return fail(token, ".version");
  if (token.kind != TokenKind::Number ||
      !readVersion(token.text, module->versionMajor, module->versionMinor))
    return fail(token, "a version such as 8.6");
  advance();
  if (!acceptDirective(".target"))
    return fail(token, ".target");
  std::string_view name;
  if (!expectName("an architecture such as sm_80", name))
    return false;
  module->target = name;
  while (acceptSymbol(','))
    if (!expectName("an option of .target", name))
      return false;
  if (acceptDirective(".address_size")) {
    if (token.text != "64")
      return unsupported(token, "64: the emulator has 64-bit addresses");
    advance();
  }
  return true;
}

bool Parser::parseModuleItem() {
  if (acceptSymbol(';'))
    return true;
  if (token.kind != TokenKind::Directive)
    return fail(token, "a kernel, a variable or another directive");
  bool isExtern = false;
  if (!parseLinkage(isExtern))
    return false;
  if (token.isDirective(".entry"))
    return isExtern ? unsupported(token, "a kernel that is defined here")
                    : parseKernel();
  for (std::string_view space : {".global", ".const", ".shared"})
    if (token.isDirective(space))
      return parseVariables(isExtern);
  if (token.isDirective(".pragma"))
    return parsePragma();
  if (token.isDirective(".file"))
    return parseFile();
  if (token.isDirective(".section"))
    return parseSection();
  for (std::string_view word :
       {".func", ".alias", ".tex", ".local", ".param", ".reg", ".metadata"})
    if (token.isDirective(word))
      return unsupported(token, "a kernel (.entry) or a .global, .const or "
                                ".shared variable");
  return fail(token, "a directive of a module");
}

bool Parser::parseLinkage(bool &isExtern) {
  for (;;) {
    if (token.isDirective(".extern"))
      isExtern = true;
    else if (!token.isDirective(".visible") && !token.isDirective(".weak") &&
             !token.isDirective(".common"))
      return true;
    advance();
  }
}

/// .file 1 "name" [, timestamp, size]
bool Parser::parseFile() {
  advance();
  uint64_t ignored = 0;
  if (!expectInteger("the file's number", UINT32_MAX, ignored))
    return false;
  if (token.kind != TokenKind::String)
    return fail(token, "the file's name");
  advance();
  while (acceptSymbol(','))
    if (!expectInteger("a time or size", UINT64_MAX, ignored))
      return false;
  return true;
}

/// .loc file line column [, function_name name[+n], inlined_at file line col]
bool Parser::parseLocation() {
  advance();
  uint64_t ignored = 0;
  for (int i = 0; i < 3; ++i)
    if (!expectInteger("a place in the source", UINT32_MAX, ignored))
      return false;
  while (acceptSymbol(',')) {
    std::string_view word, name;
    if (!expectName("function_name or inlined_at", word))
      return false;
    const bool isName = word == "function_name";
    if (isName && !expectName("a label", name))
      return false;
    if (isName && acceptSymbol('+') &&
        !expectInteger("an offset", UINT32_MAX, ignored))
      return false;
    for (int i = 0; i < 3 && !isName; ++i)
      if (!expectInteger("a place in the source", UINT32_MAX, ignored))
        return false;
  }
  return true;
}

/// .section .debug_info { ... }: skipped, with any braces inside.
bool Parser::parseSection() {
  const Token start = token;
  while (token.kind != TokenKind::End && !token.isSymbol('{'))
    advance();
  size_t depth = 0;
  while (token.kind != TokenKind::End && token.kind != TokenKind::Bad) {
    depth += token.isSymbol('{');
    depth -= token.isSymbol('}');
    advance();
    if (depth == 0)
      return true;
  }
  return fail(start, "a section that ends in '}'");
}

/// .pragma "nounroll", "...";
bool Parser::parsePragma() {
  do {
    advance();
    if (token.kind != TokenKind::String)
      return fail(token, "a string");
    advance();
  } while (token.isSymbol(','));
  return expectSymbol(';');
}

Expected<std::unique_ptr<Module>> parseModule(std::string text) {
  return Parser(std::move(text)).run();
}

} // namespace kgen::emulator::ptx
