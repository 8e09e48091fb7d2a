//===- OnlineSoftmax.cpp - The flash-attention algorithm ------------------===//
//
// One workgroup computes one tile of query rows. It walks over tiles of keys
// and keeps, for each row, the running maximum m of the scores, the running sum
// l of the weights and the running output O (Milakov and Gimelshein, "Online
// normalizer calculation for softmax", arXiv 1805.02867; Dao et al.,
// "FlashAttention", arXiv 2205.14135):
//
//   S  = Q K^T                     t = f * score(S)    -inf where masked
//   m' = max(m, rowmax(t))         a = 2^(m - m')
//   P  = 2^(t - m')                l = a * l + rowsum(P)
//   O  = a * O + P V               finally O / l, and LSE = (m + log2(l)) ln 2
//
// Scores are in the exp2 domain (Exp2Domain.h): f holds scale * log2(e) where
// the score function does not, and is applied inside one FMA together with the
// maximum. While a row has seen no key, m is -inf; the exponent then uses 0 in
// its place, so that 2^(-inf - 0) = 0 and no NaN arises. Such a row ends with
// l = 0, O = 0 and LSE = -inf.
//
// Any m that is close enough gives the same quotients. Lazily (rescale = lazy),
// m stays where no score exceeds it by much; a is then 1 and O = a * O is left
// out.
//
// Keys that the mask hides from the whole tile are never visited; of the
// others, those that it hides from no row run in a loop without a mask
// (KvRange.h):
//
//   visible.begin      full.begin         full.end       visible.end
//        |--- masked loop ---|--- plain loop ---|--- masked loop ---|
//
// A plain loop that compares scores as integers asks for m >= 0 first; until that
// holds, the masked loop takes its tiles, too (WalkLoops.h).
//
// Where a workgroup has a producer (tile.roles), its two parts walk over the
// same tiles. The consumers may then start the products of two steps together,
// so that the softmax of one runs under the product of the other (Shah et al.,
// "FlashAttention-3", arXiv 2407.08608):
//
//   start S' = Q K'^T     start O = a O + P V     await S'     softmax of S'
//   await O               P = P'
//
// A warpgroup may walk over the tiles that its own rows see, and let the others
// of its workgroup pass (KeyTiles.h).
//
// What a score adds for each key alone is where S starts: staged a step ahead,
// it is a part of the product (WalkColumns.h).
//
// The two lines in the middle of the recurrence are TileSoftmax.h, which also
// has their short forms for affine and for bounded scores.
//
//===----------------------------------------------------------------------===//

#include "OnlineSoftmax.h"
#include "KeyTiles.h"
#include "KvPipeline.h"
#include "QueryTiles.h"
#include "RunningState.h"
#include "TileEmitter.h"
#include "TileSoftmax.h"
#include "WalkColumns.h"
#include "WalkLoops.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

#include <limits>

using namespace mlir;

namespace kgen {
namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

class OnlineSoftmax {
public:
  OnlineSoftmax(attention::ForwardOp op, const Schedule &schedule,
                OpBuilder &builder)
      : op(op), schedule(schedule), emit(builder, op.getLoc()),
        softmax(op, schedule, emit), keyTiles(op, schedule, emit), loops(emit),
        columns(emit, softmax, [this](Value place) { return firstKeyAt(place); }) {
  }

  void lower();

private:
  void lowerWithRoles();
  void placeAt(const QueryTile &tile);
  Value loadQueries();
  RunningState initialState(KvPipeline::Tokens tokens);
  RunningState loop(Value first, Value end, bool masked, RunningState state);
  RunningState step(Value place, bool masked, RunningState state);
  Value rescaled(Value output, Value factor);
  Value rescaledIfChanged(Value output, Value factor);
  Value operandOf(Value weights);

  // With roles.
  void send(KvRings::Passed before, function_ref<void()> drawNext);
  RunningState consume(KvRings::Passed before);
  Value mayBePlain(Value place, Value maximum);
  RunningState walkInOrder(Walk walk);
  RunningState walkOverlapped(const Walk &walk);
  Value receiveQueries(KvRings::Passed before);
  void queriesDone();
  Value tileAt(Value place);
  Value firstKeyAt(Value place);
  Value productStart(Value place, bool masked);
  void pass(Value first, Value end, int64_t columnsAhead);
  PendingStep firstStep(Value place);
  PendingStep overlappedStep(Value place, bool masked, PendingStep before);
  PendingStep pendingStep(Value output, const Weights &tile, bool isFirst);
  RunningState lastStep(PendingStep pending, Value place);
  void takeTurn();
  void passTurn();
  void await(MutableArrayRef<Value> matrices, int64_t pending,
             ValueRange after = {});
  void storeOutput(Value output);
  void finish(const RunningState &state);

  attention::ForwardOp op;
  const Schedule &schedule;
  TileEmitter emit;
  TileSoftmax softmax;
  KeyTileFinder keyTiles;
  WalkLoops loops;
  WalkColumns columns;

  Value head, batch, headKV, firstRow, seqQ, seqKV; // index values
  Value queries;     ///< operand matrix or view, as the schedule says
  Value weightsView; ///< of P, where it is staged; else null
  Value outputView;  ///< of O, where it is staged; else null
  /// Those that the workgroup walks over. With roles i32, as are places of the
  /// walk.
  KeyTiles seen;
  /// Not owned: lives while the loops are emitted.
  KvPipeline *pipeline = nullptr;
  /// Set in kernels with roles.
  KvRings *rings = nullptr;
};

void OnlineSoftmax::placeAt(const QueryTile &tile) {
  batch = tile.batch;
  head = tile.head;
  headKV = emit.floorDiv(head, op.getHeadsQ() / op.getHeadsKV());
  firstRow = emit.mul(tile.number, emit.index(schedule.tileQ));
  seqQ = emit.dim(op.getQ(), 2);
  seqKV = emit.dim(op.getK(), 2);
  ScoreFunction::Place place{batch, head, firstRow, seqQ, seqKV};
  seen = keyTiles.placeAt(place);
  softmax.placeAt(place);
}

/// Q stays for the whole walk: staged on chip, then in registers or read from
/// there by each product.
Value OnlineSoftmax::loadQueries() {
  Value buffer =
      emit.allocate(1, schedule.tileQ, op.getHeadDimQK(), op.getElementType());
  Value view =
      tile::SlotOp::create(emit.builder, emit.loc, buffer, emit.index(0));
  Value token = emit.copy(op.getQ(), batch, head, firstRow, seqQ, view);
  if (schedule.qOperand == OperandPlace::Shared)
    return view; // older than every key tile, so waited for with the first one
  tile::WaitOp::create(emit.builder, emit.loc, token, 0);
  tile::BarrierOp::create(emit.builder, emit.loc);
  return tile::LoadOp::create(emit.builder, emit.loc, view);
}

/// A null factor is 1.
Value OnlineSoftmax::rescaled(Value output, Value factor) {
  if (!factor)
    return output;
  return emit.map({output, factor}, firstRow, emit.index(0),
                  [&](OpBuilder &b, ValueRange a) -> Value {
                    return arith::MulFOp::create(b, emit.loc, a[0], a[1]);
                  });
}

/// The same where the factors are mostly 1: nothing may be in flight.
Value OnlineSoftmax::rescaledIfChanged(Value output, Value factor) {
  Value changed =
      tile::DiffersOp::create(emit.builder, emit.loc, emit.builder.getI1Type(),
                              factor, emit.builder.getF32FloatAttr(1));
  auto branch = scf::IfOp::create(emit.builder, emit.loc, output.getType(),
                                  changed, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(emit.builder);
  emit.builder.setInsertionPointToStart(branch.thenBlock());
  Value product = rescaled(output, factor);
  scf::YieldOp::create(emit.builder, emit.loc, product);
  emit.builder.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(emit.builder, emit.loc, output);
  return branch.getResult(0);
}

/// P as the left operand of P V, in registers or staged on chip. One buffer is
/// enough: the product of the step before was awaited.
Value OnlineSoftmax::operandOf(Value weights) {
  auto type = tile::MatrixType::get(emit.builder.getContext(), schedule.tileQ,
                                    schedule.tileKV, op.getElementType(),
                                    tile::MatrixKind::Operand);
  Value packed = tile::PackOp::create(emit.builder, emit.loc, type, weights);
  if (!weightsView)
    return packed;
  tile::StageOp::create(emit.builder, emit.loc, packed, weightsView);
  return weightsView;
}

RunningState OnlineSoftmax::step(Value place, bool masked, RunningState state) {
  Value firstKey = firstKeyAt(place);
  Value start = productStart(place, masked);
  Value keys = pipeline->keysReady(place, state.tokens);
  Value product = softmax.multiplyKeys(queries, keys, start, /*async=*/false);
  pipeline->keysDone(place);
  columns.stageAfter(place);
  Value values = pipeline->valuesReady(place, state.tokens);

  Weights tile =
      softmax.apply(product, firstKey, masked, state.maximum, state.sum);
  Value scaledOutput = softmax.isLazy()
                           ? rescaledIfChanged(state.output, tile.rescale)
                           : rescaled(state.output, tile.rescale);
  Value output =
      tile::DotOp::create(emit.builder, emit.loc, state.output.getType(),
                          operandOf(tile.weights), values, scaledOutput);
  columns.publishAfter(place);
  pipeline->valuesDone(place);
  return {output, tile.maximum, tile.sum, state.tokens};
}

RunningState OnlineSoftmax::loop(Value first, Value end, bool masked,
                                 RunningState state) {
  return RunningState::from(loops.forEach(
      first, end, state.values(), [&](Value place, ValueRange carried) {
        return step(place, masked, RunningState::from(carried)).values();
      }));
}

/// O leaves from registers or, staged on chip, by the copy engine.
void OnlineSoftmax::storeOutput(Value output) {
  if (!outputView) {
    tile::StoreOp::create(emit.builder, emit.loc, output, op.getO(), batch,
                          head, firstRow, seqQ);
    return;
  }
  auto view = cast<tile::ViewType>(outputView.getType());
  Value packed = tile::PackOp::create(emit.builder, emit.loc,
                                      tile::LoadOp::matrixTypeOf(view), output);
  if (schedule.scheduler != TileScheduler::Grid) // O of the tile before
    tile::AwaitStoresOp::create(emit.builder, emit.loc);
  tile::StageOp::create(emit.builder, emit.loc, packed, outputView);
  tile::StoreStagedOp::create(emit.builder, emit.loc, outputView, op.getO(),
                              batch, head, firstRow);
}

/// O / l and LSE.
void OnlineSoftmax::finish(const RunningState &state) {
  Value sum = softmax.total(state.sum);
  Value inverse = emit.mapRows(sum, firstRow, [&](OpBuilder &b, ValueRange a) {
    Value empty = arith::CmpFOp::create(b, emit.loc, arith::CmpFPredicate::OEQ,
                                        a[0], emit.f32(0));
    Value quotient = arith::DivFOp::create(b, emit.loc, emit.f32(1), a[0]);
    return Value(
        arith::SelectOp::create(b, emit.loc, empty, emit.f32(0), quotient));
  });
  storeOutput(rescaled(state.output, inverse));
  if (!op.writesLse())
    return;
  Value lse = softmax.logSumExp(state.maximum, sum);
  tile::StoreRowsOp::create(emit.builder, emit.loc, lse, op.getLse(), batch,
                            head, firstRow, seqQ);
}

RunningState OnlineSoftmax::initialState(KvPipeline::Tokens tokens) {
  softmax.begin();
  return {emit.splat(0, emit.accumulator(schedule.tileQ, op.getHeadDimV())),
          emit.splat(kMinusInfinity, emit.perRow(schedule.tileQ)),
          emit.splat(0, emit.perRow(schedule.tileQ)), std::move(tokens)};
}

//===----------------------------------------------------------------------===//
// With roles
//===----------------------------------------------------------------------===//

/// The key tile at a place of the walk.
Value OnlineSoftmax::tileAt(Value place) {
  if (!rings)
    return place;
  if (schedule.kvDirection == KvDirection::Reverse)
    return emit.sub(emit.sub(seen.visibleEnd, emit.i32(1)), place);
  Value inOrder = emit.add(seen.visibleBegin, place);
  if (!keyTiles.startsAtLastKeys())
    return inOrder;
  Value isFirst = arith::CmpIOp::create(
      emit.builder, emit.loc, arith::CmpIPredicate::eq, place, emit.i32(0));
  return arith::SelectOp::create(emit.builder, emit.loc, isFirst,
                                 emit.sub(seen.visibleEnd, emit.i32(1)),
                                 emit.sub(inOrder, emit.i32(1)));
}

Value OnlineSoftmax::firstKeyAt(Value place) {
  Value tile = tileAt(place);
  return emit.wide(emit.mul(tile, emit.like(tile, schedule.tileKV)));
}

/// A tile is drawn late, when the consumers have few steps left: one that was
/// drawn a tile ahead may end last. What is left hides how long it takes.
void OnlineSoftmax::send(KvRings::Passed before,
                         function_ref<void()> drawNext) {
  rings->send({batch, head, headKV, firstRow,
               emit.sub(seen.visibleEnd, seen.visibleBegin),
               [&](Value place) { return tileAt(place); }, drawNext},
              before);
}

void OnlineSoftmax::await(MutableArrayRef<Value> matrices, int64_t pending,
                          ValueRange after) {
  SmallVector<Value> started(matrices);
  auto op = tile::AwaitOp::create(emit.builder, emit.loc,
                                  ValueRange(started).getTypes(), started,
                                  after, pending);
  llvm::copy(op.getResults(), matrices.begin());
}

/// Warpgroups start their products in turns, so that the softmax of one runs
/// under the products of the next.
void OnlineSoftmax::takeTurn() {
  if (schedule.overlap == OverlapMode::Both)
    tile::TakeTurnOp::create(emit.builder, emit.loc);
}

void OnlineSoftmax::passTurn() {
  if (schedule.overlap == OverlapMode::Both)
    tile::PassTurnOp::create(emit.builder, emit.loc);
}

/// A step's O, before its product P V, with what that takes. O of the first
/// step is zero.
PendingStep OnlineSoftmax::pendingStep(Value output, const Weights &tile,
                                       bool isFirst) {
  PendingStep pending = {{output, tile.maximum, tile.sum, {}},
                         operandOf(tile.weights),
                         tile.rescale};
  if (!softmax.isLazy())
    return pending;
  if (!isFirst)
    pending.state.output = rescaledIfChanged(output, tile.rescale);
  pending.rescale = Value();
  return pending;
}

PendingStep OnlineSoftmax::firstStep(Value place) {
  RunningState state = initialState({});
  columns.stageFirst(place);
  Value start = productStart(place, /*masked=*/true);
  Value keys = rings->keysReady(place, state.tokens);
  takeTurn();
  Value product = softmax.multiplyKeys(queries, keys, start, /*async=*/false);
  passTurn();
  rings->keysDone(place);
  columns.stageAfter(place);
  Value firstKey = firstKeyAt(place);
  Weights tile = softmax.apply(product, firstKey, /*masked=*/true,
                               state.maximum, state.sum);
  columns.publishAfter(place);
  return pendingStep(state.output, tile, /*isFirst=*/true);
}

PendingStep OnlineSoftmax::overlappedStep(Value place, bool masked,
                                          PendingStep before) {
  RunningState &state = before.state;
  Value previous = emit.sub(place, emit.i32(1));
  Value firstKey = firstKeyAt(place);

  // What the product starts from is computed while others have their turn.
  Value start = productStart(place, masked);
  Value keys = rings->keysReady(place, state.tokens);
  takeTurn();
  Value product = softmax.multiplyKeys(queries, keys, start, /*async=*/true);
  Value values = rings->valuesReady(previous, state.tokens);
  // O is rescaled while S' is being computed.
  Value rescale = before.rescale;
  if (rescale)
    rescale =
        tile::PinOp::create(emit.builder, emit.loc, rescale.getType(), rescale);
  Value output = tile::DotOp::create(
      emit.builder, emit.loc, state.output.getType(), before.weights, values,
      rescaled(state.output, rescale), /*transpose_rhs=*/false,
      /*async=*/true);
  passTurn();
  await(product, /*pending=*/1);
  rings->keysDone(place);
  columns.stageAfter(place);

  Weights tile =
      softmax.apply(product, firstKey, masked, state.maximum, state.sum);
  SmallVector<Value> inFlight = {output};
  if (!before.isStaged())
    inFlight.push_back(before.weights);
  await(inFlight, /*pending=*/0, /*after=*/tile.sum);
  columns.publishAfter(place);
  rings->valuesDone(previous);
  return pendingStep(inFlight[0], tile, /*isFirst=*/false);
}

RunningState OnlineSoftmax::lastStep(PendingStep pending, Value place) {
  RunningState state = pending.state;
  Value values = rings->valuesReady(place, state.tokens);
  state.output = tile::DotOp::create(
      emit.builder, emit.loc, state.output.getType(), pending.weights, values,
      rescaled(state.output, pending.rescale));
  rings->valuesDone(place);
  return state;
}

/// What the product at a place of the walk starts from.
Value OnlineSoftmax::productStart(Value place, bool masked) {
  Value firstKey;
  if (softmax.startsAtKeys())
    firstKey = firstKeyAt(place);
  return softmax.productStart(firstKey, masked, columns.numberOf(place));
}

/// Lets tiles pass that only other warpgroups compute. Behind a walk, whose
/// columns are one ahead, theirs are, too.
void OnlineSoftmax::pass(Value first, Value end, int64_t columnsAhead) {
  if (!keyTiles.walksByGroup())
    return;
  loops.forEach(first, end, {}, [&](Value place, ValueRange) {
    KvPipeline::Tokens none;
    columns.pass(place, emit.i32(columnsAhead));
    (void)rings->keysReady(place, none);
    takeTurn();
    passTurn();
    rings->keysDone(place);
    (void)rings->valuesReady(place, none);
    rings->valuesDone(place);
    return WalkLoops::State();
  });
}

/// Q of a query tile. In registers it leaves its slot to the next tile's at
/// once.
Value OnlineSoftmax::receiveQueries(KvRings::Passed before) {
  Value view = rings->receiveQueries(before);
  if (schedule.qOperand == OperandPlace::Shared)
    return view;
  Value loaded = tile::LoadOp::create(emit.builder, emit.loc, view);
  rings->queriesDone();
  return loaded;
}

/// Products with Q have been awaited: its slot is free, if it was not before.
void OnlineSoftmax::queriesDone() {
  if (schedule.qOperand == OperandPlace::Shared)
    rings->queriesDone();
}

RunningState OnlineSoftmax::consume(KvRings::Passed before) {
  queries = receiveQueries(before);
  Walk walk = keyTiles.walkOfGroup(seen);
  Value all = emit.sub(seen.visibleEnd, seen.visibleBegin);
  columns.placeAt(before, emit.sub(all, emit.i32(1)));
  pass(emit.i32(0), walk.begin, /*columnsAhead=*/0);
  bool overlapped = schedule.overlap == OverlapMode::Intra ||
                    schedule.overlap == OverlapMode::Both;
  RunningState state = overlapped ? walkOverlapped(walk) : walkInOrder(walk);
  pass(walk.end, all, /*columnsAhead=*/1);
  return state;
}

/// Steps without a mask may compare scores as integers, but not any scores.
Value OnlineSoftmax::mayBePlain(Value place, Value maximum) {
  return softmax.hasNonnegativeMaxima(maximum, firstKeyAt(place));
}

RunningState OnlineSoftmax::walkInOrder(Walk walk) {
  if (softmax.comparesIntegers()) { // not before there is a maximum
    walk.plainBegin =
        emit.max(walk.plainBegin, emit.add(walk.begin, emit.i32(1)));
    if (walk.plainEnd != walk.end)
      walk.plainEnd = emit.max(walk.plainEnd, walk.plainBegin);
  }
  auto oneStep = [&](Value place, bool masked, ValueRange carried) {
    return step(place, masked, RunningState::from(carried)).values();
  };
  auto isReady = [&](Value place, ValueRange carried) {
    return mayBePlain(place, RunningState::from(carried).maximum);
  };
  WalkLoops::Condition condition;
  if (softmax.asksForMaxima())
    condition = isReady;
  RunningState first = initialState({});
  columns.stageFirst(walk.begin);
  RunningState state =
      RunningState::from(loops.walk(walk, first.values(), oneStep, condition));
  queriesDone();
  return state;
}

RunningState OnlineSoftmax::walkOverlapped(const Walk &walk) {
  PendingStep first = firstStep(walk.begin);
  // Without a mask only the last keys need one: they are the first step's, or
  // come last.
  Walk rest = walk;
  rest.begin = emit.add(walk.begin, emit.i32(1));
  rest.plainBegin =
      op.hasMask() ? emit.max(walk.plainBegin, rest.begin) : rest.begin;
  if (walk.plainEnd != walk.end)
    rest.plainEnd = emit.max(walk.plainEnd, rest.plainBegin);
  auto oneStep = [&](Value place, bool masked, ValueRange carried) {
    return overlappedStep(place, masked, PendingStep::from(carried, first))
        .values();
  };
  auto isReady = [&](Value place, ValueRange carried) {
    return mayBePlain(place, PendingStep::from(carried, first).state.maximum);
  };
  WalkLoops::Condition condition;
  if (softmax.asksForMaxima())
    condition = isReady;
  PendingStep last = PendingStep::from(
      loops.walk(rest, first.values(), oneStep, condition), first);
  queriesDone();
  return lastStep(last, emit.sub(walk.end, emit.i32(1)));
}

void OnlineSoftmax::lowerWithRoles() {
  KvRings storage(emit, schedule, op);
  pipeline = rings = &storage;
  Value weightsBuffer, outputBuffer;
  columns.allocate();
  if (schedule.pOperand == OperandPlace::Shared)
    weightsBuffer =
        emit.allocate(1, schedule.tileQ, schedule.tileKV, op.getElementType());
  if (schedule.epilogue == EpilogueKind::Tma)
    outputBuffer =
        emit.allocate(1, schedule.tileQ, op.getHeadDimV(), op.getElementType());
  QueryTiles tiles(emit, op, schedule);
  bool persistent = schedule.scheduler != TileScheduler::Grid;
  if (!persistent)
    placeAt(tiles.ofGrid()); // by all threads, before they part
  KvRings::Passed none{emit.i32(0), emit.i32(0)};
  auto roles = tile::RolesOp::create(emit.builder, emit.loc);
  auto count = [&] { return emit.sub(seen.visibleEnd, seen.visibleBegin); };

  emit.builder.setInsertionPointToStart(&roles.getProducer().front());
  if (persistent)
    tiles.forEachOfProducer([&](const QueryTiles::Turn &turn) {
      placeAt(turn.tile);
      send(turn.before, turn.drawNext);
      return count();
    });
  else
    send(none, nullptr);

  emit.builder.setInsertionPointToStart(&roles.getConsumers().front());
  if (weightsBuffer)
    weightsView = tile::SlotOp::create(emit.builder, emit.loc, weightsBuffer,
                                       emit.index(0));
  if (outputBuffer)
    outputView = tile::SlotOp::create(emit.builder, emit.loc, outputBuffer,
                                      emit.index(0));
  if (persistent)
    tiles.forEachOfConsumers([&](const QueryTiles::Turn &turn) {
      placeAt(turn.tile);
      RunningState state = consume(turn.before);
      placeAt(turn.again());
      finish(state);
      return count();
    });
  else
    finish(consume(none));
  if (outputView)
    tile::AwaitStoresOp::create(emit.builder, emit.loc);
}

void OnlineSoftmax::lower() {
  if (schedule.producer == ProducerKind::Tma)
    return lowerWithRoles();
  placeAt(QueryTiles(emit, op, schedule).ofGrid());
  Value keyLimit =
      emit.min(seqKV, emit.mul(seen.visibleEnd, emit.index(schedule.tileKV)));
  KvCopies copies(emit, schedule, op,
                  KvCopies::Place{batch, headKV, seen.visibleBegin, keyLimit});
  pipeline = &copies;
  queries = loadQueries();
  RunningState state = initialState(copies.start());
  state = loop(seen.visibleBegin, seen.fullBegin, /*masked=*/true, state);
  state = loop(seen.fullBegin, seen.fullEnd, /*masked=*/false, state);
  state = loop(seen.fullEnd, seen.visibleEnd, /*masked=*/true, state);
  copies.drain(state.tokens);
  finish(state);
}

} // namespace

void lowerToOnlineSoftmax(attention::ForwardOp op, const Schedule &schedule) {
  OpBuilder builder(op);
  OnlineSoftmax(op, schedule, builder).lower();
  op.erase();
}

} // namespace kgen
