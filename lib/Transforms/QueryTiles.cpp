//===- QueryTiles.cpp - Which query tiles a workgroup computes -------------===//

#include "QueryTiles.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace kgen {

/// What a group of heads may take of the last-level cache (50 MB on an H100,
/// shared with Q and O): the figure that FlashAttention-3 uses, too.
constexpr int64_t kCacheBytes = 32 * 1024 * 1024;
/// The same for short sequences, which wait for memory more than for products:
/// smaller groups, of which several are under way, ask for keys at a steadier
/// rate (bench/results/h100-wgmma/sweeps_issue.txt, round 14).
constexpr int64_t kShortLength = 1024, kShortCacheBytes = 8 * 1024 * 1024;

/// The workgroups of a cluster take neighbouring tiles of one head.
Value QueryTiles::clustersOfHead() {
  return emit.ceilDiv(emit.narrow(emit.dim(op.getQ(), 2)),
                      schedule.tileQ * schedule.clusterSize);
}

/// With those past the last row that make the last cluster whole: they take
/// part in its copies and store nothing.
Value QueryTiles::tilesOfHead() {
  return emit.mul(clustersOfHead(), emit.i32(schedule.clusterSize));
}

QueryTiles::QueryTiles(TileEmitter &emit, attention::ForwardOp op,
                       const Schedule &schedule)
    : emit(emit), op(op), schedule(schedule) {
  if (schedule.scheduler != TileScheduler::PersistentDynamic)
    return;
  // Two slots: a position is read until its tile is done, and the next one is
  // known before.
  drawnHeads = emit.allocate(2, 1, 1, emit.builder.getI32Type());
  drawnTiles = emit.allocate(2, 1, 1, emit.builder.getI32Type());
}

QueryTile QueryTiles::ofGrid() {
  Type index = emit.builder.getIndexType();
  auto id = tile::ProgramIdOp::create(emit.builder, emit.loc, index, index, index);
  Value number = emit.narrow(id.getX());
  if (schedule.order == TileOrder::L2Swizzled) {
    Value head = emit.add(emit.narrow(id.getY()),
                          emit.mul(emit.narrow(id.getZ()),
                                   emit.i32(op.getHeadsQ())));
    return tileAt(byNumber(emit.add(number, emit.mul(head, tilesOfHead()))));
  }
  // The last rows of a causal mask see the most keys; started first, they do
  // not end last.
  if (schedule.order == TileOrder::LongestFirst) {
    Value last = emit.sub(tilesOfHead(), emit.i32(1));
    number = emit.sub(last, number);
  }
  return {id.getZ(), id.getY(), emit.wide(number)};
}

QueryTile QueryTiles::tileAt(Position position) {
  Value batch = emit.floorDiv(position.head, op.getHeadsQ());
  Value head =
      emit.sub(position.head, emit.mul(batch, emit.i32(op.getHeadsQ())));
  return {emit.wide(batch), emit.wide(head), emit.wide(position.tile)};
}

/// The `number`-th tile in the schedule's order, which is one of clusters.
QueryTiles::Position QueryTiles::byNumber(Value number) {
  Value cluster = emit.floorDiv(number, schedule.clusterSize);
  Position position = schedule.order == TileOrder::L2Swizzled
                          ? inCacheGroups(cluster)
                          : headByHead(cluster);
  Value size = emit.i32(schedule.clusterSize);
  Value member = emit.sub(number, emit.mul(cluster, size));
  position.tile = emit.add(emit.mul(position.tile, size), member);
  return position;
}

/// Of clusters, as is the next.
QueryTiles::Position QueryTiles::headByHead(Value number) {
  Value tiles = clustersOfHead();
  Value head = emit.div(number, tiles);
  Value tile = emit.sub(number, emit.mul(head, tiles));
  if (schedule.order == TileOrder::LongestFirst)
    tile = emit.sub(emit.sub(tiles, emit.i32(1)), tile);
  return {head, tile};
}

/// Heads in groups whose keys and values fit the cache together; in a group the
/// tiles that see the most keys come first.
QueryTiles::Position QueryTiles::inCacheGroups(Value number) {
  Value tiles = clustersOfHead(), group = headsThatFitCache();
  Value heads = allHeads();
  Value first = emit.mul(emit.div(number, emit.mul(group, tiles)), group);
  Value size = emit.min(group, emit.sub(heads, first));
  Value inGroup = emit.sub(number, emit.mul(first, tiles));
  Value fromLast = emit.div(inGroup, size);
  Value head = emit.add(first, emit.sub(inGroup, emit.mul(fromLast, size)));
  Value tile = emit.sub(emit.sub(tiles, emit.i32(1)), fromLast);
  return {head, tile};
}

/// Query heads whose keys and values take no more than a group may; at least 1,
/// and no more than there are, so that a group's tiles can be counted in i32.
Value QueryTiles::headsThatFitCache() {
  int64_t elementBytes = op.getElementType().getIntOrFloatBitWidth() / 8;
  int64_t rowBytes = (op.getHeadDimQK() + op.getHeadDimV()) * elementBytes;
  int64_t shared = op.getHeadsQ() / op.getHeadsKV();
  Value length = emit.max(emit.narrow(emit.dim(op.getK(), 2)), emit.i32(1));
  auto rowsIn = [&](int64_t bytes) {
    return emit.i32(bytes / rowBytes * shared);
  };
  Value isShort = emit.builder.createOrFold<arith::CmpIOp>(
      emit.loc, arith::CmpIPredicate::sle, length, emit.i32(kShortLength));
  Value rows = emit.builder.createOrFold<arith::SelectOp>(
      emit.loc, isShort, rowsIn(kShortCacheBytes), rowsIn(kCacheBytes));
  return emit.min(emit.max(emit.div(rows, length), emit.i32(1)), allHeads());
}

/// Query heads of all batches.
Value QueryTiles::allHeads() {
  return emit.mul(emit.narrow(emit.dim(op.getQ(), 0)), emit.i32(op.getHeadsQ()));
}

Value QueryTiles::allTiles() { return emit.mul(tilesOfHead(), allHeads()); }

Value QueryTiles::workgroup() {
  Type index = emit.builder.getIndexType();
  auto id = tile::ProgramIdOp::create(emit.builder, emit.loc, index, index, index);
  return emit.narrow(id.getX());
}

/// Workgroup w takes the tiles w, w + n, w + 2n, ...
void QueryTiles::everyNth(Body body) {
  OpBuilder &builder = emit.builder;
  Value workgroups = emit.narrow(tile::ProgramCountOp::create(
      builder, emit.loc, builder.getIndexType()));
  Value zero = emit.i32(0);
  auto loop = scf::ForOp::create(builder, emit.loc, workgroup(), allTiles(),
                                 workgroups, ValueRange{zero, zero});
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  KvRings::Passed before{loop.getRegionIterArg(0), loop.getRegionIterArg(1)};
  auto again = [&] { return tileAt(byNumber(loop.getInductionVar())); };
  Value passed = body({again(), before, again, nullptr});
  scf::YieldOp::create(builder, emit.loc,
                       ValueRange{emit.add(before.queries, emit.i32(1)),
                                  emit.add(before.keys, passed)});
}

/// The loop of a role over drawn tiles. `next` emits the position of the next
/// tile from what the round before left and the tiles so far; `round` emits the
/// tile's part and returns what it leaves and the key tiles that it lets through.
void QueryTiles::whileDrawn(
    Value first, function_ref<Position(Value left, Value tiles)> next,
    function_ref<std::pair<Value, Value>(Position, KvRings::Passed)> round) {
  OpBuilder &builder = emit.builder;
  SmallVector<Value> start = {first, emit.i32(0), emit.i32(0)};
  SmallVector<Type> carried(3, builder.getI32Type()),
      passed(4, builder.getI32Type());
  auto loop = scf::WhileOp::create(builder, emit.loc, passed, start);
  OpBuilder::InsertionGuard guard(builder);

  Block *head = builder.createBlock(&loop.getBefore(), {}, carried,
                                    SmallVector<Location>(3, emit.loc));
  Value tiles = head->getArgument(1), keys = head->getArgument(2);
  Position drawn = next(head->getArgument(0), tiles);
  Value isTile =
      arith::CmpIOp::create(builder, emit.loc, arith::CmpIPredicate::sge,
                            drawn.tile, emit.i32(0));
  scf::ConditionOp::create(builder, emit.loc, isTile,
                           ValueRange{drawn.head, drawn.tile, tiles, keys});

  Block *body = builder.createBlock(&loop.getAfter(), {}, passed,
                                    SmallVector<Location>(4, emit.loc));
  KvRings::Passed before{body->getArgument(2), body->getArgument(3)};
  auto [left, sent] =
      round({body->getArgument(0), body->getArgument(1)}, before);
  scf::YieldOp::create(builder, emit.loc,
                       ValueRange{left, emit.add(before.queries, emit.i32(1)),
                                  emit.add(before.keys, sent)});
}

/// Tells the consumers where the `number`-th tile lies; tile -1 behind the last.
/// The divisions that it takes are the producer's, who has time.
QueryTiles::Position QueryTiles::post(Value number, Value tiles) {
  Position position = byNumber(number);
  Value isTile = arith::CmpIOp::create(emit.builder, emit.loc,
                                       arith::CmpIPredicate::slt, number,
                                       allTiles());
  position.tile = arith::SelectOp::create(emit.builder, emit.loc, isTile,
                                          position.tile, emit.i32(-1));
  for (auto [ring, value] : {std::pair(drawnHeads, position.head),
                             std::pair(drawnTiles, position.tile)})
    tile::PostOp::create(emit.builder, emit.loc, emit.wide(value), ring,
                         emit.wide(tiles));
  return position;
}

QueryTiles::Position QueryTiles::collect(Value tiles) {
  auto from = [&](Value ring) {
    return emit.narrow(tile::CollectOp::create(emit.builder, emit.loc,
                                               emit.builder.getIndexType(),
                                               ring, emit.wide(tiles)));
  };
  Value head = from(drawnHeads);
  return {head, from(drawnTiles)};
}

void QueryTiles::forEachOfProducer(Body body) {
  if (schedule.scheduler == TileScheduler::PersistentStatic)
    return everyNth(body);
  auto next = [&](Value number, Value tiles) { return post(number, tiles); };
  whileDrawn(workgroup(), next, [&](Position position, KvRings::Passed before) {
    Value drawn;
    auto draw = [&] {
      drawn = tile::DrawTileOp::create(emit.builder, emit.loc,
                                       emit.builder.getIndexType(),
                                       emit.wide(allTiles()));
    };
    auto again = [&] { return tileAt(position); };
    Value sent = body({again(), before, again, draw});
    return std::make_pair(emit.narrow(drawn), sent);
  });
}

void QueryTiles::forEachOfConsumers(Body body) {
  if (schedule.scheduler == TileScheduler::PersistentStatic)
    return everyNth(body);
  Value nothing = emit.i32(0);
  auto next = [&](Value, Value tiles) { return collect(tiles); };
  whileDrawn(nothing, next, [&](Position position, KvRings::Passed before) {
    auto again = [&] { return tileAt(collect(before.queries)); };
    Value received = body({tileAt(position), before, again, nullptr});
    for (Value ring : {drawnHeads, drawnTiles})
      tile::ReleaseOp::create(emit.builder, emit.loc, ring,
                              emit.wide(before.queries));
    return std::make_pair(nothing, received);
  });
}

} // namespace kgen
