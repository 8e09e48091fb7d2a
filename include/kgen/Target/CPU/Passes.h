//===- Passes.h - Passes of the CPU target ---------------------------------===//
#ifndef KGEN_TARGET_CPU_PASSES_H
#define KGEN_TARGET_CPU_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace kgen::cpu {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "kgen/Target/CPU/Passes.h.inc"

/// Attribute of a lowered kernel: bytes of scratch that a call needs.
inline constexpr llvm::StringLiteral kScratchBytesAttr = "kgen.scratch_bytes";

/// Adds the passes from tiled form to the LLVM dialect for vectors of `lanes`
/// f32 and `registers` vector registers.
void buildCpuLowering(mlir::OpPassManager &manager, int64_t lanes,
                      int64_t registers);

} // namespace kgen::cpu

#endif // KGEN_TARGET_CPU_PASSES_H
