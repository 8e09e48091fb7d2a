//===- MatchRange.cpp - tile.match_range as loops ---------------------------===//

#include "kgen/Target/Common/MatchRange.h"

#include "kgen/Target/Common/KernelSignature.h"

#include <limits>

using namespace mlir;

namespace kgen {
namespace {

constexpr int64_t kMostI32 = std::numeric_limits<int32_t>::max();

Value constant(ImplicitLocOpBuilder &b, Type type, int64_t value) {
  return arith::ConstantOp::create(b, b.getIntegerAttr(type, value));
}

/// One table along its last dimension, entries as i32 or i64.
class Table {
public:
  Table(ImplicitLocOpBuilder &b, Value memref, ValueRange leading)
      : b(b), memref(memref), leading(leading) {}

  /// What entries are compared as. Equal ones stay equal.
  Type type() const {
    Type element = cast<MemRefType>(memref.getType()).getElementType();
    bool narrow = element.isInteger() && element.getIntOrFloatBitWidth() <= 32;
    return narrow ? b.getI32Type() : b.getI64Type();
  }

  /// The entry at `position`, a non-negative i32.
  Value at(Value position) const {
    SmallVector<Value> indices(leading);
    indices.push_back(fromI32(b, b.getLoc(), position));
    Value entry = memref::LoadOp::create(b, memref, indices);
    if (entry.getType().isIndex())
      return arith::IndexCastOp::create(b, type(), entry);
    if (entry.getType() == type())
      return entry;
    return arith::ExtSIOp::create(b, type(), entry);
  }

private:
  ImplicitLocOpBuilder &b;
  Value memref;
  ValueRange leading;
};

/// A loop in which the lanes of a group visit the positions [begin, end), i32,
/// in equally many rounds. `visit` is given, for each read in flight, the
/// position and what the table has there (past the end: the last position and
/// its entry, and false in `inside`).
struct Visit {
  Value position, entry, inside;
};
using Body = function_ref<ScanGroup::Values(ArrayRef<Visit>, ValueRange)>;

ScanGroup::Values visitAll(ImplicitLocOpBuilder &b, const ScanGroup &group,
                           const Table &table, Value begin, Value end,
                           ValueRange start, Body body) {
  Type i32 = b.getI32Type();
  Value last = arith::SubIOp::create(b, end, constant(b, i32, 1));
  Value step = constant(b, i32, group.lanes * group.unroll);
  auto loop = scf::ForOp::create(b, begin, end, step, start);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value mine = arith::AddIOp::create(b, loop.getInductionVar(), group.lane);
  SmallVector<Visit> visits;
  for (int64_t read = 0; read < group.unroll; ++read) {
    Value position = arith::AddIOp::create(
        b, mine, constant(b, i32, read * group.lanes));
    Value inside =
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt, position, end);
    Value kept = arith::MinSIOp::create(b, position, last);
    visits.push_back({position, table.at(kept), inside});
  }
  scf::YieldOp::create(b, body(visits, loop.getRegionIterArgs()));
  return ScanGroup::Values(loop.getResults());
}

ScanGroup::Values joined(ImplicitLocOpBuilder &b, const ScanGroup &group,
                         ScanGroup::Values values, ArrayRef<LaneFold> kinds) {
  return group.join ? group.join(b, std::move(values), kinds) : values;
}

/// The least and the greatest entry of the rows.
ScanGroup::Values scanRows(ImplicitLocOpBuilder &b, const ScanGroup &group,
                           const Table &table, Value begin, Value end) {
  constexpr LaneFold kinds[] = {LaneFold::MinSigned, LaneFold::MaxSigned};
  int64_t bits = table.type().getIntOrFloatBitWidth();
  Value start[] = {
      constant(b, table.type(), APInt::getSignedMaxValue(bits).getSExtValue()),
      constant(b, table.type(), APInt::getSignedMinValue(bits).getSExtValue())};
  ScanGroup::Values found = visitAll(
      b, group, table, begin, end, start,
      [&](ArrayRef<Visit> visits, ValueRange carried) {
        ScanGroup::Values next(carried);
        // An entry that is read twice does not matter here.
        for (const Visit &visit : visits)
          for (auto [value, kind] : llvm::zip_equal(next, kinds))
            value = fold(b, kind, value, visit.entry);
        return next;
      });
  return joined(b, group, std::move(found), kinds);
}

/// First position, position past the last one, and number of the entries in
/// [low, high].
ScanGroup::Values scanKeys(ImplicitLocOpBuilder &b, const ScanGroup &group,
                           const Table &table, Value begin, Value end,
                           Value low, Value high) {
  constexpr LaneFold kinds[] = {LaneFold::MinSigned, LaneFold::MaxSigned,
                                LaneFold::Add};
  Type i32 = b.getI32Type();
  Value none = constant(b, i32, kMostI32), zero = constant(b, i32, 0);
  Value one = constant(b, i32, 1);
  Value width = arith::SubIOp::create(b, high, low);
  ScanGroup::Values found = visitAll(
      b, group, table, begin, end, ValueRange{none, zero, zero},
      [&](ArrayRef<Visit> visits, ValueRange carried) {
        ScanGroup::Values next(carried);
        for (const Visit &visit : visits) {
          // low <= entry <= high in one unsigned comparison.
          Value above = arith::SubIOp::create(b, visit.entry, low);
          Value fits = arith::CmpIOp::create(b, arith::CmpIPredicate::ule,
                                             above, width);
          Value matches = arith::AndIOp::create(b, fits, visit.inside);
          Value after = arith::AddIOp::create(b, visit.position, one);
          Value neutral[] = {none, zero, zero};
          Value here[] = {visit.position, after, one};
          for (auto [value, kind, is, isNot] :
               llvm::zip_equal(next, kinds, here, neutral))
            value = fold(b, kind, value,
                         arith::SelectOp::create(b, matches, is, isNot));
        }
        return next;
      });
  return joined(b, group, std::move(found), kinds);
}

} // namespace

Value fold(ImplicitLocOpBuilder &b, LaneFold kind, Value left, Value right) {
  switch (kind) {
  case LaneFold::MinSigned:
    return arith::MinSIOp::create(b, left, right);
  case LaneFold::MaxSigned:
    return arith::MaxSIOp::create(b, left, right);
  case LaneFold::Add:
    return arith::AddIOp::create(b, left, right);
  }
  return left;
}

ScanGroup::Values
joinByExchange(ImplicitLocOpBuilder &b, ScanGroup::Values values,
               ArrayRef<LaneFold> kinds, int64_t lanes,
               function_ref<Value(Value, int64_t mask)> exchange) {
  Type i32 = b.getI32Type(), i64 = b.getI64Type();
  auto exchanged = [&](Value value, int64_t mask) -> Value {
    if (value.getType() == i32)
      return exchange(value, mask);
    Value half = constant(b, i64, 32);
    Value low = exchange(arith::TruncIOp::create(b, i32, value), mask);
    Value shifted = arith::ShRUIOp::create(b, value, half);
    Value high = exchange(arith::TruncIOp::create(b, i32, shifted), mask);
    Value upper = arith::ShLIOp::create(
        b, arith::ExtUIOp::create(b, i64, high), half);
    return arith::OrIOp::create(b, arith::ExtUIOp::create(b, i64, low), upper);
  };
  for (int64_t mask = lanes / 2; mask >= 1; mask /= 2)
    for (auto [value, kind] : llvm::zip_equal(values, kinds))
      value = fold(b, kind, value, exchanged(value, mask));
  return values;
}

void expandMatchRange(tile::MatchRangeOp op, const ScanGroup &rows,
                      const ScanGroup &keys) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  auto position = [&](Value index) { return toI32(b, b.getLoc(), index); };
  Value afterRows = arith::AddIOp::create(b, position(op.getLastRow()),
                                          constant(b, b.getI32Type(), 1));
  ScanGroup::Values bounds =
      scanRows(b, rows, Table(b, op.getQueryTable(), op.getQueryIndices()),
               position(op.getFirstRow()), afterRows);
  ScanGroup::Values found =
      scanKeys(b, keys, Table(b, op.getKeyTable(), op.getKeyIndices()),
               position(op.getKeyBegin()), position(op.getKeyEnd()), bounds[0],
               bounds[1]);
  // Without a match the first position is past all others, and the end is 0.
  Value begin = arith::MinSIOp::create(b, found[0], found[1]);
  Value length = arith::SubIOp::create(b, found[1], begin);
  Value same = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, bounds[0],
                                     bounds[1]);
  Value whole =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, found[2], length);
  Value results[] = {fromI32(b, b.getLoc(), begin),
                     fromI32(b, b.getLoc(), found[1]),
                     arith::AndIOp::create(b, same, whole)};
  op->replaceAllUsesWith(ValueRange(results));
  op.erase();
}

} // namespace kgen
