//===- Canonicalize.cpp - Simplifications of attention.forward ------------===//
//
// Each pattern leaves the meaning as it is, up to the rounding of one f32
// multiplication where a factor moves into the scale.
//
//===----------------------------------------------------------------------===//
#include "kgen/Dialect/Attention/AttentionOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

#include <cmath>

using namespace mlir;
using namespace kgen::attention;

namespace {

/// Scalar constants from above move into the regions, so that the regions say
/// all there is to know and captures are values known at launch only.
struct SinkConstants : OpRewritePattern<ForwardOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ForwardOp op,
                                PatternRewriter &rewriter) const override {
    if (!sinkConstants(rewriter, op))
      return rewriter.notifyMatchFailure(op, "no constants from above");
    return success();
  }
};

/// score { yield s } is no score at all.
struct DropIdentityScore : OpRewritePattern<ForwardOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ForwardOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasScore() || op.getYieldedScore() != op.getScore().getArgument(0))
      return rewriter.notifyMatchFailure(op, "score changes its argument");
    rewriter.modifyOpInPlace(
        op, [&] { rewriter.eraseBlock(&op.getScore().front()); });
    return success();
  }
};

/// mask { yield true } is no mask at all.
struct DropTrueMask : OpRewritePattern<ForwardOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ForwardOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasMask() || !matchPattern(op.getYieldedMask(), m_One()))
      return rewriter.notifyMatchFailure(op, "mask is not constant true");
    rewriter.modifyOpInPlace(
        op, [&] { rewriter.eraseBlock(&op.getMask().front()); });
    return success();
  }
};

/// score { f(s * c) } with a constant c becomes scale * c and score { f(s) },
/// when that product is the only use of s.
struct FoldFactorIntoScale : OpRewritePattern<ForwardOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ForwardOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasScore())
      return rewriter.notifyMatchFailure(op, "no score region");
    BlockArgument score = op.getScore().getArgument(0);
    if (!score.hasOneUse())
      return rewriter.notifyMatchFailure(op, "score has other uses");
    Operation *user = *score.getUsers().begin();
    std::optional<double> factor = constantFactor(user, score);
    if (!factor)
      return rewriter.notifyMatchFailure(op, "score is not scaled first");
    APFloat scale(op.getScale().convertToDouble() * *factor);
    // An infinite or vanishing product would change what the kernel computes.
    if (!scale.isFinite() || (scale.isZero() && !op.getScale().isZero()))
      return rewriter.notifyMatchFailure(op, "product is out of range");
    rewriter.modifyOpInPlace(op, [&] { op.setScale(scale); });
    rewriter.replaceOp(user, score);
    return success();
  }

private:
  /// c for `s * c`, 1/c for `s / c`; positive and finite only: a negative
  /// factor is left in the score, where the analysis of masks looks for it.
  static std::optional<double> constantFactor(Operation *user, Value score) {
    FloatAttr constant;
    bool divides = isa<arith::DivFOp>(user);
    if (!isa<arith::MulFOp>(user) && !divides)
      return std::nullopt;
    Value other = user->getOperand(user->getOperand(0) == score ? 1 : 0);
    if ((divides && user->getOperand(0) != score) ||
        !matchPattern(other, m_Constant(&constant)))
      return std::nullopt;
    double value = constant.getValueAsDouble();
    if (!(value > 0) || std::isinf(value))
      return std::nullopt;
    return divides ? 1.0 / value : value;
  }
};

/// Removes the mods at `dead` and the operands they had.
void eraseMods(PatternRewriter &rewriter, ForwardOp op,
               ArrayRef<Value> operands, function_ref<bool(size_t)> isDead) {
  SmallVector<Attribute> kept;
  SmallVector<Value> keptOperands;
  for (auto [i, mod] : llvm::enumerate(op.getModList())) {
    if (isDead(i))
      continue;
    kept.push_back(mod);
    if (operands[i])
      keptOperands.push_back(operands[i]);
  }
  rewriter.modifyOpInPlace(op, [&] {
    op.getModOperandsMutable().assign(keptOperands);
    if (kept.empty())
      op.removeModsAttr();
    else
      op.setModsAttr(rewriter.getArrayAttr(kept));
  });
}

/// `full` does nothing, and a mask that stands in the list already adds nothing
/// (a score does: it applies again).
struct DropIdleMods : OpRewritePattern<ForwardOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ForwardOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<ModAttr> mods = op.getModList();
    FailureOr<SmallVector<Value>> operands = op.assignModOperands();
    if (failed(operands))
      return failure();
    auto isDead = [&](size_t i) {
      const ModInfo &info = mods[i].getInfo();
      if (info.effect == ModEffect::None)
        return true;
      for (size_t j = 0; j < i; ++j)
        if (info.effect == ModEffect::Mask && mods[j] == mods[i] &&
            (*operands)[j] == (*operands)[i])
          return true;
      return false;
    };
    bool emptyList = op.getMods() && mods.empty();
    if (!emptyList && llvm::none_of(llvm::seq<size_t>(0, mods.size()), isDead))
      return rewriter.notifyMatchFailure(op, "every mod matters");
    eraseMods(rewriter, op, *operands, isDead);
    return success();
  }
};

} // namespace

void ForwardOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                            MLIRContext *context) {
  patterns.add<SinkConstants, DropIdentityScore, DropTrueMask,
               FoldFactorIntoScale, DropIdleMods>(context);
}
