//===- Pipelines.h - The only place with a pass order ----------------------===//
#ifndef KGEN_COMPILER_PIPELINES_H
#define KGEN_COMPILER_PIPELINES_H

#include "kgen/Schedule/HardwareModel.h"
#include "kgen/Target/Common/TargetBackend.h"

#include "mlir/IR/BuiltinOps.h"

namespace kgen {

/// How far a kernel module is lowered. Each phase contains those before it.
enum class Phase : uint8_t {
  Tile, ///< online softmax over tiles, cleaned up
  Llvm, ///< the LLVM dialect of the target
};

/// Takes a module of kernel functions (see KernelFunction.h) to `last`. The
/// backend must be the one of hardware.target. Errors are diagnostics.
mlir::LogicalResult runKernelPipeline(mlir::ModuleOp module,
                                      const TargetBackend &backend,
                                      const HardwareModel &hardware,
                                      Phase last);

/// The backend of a target.
std::unique_ptr<TargetBackend> createBackend(TargetKind kind);

} // namespace kgen

#endif // KGEN_COMPILER_PIPELINES_H
