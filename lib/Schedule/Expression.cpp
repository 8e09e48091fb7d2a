//===- Expression.cpp - Spellings of score and mask programs
//---------------===//

#include "kgen/Schedule/Expression.h"

#include <cstdio>

namespace kgen {
namespace {

struct OpFacts {
  std::string_view spelling;
  int arity;
};

constexpr OpFacts opFacts[] = {
#define KGEN_EXPRESSION_OP(name, spelling, arity) {spelling, arity},
#include "kgen/Schedule/ExpressionOps.def"
};

bool isArgument(ExpressionOp op) {
  return op >= ExpressionOp::ArgumentScore &&
         op <= ExpressionOp::ArgumentKeyIndex;
}

// Whether the width of the result is part of what the op computes.
bool hasWidth(ExpressionOp op) {
  return (op >= ExpressionOp::AddInt &&
          op <= ExpressionOp::ShiftRightUnsigned) ||
         op == ExpressionOp::ConstantInt || op == ExpressionOp::SelectInt ||
         op == ExpressionOp::FloatToSigned ||
         op == ExpressionOp::SignExtendOrTruncate ||
         op == ExpressionOp::ZeroExtend;
}

std::string floatText(double value) {
  char digits[40];
  std::snprintf(digits, sizeof(digits), "%.17g", value);
  return digits;
}

// What stands between the op and its operands: constants and capture numbers.
std::string immediateText(const Instruction &instruction) {
  switch (instruction.op) {
  case ExpressionOp::ConstantFloat:
    return " " + floatText(instruction.floatValue);
  case ExpressionOp::ConstantInt:
    return " " + std::to_string(instruction.intValue);
  case ExpressionOp::CaptureScalar:
  case ExpressionOp::TableRead:
    return " capture " + std::to_string(instruction.intValue);
  case ExpressionOp::CaptureDim:
    return " capture " + std::to_string(instruction.intValue) + " dim " +
           std::to_string(instruction.dim);
  case ExpressionOp::OperandDim:
    return " operand " + std::to_string(instruction.intValue) + " dim " +
           std::to_string(instruction.dim);
  default:
    return "";
  }
}

std::string instructionText(const Instruction &instruction) {
  std::string text = isArgument(instruction.op) ? "argument " : "";
  text.append(spelling(instruction.op)).append(immediateText(instruction));
  const char *separator =
      instruction.op == ExpressionOp::TableRead ? " at " : " ";
  for (int32_t operand : instruction.operands) {
    text.append(separator).append(std::to_string(operand));
    separator = ", ";
  }
  if (hasWidth(instruction.op))
    text += " (bits " + std::to_string(instruction.bits) + ")";
  return text;
}

} // namespace

std::string_view spelling(ExpressionOp op) {
  auto index = static_cast<size_t>(op);
  return index < std::size(opFacts) ? opFacts[index].spelling : "invalid";
}

std::optional<ExpressionOp> parseExpressionOp(std::string_view text) {
  for (size_t index = 0; index < std::size(opFacts); ++index)
    if (opFacts[index].spelling == text)
      return static_cast<ExpressionOp>(index);
  return std::nullopt;
}

int arity(ExpressionOp op) {
  auto index = static_cast<size_t>(op);
  return index < std::size(opFacts) ? opFacts[index].arity : 0;
}

std::string toString(const Expression &expression) {
  std::string text;
  for (size_t i = 0; i < expression.instructions.size(); ++i)
    text += std::to_string(i) + ": " +
            instructionText(expression.instructions[i]) + "\n";
  if (!expression.empty())
    text += "result " + std::to_string(expression.result) + "\n";
  return text;
}

} // namespace kgen
