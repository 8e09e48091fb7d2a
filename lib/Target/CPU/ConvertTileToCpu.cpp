//===- ConvertTileToCpu.cpp - The pass and the pipeline around it ----------===//

#include "KernelLowering.h"
#include "MathExpansion.h"

#include "kgen/Target/CPU/Passes.h"
#include "kgen/Target/Common/MatchRange.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVMPass.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVMPass.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace kgen::cpu {

#define GEN_PASS_DEF_CONVERTTILETOCPU
#include "kgen/Target/CPU/Passes.h.inc"

namespace {

/// One lane: plain loops.
void expandMatchRanges(func::FuncOp kernel) {
  SmallVector<tile::MatchRangeOp> scans;
  kernel.walk([&](tile::MatchRangeOp op) { scans.push_back(op); });
  for (tile::MatchRangeOp op : scans) {
    ImplicitLocOpBuilder b(op.getLoc(), op);
    ScanGroup alone;
    alone.lane = arith::ConstantIntOp::create(b, b.getI32Type(), 0);
    expandMatchRange(op, alone, alone);
  }
}

class ConvertTileToCpu : public impl::ConvertTileToCpuBase<ConvertTileToCpu> {
public:
  using ConvertTileToCpuBase::ConvertTileToCpuBase;

  void runOnOperation() override {
    if (!llvm::is_contained({4, 8, 16}, lanes) ||
        !llvm::is_contained({16, 32}, registers)) {
      getOperation()->emitError()
          << "[KG4062] lanes is 4, 8 or 16 and registers 16 or 32, got "
          << int64_t(lanes) << " and " << int64_t(registers);
      return signalPassFailure();
    }
    SmallVector<func::FuncOp> kernels;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function->hasAttr(tile::TileDialect::kKernelAttr))
        kernels.push_back(function);
    for (func::FuncOp kernel : kernels) {
      expandMatchRanges(kernel);
      if (failed(KernelLowering(kernel, {lanes, registers}).run()))
        return signalPassFailure();
    }
    if (failed(expandMath(getOperation())))
      signalPassFailure();
  }
};

} // namespace

void buildCpuLowering(OpPassManager &manager, int64_t lanes,
                      int64_t registers) {
  manager.addPass(createConvertTileToCpu({lanes, registers}));
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createLoopInvariantCodeMotionPass());
  manager.addPass(createSCFToControlFlowPass());
  manager.addPass(createConvertVectorToLLVMPass());
  manager.addPass(createConvertMathToLLVMPass());
  manager.addPass(createConvertIndexToLLVMPass());
  manager.addPass(createArithToLLVMConversionPass());
  manager.addPass(createConvertControlFlowToLLVMPass());
  manager.addPass(createConvertFuncToLLVMPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
}

} // namespace kgen::cpu
