//===- QueryTiles.cpp - Which query tiles a workgroup computes -------------===//

#include "QueryTiles.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace kgen {

/// What a group of heads may take of the last-level cache (50 MB on an H100,
/// shared with Q and O): the figure that FlashAttention-3 uses, too.
constexpr int64_t kCacheBytes = 32 * 1024 * 1024;

Value QueryTiles::tilesOfHead() {
  return emit.ceilDiv(emit.dim(op.getQ(), 2), schedule.tileQ);
}

QueryTile QueryTiles::ofGrid() {
  Type index = emit.builder.getIndexType();
  auto id = tile::ProgramIdOp::create(emit.builder, emit.loc, index, index, index);
  Value number = id.getX();
  // The last rows of a causal mask see the most keys; started first, they do
  // not end last.
  if (schedule.order == TileOrder::LongestFirst) {
    Value last = emit.sub(tilesOfHead(), emit.index(1));
    number = emit.sub(last, number);
  }
  return {id.getZ(), id.getY(), number};
}

/// `headOfAll` counts the heads of all batches.
QueryTile QueryTiles::make(Value headOfAll, Value tile) {
  Value batch = emit.floorDiv(headOfAll, op.getHeadsQ());
  Value head = emit.sub(headOfAll, emit.mul(batch, emit.index(op.getHeadsQ())));
  return {batch, head, tile};
}

/// The `number`-th tile in the schedule's order.
QueryTile QueryTiles::byNumber(Value number) {
  if (schedule.order == TileOrder::L2Swizzled)
    return inCacheGroups(number);
  Value tiles = tilesOfHead();
  Value head = emit.div(number, tiles);
  Value tile = emit.sub(number, emit.mul(head, tiles));
  if (schedule.order == TileOrder::LongestFirst)
    tile = emit.sub(emit.sub(tiles, emit.index(1)), tile);
  return make(head, tile);
}

/// Heads in groups whose keys and values fit the cache together; in a group the
/// tiles that see the most keys come first.
QueryTile QueryTiles::inCacheGroups(Value number) {
  Value tiles = tilesOfHead(), group = headsThatFitCache();
  Value heads = emit.mul(emit.dim(op.getQ(), 0), emit.index(op.getHeadsQ()));
  Value first = emit.mul(emit.div(number, emit.mul(group, tiles)), group);
  Value size = emit.min(group, emit.sub(heads, first));
  Value inGroup = emit.sub(number, emit.mul(first, tiles));
  Value fromLast = emit.div(inGroup, size);
  Value head = emit.add(first, emit.sub(inGroup, emit.mul(fromLast, size)));
  Value tile = emit.sub(emit.sub(tiles, emit.index(1)), fromLast);
  return make(head, tile);
}

/// Query heads whose keys and values take no more than kCacheBytes; at least 1.
Value QueryTiles::headsThatFitCache() {
  int64_t elementBytes = op.getElementType().getIntOrFloatBitWidth() / 8;
  int64_t rowBytes = (op.getHeadDimQK() + op.getHeadDimV()) * elementBytes;
  int64_t shared = op.getHeadsQ() / op.getHeadsKV();
  Value length = emit.max(emit.dim(op.getK(), 2), emit.index(1));
  Value heads = emit.div(emit.index(kCacheBytes / rowBytes * shared), length);
  return emit.max(heads, emit.index(1));
}

void QueryTiles::forEach(Body body) {
  OpBuilder &builder = emit.builder;
  Type index = builder.getIndexType();
  Value zero = emit.index(0);
  bool persistent = schedule.scheduler != TileScheduler::Grid;
  if (!persistent && schedule.order != TileOrder::L2Swizzled) {
    body(ofGrid(), {zero, zero});
    return;
  }
  auto id = tile::ProgramIdOp::create(builder, emit.loc, index, index, index);
  Value heads = emit.index(op.getHeadsQ());
  if (!persistent) {
    Value head = emit.add(id.getY(), emit.mul(id.getZ(), heads));
    Value number = emit.add(id.getX(), emit.mul(head, tilesOfHead()));
    body(byNumber(number), {zero, zero});
    return;
  }
  Value all = emit.mul(emit.mul(tilesOfHead(), heads), emit.dim(op.getQ(), 0));
  Value workgroups = tile::ProgramCountOp::create(builder, emit.loc, index);
  auto loop = scf::ForOp::create(builder, emit.loc, id.getX(), all, workgroups,
                                 ValueRange{zero, zero});
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  KvRings::Passed before{loop.getRegionIterArg(0), loop.getRegionIterArg(1)};
  Value passed = body(byNumber(loop.getInductionVar()), before);
  scf::YieldOp::create(builder, emit.loc,
                       ValueRange{emit.add(before.queries, emit.index(1)),
                                  emit.add(before.keys, passed)});
}

} // namespace kgen
