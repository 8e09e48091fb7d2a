//===- ParserVariables.cpp - Variables and registers ----------------------===//

#include "Parser.h"

#include <algorithm>
#include <bit>

namespace kgen::emulator::ptx {

/// .global .align 16 .b8 name[16] = {...}, name2, ...;
bool Parser::parseVariables(bool isExtern) {
  Declaration shared;
  shared.symbol.isExtern = isExtern;
  const Token space = token;
  if (space.text == ".shared")
    shared.symbol.space = Space::Shared;
  else if (space.text == ".local")
    shared.symbol.space = Space::Local;
  else
    shared.symbol.space = space.text == ".const" ? Space::Const : Space::Global;
  if (isExtern && shared.symbol.space != Space::Shared)
    return unsupported(space, ".extern .shared only: nothing is linked");
  advance();
  if (!parseAttributes(shared))
    return false;
  do {
    Declaration declaration = shared;
    if (!parseVariableName(declaration) || !finishVariable(declaration) ||
        !declareVariable(declaration))
      return false;
  } while (acceptSymbol(','));
  return expectSymbol(';');
}

/// [.align n] [.v2 | .v4] .type, in any order that ends in the name.
bool Parser::parseAttributes(Declaration &declaration) {
  uint32_t alignment = 0;
  uint64_t vector = 1;
  Symbol &symbol = declaration.symbol;
  symbol.type = Type::None;
  while (token.kind == TokenKind::Directive) {
    if (token.isDirective(".align")) {
      if (!parseAlignment(alignment))
        return false;
      continue;
    }
    const Type type = parseType(token.text.substr(1));
    if (type != Type::None && type != Type::Pred)
      symbol.type = type;
    else if (token.isDirective(".v2") || token.isDirective(".v4"))
      vector = token.text == ".v2" ? 2 : 4;
    else if (token.isDirective(".ptr"))
      break;
    else
      return fail(token, "an attribute of a variable, or its type");
    advance();
  }
  if (symbol.type == Type::None)
    return fail(token, "a type");
  declaration.elementBytes = vector * bytesOf(symbol.type);
  symbol.alignment = alignment ? alignment : uint32_t(declaration.elementBytes);
  return true;
}

bool Parser::parseAlignment(uint32_t &alignment) {
  advance();
  const Token number = token;
  uint64_t value = 0;
  constexpr uint64_t kMaximumAlignment = 1 << 16;
  if (!expectInteger("an alignment", kMaximumAlignment, value))
    return false;
  if (!std::has_single_bit(value))
    return fail(number, "a power of two");
  alignment = uint32_t(value);
  return true;
}

bool Parser::parseVariableName(Declaration &declaration) {
  declaration.line = token.line;
  if (!expectName("a name", declaration.name))
    return false;
  declaration.symbol.name = declaration.name;
  declaration.symbol.bytes = declaration.elementBytes;
  return parseDimensions(declaration);
}

/// name, name[4], name[4][8], name[]
bool Parser::parseDimensions(Declaration &declaration) {
  uint64_t &bytes = declaration.symbol.bytes;
  while (acceptSymbol('[')) {
    if (acceptSymbol(']')) {
      if (declaration.unsized || bytes != declaration.elementBytes)
        return fail(declaration.line, "a second dimension without a size",
                    "its size");
      declaration.unsized = true;
      bytes = 0;
      return true;
    }
    uint64_t count = 0;
    if (!expectInteger("a number of elements", Limits::kVariableBytes, count))
      return false;
    bytes *= count; // both at most 2^30
    if (!withinLimit(bytes, Limits::kVariableBytes, declaration.line,
                     "bytes in a variable") ||
        !expectSymbol(']'))
      return false;
  }
  return true;
}

/// = value, or = { value, {value, ...} }. Nested braces only group.
bool Parser::parseInitialiser(Declaration &declaration) {
  Symbol &symbol = declaration.symbol;
  if (!token.isSymbol('{'))
    return parseInitialValue(symbol);
  size_t depth = 0;
  do {
    while (acceptSymbol('{'))
      if (!withinLimit(++depth, Limits::kNesting, token.line, "nested braces"))
        return false;
    if (!token.isSymbol('}') && !parseInitialValue(symbol))
      return false;
    while (depth > 0 && acceptSymbol('}'))
      --depth;
  } while (depth > 0 && acceptSymbol(','));
  return depth == 0 || fail(token, "',' or '}'");
}

/// Whether the integer fits the type, read as signed or as unsigned.
static bool fits(const Literal &value, bool negative, uint32_t bytes) {
  if (negative && value.bits > uint64_t(1) << (8 * std::min(bytes, 8u) - 1))
    return false;
  return bytes >= 8 || negative || value.bits >> (8 * bytes) == 0;
}

/// Appends one number's bytes, least significant first.
bool Parser::parseInitialValue(Symbol &symbol) {
  const Token start = token;
  const bool negative = acceptSymbol('-');
  if (token.kind == TokenKind::Word)
    return unsupported(token, "a number: addresses in initialisers are not "
                              "emulated");
  const auto value =
      token.kind == TokenKind::Number ? parseLiteral(token.text) : std::nullopt;
  const uint32_t bytes = bytesOf(symbol.type);
  const bool isFloat = symbol.type == Type::F32 || symbol.type == Type::F64;
  if (!value || (!value->isFloat && !fits(*value, negative, bytes)))
    return fail(start, "a value of ." + std::string(spelling(symbol.type)));
  if (value->isFloat != isFloat || bytes > 8)
    return unsupported(start, "integers for integer types, floats for .f32 "
                              "and .f64");
  uint64_t bits = value->bits;
  if (isFloat && value->isF64Bits != (symbol.type == Type::F64)) {
    if (symbol.type == Type::F64)
      bits =
          std::bit_cast<uint64_t>(double(std::bit_cast<float>(uint32_t(bits))));
    else
      bits = std::bit_cast<uint32_t>(float(std::bit_cast<double>(bits)));
  }
  if (negative)
    bits = isFloat ? bits ^ uint64_t(1) << (8 * bytes - 1) : ~bits + 1;
  for (uint32_t i = 0; i < bytes; ++i)
    symbol.initial.push_back(uint8_t(bits >> (8 * i)));
  advance();
  return true;
}

/// The initialiser, and what only it or its absence can say of the size.
bool Parser::finishVariable(Declaration &declaration) {
  Symbol &symbol = declaration.symbol;
  const bool takesValues =
      symbol.space == Space::Global || symbol.space == Space::Const;
  const Token equals = token;
  if (acceptSymbol('=')) {
    if (!takesValues)
      return fail(equals, "no initialiser: shared and local memory have none");
    if (!parseInitialiser(declaration))
      return false;
    if (declaration.unsized)
      symbol.bytes = symbol.initial.size();
    if (symbol.initial.size() > symbol.bytes)
      return fail(equals, "no more values than the variable has elements");
  } else if (declaration.unsized != symbol.isExtern) {
    return declaration.unsized
               ? fail(declaration.line, "an array without a size", "its size")
               : fail(declaration.line, "a size",
                      "an .extern array without one: nothing is linked",
                      ErrorCode::EmulatorUnsupported);
  }
  return true;
}

bool Parser::declareVariable(Declaration &declaration) {
  if (builder)
    return builder->declareSymbol(declaration.name,
                                  std::move(declaration.symbol)) ||
           fail(declaration.line, std::string(declaration.name),
                "a name that is new here, within the kernel's memory");
  const uint32_t number = uint32_t(variables.size());
  if (!withinLimit(number + 1, Limits::kVariables, declaration.line,
                   "variables"))
    return false;
  if (!variableNumbers.emplace(declaration.name, number).second)
    return fail(declaration.line, std::string(declaration.name),
                "a name that is new in the module");
  variables.push_back(std::move(declaration.symbol));
  return true;
}

/// .reg .b32 %r<12>, a, b;
bool Parser::parseRegisters() {
  advance();
  const Token word = token;
  const Type type = word.kind == TokenKind::Directive
                        ? parseType(word.text.substr(1))
                        : Type::None;
  if (word.isDirective(".v2") || word.isDirective(".v4"))
    return unsupported(word, "scalar registers");
  if (type == Type::None)
    return fail(word, "a register's type");
  advance();
  do {
    if (!parseRegisterNames(type))
      return false;
  } while (acceptSymbol(','));
  return expectSymbol(';');
}

bool Parser::parseRegisterNames(Type type) {
  const Token start = token;
  std::string_view name;
  if (!expectName("a register's name", name))
    return false;
  uint64_t count = 1;
  const bool isRange = acceptSymbol('<');
  if (isRange &&
      (!expectInteger("a number of registers", Limits::kRegisters, count) ||
       !expectSymbol('>')))
    return false;
  declaredRegisters += count;
  if (!withinLimit(declaredRegisters, Limits::kRegisters, start.line,
                   "registers"))
    return false;
  const bool isNew =
      isRange ? builder->declareRegisters(name, uint32_t(count), type)
              : builder->declareRegister(name, type);
  return isNew || fail(start, "a register name that is new in this scope");
}

} // namespace kgen::emulator::ptx
