//===- Pipelines.h - The only place with a pass order ----------------------===//
#ifndef KGEN_COMPILER_PIPELINES_H
#define KGEN_COMPILER_PIPELINES_H

#include "kgen/Schedule/HardwareModel.h"
#include "kgen/Target/Common/TargetBackend.h"

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace kgen {

/// How far a kernel module is lowered. Each phase contains those before it.
enum class Phase : uint8_t {
  Tile, ///< online softmax over tiles, cleaned up
  Llvm, ///< the LLVM dialect of the target
};

/// Adds the passes that take a module of kernel functions (see KernelFunction.h)
/// to `last`. The backend must be the one of hardware.target.
void buildKernelPipeline(mlir::OpPassManager &manager,
                         const TargetBackend &backend,
                         const HardwareModel &hardware, Phase last);

/// The backend of a target.
std::unique_ptr<TargetBackend> createBackend(TargetKind kind);

} // namespace kgen

#endif // KGEN_COMPILER_PIPELINES_H
