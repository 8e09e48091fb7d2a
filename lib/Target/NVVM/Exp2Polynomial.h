//===- Exp2Polynomial.h - Powers of two on the FMA pipe ---------------------===//
#ifndef KGEN_TARGET_NVVM_EXP2POLYNOMIAL_H
#define KGEN_TARGET_NVVM_EXP2POLYNOMIAL_H

#include "mlir/IR/Block.h"
#include "mlir/IR/PatternMatch.h"

namespace kgen::nvvm {

/// Decides, for a copy of a map's region at element `position` of a lane's list,
/// which of its marked exponentials (MathHints.h) the special-function unit
/// computes: takes their marks away. With `mixed` these are those of every other
/// pair of elements.
void assignExp2Unit(mlir::Operation *op, int64_t position);

/// Expands the exponentials that are still marked.
void populateExp2Polynomial(mlir::RewritePatternSet &patterns);

} // namespace kgen::nvvm

#endif // KGEN_TARGET_NVVM_EXP2POLYNOMIAL_H
