//===- KeyTiles.cpp - Which key tiles are walked over ----------------------===//

#include "KeyTiles.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace kgen {

/// The last of so many rows, or the tensor's.
Value KeyTileFinder::lastRowOf(Value first, int64_t rows) {
  return emit.sub(emit.min(emit.add(first, emit.index(rows)), place.seqQ),
                  emit.index(1));
}

KeyTiles KeyTileFinder::placeAt(ScoreFunction::Place &at) {
  place = at;
  SmallVector<ScoreFunction::Match> matches;
  auto emitMatch = [&](const analysis::TableMatch &tables) {
    analysis::MatchedKeys keys = emit.matchRange(tables);
    matches.push_back({tables.comparison, keys});
    return keys;
  };
  // A scan takes all threads, before roles part; persistent workgroups find
  // their next tile after that.
  bool together = schedule.scheduler == TileScheduler::Grid;
  KeyTiles seen = tilesOf(analysis::deriveKvRanges(
      emit.builder, emit.loc, op.getMask(),
      {place.batch, place.head, place.firstRow,
       lastRowOf(place.firstRow, schedule.tileQ), place.seqKV},
      IRMapping(),
      together ? analysis::MatchEmitter(emitMatch) : analysis::MatchEmitter()));
  scansTables = !matches.empty();
  // Of two, the ranges and both ways to compute the mask would take too many
  // registers.
  if (matches.size() == 1 && matches.front().comparison)
    at.match = matches.front();
  return seen;
}

KeyTiles KeyTileFinder::tilesOf(const analysis::KvRanges &ranges) {
  Value visibleBegin = emit.floorDiv(ranges.visible.begin, schedule.tileKV);
  // Ends may lie before begins (an empty range) but divisions want positives.
  Value end = emit.max(ranges.visible.end, ranges.visible.begin);
  Value least =
      hasRoles() ? emit.add(visibleBegin, emit.index(1)) : visibleBegin;
  Value visibleEnd = emit.max(emit.ceilDiv(end, schedule.tileKV), least);
  auto clamp = [&](Value value) {
    return emit.min(emit.max(value, visibleBegin), visibleEnd);
  };
  Value fullBegin = emit.ceilDiv(ranges.full.begin, schedule.tileKV);
  // Equal constants (no lower bound) are the rule; clamping would hide that the
  // first masked loop has no trips.
  if (getConstantIntValue(fullBegin) != getConstantIntValue(visibleBegin) ||
      !getConstantIntValue(fullBegin))
    fullBegin = clamp(fullBegin);
  Value fullLast = emit.max(ranges.full.end, emit.index(0));
  Value fullEnd =
      emit.max(clamp(emit.floorDiv(fullLast, schedule.tileKV)), fullBegin);
  KeyTiles tiles = {visibleBegin, visibleEnd, fullBegin, fullEnd};
  if (hasRoles())
    for (Value *tile : {&tiles.visibleBegin, &tiles.visibleEnd,
                        &tiles.fullBegin, &tiles.fullEnd})
      *tile = emit.narrow(*tile);
  return tiles;
}

bool KeyTileFinder::startsAtLastKeys() const {
  return schedule.kvDirection == KvDirection::Reverse ||
         (!attention::ForwardOp(op).hasMask() &&
          schedule.rowMaximum == RowMaximum::Float);
}

//===----------------------------------------------------------------------===//
// Of a warpgroup
//===----------------------------------------------------------------------===//

/// What a scan of tables found is the workgroup's.
bool KeyTileFinder::walksByGroup() const {
  return schedule.kvRange == KvRangeOf::Warpgroup &&
         attention::ForwardOp(op).hasMask() && !scansTables &&
         schedule.consumerWarpgroups > 1;
}

/// Those of its rows among the workgroup's; one at least, be it a hidden one.
KeyTiles KeyTileFinder::tilesOfGroup(const KeyTiles &seen) {
  int64_t rows = schedule.tileQ / schedule.consumerWarpgroups;
  Value group = tile::WarpgroupOp::create(emit.builder, emit.loc,
                                          emit.builder.getIndexType());
  // A warpgroup past the last row walks as that row, whose index its own rows
  // have in score functions (ScoreFunction.h), too.
  Value first =
      emit.min(emit.add(place.firstRow, emit.mul(group, emit.index(rows))),
               emit.sub(place.seqQ, emit.index(1)));
  KeyTiles own = tilesOf(analysis::deriveKvRanges(
      emit.builder, emit.loc, op.getMask(),
      {place.batch, place.head, first, lastRowOf(first, rows), place.seqKV},
      IRMapping(), analysis::MatchEmitter()));
  // Equal constants, such as the first key, tell what needs no loop.
  auto clamp = [&](Value tile, Value least, Value most) {
    bool isLeast = getConstantIntValue(tile) &&
                   getConstantIntValue(tile) == getConstantIntValue(least);
    return isLeast ? tile : emit.min(emit.max(tile, least), most);
  };
  Value one = emit.i32(1);
  own.visibleBegin = clamp(own.visibleBegin, seen.visibleBegin,
                           emit.sub(seen.visibleEnd, one));
  own.visibleEnd = clamp(own.visibleEnd, emit.add(own.visibleBegin, one),
                         seen.visibleEnd);
  own.fullBegin = clamp(own.fullBegin, own.visibleBegin, own.visibleEnd);
  own.fullEnd = clamp(own.fullEnd, own.fullBegin, own.visibleEnd);
  return own;
}

Walk KeyTileFinder::walkOfGroup(const KeyTiles &seen) {
  bool byGroup = walksByGroup();
  KeyTiles own = byGroup ? tilesOfGroup(seen) : seen;
  Walk walk;
  if (!startsAtLastKeys()) {
    walk.plainBegin = emit.sub(own.fullBegin, seen.visibleBegin);
    walk.plainEnd = emit.sub(own.fullEnd, seen.visibleBegin);
    walk.end = emit.sub(own.visibleEnd, seen.visibleBegin);
    walk.begin = byGroup ? emit.sub(own.visibleBegin, seen.visibleBegin)
                         : emit.i32(0);
  } else {
    walk.plainBegin = emit.sub(seen.visibleEnd, own.fullEnd);
    walk.plainEnd = emit.sub(seen.visibleEnd, own.fullBegin);
    walk.end = emit.sub(seen.visibleEnd, own.visibleBegin);
    walk.begin = byGroup ? emit.sub(seen.visibleEnd, own.visibleEnd)
                         : emit.i32(0);
  }
  return walk;
}

} // namespace kgen
