//===- Pipeline.cpp - From tiled form to the LLVM dialect ------------------===//

#include "kgen/Target/ROCDL/Passes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace {
struct PipelineOptions : PassPipelineOptions<PipelineOptions> {
  Option<std::string> arch{*this, "arch",
                           llvm::cl::desc("gfx90a, gfx942 or gfx950"),
                           llvm::cl::init("gfx942")};
};
} // namespace

void kgen::rocdl::buildRocdlLowering(OpPassManager &manager,
                                     const std::string &arch) {
  ConvertTileToRocdlOptions options;
  options.arch = arch;
  manager.addPass(createConvertTileToRocdl(options));
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createSCFToControlFlowPass());
  manager.addPass(createConvertIndexToLLVMPass());
  manager.addPass(createArithToLLVMConversionPass());
  manager.addPass(createConvertMathToLLVMPass());
  manager.addPass(createConvertControlFlowToLLVMPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
}

void kgen::rocdl::registerRocdlPasses() {
  registerConvertTileToRocdl();
  PassPipelineRegistration<PipelineOptions>(
      "lower-tile-to-rocdl",
      "Lower kernels in tiled form to the LLVM and ROCDL dialects",
      [](OpPassManager &manager, const PipelineOptions &options) {
        buildRocdlLowering(manager, options.arch);
      });
}
