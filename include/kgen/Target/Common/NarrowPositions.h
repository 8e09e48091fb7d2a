//===- NarrowPositions.h - 32-bit arithmetic of rows and keys in maps -------===//
#ifndef KGEN_TARGET_COMMON_NARROWPOSITIONS_H
#define KGEN_TARGET_COMMON_NARROWPOSITIONS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace kgen {

/// Rewrites index arithmetic in the maps of a kernel to i32 where intervals prove
/// that nothing is lost: sums, differences, products, quotients, remainders,
/// minima, maxima and comparisons of positions, sizes and constants. A GPU has
/// 32-bit registers, and a mask is computed once an element. Positions are below
/// 2^24 (lib/Analysis/KvRange.h), sizes below 2^31 (KernelSignature.h); other
/// values from outside stay as wide as they are.
void narrowPositions(mlir::func::FuncOp kernel);

} // namespace kgen

#endif // KGEN_TARGET_COMMON_NARROWPOSITIONS_H
