//===- MaskCost.cpp - What a mask takes of a thread -------------------------===//

#include "MaskCost.h"

namespace kgen {

namespace {

bool isPosition(ExpressionOp op) {
  return op == ExpressionOp::ArgumentQueryIndex ||
         op == ExpressionOp::ArgumentKeyIndex;
}

/// Ops that hold an address or a quotient for each position they are given.
bool holdsValues(ExpressionOp op) {
  return op == ExpressionOp::TableRead || isDivision(op);
}

} // namespace

bool isDivision(ExpressionOp op) {
  switch (op) {
  case ExpressionOp::DivSigned:
  case ExpressionOp::DivUnsigned:
  case ExpressionOp::RemSigned:
  case ExpressionOp::RemUnsigned:
  case ExpressionOp::FloorDivSigned:
  case ExpressionOp::CeilDivSigned:
    return true;
  default:
    return false;
  }
}

MaskCost costOf(const Expression &mask) {
  if (mask.empty())
    return MaskCost::None;
  std::vector<bool> varies; // with the position, by instruction
  for (const Instruction &instruction : mask.instructions) {
    bool here = isPosition(instruction.op);
    for (int32_t operand : instruction.operands)
      here = here || varies[operand];
    if (here && holdsValues(instruction.op))
      return MaskCost::Costly;
    varies.push_back(here);
  }
  return MaskCost::Comparisons;
}

} // namespace kgen
