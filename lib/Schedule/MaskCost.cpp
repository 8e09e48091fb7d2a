//===- MaskCost.cpp - What a mask takes of a thread -------------------------===//

#include "MaskCost.h"

namespace kgen {

MaskCost costOf(const Expression &mask) {
  if (mask.empty())
    return MaskCost::None;
  for (const Instruction &instruction : mask.instructions)
    switch (instruction.op) {
    case ExpressionOp::TableRead:
    case ExpressionOp::DivSigned:
    case ExpressionOp::DivUnsigned:
    case ExpressionOp::RemSigned:
    case ExpressionOp::RemUnsigned:
    case ExpressionOp::FloorDivSigned:
    case ExpressionOp::CeilDivSigned:
      return MaskCost::Costly;
    default:
      break;
    }
  return MaskCost::Comparisons;
}

} // namespace kgen
