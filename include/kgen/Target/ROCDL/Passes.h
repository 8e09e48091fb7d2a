//===- Passes.h - Passes of the AMD target ---------------------------------===//
#ifndef KGEN_TARGET_ROCDL_PASSES_H
#define KGEN_TARGET_ROCDL_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <string>

namespace kgen::rocdl {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "kgen/Target/ROCDL/Passes.h.inc"

/// Adds the passes from tiled form to the LLVM and ROCDL dialects, for `arch`
/// ("gfx942"); the pass refuses one that is not served.
void buildRocdlLowering(mlir::OpPassManager &manager, const std::string &arch);

/// Registers the pass and the pipeline `lower-tile-to-rocdl` that
/// buildRocdlLowering() makes.
void registerRocdlPasses();

} // namespace kgen::rocdl

#endif // KGEN_TARGET_ROCDL_PASSES_H
