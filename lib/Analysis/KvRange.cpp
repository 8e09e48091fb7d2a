//===- KvRange.cpp - Which keys a tile of queries can see -----------------===//

#include "kgen/Analysis/KvRange.h"

#include "PositionEvaluator.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace kgen::analysis {
namespace {

/// Keys for which a condition may hold, and keys for which it surely holds.
struct Condition {
  KeyRange possible;
  KeyRange certain;
  /// Both are the keys for which it holds, for every row of the tile.
  bool isExact = false;
};

class RangeDeriver : PositionEvaluator {
public:
  RangeDeriver(OpBuilder &builder, Location loc, Region &mask,
               const QueryTile &tile, const IRMapping &outer,
               MatchEmitter emitMatch)
      : PositionEvaluator(builder, loc, mask, tile, outer),
        emitMatch(emitMatch) {
    everything = {zero, tile.seqKV};
    nothing = {zero, zero};
    candidates = everything;
  }

  KvRanges derive() {
    Condition condition = evaluateMask();
    return {clip(condition.possible), clip(condition.certain)};
  }

  /// Of a tile with one row.
  std::optional<KeyRange> deriveExact() {
    Condition condition = evaluateMask();
    if (!condition.isExact)
      return std::nullopt;
    KeyRange range = clip(condition.possible);
    return KeyRange{range.begin, max(range.end, zero)};
  }

private:
  KeyRange clip(KeyRange range) {
    Value begin = max(range.begin, zero);
    if (begin != zero) // keeps "no lower bound" a constant
      begin = min(begin, tile.seqKV);
    return {begin == zero ? zero : begin, min(range.end, tile.seqKV)};
  }
  Condition unknown() { return {everything, nothing}; }
  Condition evaluateMask() {
    Value yielded = region.front().getTerminator()->getOperand(0);
    return evaluateCondition(yielded, /*negated=*/false);
  }

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

  KeyRange everything, nothing;
  MatchEmitter emitMatch;
  /// What the conditions that hold together with the current one leave: keys
  /// outside of it need not be looked at.
  KeyRange candidates;
};

Condition RangeDeriver::uniformCondition(Value flag, bool negated) {
  Value yes = negated ? zero : tile.seqKV;
  Value no = negated ? tile.seqKV : zero;
  KeyRange range{zero, select(flag, yes, no)};
  return {range, range, /*isExact=*/true};
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
    u = negated(u);
    switch (predicate) {
    case arith::CmpIPredicate::slt: predicate = arith::CmpIPredicate::sgt; break;
    case arith::CmpIPredicate::sle: predicate = arith::CmpIPredicate::sge; break;
    case arith::CmpIPredicate::sgt: predicate = arith::CmpIPredicate::slt; break;
    case arith::CmpIPredicate::sge: predicate = arith::CmpIPredicate::sle; break;
    default: break;
    }
  }
  // Now j <op> -u.
  Affine bound = negated(u);
  Value least = bound.low, most = bound.high;
  bool same = bound.isUniform();
  auto from = [&](auto begin) -> Condition {
    KeyRange possible{begin(least), tile.seqKV};
    return {possible, same ? possible : KeyRange{begin(most), tile.seqKV},
            same};
  };
  auto upTo = [&](auto end) -> Condition {
    KeyRange possible{zero, end(most)};
    return {possible, same ? possible : KeyRange{zero, end(least)}, same};
  };
  auto itself = [](Value value) { return value; };
  auto next = [&](Value value) { return add(value, one); };
  switch (predicate) {
  case arith::CmpIPredicate::sge:
    return from(itself);
  case arith::CmpIPredicate::sgt:
    return from(next);
  case arith::CmpIPredicate::sle:
    return upTo(next);
  case arith::CmpIPredicate::slt:
    return upTo(itself);
  case arith::CmpIPredicate::eq: {
    KeyRange possible{least, next(most)};
    return {possible, same ? possible : nothing, same};
  }
  default:
    return unknown();
  }
}

Condition RangeDeriver::both(const Condition &a, const Condition &b) {
  // Ranges are clipped in the end: no bound stays none.
  auto later = [&](Value x, Value y) {
    return x == zero ? y : y == zero ? x : max(x, y);
  };
  auto earlier = [&](Value x, Value y) {
    return x == tile.seqKV ? y : y == tile.seqKV ? x : min(x, y);
  };
  auto intersect = [&](const KeyRange &x, const KeyRange &y) {
    return KeyRange{later(x.begin, y.begin), earlier(x.end, y.end)};
  };
  KeyRange possible = intersect(a.possible, b.possible);
  if (a.isExact && b.isExact)
    return {possible, possible, /*isExact=*/true};
  return {possible, intersect(a.certain, b.certain)};
}

Condition RangeDeriver::either(const Condition &a, const Condition &b) {
  // Ranges that begin or end together are one, empty ones, too.
  if (a.isExact && b.isExact) {
    const KeyRange &x = a.possible, &y = b.possible;
    std::optional<KeyRange> joined;
    if (x.begin == y.begin)
      joined = KeyRange{x.begin, max(x.end, y.end)};
    else if (x.end == y.end)
      joined = KeyRange{min(x.begin, y.begin), x.end};
    if (joined)
      return {*joined, *joined, /*isExact=*/true};
  }
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
  if (matchPattern(found.allMatch, m_One()))
    return {found.range, found.range, /*isExact=*/true};
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
    if (!all || condition.isExact) {
      all = all ? both(*all, condition) : condition;
      continue;
    }
    // What matches is a part of the candidates already.
    all = Condition{condition.possible, both(*all, condition).certain};
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

std::optional<KeyRange> deriveRowKeys(OpBuilder &builder, Location loc,
                                      Region &mask, const QueryTile &row,
                                      const IRMapping &mapping,
                                      MatchEmitter emitMatch) {
  if (mask.empty())
    return KeyRange{arith::ConstantIndexOp::create(builder, loc, 0), row.seqKV};
  return RangeDeriver(builder, loc, mask, row, mapping, emitMatch)
      .deriveExact();
}

} // namespace kgen::analysis
