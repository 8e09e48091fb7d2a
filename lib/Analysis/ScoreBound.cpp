//===- ScoreBound.cpp - Scores that cannot be large ------------------------===//

#include "kgen/Analysis/ScoreBound.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;

namespace kgen::analysis {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const ScoreBound kAnything = {-kInfinity, kInfinity};

bool isFinite(const ScoreBound &bound) {
  return std::isfinite(bound.low) && std::isfinite(bound.high);
}

/// What f32 arithmetic may add to an exact result: a rounding, and the few units
/// in the last place of a target's functions.
ScoreBound rounded(ScoreBound bound) {
  double slack = 1e-5 * std::max(std::abs(bound.low), std::abs(bound.high));
  bound = {bound.low - slack, bound.high + slack};
  constexpr double kMost = std::numeric_limits<float>::max();
  return bound.low < -kMost || bound.high > kMost ? kAnything : bound;
}

ScoreBound hull(const ScoreBound &a, const ScoreBound &b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

ScoreBound sum(const ScoreBound &a, const ScoreBound &b) {
  return rounded({a.low + b.low, a.high + b.high});
}

ScoreBound product(const ScoreBound &a, const ScoreBound &b) {
  if (!isFinite(a) || !isFinite(b))
    return kAnything;
  auto [low, high] = std::minmax(
      {a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high});
  return rounded({low, high});
}

std::optional<double> constantOf(Value value) {
  FloatAttr attribute;
  if (!matchPattern(value, m_Constant(&attribute)))
    return std::nullopt;
  return attribute.getValueAsDouble();
}

class Bounds {
public:
  ScoreBound of(Value value) {
    if (std::optional<double> constant = constantOf(value))
      return std::isfinite(*constant) ? ScoreBound{*constant, *constant}
                                      : kAnything;
    Operation *op = value.getDefiningOp();
    if (!op || !value.getType().isF32())
      return kAnything;
    auto [known, isNew] = bounds.try_emplace(value, kAnything);
    if (!isNew)
      return known->second;
    return bounds[value] = ofResult(op);
  }

private:
  ScoreBound ofResult(Operation *op);
  ScoreBound ofClamp(Operation *op);

  llvm::DenseMap<Value, ScoreBound> bounds;
};

/// A minimum or maximum. Those that propagate NaN bound the result by either
/// operand; the others do so where the bounding operand is no NaN: a constant.
ScoreBound Bounds::ofClamp(Operation *op) {
  ScoreBound a = of(op->getOperand(0)), b = of(op->getOperand(1));
  bool isMinimum = isa<arith::MinimumFOp, arith::MinNumFOp>(op);
  bool propagates = isa<arith::MinimumFOp, arith::MaximumFOp>(op);
  ScoreBound either = hull(a, b);
  for (auto [limit, operand] : {std::pair{a, op->getOperand(0)},
                                std::pair{b, op->getOperand(1)}}) {
    if (!propagates && !constantOf(operand))
      continue;
    if (isMinimum)
      either.high = std::min(either.high, limit.high);
    else
      either.low = std::max(either.low, limit.low);
  }
  return either;
}

ScoreBound Bounds::ofResult(Operation *op) {
  auto operand = [&](unsigned number) { return of(op->getOperand(number)); };
  return llvm::TypeSwitch<Operation *, ScoreBound>(op)
      .Case<math::TanhOp, math::SinOp, math::CosOp, math::ErfOp>(
          [](auto) { return rounded({-1, 1}); })
      .Case<arith::AddFOp>([&](auto) { return sum(operand(0), operand(1)); })
      .Case<arith::SubFOp>([&](auto) {
        ScoreBound b = operand(1);
        return sum(operand(0), {-b.high, -b.low});
      })
      .Case<arith::NegFOp>([&](auto) {
        ScoreBound a = operand(0);
        return ScoreBound{-a.high, -a.low};
      })
      .Case<arith::MulFOp>(
          [&](auto) { return product(operand(0), operand(1)); })
      .Case<math::FmaOp>([&](auto) {
        return sum(product(operand(0), operand(1)), operand(2));
      })
      .Case<arith::DivFOp>([&](auto divide) {
        std::optional<double> divisor = constantOf(divide.getRhs());
        if (!divisor || *divisor == 0)
          return kAnything;
        return product(operand(0), {1 / *divisor, 1 / *divisor});
      })
      .Case<arith::SelectOp>(
          [&](auto) { return hull(operand(1), operand(2)); })
      .Case<arith::MinimumFOp, arith::MaximumFOp, arith::MinNumFOp,
            arith::MaxNumFOp>([&](auto clamp) { return ofClamp(clamp); })
      .Default([](Operation *) { return kAnything; });
}

} // namespace

std::optional<ScoreBound> boundScore(Region &score) {
  ScoreBound bound = Bounds().of(score.front().getTerminator()->getOperand(0));
  if (!isFinite(bound))
    return std::nullopt;
  return bound;
}

} // namespace kgen::analysis
