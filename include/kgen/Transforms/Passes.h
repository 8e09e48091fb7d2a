//===- Passes.h - Target-independent passes --------------------------------===//
#ifndef KGEN_TRANSFORMS_PASSES_H
#define KGEN_TRANSFORMS_PASSES_H

#include "kgen/Dialect/Tile/IR/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

namespace kgen {

#define GEN_PASS_DECL
#include "kgen/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "kgen/Transforms/Passes.h.inc"

} // namespace kgen

#endif // KGEN_TRANSFORMS_PASSES_H
