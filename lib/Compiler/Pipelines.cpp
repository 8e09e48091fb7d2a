//===- Pipelines.cpp - The only place with a pass order --------------------===//

#include "kgen/Compiler/Pipelines.h"
#include "kgen/Transforms/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace kgen {

static void buildTilePhase(OpPassManager &manager,
                           const HardwareModel &hardware) {
  AttentionToTilePassOptions options;
  options.hardware = hardware.key;
  manager.addNestedPass<func::FuncOp>(createAttentionToTilePass(options));
  // Constant key ranges make loops without trips, which disappear here.
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createLoopInvariantCodeMotionPass());
}

void buildKernelPipeline(OpPassManager &manager, const TargetBackend &backend,
                         const HardwareModel &hardware, Phase last) {
  buildTilePhase(manager, hardware);
  if (last == Phase::Tile)
    return;
  backend.buildLowering(manager, hardware);
}

std::unique_ptr<TargetBackend> createBackend(TargetKind kind) {
  switch (kind) {
  case TargetKind::Cpu:
    return createCpuBackend();
  case TargetKind::Nvvm:
    return createNvvmBackend();
  case TargetKind::Rocdl:
    return createRocdlBackend();
  }
  return nullptr;
}

} // namespace kgen
