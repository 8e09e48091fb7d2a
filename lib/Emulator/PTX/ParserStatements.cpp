//===- ParserStatements.cpp - Instructions, labels and branches -----------===//

#include "Parser.h"

namespace kgen::emulator::ptx {

/// [@[!]p] mnemonic [operand {, operand}]; or a label.
bool Parser::parseStatement() {
  Statement statement;
  if (token.isSymbol('@') && !parseGuard(statement))
    return false;
  const Token word = token;
  if (word.kind != TokenKind::Word)
    return fail(word, "an instruction, a label or '}'");
  advance();
  if (token.isSymbol(':') && statement.guard < 0) {
    advance();
    return parseLabel(word);
  }
  statement.line = word.line;
  if (!parseMnemonic(word, statement) || !parseOperands(statement))
    return false;
  const char *end = token.text.data(); // of the ';'
  if (!expectSymbol(';') || !withinLimit(++statementCount, Limits::kStatements,
                                         word.line, "statements"))
    return false;
  std::string &texts = module->statementTexts;
  const size_t start = texts.size();
  appendOnOneLine({word.text.data(), size_t(end - word.text.data())}, texts);
  statement.text = std::string_view(texts).substr(start);
  builder->kernel.statements.push_back(std::move(statement));
  return true;
}

bool Parser::parseGuard(Statement &statement) {
  advance();
  statement.guardNegated = acceptSymbol('!');
  const auto number = token.kind == TokenKind::Word
                          ? builder->findRegister(token.text)
                          : std::nullopt;
  if (!number || builder->kernel.registers[*number].type != Type::Pred)
    return fail(token, "a predicate register");
  statement.guard = int32_t(*number);
  advance();
  return true;
}

bool Parser::parseMnemonic(const Token &word, Statement &statement) {
  std::string_view rest = word.text;
  if (rest.front() == '%' || rest == "_")
    return fail(word, "an instruction");
  for (;;) {
    const size_t dot = rest.find('.');
    statement.parts.push_back(rest.substr(0, dot));
    if (dot == std::string_view::npos)
      break;
    rest.remove_prefix(dot + 1);
  }
  if (statement.parts.front() == "call")
    return unsupported(word, "no calls: functions are not emulated");
  return true;
}

bool Parser::parseOperands(Statement &statement) {
  if (token.isSymbol(';'))
    return true;
  const bool branches =
      statement.parts.front() == "bra" || statement.parts.front() == "brx";
  do {
    const bool isLabel =
        branches && token.kind == TokenKind::Word && token.text.front() != '%';
    if (isLabel ? !parseBranchOperand(statement)
                : !parseOperand(statement.operands.emplace_back(), 0))
      return false;
  } while (acceptSymbol(','));
  return token.isSymbol(';') || fail(token, "',' or ';'");
}

/// A label of bra, which may stand further down; or brx's list of labels.
bool Parser::parseBranchOperand(Statement &statement) {
  const Token name = token;
  std::string_view ignored;
  if (!expectName("a label", ignored) || !countOperand(name.line))
    return false;
  if (const BranchTable *table = builder->findBranchTable(name.text))
    return parseBranchTable(statement, *table);
  const auto number = uint32_t(builder->kernel.statements.size());
  const auto operand = uint32_t(statement.operands.size());
  statement.operands.emplace_back().kind = OperandKind::Label;
  builder->useLabel({name.text, name.line, number, operand});
  return true;
}

bool Parser::parseBranchTable(Statement &statement, const BranchTable &table) {
  const auto number = uint32_t(builder->kernel.statements.size());
  const auto operand = uint32_t(statement.operands.size());
  Operand &vector = statement.operands.emplace_back();
  vector.kind = OperandKind::Vector;
  for (const auto &[name, line] : table) {
    if (!countOperand(line))
      return false;
    const auto element = int32_t(vector.elements.size());
    vector.elements.emplace_back().kind = OperandKind::Label;
    builder->useLabel({name, line, number, operand, element});
  }
  return true;
}

} // namespace kgen::emulator::ptx
