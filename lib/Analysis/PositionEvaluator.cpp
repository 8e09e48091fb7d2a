//===- PositionEvaluator.cpp - Integers of a mask over one tile -----------===//

#include "PositionEvaluator.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace kgen::analysis {

PositionEvaluator::PositionEvaluator(OpBuilder &builder, Location loc,
                                     Region &mask, const QueryTile &tile,
                                     const IRMapping &outer)
    : builder(builder), loc(loc), tile(tile), region(mask), uniform(outer) {
  Block &block = mask.front();
  uniform.map(block.getArgument(0), tile.batch);
  uniform.map(block.getArgument(1), tile.head);
  query = block.getArgument(2);
  key = block.getArgument(3);
  zero = constant(0);
}

std::optional<Value> PositionEvaluator::cloneUniform(Value value) {
  if (value == query || value == key)
    return std::nullopt;
  if (Value known = uniform.lookupOrNull(value))
    return known;
  Operation *op = value.getDefiningOp();
  if (!op || op->getParentRegion() != &region)
    return value; // defined above and valid here as it is
  if (varying.contains(value))
    return std::nullopt;
  for (Value operand : op->getOperands())
    if (!cloneUniform(operand)) {
      varying.insert(value);
      return std::nullopt;
    }
  builder.clone(*op, uniform);
  return uniform.lookup(value);
}

static Value toIndex(OpBuilder &builder, Location loc, Value value) {
  if (value.getType().isIndex())
    return value;
  return builder.createOrFold<arith::IndexCastOp>(loc, builder.getIndexType(),
                                                  value);
}

std::optional<Affine> PositionEvaluator::evaluate(Value value) {
  if (value == query)
    return Affine{0, tile.firstRow, tile.lastRow, kPositionLimit, Value()};
  if (value == key)
    return Affine{1, zero, zero, 0, Value()};
  // A narrow integer could wrap where the wide interval does not.
  if (auto integer = dyn_cast<IntegerType>(value.getType()))
    if (integer.getWidth() < 32)
      return std::nullopt;
  if (!isa<IntegerType, IndexType>(value.getType()))
    return std::nullopt;
  if (std::optional<Value> same = cloneUniform(value))
    return evaluateUniform(*same);
  return evaluateBinary(value.getDefiningOp());
}

/// A value that is only known at launch is clamped; the guard says whether that
/// changed it. Beyond the limit, sums of it could wrap in the region, too.
std::optional<Affine> PositionEvaluator::evaluateUniform(Value value) {
  APInt number;
  if (matchPattern(value, m_ConstantInt(&number))) {
    int64_t constant = number.getSExtValue();
    if (constant > kBoundLimit || constant < -kBoundLimit)
      return std::nullopt;
    Value index = toIndex(builder, loc, value);
    return Affine{0, index, index, std::abs(constant), Value()};
  }
  // In the value's own type: the cast to index may drop high bits.
  auto bound = [&](int64_t limit) -> Value {
    return arith::ConstantOp::create(
        builder, loc, builder.getIntegerAttr(value.getType(), limit));
  };
  Value clamped = min(max(value, bound(-kBoundLimit)), bound(kBoundLimit));
  Value guard = builder.createOrFold<arith::CmpIOp>(
      loc, arith::CmpIPredicate::eq, clamped, value);
  Value index = toIndex(builder, loc, clamped);
  return Affine{0, index, index, kBoundLimit, guard};
}

Value PositionEvaluator::bothGuards(const Affine &a, const Affine &b) {
  if (!a.guard || !b.guard)
    return a.guard ? a.guard : b.guard;
  return builder.createOrFold<arith::AndIOp>(loc, a.guard, b.guard);
}

Value PositionEvaluator::negate(Value a) {
  auto difference = a.getDefiningOp<arith::SubIOp>();
  if (difference && difference.getLhs() == zero)
    return difference.getRhs();
  return sub(zero, a);
}

std::optional<Affine> PositionEvaluator::sum(const Affine &a, const Affine &b) {
  int sign = a.sign + b.sign;
  int64_t magnitude = a.magnitude + b.magnitude;
  if (sign < -1 || sign > 1 || magnitude > kMagnitudeLimit)
    return std::nullopt;
  Value low = add(a.low, b.low);
  Value high = a.isUniform() && b.isUniform() ? low : add(a.high, b.high);
  return Affine{sign, low, high, magnitude, bothGuards(a, b)};
}

Affine PositionEvaluator::negated(const Affine &a) {
  Value low = negate(a.high);
  Value high = a.isUniform() ? low : negate(a.low);
  return Affine{-a.sign, low, high, a.magnitude, a.guard};
}

std::optional<Affine> PositionEvaluator::difference(const Affine &a,
                                                    const Affine &b) {
  return sum(a, negated(b));
}

/// Product of an interval with a constant.
std::optional<Affine> PositionEvaluator::scale(const Affine &a,
                                               const Affine &b) {
  APInt factor;
  if (b.sign != 0 || !b.isUniform() ||
      !matchPattern(b.low, m_ConstantInt(&factor)))
    return std::nullopt;
  int64_t number = factor.getSExtValue();
  if (a.sign != 0 && number != 1 && number != -1)
    return std::nullopt;
  // Both factors are below 2^31.
  int64_t magnitude = a.magnitude * std::abs(number);
  if (magnitude > kMagnitudeLimit)
    return std::nullopt;
  Value low = mul(a.low, b.low);
  Value high = a.isUniform() ? low : mul(a.high, b.low);
  if (number < 0)
    std::swap(low, high);
  return Affine{number < 0 ? -a.sign : a.sign, low, high, magnitude, a.guard};
}

std::optional<Affine> PositionEvaluator::evaluateBinary(Operation *op) {
  if (!op)
    return std::nullopt;
  if (isa<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>(op))
    return evaluate(op->getOperand(0));
  if (op->getNumOperands() != 2)
    return std::nullopt;
  std::optional<Affine> a = evaluate(op->getOperand(0));
  std::optional<Affine> b = a ? evaluate(op->getOperand(1)) : std::nullopt;
  if (!b)
    return std::nullopt;
  if (isa<arith::AddIOp>(op))
    return sum(*a, *b);
  if (isa<arith::SubIOp>(op))
    return difference(*a, *b);
  if (isa<arith::MulIOp>(op)) {
    std::optional<Affine> product = scale(*a, *b);
    return product ? product : scale(*b, *a);
  }
  if (a->sign != 0 || b->sign != 0)
    return std::nullopt;
  int64_t larger = std::max(a->magnitude, b->magnitude);
  Value guard = bothGuards(*a, *b);
  bool same = a->isUniform() && b->isUniform();
  if (isa<arith::MaxSIOp>(op)) {
    Value low = max(a->low, b->low);
    return Affine{0, low, same ? low : max(a->high, b->high), larger, guard};
  }
  if (isa<arith::MinSIOp>(op)) {
    Value low = min(a->low, b->low);
    return Affine{0, low, same ? low : min(a->high, b->high), larger, guard};
  }
  APInt divisor;
  if (isa<arith::FloorDivSIOp>(op) && b->isUniform() &&
      matchPattern(b->low, m_ConstantInt(&divisor)) &&
      divisor.isStrictlyPositive()) {
    auto divide = [&](Value value) {
      return builder.createOrFold<arith::FloorDivSIOp>(loc, value, b->low);
    };
    Value low = divide(a->low);
    return Affine{0, low, a->isUniform() ? low : divide(a->high),
                  a->magnitude / divisor.getSExtValue() + 1, a->guard};
  }
  return std::nullopt;
}

} // namespace kgen::analysis
