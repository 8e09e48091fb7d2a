//===- Exp2Domain.cpp - Scores whose exponential is a power of two ---------===//

#include "Exp2Domain.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include <cmath>

using namespace mlir;

namespace kgen {
namespace {

Value constantLike(OpBuilder &builder, Location loc, Type type, double value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getFloatAttr(type, value));
}

/// x * c with a constant c, where x is used once: pushes the constant toward
/// the leaves, where it meets another constant.
struct PushConstantFactor : OpRewritePattern<arith::MulFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::MulFOp op,
                                PatternRewriter &rewriter) const override {
    FloatAttr factor;
    if (!matchPattern(op.getRhs(), m_Constant(&factor)))
      return rewriter.notifyMatchFailure(op, "no constant factor");
    Operation *inner = op.getLhs().getDefiningOp();
    if (!inner || !inner->hasOneUse())
      return rewriter.notifyMatchFailure(op, "other users need the value");
    double c = factor.getValueAsDouble();
    Location loc = op.getLoc();
    auto times = [&](Value value) -> Value {
      return arith::MulFOp::create(rewriter, loc, value, op.getRhs());
    };
    if (auto product = dyn_cast<arith::MulFOp>(inner)) {
      FloatAttr other;
      if (!matchPattern(product.getRhs(), m_Constant(&other)))
        return rewriter.notifyMatchFailure(op, "no constant to join");
      rewriter.replaceOpWithNewOp<arith::MulFOp>(
          op, product.getLhs(),
          constantLike(rewriter, loc, op.getType(),
                       c * other.getValueAsDouble()));
      return success();
    }
    if (isa<arith::AddFOp, arith::SubFOp>(inner)) {
      Value a = times(inner->getOperand(0)), b = times(inner->getOperand(1));
      if (isa<arith::AddFOp>(inner))
        rewriter.replaceOpWithNewOp<arith::AddFOp>(op, a, b);
      else
        rewriter.replaceOpWithNewOp<arith::SubFOp>(op, a, b);
      return success();
    }
    if (auto select = dyn_cast<arith::SelectOp>(inner)) {
      rewriter.replaceOpWithNewOp<arith::SelectOp>(
          op, select.getCondition(), times(select.getTrueValue()),
          times(select.getFalseValue()));
      return success();
    }
    if (isa<arith::NegFOp>(inner)) {
      rewriter.replaceOpWithNewOp<arith::MulFOp>(
          op, inner->getOperand(0),
          constantLike(rewriter, loc, op.getType(), -c));
      return success();
    }
    return rewriter.notifyMatchFailure(op, "not a linear operation");
  }
};

/// x / c -> x * (1/c) for a constant c whose reciprocal is finite.
struct DivideByConstant : OpRewritePattern<arith::DivFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::DivFOp op,
                                PatternRewriter &rewriter) const override {
    FloatAttr divisor;
    if (!matchPattern(op.getRhs(), m_Constant(&divisor)))
      return rewriter.notifyMatchFailure(op, "no constant divisor");
    double reciprocal = 1.0 / divisor.getValueAsDouble();
    if (!std::isfinite(reciprocal) || reciprocal == 0.0)
      return rewriter.notifyMatchFailure(op, "the reciprocal is not a number");
    rewriter.replaceOpWithNewOp<arith::MulFOp>(
        op, op.getLhs(),
        constantLike(rewriter, op.getLoc(), op.getType(), reciprocal));
    return success();
  }
};

/// Lets the back ends fuse multiplies and adds of the score function.
void allowContraction(Region &region) {
  region.walk([](Operation *inner) {
    auto contract = arith::FastMathFlagsAttr::get(
        inner->getContext(), arith::FastMathFlags::contract);
    if (isa<arith::AddFOp, arith::SubFOp, arith::MulFOp>(inner))
      inner->setAttr("fastmath", contract);
  });
}

/// Adds a region that returns its first argument.
void addIdentityRegion(attention::ForwardOp op) {
  OpBuilder builder(op.getContext());
  Type index = builder.getIndexType(), f32 = builder.getF32Type();
  Location loc = op.getLoc();
  Block *block = builder.createBlock(&op.getScore(), {},
                                     {f32, index, index, index, index},
                                     SmallVector<Location>(5, loc));
  attention::YieldOp::create(builder, loc, block->getArgument(0));
}

} // namespace

double moveToExp2Domain(attention::ForwardOp op) {
  double scale = op.getScale().convertToDouble();
  if (!op.hasScore()) {
    if (scale > 0)
      return scale * kLog2E;
    addIdentityRegion(op);
  }
  Block &block = op.getScore().front();
  OpBuilder builder = OpBuilder::atBlockBegin(&block);
  Location loc = op.getLoc();
  Value product = block.getArgument(0);
  Value scaled = arith::MulFOp::create(
      builder, loc, product,
      constantLike(builder, loc, product.getType(), scale));
  product.replaceAllUsesExcept(scaled, scaled.getDefiningOp());
  Operation *yield = block.getTerminator();
  builder.setInsertionPoint(yield);
  yield->setOperand(
      0, arith::MulFOp::create(
             builder, loc, yield->getOperand(0),
             constantLike(builder, loc, product.getType(), kLog2E)));
  RewritePatternSet patterns(op.getContext());
  patterns.add<PushConstantFactor, DivideByConstant>(op.getContext());
  arith::MulFOp::getCanonicalizationPatterns(patterns, op.getContext());
  // Nothing depends on convergence: every rewrite keeps the value.
  (void)applyPatternsGreedily(op->getParentOfType<func::FuncOp>(),
                              std::move(patterns));
  allowContraction(op.getScore());
  return 1.0;
}

} // namespace kgen
