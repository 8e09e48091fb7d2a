//===- KvRange.cpp - Which keys a tile of queries can see ------------------===//

#include "kgen/Analysis/KvRange.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace kgen::analysis {
namespace {

/// An integer value over the tile: sign * j + [low, high], both ends inclusive
/// and index values; sign is -1, 0 or 1.
struct Affine {
  int sign = 0;
  Value low, high;
  int64_t magnitude = 0; ///< low and high lie in [-magnitude, magnitude]
  Value guard;           ///< i1; where it is false nothing is known. Null: true
  /// low and high are one value: the same for every row of the tile.
  bool isUniform() const { return low == high; }
};

/// Keys for which a condition may hold, and keys for which it surely holds.
struct Condition {
  KeyRange possible;
  KeyRange certain;
};

class RangeDeriver {
public:
  RangeDeriver(OpBuilder &builder, Location loc, Region &mask,
               const QueryTile &tile, const IRMapping &outer,
               MatchEmitter emitMatch)
      : builder(builder), loc(loc), tile(tile), uniform(outer),
        emitMatch(emitMatch) {
    Block &block = mask.front();
    uniform.map(block.getArgument(0), tile.batch);
    uniform.map(block.getArgument(1), tile.head);
    query = block.getArgument(2);
    key = block.getArgument(3);
    region = &mask;
    zero = constant(0);
    everything = {zero, tile.seqKV};
    nothing = {zero, zero};
    candidates = everything;
  }

  KvRanges derive() {
    Value yielded = region->front().getTerminator()->getOperand(0);
    Condition condition = evaluateCondition(yielded, /*negated=*/false);
    return {clip(condition.possible), clip(condition.certain)};
  }

private:
  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(builder, loc, value);
  }
  Value add(Value a, Value b) { return builder.createOrFold<arith::AddIOp>(loc, a, b); }
  Value sub(Value a, Value b) { return builder.createOrFold<arith::SubIOp>(loc, a, b); }
  Value mul(Value a, Value b) { return builder.createOrFold<arith::MulIOp>(loc, a, b); }
  Value max(Value a, Value b) { return builder.createOrFold<arith::MaxSIOp>(loc, a, b); }
  Value min(Value a, Value b) { return builder.createOrFold<arith::MinSIOp>(loc, a, b); }
  Value select(Value c, Value a, Value b) {
    return builder.createOrFold<arith::SelectOp>(loc, c, a, b);
  }
  KeyRange clip(KeyRange range) {
    Value begin = max(range.begin, zero);
    if (begin != zero) // keeps "no lower bound" a constant
      begin = min(begin, tile.seqKV);
    return {begin == zero ? zero : begin, min(range.end, tile.seqKV)};
  }
  Condition unknown() { return {everything, nothing}; }

  std::optional<Value> cloneUniform(Value value);
  std::optional<Affine> evaluate(Value value);
  std::optional<Affine> evaluateUniform(Value value);
  std::optional<Affine> evaluateBinary(Operation *op);
  std::optional<Affine> scale(const Affine &a, const Affine &b);
  std::optional<Affine> sum(int sign, Value low, Value high, const Affine &a,
                            const Affine &b);
  std::optional<Affine> difference(const Affine &a, const Affine &b);
  Value bothGuards(const Affine &a, const Affine &b);
  Condition guarded(Value guard, const Condition &condition);
  Condition evaluateCondition(Value value, bool negated);
  Condition evaluateAll(Operation *op, bool negated);
  Condition evaluateEither(Operation *op, bool negated);
  std::optional<TableMatch> findMatch(Value value, bool negated);
  std::optional<SmallVector<Value>> leadingIndices(memref::LoadOp load,
                                                   Value position);
  Condition match(const TableMatch &tables);
  Condition compare(arith::CmpIOp op, bool negated);
  Condition compareToZero(arith::CmpIPredicate predicate, Affine u);
  Condition both(const Condition &a, const Condition &b);
  Condition either(const Condition &a, const Condition &b);
  Condition uniformCondition(Value flag, bool negated);

  OpBuilder &builder;
  Location loc;
  QueryTile tile;
  IRMapping uniform;
  llvm::DenseSet<Value> varying; ///< values that cloneUniform() has refused
  Region *region = nullptr;
  Value query, key, zero;
  KeyRange everything, nothing;
  MatchEmitter emitMatch;
  /// What the conditions that hold together with the current one leave: keys
  /// outside of it need not be looked at.
  KeyRange candidates;
};

/// The value as computed once for the tile, if it depends on neither q_idx nor
/// kv_idx.
std::optional<Value> RangeDeriver::cloneUniform(Value value) {
  if (value == query || value == key)
    return std::nullopt;
  if (Value known = uniform.lookupOrNull(value))
    return known;
  Operation *op = value.getDefiningOp();
  if (!op || op->getParentRegion() != region)
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

/// Index arithmetic may be 32 bits wide on a GPU, and the region's own may be
/// i32. Positions are below 2^24, bounds are kept within +-2^29, and what could
/// leave +-2^30 is not followed, so that neither wraps.
static constexpr int64_t kPositionLimit = int64_t(1) << 24;
static constexpr int64_t kBoundLimit = int64_t(1) << 29;
static constexpr int64_t kMagnitudeLimit = int64_t(1) << 30;

std::optional<Affine> RangeDeriver::evaluate(Value value) {
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
std::optional<Affine> RangeDeriver::evaluateUniform(Value value) {
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

Value RangeDeriver::bothGuards(const Affine &a, const Affine &b) {
  if (!a.guard || !b.guard)
    return a.guard ? a.guard : b.guard;
  return builder.createOrFold<arith::AndIOp>(loc, a.guard, b.guard);
}

/// sign * j + [low, high], where the ends are sums of those of `a` and `b`.
std::optional<Affine> RangeDeriver::sum(int sign, Value low, Value high,
                                        const Affine &a, const Affine &b) {
  int64_t magnitude = a.magnitude + b.magnitude;
  if (sign < -1 || sign > 1 || magnitude > kMagnitudeLimit)
    return std::nullopt;
  return Affine{sign, low, high, magnitude, bothGuards(a, b)};
}

std::optional<Affine> RangeDeriver::difference(const Affine &a,
                                               const Affine &b) {
  return sum(a.sign - b.sign, sub(a.low, b.high), sub(a.high, b.low), a, b);
}

/// Product of an interval with a constant.
std::optional<Affine> RangeDeriver::scale(const Affine &a, const Affine &b) {
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
  Value low = mul(a.low, b.low), high = mul(a.high, b.low);
  if (number < 0)
    std::swap(low, high);
  return Affine{number < 0 ? -a.sign : a.sign, low, high, magnitude, a.guard};
}

std::optional<Affine> RangeDeriver::evaluateBinary(Operation *op) {
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
    return sum(a->sign + b->sign, add(a->low, b->low), add(a->high, b->high),
               *a, *b);
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
  if (isa<arith::MaxSIOp>(op))
    return Affine{0, max(a->low, b->low), max(a->high, b->high), larger, guard};
  if (isa<arith::MinSIOp>(op))
    return Affine{0, min(a->low, b->low), min(a->high, b->high), larger, guard};
  APInt divisor;
  if (isa<arith::FloorDivSIOp>(op) && b->isUniform() &&
      matchPattern(b->low, m_ConstantInt(&divisor)) &&
      divisor.isStrictlyPositive()) {
    auto divide = [&](Value value) {
      return builder.createOrFold<arith::FloorDivSIOp>(loc, value, b->low);
    };
    return Affine{0, divide(a->low), divide(a->high),
                  a->magnitude / divisor.getSExtValue() + 1, a->guard};
  }
  return std::nullopt;
}

Condition RangeDeriver::uniformCondition(Value flag, bool negated) {
  Value yes = negated ? zero : tile.seqKV;
  Value no = negated ? tile.seqKV : zero;
  KeyRange range{zero, select(flag, yes, no)};
  return {range, range};
}

/// `condition` where the guard is true, else nothing known.
Condition RangeDeriver::guarded(Value guard, const Condition &condition) {
  if (!guard)
    return condition;
  auto choose = [&](const KeyRange &known, const KeyRange &other) {
    return KeyRange{select(guard, known.begin, other.begin),
                    select(guard, known.end, other.end)};
  };
  return {choose(condition.possible, everything),
          choose(condition.certain, nothing)};
}

/// lhs <predicate> rhs as sign*j + u <predicate> 0 with u in [low, high].
Condition RangeDeriver::compare(arith::CmpIOp op, bool negated) {
  std::optional<Affine> lhs = evaluate(op.getLhs());
  std::optional<Affine> rhs = lhs ? evaluate(op.getRhs()) : std::nullopt;
  if (!rhs)
    return unknown();
  // Beyond its limit a bound decides the comparison alike if it stands alone on
  // its side and the other side stays below the limit: it needs no guard.
  bool lhsBelow = lhs->magnitude + kPositionLimit < kBoundLimit;
  bool rhsBelow = rhs->magnitude + kPositionLimit < kBoundLimit;
  if (rhsBelow && cloneUniform(op.getLhs()))
    lhs->guard = Value();
  if (lhsBelow && cloneUniform(op.getRhs()))
    rhs->guard = Value();
  std::optional<Affine> u = difference(*lhs, *rhs);
  if (!u || u->sign == 0)
    return unknown();
  auto predicate = op.getPredicate();
  if (negated)
    predicate = arith::invertPredicate(predicate);
  return guarded(u->guard, compareToZero(predicate, *u));
}

Condition RangeDeriver::compareToZero(arith::CmpIPredicate predicate, Affine u) {
  Value one = constant(1);
  // Bring -j + u <op> 0 into j - u <flipped op> 0.
  if (u.sign < 0) {
    u = Affine{1, sub(zero, u.high), sub(zero, u.low), u.magnitude, u.guard};
    switch (predicate) {
    case arith::CmpIPredicate::slt: predicate = arith::CmpIPredicate::sgt; break;
    case arith::CmpIPredicate::sle: predicate = arith::CmpIPredicate::sge; break;
    case arith::CmpIPredicate::sgt: predicate = arith::CmpIPredicate::slt; break;
    case arith::CmpIPredicate::sge: predicate = arith::CmpIPredicate::sle; break;
    default: break;
    }
  }
  // Now j <op> -u, and -u lies in [-high, -low].
  Value least = sub(zero, u.high), most = sub(zero, u.low);
  switch (predicate) {
  case arith::CmpIPredicate::sge:
    return {{least, tile.seqKV}, {most, tile.seqKV}};
  case arith::CmpIPredicate::sgt:
    return {{add(least, one), tile.seqKV}, {add(most, one), tile.seqKV}};
  case arith::CmpIPredicate::sle:
    return {{zero, add(most, one)}, {zero, add(least, one)}};
  case arith::CmpIPredicate::slt:
    return {{zero, most}, {zero, least}};
  case arith::CmpIPredicate::eq:
    return {{least, add(most, one)}, nothing};
  default:
    return unknown();
  }
}

Condition RangeDeriver::both(const Condition &a, const Condition &b) {
  auto intersect = [&](const KeyRange &x, const KeyRange &y) {
    return KeyRange{max(x.begin, y.begin), min(x.end, y.end)};
  };
  return {intersect(a.possible, b.possible), intersect(a.certain, b.certain)};
}

Condition RangeDeriver::either(const Condition &a, const Condition &b) {
  // An empty side must not widen the hull. It also has a defined form, so that
  // lengths can be compared.
  auto isEmpty = [&](const KeyRange &x) {
    return builder.createOrFold<arith::CmpIOp>(
        loc, arith::CmpIPredicate::sge, max(x.begin, zero),
        min(x.end, tile.seqKV));
  };
  auto choose = [&](Value flag, const KeyRange &x, const KeyRange &y) {
    return KeyRange{select(flag, x.begin, y.begin), select(flag, x.end, y.end)};
  };
  const KeyRange &p = a.possible, &q = b.possible;
  KeyRange hull{min(p.begin, q.begin), max(p.end, q.end)};
  hull = choose(isEmpty(p), q, choose(isEmpty(q), p, hull));
  // Two certain ranges need not touch: keep the longer one.
  KeyRange x = clip(a.certain), y = clip(b.certain);
  Value xLonger = builder.createOrFold<arith::CmpIOp>(
      loc, arith::CmpIPredicate::sge, sub(x.end, x.begin), sub(y.end, y.begin));
  return {hull, choose(xLonger, x, y)};
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

/// The table read that a side of a comparison is. An extension of both sides
/// alike keeps what is equal and what is not; so does a cast to index of no more
/// than 32 bits, which an index has everywhere.
static memref::LoadOp tableRead(Value side) {
  Operation *op = side.getDefiningOp();
  if (isa_and_nonnull<arith::ExtSIOp, arith::ExtUIOp, arith::IndexCastOp,
                      arith::IndexCastUIOp>(op)) {
    Type from = op->getOperand(0).getType();
    bool widens = isa<arith::ExtSIOp, arith::ExtUIOp>(op) ||
                  (from.isInteger() && from.getIntOrFloatBitWidth() <= 32);
    if (widens)
      op = op->getOperand(0).getDefiningOp();
  }
  return dyn_cast_or_null<memref::LoadOp>(op);
}

/// The indices of a read whose last one is `position` and whose others are the
/// same for the whole tile.
std::optional<SmallVector<Value>>
RangeDeriver::leadingIndices(memref::LoadOp load, Value position) {
  if (load.getIndices().empty() || load.getIndices().back() != position)
    return std::nullopt;
  SmallVector<Value> leading;
  for (Value index : load.getIndices().drop_back()) {
    std::optional<Value> same = cloneUniform(index);
    if (!same)
      return std::nullopt;
    leading.push_back(*same);
  }
  return leading;
}

/// Whether the value is used once, by something used once, up to the mask's end.
static bool isUsedOnce(Value value) {
  while (value.hasOneUse()) {
    Operation *user = *value.user_begin();
    if (user->hasTrait<OpTrait::IsTerminator>())
      return true;
    if (user->getNumResults() != 1)
      return false;
    value = user->getResult(0);
  }
  return false;
}

std::optional<TableMatch> RangeDeriver::findMatch(Value value, bool negated) {
  auto equal = value.getDefiningOp<arith::CmpIOp>();
  if (!emitMatch || !equal ||
      equal.getPredicate() != (negated ? arith::CmpIPredicate::ne
                                       : arith::CmpIPredicate::eq))
    return std::nullopt;
  memref::LoadOp queries = tableRead(equal.getLhs());
  memref::LoadOp keys = tableRead(equal.getRhs());
  if (!queries || !keys || queries.getType() != keys.getType())
    return std::nullopt;
  // Both sides as they are, or both through the same kind of cast.
  Operation *left = equal.getLhs().getDefiningOp();
  Operation *right = equal.getRhs().getDefiningOp();
  if (left->getName() != right->getName())
    return std::nullopt;
  if (!queries.getIndices().empty() && queries.getIndices().back() == key)
    std::swap(queries, keys);
  std::optional<SmallVector<Value>> ofQueries = leadingIndices(queries, query);
  std::optional<SmallVector<Value>> ofKeys =
      ofQueries ? leadingIndices(keys, key) : std::nullopt;
  std::optional<Value> queryTable = cloneUniform(queries.getMemRef());
  std::optional<Value> keyTable = cloneUniform(keys.getMemRef());
  if (!ofKeys || !queryTable || !keyTable)
    return std::nullopt;
  return TableMatch{*queryTable,   *keyTable,    *ofQueries, *ofKeys,
                    tile.firstRow, tile.lastRow, candidates,
                    isUsedOnce(equal) ? equal.getOperation() : nullptr};
}

Condition RangeDeriver::match(const TableMatch &tables) {
  MatchedKeys found = emitMatch(tables);
  Value end = select(found.allMatch, found.range.end, zero);
  return {found.range, {found.range.begin, end}};
}

//===----------------------------------------------------------------------===//
// Conditions
//===----------------------------------------------------------------------===//

/// Conditions that hold together. Tables come last, so that they are read only
/// where the others leave keys.
Condition RangeDeriver::evaluateAll(Operation *op, bool negated) {
  SmallVector<Value> open = {op->getOperand(1), op->getOperand(0)}, matches;
  std::optional<Condition> all;
  while (!open.empty()) {
    Value value = open.pop_back_val();
    Operation *inner = value.getDefiningOp();
    if (findMatch(value, negated)) {
      matches.push_back(value);
    } else if (inner && inner->getName() == op->getName() &&
               !cloneUniform(value)) {
      open.append({inner->getOperand(1), inner->getOperand(0)});
    } else {
      Condition condition = evaluateCondition(value, negated);
      all = all ? both(*all, condition) : condition;
    }
  }
  KeyRange before = candidates;
  for (Value value : matches) {
    if (all)
      candidates = clip(both({before, before}, *all).possible);
    Condition condition = match(*findMatch(value, negated));
    // What matches is a part of the candidates already.
    KeyRange certain =
        all ? both(*all, condition).certain : condition.certain;
    all = Condition{condition.possible, certain};
  }
  candidates = before;
  return *all;
}

Condition RangeDeriver::evaluateEither(Operation *op, bool negated) {
  Condition a = evaluateCondition(op->getOperand(0), negated);
  Condition b = evaluateCondition(op->getOperand(1), negated);
  return either(a, b);
}

Condition RangeDeriver::evaluateCondition(Value value, bool negated) {
  if (std::optional<Value> flag = cloneUniform(value))
    return uniformCondition(*flag, negated);
  if (std::optional<TableMatch> tables = findMatch(value, negated))
    return match(*tables);
  Operation *op = value.getDefiningOp();
  if (auto compareOp = dyn_cast_or_null<arith::CmpIOp>(op))
    return compare(compareOp, negated);
  if (isa_and_nonnull<arith::AndIOp, arith::OrIOp>(op))
    return isa<arith::AndIOp>(op) != negated ? evaluateAll(op, negated)
                                             : evaluateEither(op, negated);
  if (isa_and_nonnull<arith::XOrIOp>(op) &&
      matchPattern(op->getOperand(1), m_One()))
    return evaluateCondition(op->getOperand(0), !negated);
  return unknown();
}

} // namespace

KvRanges deriveKvRanges(OpBuilder &builder, Location loc, Region &mask,
                        const QueryTile &tile, const IRMapping &mapping,
                        MatchEmitter emitMatch) {
  if (mask.empty()) {
    Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
    return {{zero, tile.seqKV}, {zero, tile.seqKV}};
  }
  return RangeDeriver(builder, loc, mask, tile, mapping, emitMatch).derive();
}

} // namespace kgen::analysis
