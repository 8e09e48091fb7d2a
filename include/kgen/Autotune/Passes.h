//===- Passes.h - Passes that search, verify and lower ---------------------===//
#ifndef KGEN_AUTOTUNE_PASSES_H
#define KGEN_AUTOTUNE_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace kgen {

#define GEN_PASS_DECL
#include "kgen/Autotune/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "kgen/Autotune/Passes.h.inc"

} // namespace kgen

#endif // KGEN_AUTOTUNE_PASSES_H
