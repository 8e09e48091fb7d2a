//===- LowerMath.cpp - Math functions on the special-function unit ----------===//

#include "FunctionUnits.h"
#include "PositionCompare.h"
#include "kgen/Target/NVVM/Passes.h"

#include "kgen/Support/Error.h"
#include "kgen/Target/Common/MathExpansions.h"

#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace kgen::nvvm {

#define GEN_PASS_DEF_NVVMLOWERMATHPASS
#include "kgen/Target/NVVM/Passes.h.inc"

namespace {

/// A function of one f32 that one instruction computes.
template <typename OpT>
struct ToIntrinsic : OpRewritePattern<OpT> {
  ToIntrinsic(MLIRContext *context, StringRef name)
      : OpRewritePattern<OpT>(context), name(name) {}
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    if (!op.getType().isF32())
      return failure();
    rewriter.replaceOpWithNewOp<LLVM::CallIntrinsicOp>(
        op, op.getType(), rewriter.getStringAttr(name),
        ValueRange{op.getOperand()});
    return success();
  }
  StringRef name;
};

/// tanh.approx.f32, where the function allows approximate math.
struct ApproximateTanh : OpRewritePattern<math::TanhOp> {
  explicit ApproximateTanh(MLIRContext *context)
      : OpRewritePattern(context, /*benefit=*/10) {}
  LogicalResult matchAndRewrite(math::TanhOp op,
                                PatternRewriter &rewriter) const override {
    auto function = op->getParentOfType<FunctionOpInterface>();
    if (!op.getType().isF32() || !function ||
        !function->hasAttr("approximate_math"))
      return failure();
    rewriter.replaceOpWithNewOp<LLVM::TanhOp>(op, op.getType(), op.getOperand(),
                                              LLVM::FastmathFlags::afn);
    return success();
  }
};

struct NvvmLowerMath : impl::NvvmLowerMathPassBase<NvvmLowerMath> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateMathExpansions(patterns);
    // Not all of arith's expansions: maxnumf is one instruction here.
    arith::populateCeilFloorDivExpandOpsPatterns(patterns);
    patterns.add<ApproximateTanh>(&getContext());
    populateFunctionUnits(patterns);
    populatePositionCompare(patterns);
    patterns.add<ToIntrinsic<math::Exp2Op>>(&getContext(),
                                            "llvm.nvvm.ex2.approx.ftz.f");
    patterns.add<ToIntrinsic<math::Log2Op>>(&getContext(),
                                            "llvm.nvvm.lg2.approx.f");
    patterns.add<ToIntrinsic<math::RsqrtOp>>(&getContext(),
                                             "llvm.nvvm.rsqrt.approx.f");
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    WalkResult left = getOperation().walk([](Operation *op) {
      if (!isa_and_nonnull<math::MathDialect>(op->getDialect()) ||
          isBasicMath(op))
        return WalkResult::advance();
      op->emitError() << "[" << formatCode(ErrorCode::MathUnsupported)
                      << "] the NVVM target has no '" << op->getName()
                      << "' on " << op->getResult(0).getType() << ": "
                      << StringRef(errorSentence(ErrorCode::MathUnsupported));
      return WalkResult::interrupt();
    });
    if (left.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
} // namespace kgen::nvvm
