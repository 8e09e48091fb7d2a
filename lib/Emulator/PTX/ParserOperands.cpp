//===- ParserOperands.cpp - Operands of statements -----------------------===//

#include "Parser.h"

#include <algorithm>

namespace kgen::emulator::ptx {

bool Parser::countOperand(uint32_t line) {
  return withinLimit(++operandCount, Limits::kOperands, line, "operands");
}

/// An operand, or d|p.
bool Parser::parseOperand(Operand &operand, size_t depth) {
  if (!parsePlainOperand(operand, depth))
    return false;
  if (!token.isSymbol('|'))
    return true;
  const Token bar = token;
  advance();
  Operand pair, second;
  if (!parsePlainOperand(second, depth))
    return false;
  const auto isPart = [](const Operand &part) {
    return part.kind == OperandKind::Register || part.kind == OperandKind::Sink;
  };
  if (!isPart(operand) || !isPart(second))
    return fail(bar, "a register or '_' on each side");
  pair.kind = OperandKind::Pair;
  pair.elements.push_back(std::move(operand));
  pair.elements.push_back(std::move(second));
  operand = std::move(pair);
  return true;
}

bool Parser::parsePlainOperand(Operand &operand, size_t depth) {
  if (!countOperand(token.line) ||
      !withinLimit(depth, Limits::kNesting, token.line, "nested operands"))
    return false;
  if (acceptSymbol('{'))
    return parseVector(operand, depth);
  if (acceptSymbol('['))
    return parseAddress(operand, depth);
  if (acceptSymbol('!'))
    return parseNegated(operand);
  const bool negative = acceptSymbol('-');
  if (negative || token.kind == TokenKind::Number)
    return parseNumberOperand(operand, negative);
  if (token.kind == TokenKind::Word)
    return parseWordOperand(operand);
  return fail(token, "an operand");
}

bool Parser::parseNegated(Operand &operand) {
  const Token name = token;
  if (name.kind != TokenKind::Word || !parseWordOperand(operand) ||
      operand.kind != OperandKind::Register)
    return fail(name, "a register after '!'");
  operand.negated = true;
  return true;
}

bool Parser::parseNumberOperand(Operand &operand, bool negative) {
  const auto literal =
      token.kind == TokenKind::Number ? parseLiteral(token.text) : std::nullopt;
  constexpr uint64_t kSign = uint64_t(1) << 63;
  if (!literal || (negative && !literal->isFloat && literal->bits > kSign))
    return fail(token, "a number of at most 64 bits");
  operand.kind = OperandKind::Immediate;
  operand.bits = literal->bits;
  operand.isFloat = literal->isFloat;
  operand.isF64Bits = literal->isF64Bits;
  if (negative && !literal->isFloat)
    operand.bits = ~literal->bits + 1;
  else if (negative)
    operand.bits ^= literal->isF64Bits ? kSign : uint64_t(1) << 31;
  advance();
  return true;
}

/// A special register's name without its .x: those of PTX 8.6.
static bool isSpecialRegister(std::string_view name) {
  static constexpr std::string_view kNames[] = {"%tid",
                                                "%ntid",
                                                "%laneid",
                                                "%warpid",
                                                "%nwarpid",
                                                "%ctaid",
                                                "%nctaid",
                                                "%smid",
                                                "%nsmid",
                                                "%gridid",
                                                "%is_explicit_cluster",
                                                "%clusterid",
                                                "%nclusterid",
                                                "%cluster_ctaid",
                                                "%cluster_nctaid",
                                                "%cluster_ctarank",
                                                "%cluster_nctarank",
                                                "%lanemask_eq",
                                                "%lanemask_le",
                                                "%lanemask_lt",
                                                "%lanemask_ge",
                                                "%lanemask_gt",
                                                "%clock",
                                                "%clock_hi",
                                                "%clock64",
                                                "%globaltimer",
                                                "%globaltimer_lo",
                                                "%globaltimer_hi",
                                                "%total_smem_size",
                                                "%aggr_smem_size",
                                                "%dynamic_smem_size",
                                                "%current_graph_exec"};
  const size_t dot = name.find('.');
  if (dot != std::string_view::npos) {
    const std::string_view part = name.substr(dot);
    if (part != ".x" && part != ".y" && part != ".z" && part != ".w")
      return false;
  }
  return std::ranges::find(kNames, name.substr(0, dot)) != std::end(kNames);
}

bool Parser::parseWordOperand(Operand &operand) {
  const Token name = token;
  if (name.text == "_") {
    operand.kind = OperandKind::Sink;
  } else if (name.text == "WARP_SZ") {
    operand.kind = OperandKind::Immediate;
    operand.bits = 32;
  } else if (const auto number = builder->findRegister(name.text)) {
    operand.kind = OperandKind::Register;
    operand.index = *number;
  } else if (isSpecialRegister(name.text)) {
    operand.kind = OperandKind::Special;
    operand.index = builder->special(name.text);
  } else if (!resolveSymbol(name, operand)) {
    return fail(name, "a register or variable that is declared");
  }
  advance();
  if (operand.kind == OperandKind::Symbol)
    return parseOffset(operand.offset);
  return true;
}

bool Parser::resolveSymbol(const Token &name, Operand &operand) {
  auto number = builder->findSymbol(name.text);
  if (!number) {
    const auto found = variableNumbers.find(name.text);
    if (found == variableNumbers.end())
      return false;
    number = useModuleVariable(found->second, name);
    if (!number)
      return false;
  }
  operand.kind = OperandKind::Symbol;
  operand.index = *number;
  return true;
}

/// The kernel's copy of a variable, within the limit on all copies together.
std::optional<uint32_t> Parser::useModuleVariable(uint32_t number,
                                                  const Token &name) {
  const size_t before = builder->kernel.symbols.size();
  const auto index = builder->useModuleSymbol(number, variables[number]);
  if (!index) {
    fail(name, "variables that fit the kernel's memory");
    return std::nullopt;
  }
  if (builder->kernel.symbols.size() != before)
    initialBytes += variables[number].initial.size();
  if (!withinLimit(initialBytes, Limits::kInitialBytes, name.line,
                   "bytes of initialisers"))
    return std::nullopt;
  return index;
}

bool Parser::parseVector(Operand &operand, size_t depth) {
  operand.kind = OperandKind::Vector;
  do {
    if (!parseOperand(operand.elements.emplace_back(), depth + 1))
      return false;
  } while (acceptSymbol(','));
  return expectSymbol('}');
}

/// After '[': [base], [base + 16], [16], [map, {x, y}].
bool Parser::parseAddress(Operand &operand, size_t depth) {
  operand.kind = OperandKind::Address;
  if (token.kind == TokenKind::Number) {
    uint64_t value = 0;
    if (!expectInteger("an address", INT64_MAX, value))
      return false;
    operand.offset = int64_t(value);
  } else {
    Operand &base = operand.elements.emplace_back();
    if (token.kind != TokenKind::Word || token.text == "_")
      return fail(token, "a register, a variable or a number");
    if (!countOperand(token.line) || !parseWordOperand(base))
      return false;
    // [variable + 8]: the address carries the offset, not its base.
    std::swap(operand.offset, base.offset);
  }
  if (!parseOffset(operand.offset))
    return false;
  while (acceptSymbol(','))
    if (!parseOperand(operand.elements.emplace_back(), depth + 1))
      return false;
  return expectSymbol(']');
}

/// Adds what follows: + 16, - 16, +-16.
bool Parser::parseOffset(int64_t &offset) {
  while (token.isSymbol('+') || token.isSymbol('-')) {
    const Token start = token;
    acceptSymbol('+');
    const bool negative = acceptSymbol('-');
    uint64_t value = 0;
    if (!expectInteger("an offset", INT64_MAX, value))
      return false;
    const int64_t change = negative ? -int64_t(value) : int64_t(value);
    if (__builtin_add_overflow(offset, change, &offset))
      return fail(start, "an offset of 64 bits");
  }
  return true;
}

} // namespace kgen::emulator::ptx
