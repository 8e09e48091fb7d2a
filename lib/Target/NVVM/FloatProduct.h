//===- FloatProduct.h - Products of f32 tiles with FMAs ---------------------===//
//
// Tensor cores round f32 to tf32, so an f32 problem uses the FMA pipes. Lanes
// own the same elements as with mma.sync. Two forms are served, those of
// attention: Q in shared memory times K transposed, and P in registers (laid out
// as an accumulator; a lane gets the rest of a row by shuffles) times V.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TARGET_NVVM_FLOATPRODUCT_H
#define KGEN_TARGET_NVVM_FLOATPRODUCT_H

#include "Fragments.h"

namespace kgen::nvvm {

/// Whether floatProduct serves the form of `op`.
bool isServedFloatProduct(tile::DotOp op);

/// The sums of `op`; `acc` may be empty.
llvm::SmallVector<mlir::Value>
floatProduct(mlir::ImplicitLocOpBuilder &builder, const KernelShape &shape,
             tile::DotOp op, mlir::ValueRange lhs, mlir::Value rhs,
             mlir::ValueRange acc);

} // namespace kgen::nvvm

#endif // KGEN_TARGET_NVVM_FLOATPRODUCT_H
