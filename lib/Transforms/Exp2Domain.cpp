//===- Exp2Domain.cpp - Scores whose exponential is a power of two ---------===//

#include "Exp2Domain.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include <cmath>

using namespace mlir;

namespace kgen {
namespace {

Value constantLike(OpBuilder &builder, Location loc, Type type, double value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getFloatAttr(type, value));
}

/// A factor that can stand in an f32 constant without losing digits.
bool isNormal(double value) {
  return std::isnormal(static_cast<float>(value));
}

/// The constant operand of a product or the divisor of a quotient, in f32.
std::optional<double> constantFactor(Operation *op) {
  FloatAttr factor;
  if (!isa<arith::MulFOp, arith::DivFOp>(op) || !op->getResult(0).getType().isF32() ||
      !matchPattern(op->getOperand(1), m_Constant(&factor)))
    return std::nullopt;
  double value = factor.getValueAsDouble();
  return isa<arith::MulFOp>(op) ? value : 1.0 / value;
}

/// Multiplies values by constants, each as near to the leaves as it goes, where
/// it meets another constant.
class FactorPusher {
public:
  explicit FactorPusher(OpBuilder &builder) : builder(builder) {}

  /// value * factor. `value` has no user but the one that takes the product.
  Value times(Value value, double factor) {
    if (factor == 1)
      return value;
    Operation *op = value.getDefiningOp();
    if (op && op->hasOneUse())
      if (Value pushed = timesResult(op, factor))
        return pushed;
    return product(value, factor);
  }

private:
  Value product(Value value, double factor) {
    // Folds where the value is a constant.
    return builder.createOrFold<arith::MulFOp>(
        value.getLoc(), value,
        constantLike(builder, value.getLoc(), value.getType(), factor));
  }

  /// Null if `op` is not linear.
  Value timesResult(Operation *op, double factor) {
    Location loc = op->getLoc();
    if (std::optional<double> other = constantFactor(op)) {
      if (!isNormal(*other) || !isNormal(*other * factor))
        return Value();
      return times(op->getOperand(0), *other * factor);
    }
    if (isa<arith::NegFOp>(op))
      return times(op->getOperand(0), -factor);
    if (auto select = dyn_cast<arith::SelectOp>(op))
      return arith::SelectOp::create(builder, loc, select.getCondition(),
                                     times(select.getTrueValue(), factor),
                                     times(select.getFalseValue(), factor));
    if (!isa<arith::AddFOp, arith::SubFOp>(op))
      return Value();
    Value a = times(op->getOperand(0), factor);
    Value b = times(op->getOperand(1), factor);
    if (isa<arith::AddFOp>(op))
      return arith::AddFOp::create(builder, loc, a, b);
    return arith::SubFOp::create(builder, loc, a, b);
  }

  OpBuilder &builder;
};

/// Whether a jump in the score hangs on the exact bits of `value`: then it must
/// stay as it was written.
bool decidesSomething(Value value) {
  SmallVector<Value> open = {value};
  llvm::DenseSet<Operation *> seen;
  while (!open.empty())
    for (Operation *user : open.pop_back_val().getUsers()) {
      if (isa<math::FloorOp, math::CeilOp, math::RoundEvenOp, arith::FPToSIOp,
              arith::CmpFOp, arith::RemFOp>(user))
        return true;
      if (seen.insert(user).second)
        llvm::append_range(open, user->getResults());
    }
  return false;
}

/// x * c and x / c inside of the score function: one constant factor at x's
/// leaves. A reciprocal may differ from the division by a rounding.
void joinConstantFactors(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    if (isOpTriviallyDead(&op)) {
      op.erase();
      continue;
    }
    std::optional<double> factor = constantFactor(&op);
    if (!factor || !isNormal(*factor) || decidesSomething(op.getResult(0)))
      continue;
    OpBuilder builder(&op);
    Value joined = FactorPusher(builder).times(op.getOperand(0), *factor);
    op.getResult(0).replaceAllUsesWith(joined);
    op.erase();
  }
}

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
    if (scale > 0 && isNormal(scale * kLog2E))
      return scale * kLog2E;
    addIdentityRegion(op);
  }
  Block &block = op.getScore().front();
  OpBuilder builder = OpBuilder::atBlockBegin(&block);
  Value score = block.getArgument(0);
  if (scale != 1) {
    auto scaled = arith::MulFOp::create(
        builder, op.getLoc(), score,
        constantLike(builder, op.getLoc(), score.getType(), scale));
    score.replaceAllUsesExcept(scaled, scaled);
  }
  Operation *yield = block.getTerminator();
  builder.setInsertionPoint(yield);
  Value result = yield->getOperand(0);
  yield->setOperand(0, arith::MulFOp::create(builder, op.getLoc(), result,
                                             constantLike(builder, op.getLoc(),
                                                          score.getType(),
                                                          kLog2E)));
  // Folds what is constant and puts constants on the right.
  (void)applyPatternsGreedily(op->getParentOfType<func::FuncOp>(),
                              FrozenRewritePatternSet());
  joinConstantFactors(block);
  allowContraction(op.getScore());
  return 1.0;
}

double takeOuterFactor(Region &score) {
  Operation *yield = score.front().getTerminator();
  auto product = yield->getOperand(0).getDefiningOp<arith::MulFOp>();
  std::optional<double> factor =
      product ? constantFactor(product) : std::nullopt;
  if (!factor || *factor <= 0 || !isNormal(*factor))
    return 1.0;
  yield->setOperand(0, product.getLhs());
  if (product->use_empty())
    product.erase();
  return *factor;
}

} // namespace kgen
