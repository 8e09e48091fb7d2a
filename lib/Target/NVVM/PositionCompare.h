//===- PositionCompare.h - Masks as comparisons with constants --------------===//
#ifndef KGEN_TARGET_NVVM_POSITIONCOMPARE_H
#define KGEN_TARGET_NVVM_POSITIONCOMPARE_H

#include "mlir/IR/PatternMatch.h"

namespace kgen::nvvm {

/// Turns i32 comparisons of columns with bounds of rows, marked with
/// tile::kComparesPositions (MathHints.h), into comparisons with constants, and
/// joins two of one element. For the copies of a map's region, which have the
/// elements' columns; positions were narrowed to i32 before.
void populatePositionCompare(mlir::RewritePatternSet &patterns);

} // namespace kgen::nvvm

#endif // KGEN_TARGET_NVVM_POSITIONCOMPARE_H
