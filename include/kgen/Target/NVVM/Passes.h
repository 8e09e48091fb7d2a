//===- Passes.h - Passes of the NVVM target ---------------------------------===//
#ifndef KGEN_TARGET_NVVM_PASSES_H
#define KGEN_TARGET_NVVM_PASSES_H

#include "mlir/Pass/Pass.h"

#include <memory>

namespace mlir {
class ModuleOp;
class OpPassManager;
} // namespace mlir

namespace kgen::nvvm {

#define GEN_PASS_DECL
#include "kgen/Target/NVVM/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "kgen/Target/NVVM/Passes.h.inc"

/// Adds every pass from the tiled form to the LLVM dialect.
void buildNvvmLowering(mlir::OpPassManager &manager);

} // namespace kgen::nvvm

namespace kgen {
using nvvm::registerKgenTargetNvvmPasses;
} // namespace kgen

#endif // KGEN_TARGET_NVVM_PASSES_H
