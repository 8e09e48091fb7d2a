//===- Pipelines.cpp - The only place with a pass order --------------------===//

#include "kgen/Compiler/Pipelines.h"
#include "kgen/Transforms/Passes.h"

#include "mlir/IR/Verifier.h"
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

// A lowered kernel is thousands of operations: to verify them after each of a dozen
// passes takes two fifths of the lowering, so that is for builds with assertions.
// What comes out is always verified, and so is every step on tiles.
#ifdef NDEBUG
constexpr bool kVerifyEachLowering = false;
#else
constexpr bool kVerifyEachLowering = true;
#endif

LogicalResult runKernelPipeline(ModuleOp module, const TargetBackend &backend,
                                const HardwareModel &hardware, Phase last) {
  PassManager tiling(module.getContext());
  buildTilePhase(tiling, hardware);
  if (failed(tiling.run(module)))
    return failure();
  if (last == Phase::Tile)
    return success();
  PassManager lowering(module.getContext());
  lowering.enableVerifier(kVerifyEachLowering);
  backend.buildLowering(lowering, hardware);
  if (failed(lowering.run(module)))
    return failure();
  return verify(module);
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
