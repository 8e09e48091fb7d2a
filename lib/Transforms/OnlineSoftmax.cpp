//===- OnlineSoftmax.cpp - The flash-attention algorithm -------------------===//
//
// One workgroup computes one tile of query rows. It walks over tiles of keys and
// keeps, for each row, the running maximum m of the scores, the running sum l of
// the weights and the running output O (Milakov and Gimelshein, "Online
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
// Keys that the mask hides from the whole tile are never visited; of the others,
// those that it hides from no row run in a loop without a mask (KvRange.h):
//
//   visible.begin      full.begin         full.end       visible.end
//        |--- masked loop ---|--- plain loop ---|--- masked loop ---|
//
//===----------------------------------------------------------------------===//

#include "OnlineSoftmax.h"
#include "Exp2Domain.h"
#include "KvPipeline.h"
#include "TileEmitter.h"

#include "kgen/Analysis/KvRange.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"

#include <limits>

using namespace mlir;

namespace kgen {
namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

/// What a row tile carries from one key tile to the next.
struct RunningState {
  Value output;  ///< O, not yet divided by l
  Value maximum; ///< m, of score() before the factor f
  Value sum;     ///< l, partial sums of threads that share a row
  KvPipeline::Tokens tokens;

  SmallVector<Value> values() const {
    SmallVector<Value> all = {output, maximum, sum};
    llvm::append_range(all, tokens);
    return all;
  }
  static RunningState from(ValueRange values) {
    return {values[0], values[1], values[2],
            KvPipeline::Tokens(values.drop_front(3))};
  }
};

class OnlineSoftmax {
public:
  OnlineSoftmax(attention::ForwardOp op, const Schedule &schedule,
                OpBuilder &builder)
      : op(op), schedule(schedule), emit(builder, op.getLoc()) {}

  void lower();

private:
  void readGrid();
  void findKeyTiles();
  Value loadQueries();
  RunningState loop(Value firstTile, Value endTile, bool masked,
                    RunningState state);
  RunningState step(Value keyTile, bool masked, RunningState state);
  Value scores(Value product, Value firstKey, bool masked);
  Value inlineRegion(Region &region, OpBuilder &builder, ValueRange leading,
                     Value row, Value col, bool masked);
  void keepReadInside(memref::LoadOp load, ValueRange positions);
  Value negatedMaximum(Value maximum);
  Value weight(OpBuilder &builder, Value score, Value negatedMaximum);
  void finish(const RunningState &state);

  attention::ForwardOp op;
  const Schedule &schedule;
  TileEmitter emit;
  double factor = 1;

  Value head, batch, headKV, firstRow, seqQ, seqKV; // index values
  Value queries; ///< operand matrix or view, as the schedule says
  /// In tiles of keys: visible, and the part of it that needs no mask.
  Value visibleBegin, visibleEnd, fullBegin, fullEnd;
  std::optional<KvPipeline> pipeline;
};

/// Grid: (query tiles, query heads, batch).
void OnlineSoftmax::readGrid() {
  Type index = emit.builder.getIndexType();
  auto id = tile::ProgramIdOp::create(emit.builder, emit.loc, index, index, index);
  Value queryTile = id.getX();
  head = id.getY();
  batch = id.getZ();
  seqQ = emit.dim(op.getQ(), 2);
  seqKV = emit.dim(op.getK(), 2);
  // The last rows of a causal mask see the most keys; started first, they do
  // not end last.
  if (schedule.order == TileOrder::LongestFirst) {
    Value last = emit.sub(emit.ceilDiv(seqQ, schedule.tileQ), emit.index(1));
    queryTile = emit.sub(last, queryTile);
  }
  headKV = emit.floorDiv(head, op.getHeadsQ() / op.getHeadsKV());
  firstRow = emit.mul(queryTile, emit.index(schedule.tileQ));
}

void OnlineSoftmax::findKeyTiles() {
  Value lastRow = emit.sub(
      emit.min(emit.add(firstRow, emit.index(schedule.tileQ)), seqQ),
      emit.index(1));
  analysis::KvRanges ranges = analysis::deriveKvRanges(
      emit.builder, emit.loc, op.getMask(),
      {batch, head, firstRow, lastRow, seqKV}, IRMapping());
  visibleBegin = emit.floorDiv(ranges.visible.begin, schedule.tileKV);
  // Ends may lie before begins (an empty range) but divisions want positives.
  Value end = emit.max(ranges.visible.end, ranges.visible.begin);
  visibleEnd = emit.max(emit.ceilDiv(end, schedule.tileKV), visibleBegin);
  auto clamp = [&](Value value) {
    return emit.min(emit.max(value, visibleBegin), visibleEnd);
  };
  fullBegin = emit.ceilDiv(ranges.full.begin, schedule.tileKV);
  // Equal constants (no lower bound) are the rule; clamping would hide that the
  // first masked loop has no trips.
  if (getConstantIntValue(fullBegin) != getConstantIntValue(visibleBegin) ||
      !getConstantIntValue(fullBegin))
    fullBegin = clamp(fullBegin);
  Value fullLast = emit.max(ranges.full.end, emit.index(0));
  fullEnd = emit.max(clamp(emit.floorDiv(fullLast, schedule.tileKV)), fullBegin);
}

/// Q stays for the whole walk: staged on chip, then in registers or read from
/// there by each product.
Value OnlineSoftmax::loadQueries() {
  Value buffer = emit.allocate(1, schedule.tileQ, op.getHeadDimQK(),
                               op.getElementType());
  Value view = tile::SlotOp::create(emit.builder, emit.loc, buffer, emit.index(0));
  Value token = emit.copy(op.getQ(), batch, head, firstRow, seqQ, view);
  if (schedule.qOperand == OperandPlace::Shared)
    return view; // older than every key tile, so waited for with the first one
  tile::WaitOp::create(emit.builder, emit.loc, token, 0);
  tile::BarrierOp::create(emit.builder, emit.loc);
  return tile::LoadOp::create(emit.builder, emit.loc, view);
}

/// Clamps the indices that are computed; positions are inside as they are.
void OnlineSoftmax::keepReadInside(memref::LoadOp load, ValueRange positions) {
  OpBuilder builder(load);
  for (auto [dimension, index] :
       llvm::enumerate(load.getIndicesMutable())) {
    if (llvm::is_contained(positions, index.get()))
      continue;
    Value size = memref::DimOp::create(builder, emit.loc, load.getMemRef(),
                                       static_cast<int64_t>(dimension));
    Value one = arith::ConstantIndexOp::create(builder, emit.loc, 1);
    Value zero = arith::ConstantIndexOp::create(builder, emit.loc, 0);
    Value last = arith::SubIOp::create(builder, emit.loc, size, one);
    Value least = arith::MaxSIOp::create(builder, emit.loc, index.get(), zero);
    index.set(arith::MinSIOp::create(builder, emit.loc, least, last));
  }
}

/// Copies a region's body, without its terminator, with (leading..., b, h,
/// q_idx, kv_idx) for its arguments. Returns what it yields.
Value OnlineSoftmax::inlineRegion(Region &region, OpBuilder &builder,
                                  ValueRange leading, Value row, Value col,
                                  bool masked) {
  // Padding rows and columns are computed and dropped; a table must not be read
  // there.
  bool readsTables = !region.getOps<memref::LoadOp>().empty();
  auto keepInside = [&](Value position, Value size) -> Value {
    Value last = emit.sub(size, emit.index(1));
    return builder.createOrFold<arith::MinSIOp>(emit.loc, position, last);
  };
  if (readsTables)
    row = keepInside(row, seqQ);
  if (readsTables && masked)
    col = keepInside(col, seqKV);
  IRMapping mapping;
  SmallVector<Value> arguments(leading);
  arguments.append({batch, head, row, col});
  mapping.map(region.getArguments(), arguments);
  // The score of a pair that the mask drops is computed, too, and may ask for a
  // place that its table does not have: rel[i - j] under a causal mask.
  bool mayBeDropped = masked && op.hasMask() && !leading.empty();
  for (Operation &inner : region.front().without_terminator()) {
    Operation *copy = builder.clone(inner, mapping);
    if (auto load = dyn_cast<memref::LoadOp>(copy); load && mayBeDropped)
      keepReadInside(load, arguments);
  }
  return mapping.lookupOrDefault(region.front().getTerminator()->getOperand(0));
}

/// t: the score function, and -inf where the mask or the end of the keys says so.
Value OnlineSoftmax::scores(Value product, Value firstKey, bool masked) {
  if (!masked && !op.hasScore())
    return product;
  return emit.map(product, firstRow, firstKey,
                  [&](OpBuilder &builder, ValueRange arguments) -> Value {
                    Value score = arguments[0], row = arguments[1],
                          col = arguments[2];
                    Value result = score;
                    if (op.hasScore())
                      result = inlineRegion(op.getScore(), builder, score, row,
                                            col, masked);
                    if (!masked)
                      return result;
                    Value keep = arith::CmpIOp::create(
                        builder, emit.loc, arith::CmpIPredicate::slt, col, seqKV);
                    if (op.hasMask()) {
                      Value kept = inlineRegion(op.getMask(), builder, {}, row,
                                                col, masked);
                      keep = arith::AndIOp::create(builder, emit.loc, keep, kept);
                    }
                    return arith::SelectOp::create(builder, emit.loc, keep, result,
                                                   emit.f32(kMinusInfinity));
                  });
}

/// -f * m, with 0 for a row that has seen no key.
Value OnlineSoftmax::negatedMaximum(Value maximum) {
  return emit.mapRows(maximum, firstRow, [&](OpBuilder &builder, ValueRange a) {
    Value none = arith::CmpFOp::create(builder, emit.loc,
                                       arith::CmpFPredicate::OEQ, a[0],
                                       emit.f32(kMinusInfinity));
    Value negated =
        arith::MulFOp::create(builder, emit.loc, a[0], emit.f32(-factor));
    return Value(arith::SelectOp::create(builder, emit.loc, none, emit.f32(0),
                                         negated));
  });
}

/// 2^(f * score - f * m), one FMA before the exponential.
Value OnlineSoftmax::weight(OpBuilder &builder, Value score, Value negated) {
  Value exponent =
      factor == 1
          ? Value(arith::AddFOp::create(builder, emit.loc, score, negated))
          : Value(math::FmaOp::create(builder, emit.loc, score,
                                      emit.f32(factor), negated));
  return math::Exp2Op::create(builder, emit.loc, exponent);
}

RunningState OnlineSoftmax::step(Value keyTile, bool masked,
                                 RunningState state) {
  OpBuilder &builder = emit.builder;
  Location loc = emit.loc;
  Value firstKey = emit.mul(keyTile, emit.index(schedule.tileKV));
  auto multiply = [&](OpBuilder &b, ValueRange a) -> Value {
    return arith::MulFOp::create(b, loc, a[0], a[1]);
  };

  Value keys = pipeline->keysReady(keyTile, state.tokens);
  Value product = tile::DotOp::create(
      builder, loc, emit.accumulator(schedule.tileQ, schedule.tileKV), queries,
      keys, Value(), /*transpose_rhs=*/true);
  Value values = pipeline->valuesReady(keyTile, state.tokens);

  Value score = scores(product, firstKey, masked);
  Value maximum = emit.reduce(tile::ReductionKind::Max, score, state.maximum,
                              /*partial=*/false);
  Value negated = negatedMaximum(maximum);
  Value rescale = emit.mapRows({state.maximum, negated}, firstRow,
                               [&](OpBuilder &b, ValueRange a) {
                                 return weight(b, a[0], a[1]);
                               });
  Value weights = emit.map({score, negated}, firstRow, firstKey,
                           [&](OpBuilder &b, ValueRange a) {
                             return weight(b, a[0], a[1]);
                           });
  Value scaledSum = emit.mapRows({state.sum, rescale}, firstRow, multiply);
  Value sum = emit.reduce(tile::ReductionKind::Add, weights, scaledSum,
                          /*partial=*/true);
  Value scaledOutput =
      emit.map({state.output, rescale}, firstRow, emit.index(0), multiply);
  auto packedType = tile::MatrixType::get(
      builder.getContext(), schedule.tileQ, schedule.tileKV,
      op.getElementType(), tile::MatrixKind::Operand);
  Value packed = tile::PackOp::create(builder, loc, packedType, weights);
  Value output =
      tile::DotOp::create(builder, loc, state.output.getType(), packed, values,
                          scaledOutput, /*transpose_rhs=*/false);
  return {output, maximum, sum, state.tokens};
}

RunningState OnlineSoftmax::loop(Value firstTile, Value endTile, bool masked,
                                 RunningState state) {
  auto forOp = scf::ForOp::create(
      emit.builder, emit.loc, firstTile, endTile, emit.index(1), state.values(),
      [&](OpBuilder &, Location loc, Value keyTile, ValueRange carried) {
        OpBuilder::InsertionGuard guard(emit.builder);
        emit.builder.setInsertionPointToEnd(keyTile.getParentBlock());
        RunningState next = step(keyTile, masked, RunningState::from(carried));
        scf::YieldOp::create(emit.builder, loc, next.values());
      });
  return RunningState::from(forOp.getResults());
}

/// O / l and LSE.
void OnlineSoftmax::finish(const RunningState &state) {
  pipeline->drain(state.tokens);
  Value sum = tile::CombineOp::create(emit.builder, emit.loc,
                                      state.sum.getType(),
                                      tile::ReductionKind::Add, state.sum);
  Value inverse = emit.mapRows(sum, firstRow, [&](OpBuilder &b, ValueRange a) {
    Value empty = arith::CmpFOp::create(b, emit.loc, arith::CmpFPredicate::OEQ,
                                        a[0], emit.f32(0));
    Value quotient = arith::DivFOp::create(b, emit.loc, emit.f32(1), a[0]);
    return Value(
        arith::SelectOp::create(b, emit.loc, empty, emit.f32(0), quotient));
  });
  Value output = emit.map({state.output, inverse}, firstRow, emit.index(0),
                          [&](OpBuilder &b, ValueRange a) -> Value {
                            return arith::MulFOp::create(b, emit.loc, a[0], a[1]);
                          });
  tile::StoreOp::create(emit.builder, emit.loc, output, op.getO(), batch, head,
                        firstRow, seqQ);
  if (!op.writesLse())
    return;
  Value lse = emit.mapRows(
      {state.maximum, sum}, firstRow, [&](OpBuilder &b, ValueRange a) {
        Value exponent =
            arith::MulFOp::create(b, emit.loc, a[0], emit.f32(factor));
        Value logarithm = math::Log2Op::create(b, emit.loc, a[1]);
        Value total = arith::AddFOp::create(b, emit.loc, exponent, logarithm);
        return Value(
            arith::MulFOp::create(b, emit.loc, total, emit.f32(kLn2)));
      });
  tile::StoreRowsOp::create(emit.builder, emit.loc, lse, op.getLse(), batch,
                            head, firstRow, seqQ);
}

void OnlineSoftmax::lower() {
  factor = moveToExp2Domain(op);
  readGrid();
  findKeyTiles();
  Value keyLimit =
      emit.min(seqKV, emit.mul(visibleEnd, emit.index(schedule.tileKV)));
  pipeline.emplace(emit, schedule, op,
                   KvPipeline::Place{batch, headKV, visibleBegin, keyLimit});
  queries = loadQueries();
  RunningState state{
      emit.splat(0, emit.accumulator(schedule.tileQ, op.getHeadDimV())),
      emit.splat(kMinusInfinity, emit.perRow(schedule.tileQ)),
      emit.splat(0, emit.perRow(schedule.tileQ)), pipeline->start()};
  state = loop(visibleBegin, fullBegin, /*masked=*/true, state);
  state = loop(fullBegin, fullEnd, /*masked=*/false, state);
  state = loop(fullEnd, visibleEnd, /*masked=*/true, state);
  finish(state);
}

} // namespace

void lowerToOnlineSoftmax(attention::ForwardOp op, const Schedule &schedule) {
  OpBuilder builder(op);
  OnlineSoftmax(op, schedule, builder).lower();
  op.erase();
}

} // namespace kgen
