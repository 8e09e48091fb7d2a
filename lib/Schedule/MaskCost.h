//===- MaskCost.h - What a mask takes of a thread ---------------------------===//
#ifndef KGEN_SCHEDULE_MASKCOST_H
#define KGEN_SCHEDULE_MASKCOST_H

#include "kgen/Schedule/Expression.h"

#include <cstdint>

namespace kgen {

/// What a mask costs in registers: nothing; comparisons of positions; reads of
/// tables and divisions by position, whose addresses and quotients are held per
/// column. A table read at (b, h) is one number for the whole tile.
enum class MaskCost : uint8_t { None, Comparisons, Costly };

MaskCost costOf(const Expression &mask);

/// Quotients and remainders of integers.
bool isDivision(ExpressionOp op);

} // namespace kgen

#endif // KGEN_SCHEDULE_MASKCOST_H
