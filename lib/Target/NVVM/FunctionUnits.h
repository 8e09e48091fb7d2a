//===- FunctionUnits.h - Which unit computes a function ---------------------===//
#ifndef KGEN_TARGET_NVVM_FUNCTIONUNITS_H
#define KGEN_TARGET_NVVM_FUNCTIONUNITS_H

#include "mlir/IR/PatternMatch.h"

namespace kgen::nvvm {

/// Decides, for a copy of an operation of a map's region at element `position`
/// of a lane's list, how a function with a hint (MathHints.h) is computed. Of
/// neighbouring pairs of elements some are given to the special-function unit,
/// some to the FMA pipe, so that neither waits for the other.
void assignUnit(mlir::Operation *op, int64_t position);

/// Expands functions by what assignUnit() has decided.
void populateFunctionUnits(mlir::RewritePatternSet &patterns);

} // namespace kgen::nvvm

#endif // KGEN_TARGET_NVVM_FUNCTIONUNITS_H
