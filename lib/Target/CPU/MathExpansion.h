//===- MathExpansion.h - math operations as vector arithmetic --------------===//
#ifndef KGEN_LIB_TARGET_CPU_MATHEXPANSION_H
#define KGEN_LIB_TARGET_CPU_MATHEXPANSION_H

#include "mlir/IR/Operation.h"
#include "mlir/Support/LogicalResult.h"

namespace kgen::cpu {

/// Rewrites every math operation on f32 (scalar or vector) below `root` into
/// arithmetic that x86 has instructions for, and rounding to bf16 likewise:
/// exp2, exp, log2, log and tanh within 2-4 ulp, the others by upstream's
/// approximations. What is left is refused with a diagnostic.
mlir::LogicalResult expandMath(mlir::Operation *root);

} // namespace kgen::cpu

#endif // KGEN_LIB_TARGET_CPU_MATHEXPANSION_H
