//===- TileSoftmax.cpp - The softmax of one key tile ----------------------===//

#include "TileSoftmax.h"

#include "Exp2Domain.h"
#include "SlopePieces.h"

#include "kgen/Analysis/ScoreBound.h"
#include "kgen/Dialect/Tile/IR/MathHints.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"

#include <algorithm>
#include <limits>

using namespace mlir;

namespace kgen {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

/// f beyond these, and g / f might leave f32.
constexpr double kLeastFactor = 0x1p-20, kMostFactor = 0x1p20;

/// The split of the score function, where it pays and holds to the bounds that
/// the verifier sets for the element type.
static std::optional<analysis::AffineScore>
usefulSplit(attention::ForwardOp op, const Schedule &schedule) {
  if (!op.hasScore())
    return std::nullopt;
  std::optional<analysis::AffineScore> split =
      analysis::splitScore(op.getScore());
  if (!split || split->alpha < kLeastFactor || split->alpha > kMostFactor)
    return std::nullopt;
  // The product's sums then have the size of g * tileKV / 2: a loss of about
  // 1e-5 in a weight, which is much for f32 and nothing for 16 bits.
  bool startsProducts = !split->gamma.empty() || !split->keyTerms.empty();
  if (op.getElementType().isF32() && startsProducts)
    return std::nullopt;
  // Where all is one role, a sum before the product takes as long as one behind
  // it, and the product's own sums lose more beside a great term.
  if (!split->keyTerms.empty() && schedule.producer != ProducerKind::Tma)
    return std::nullopt;
  return split;
}

/// What weights may be in the element type of P without loss, as powers of two.
struct WeightRange {
  double octaves; ///< from the least to the greatest
  double top;     ///< the greatest, where a fixed maximum stands for the row's
};

static WeightRange weightRange(Type element) {
  // f16: normal numbers from 2^-14, and up to 2^15.
  if (element.isF16())
    return {29, 15};
  // The range of f32: weights from 2^-100 times values down to 2^-26, and no
  // product or sum that the row's own maximum would not give as well.
  return {100, 0};
}

/// f * m for scores that are bounded closely enough. Weights are then rounded
/// that are 1 against the row's own maximum, and the sum is not: a difference
/// that the op must allow.
static std::optional<double> boundedMaximum(attention::ForwardOp op,
                                            double factor) {
  if (!op.getAllowApproxMath())
    return std::nullopt;
  std::optional<analysis::ScoreBound> bound =
      analysis::boundScore(op.getScore());
  WeightRange range = weightRange(op.getElementType());
  if (!bound || factor * (bound->high - bound->low) > range.octaves)
    return std::nullopt;
  return factor * bound->high - range.top;
}

/// Octaves by which raised() may lessen a row's weights at no loss. Those of
/// f32 or bf16 have 126 below 1, of which 24 are the precision of sums and 26
/// small values; those of f16 have 14, and what kLift gives to spare.
constexpr double kLift = 4;
static double spareOctaves(Type element) {
  return element.isF16() ? kLift : 60;
}

/// Whether each row that sees a key has a maximum that raised() can raise to 0.
static bool staysNearZero(attention::ForwardOp op, double factor) {
  if (op.hasMask())
    return false; // or it sees none
  std::optional<analysis::ScoreBound> bound =
      analysis::boundScore(op.getScore());
  constexpr double kMargin = 0.99; // what f32 rounds away
  return bound &&
         -factor * bound->low <= kMargin * spareOctaves(op.getElementType());
}

/// Scores that are c * tanh(x) with a moderate c: an absolute error of tanh is
/// an error of the weight that 16 bits do not show.
static void allowRoughTanh(attention::ForwardOp op, double factor) {
  constexpr double kMostFactor = 128;
  Operation *yield = op.getScore().front().getTerminator();
  auto tanh = yield->getOperand(0).getDefiningOp<math::TanhOp>();
  if (tanh && factor <= kMostFactor && !op.getElementType().isF32())
    tanh->setAttr(tile::kAbsoluteError, UnitAttr::get(op.getContext()));
}

TileSoftmax::TileSoftmax(attention::ForwardOp op, const Schedule &schedule,
                         TileEmitter &emit)
    : op(op), schedule(schedule), emit(emit), tileQ(schedule.tileQ),
      tileKV(schedule.tileKV), factor(moveToExp2Domain(op)),
      affine(usefulSplit(op, schedule)) {
  if (affine) {
    factor = affine->alpha;
  } else if (op.hasScore()) {
    factor = takeOuterFactor(op.getScore());
    fixedMaximum = boundedMaximum(op, factor);
    isNearZero = staysNearZero(op, factor);
    allowRoughTanh(op, factor);
  }
  if (comparesIntegers() && op.getElementType().isF16())
    lift = kLift;
}

void TileSoftmax::placeAt(ScoreFunction::Place at) {
  place = at;
  function.emplace(op, emit, at);
}

void TileSoftmax::begin() {
  if (!isAffine())
    return;
  IRMapping values;
  Block &block = op.getScore().front();
  values.map(block.getArgument(1), place.batch);
  values.map(block.getArgument(2), place.head);
  coefficients.clear();
  for (const analysis::KeyTerm &term : affine->keyTerms)
    coefficients.push_back(analysis::emitCoefficient(
        emit.builder, emit.loc, *affine, term.coefficient, 1 / factor, values));
  if (!startsAtRamp())
    return;
  Value g =
      analysis::emitSlope(emit.builder, emit.loc, *affine, 1 / factor, values);
  // NaN where g is infinite: every pair that is seen is then poisoned, and not
  // only those whose key is not the tile's middle.
  Value zero = emit.builder.createOrFold<arith::SubFOp>(emit.loc, g, g);
  slope = emit.builder.createOrFold<arith::AddFOp>(emit.loc, g, zero);
  if (rampIsStep())
    slopePieces = emitSlopePieces(emit, slope, emit.accumulator(tileQ, tileKV));
}

Value TileSoftmax::multiplyKeys(Value queries, Value keys, Value start,
                                bool async) {
  Type type = emit.accumulator(tileQ, tileKV);
  if (stagesColumns())
    return tile::DotOp::create(emit.builder, emit.loc, type, queries, keys,
                               /*acc=*/Value(), /*ramp=*/Value(),
                               /*first=*/IntegerAttr(), start,
                               /*transpose_rhs=*/true, async);
  if (!rampIsStep())
    return tile::DotOp::create(emit.builder, emit.loc, type, queries, keys,
                               start, /*transpose_rhs=*/true, async);
  IntegerAttr first = emit.builder.getI64IntegerAttr(firstColumn());
  return tile::DotOp::create(
      emit.builder, emit.loc, type, queries, keys, /*acc=*/Value(), slopePieces,
      first, /*columns=*/Value(), /*transpose_rhs=*/true, async);
}

/// k at a key.
Value TileSoftmax::keyTerms(OpBuilder &b, Value col, bool masked) {
  SmallVector<Value> values;
  for (const analysis::KeyTerm &term : affine->keyTerms)
    values.push_back(term.value);
  values = function->valuesAtKey(b, values, col, masked);
  Value sum;
  for (auto [value, coefficient] : llvm::zip_equal(values, coefficients))
    sum = sum ? math::FmaOp::create(b, emit.loc, value, coefficient, sum)
                    .getResult()
              : arith::MulFOp::create(b, emit.loc, value, coefficient)
                    .getResult();
  return sum;
}

void TileSoftmax::allocateColumns() {
  constexpr int64_t kSlots = 2;
  columns = emit.allocate(kSlots, tileKV, 1, emit.builder.getF32Type());
}

/// k and g * (j - middle of the tile). Of the next tile it is not known whether
/// it is masked.
void TileSoftmax::stageColumns(Value number, Value firstKey) {
  Value middle = emit.add(firstKey, emit.index(tileKV / 2));
  emit.stageColumns(
      columns, number, firstKey, [&](OpBuilder &b, ValueRange a) -> Value {
        Value terms = keyTerms(b, a[0], /*masked=*/true);
        if (!startsAtRamp())
          return terms;
        Value distance = arith::IndexCastOp::create(b, emit.loc, b.getI32Type(),
                                                    emit.sub(a[0], middle));
        distance =
            arith::SIToFPOp::create(b, emit.loc, b.getF32Type(), distance);
        return math::FmaOp::create(b, emit.loc, distance, slope, terms);
      });
}

void TileSoftmax::publishColumns(Value number) {
  tile::PublishColumnsOp::create(emit.builder, emit.loc, columns, number);
}

void TileSoftmax::awaitColumnsBefore(Value number) {
  // n - 1 may be negative. n + 3 has its slot, and its round's parity, of which
  // there are two each; of what comes before number 0 barriers say that it is
  // there.
  Value before = emit.add(number, emit.index(3));
  tile::ReceiveOp::create(emit.builder, emit.loc, columns, before);
}

Value TileSoftmax::productStart(Value firstKey, bool masked, Value number) {
  if (stagesColumns())
    return tile::ReceiveOp::create(emit.builder, emit.loc, columns, number);
  auto type = emit.accumulator(tileQ, tileKV);
  Value ramp;
  if (startsAtRamp() && !rampIsStep())
    ramp = tile::RampOp::create(emit.builder, emit.loc, type, slope,
                                firstColumn());
  if (coefficients.empty())
    return ramp;
  return emit.map(ramp ? ramp : emit.splat(0, type), place.firstRow, firstKey,
                  [&](OpBuilder &b, ValueRange a) -> Value {
                    Value terms = keyTerms(b, a[2], masked);
                    if (!ramp)
                      return terms;
                    return arith::AddFOp::create(b, emit.loc, a[0], terms);
                  });
}

/// g * (middle of the tile - key): what the products lack. Null for nothing.
Value TileSoftmax::middleOf(Value firstKey) {
  if (!startsAtRamp())
    return Value();
  Value middle = emit.add(firstKey, emit.index(tileKV / 2));
  Type i32 = emit.builder.getI32Type(), f32 = emit.builder.getF32Type();
  Value distance = arith::IndexCastOp::create(emit.builder, emit.loc, i32,
                                              emit.sub(middle, place.firstRow));
  distance = arith::SIToFPOp::create(emit.builder, emit.loc, f32, distance);
  return arith::MulFOp::create(emit.builder, emit.loc, slope, distance);
}

/// Lazily, m is a score that some key before had, and no score exceeds it by
/// more than kSlack octaves: weights are at most 2^kSlack, which every element
/// type holds as precisely as 1, and sums are of that size in f32.
constexpr double kSlack = 8;

Value TileSoftmax::grown(Value before, Value candidate) {
  if (!isLazy())
    return candidate;
  // Finite: -inf and more of it is still -inf.
  double slack =
      std::min(kSlack / factor, double(std::numeric_limits<float>::max()));
  return emit.mapRows(
      {before, candidate}, place.firstRow,
      [&](OpBuilder &b, ValueRange a) -> Value {
        Value most = arith::AddFOp::create(b, emit.loc, a[0], emit.f32(slack));
        Value exceeds = arith::CmpFOp::create(
            b, emit.loc, arith::CmpFPredicate::OGT, a[1], most);
        return arith::SelectOp::create(b, emit.loc, exceeds, a[1], a[0]);
      });
}

/// The least m + n / f that is not negative, with n an integer: a weight that
/// was 1 is 2^-n. Far from 0, and of rows without keys, m stays; of -0, 0 is
/// made.
Value TileSoftmax::raised(Value maximum) {
  return emit.mapRows(
      maximum, place.firstRow, [&](OpBuilder &b, ValueRange a) -> Value {
        auto compare = [&](arith::CmpFPredicate predicate, Value value,
                           double bound) -> Value {
          return arith::CmpFOp::create(b, emit.loc, predicate, value,
                                       emit.f32(bound));
        };
        Value below =
            arith::MulFOp::create(b, emit.loc, a[0], emit.f32(-factor));
        Value octaves = math::CeilOp::create(b, emit.loc, below);
        Value moved = math::FmaOp::create(b, emit.loc, octaves,
                                          emit.f32(1 / factor), a[0]);
        // Rounding may leave it just below.
        moved = arith::MaxNumFOp::create(b, emit.loc, moved, emit.f32(0));
        Value isNear = arith::AndIOp::create(
            b, emit.loc, compare(arith::CmpFPredicate::OGE, below, 0),
            compare(arith::CmpFPredicate::OLE, below,
                    spareOctaves(op.getElementType())));
        return arith::SelectOp::create(b, emit.loc, isNear, moved, a[0]);
      });
}

/// -0 is not below 0, but its bits are the least integer.
Value TileSoftmax::withoutMinusZero(Value maximum) {
  return emit.mapRows(
      maximum, place.firstRow, [&](OpBuilder &b, ValueRange a) -> Value {
        return arith::AddFOp::create(b, emit.loc, a[0], emit.f32(0));
      });
}

Value TileSoftmax::hasNonnegativeMaxima(Value maximum, Value firstKey) {
  Value middle = middleOf(firstKey);
  Value all =
      tile::AtLeastOp::create(emit.builder, emit.loc, emit.builder.getI1Type(),
                              toTile(maximum, middle, /*masked=*/false),
                              emit.builder.getF32FloatAttr(0));
  if (!middle)
    return all;
  // The middles of later tiles must not add more.
  auto predicate = schedule.kvDirection == KvDirection::Forward
                       ? arith::CmpFPredicate::OLE
                       : arith::CmpFPredicate::OGE;
  Value falls = arith::CmpFOp::create(emit.builder, emit.loc, predicate, slope,
                                      emit.f32(0));
  return arith::AndIOp::create(emit.builder, emit.loc, all, falls);
}

/// m as the products see it: without what the middle of the tile adds. Where
/// masked, a row may have seen no key and must not become NaN, whatever the
/// middle is.
Value TileSoftmax::toTile(Value maximum, Value middle, bool masked) {
  if (!middle)
    return maximum;
  return emit.mapRows(
      maximum, place.firstRow, [&](OpBuilder &b, ValueRange a) -> Value {
        Value here = arith::SubFOp::create(b, emit.loc, a[0], middle);
        if (!masked)
          return here;
        Value none =
            arith::CmpFOp::create(b, emit.loc, arith::CmpFPredicate::OEQ, a[0],
                                  emit.f32(kMinusInfinity));
        return arith::SelectOp::create(b, emit.loc, none, a[0], here);
      });
}

/// The inverse. What did not grow is what it was, to the last bit.
Value TileSoftmax::fromTile(Value here, Value beforeHere, Value before,
                            Value middle) {
  if (!middle)
    return here;
  return emit.mapRows(
      {here, beforeHere, before}, place.firstRow,
      [&](OpBuilder &b, ValueRange a) -> Value {
        Value same = arith::CmpFOp::create(
            b, emit.loc, arith::CmpFPredicate::OEQ, a[0], a[1]);
        Value moved = arith::AddFOp::create(b, emit.loc, a[0], middle);
        return arith::SelectOp::create(b, emit.loc, same, a[2], moved);
      });
}

/// lift - f * m, or -m where it is subtracted first, with 0 for a row that has
/// seen no key.
Value TileSoftmax::negatedMaximum(Value maximum) {
  return emit.mapRows(maximum, place.firstRow, [&](OpBuilder &b, ValueRange a) {
    Value none = arith::CmpFOp::create(b, emit.loc, arith::CmpFPredicate::OEQ,
                                       a[0], emit.f32(kMinusInfinity));
    Value negated;
    if (subtractsFirst()) {
      negated = arith::NegFOp::create(b, emit.loc, a[0]);
    } else {
      negated = arith::MulFOp::create(b, emit.loc, a[0], emit.f32(-factor));
      if (lift != 0)
        negated = arith::AddFOp::create(b, emit.loc, negated, emit.f32(lift));
    }
    return Value(
        arith::SelectOp::create(b, emit.loc, none, emit.f32(0), negated));
  });
}

/// a = 2^(f * (before - m)). Of an unchanged m it is exactly 1: the rounding
/// error of f * m, as weights have it, would come back in each tile with the
/// same sign.
Value TileSoftmax::rescaleFrom(Value before, Value maximum) {
  return emit.mapRows(
      {before, maximum}, place.firstRow, [&](OpBuilder &b, ValueRange a) {
        Value none =
            arith::CmpFOp::create(b, emit.loc, arith::CmpFPredicate::OEQ, a[1],
                                  emit.f32(kMinusInfinity));
        Value fall = arith::SubFOp::create(b, emit.loc, a[0], a[1]);
        fall = arith::MulFOp::create(b, emit.loc, fall, emit.f32(factor));
        // -inf less -inf: nothing was summed, whatever it is multiplied by.
        fall = arith::SelectOp::create(b, emit.loc, none, emit.f32(0), fall);
        return Value(math::Exp2Op::create(b, emit.loc, fall));
      });
}

/// 2^(f * score - f * m), one FMA before the exponential, or, where m is
/// subtracted first, 2^(f * (score - m)).
Value TileSoftmax::weight(OpBuilder &builder, Value score, Value negated) {
  bool isDifference = factor == 1 || subtractsFirst();
  Value exponent =
      isDifference
          ? Value(arith::AddFOp::create(builder, emit.loc, score, negated))
          : Value(math::FmaOp::create(builder, emit.loc, score,
                                      emit.f32(factor), negated));
  if (subtractsFirst())
    exponent = math::FmaOp::create(builder, emit.loc, exponent,
                                   emit.f32(factor), emit.f32(lift));
  return math::Exp2Op::create(builder, emit.loc, exponent);
}

/// Whether some exponentials may be polynomials (the CPU has no other kind).
static bool choosesExp2(const Schedule &schedule) {
  return schedule.producer != ProducerKind::None &&
         schedule.exp2 != Exp2Unit::Native;
}

/// P. A null `negated` is that of a fixed maximum.
Value TileSoftmax::weightsOf(Value score, Value negated, Value firstKey,
                             bool masked) {
  SmallVector<Value> inputs = {score};
  if (negated)
    inputs.push_back(negated);
  return emit.map(
      inputs, place.firstRow, firstKey, [&](OpBuilder &b, ValueRange a) {
        Value result =
            weight(b, a[0], negated ? a[1] : emit.f32(-*fixedMaximum));
        if (!choosesExp2(schedule))
          return result;
        Operation *power = result.getDefiningOp();
        power->setAttr(tile::kExp2Unit,
                       b.getStringAttr(StringRef(spelling(schedule.exp2))));
        if (!negated && !masked)
          power->setAttr(tile::kExp2InRange, b.getUnitAttr());
        return result;
      });
}

Weights TileSoftmax::applyBounded(Value score, Value firstKey, bool masked,
                                  Value maximum, Value oldSum) {
  Value weights = weightsOf(score, Value(), firstKey, masked);
  Value sum = emit.reduce(tile::ReductionKind::Add, weights, oldSum,
                          /*partial=*/true);
  return {weights, maximum, sum, Value()};
}

Weights TileSoftmax::apply(Value product, Value firstKey, bool masked,
                           Value oldMaximum, Value oldSum) {
  Value score = isAffine() ? function->mask(product, firstKey, masked)
                           : function->apply(product, firstKey, masked);
  if (fixedMaximum)
    return applyBounded(score, firstKey, masked, oldMaximum, oldSum);
  // What is added to m and subtracted again is so off the path to the weights.
  Value middle = middleOf(firstKey);
  Value before = toTile(oldMaximum, middle, masked);
  auto found =
      tile::ReduceOp::create(emit.builder, emit.loc, before.getType(),
                             tile::ReductionKind::Max, score, before,
                             /*partial=*/false, comparesIntegers() && !masked);
  Value here = grown(before, found);
  // With a slope, 0 moves from tile to tile: an old m would be raised in each.
  if (comparesIntegers() && masked)
    here = middle ? withoutMinusZero(here) : raised(here);
  Value maximum = fromTile(here, before, oldMaximum, middle);
  Value negated = negatedMaximum(here);
  Value rescale = rescaleFrom(oldMaximum, maximum);
  Value weights = weightsOf(score, negated, firstKey, masked);
  Value scaledSum =
      emit.mapRows({oldSum, rescale}, place.firstRow,
                   [&](OpBuilder &b, ValueRange a) -> Value {
                     return arith::MulFOp::create(b, emit.loc, a[0], a[1]);
                   });
  Value sum = emit.reduce(tile::ReductionKind::Add, weights, scaledSum,
                          /*partial=*/true);
  return {weights, maximum, sum, rescale};
}

//===----------------------------------------------------------------------===//
// The end of a row
//===----------------------------------------------------------------------===//

/// c of the row: the score function at s = 0 and the key that m counts from,
/// without k.
Value TileSoftmax::rest(OpBuilder &b, Value row) {
  SmallVector<Value> terms;
  for (const analysis::KeyTerm &term : affine->keyTerms)
    terms.push_back(term.value);
  return function->scoreOf(b, emit.f32(0), row, place.firstRow, terms);
}

/// The sum of a row whose scores have all been c less than they are: as it is
/// for a finite c, 0 for -inf, NaN otherwise; and 0 if the row saw no key.
Value TileSoftmax::withRest(OpBuilder &b, Value sum, Value row) {
  auto equals = [&](Value value, double constant) -> Value {
    return arith::CmpFOp::create(b, emit.loc, arith::CmpFPredicate::OEQ, value,
                                 emit.f32(constant));
  };
  Value c = rest(b, row), zero = emit.f32(0);
  Value nothing = arith::SubFOp::create(b, emit.loc, c, c); // 0 or NaN
  Value poisoned = arith::AddFOp::create(b, emit.loc, sum, nothing);
  Value emptied = arith::MulFOp::create(b, emit.loc, sum, zero);
  Value result = arith::SelectOp::create(b, emit.loc, equals(c, kMinusInfinity),
                                         emptied, poisoned);
  return arith::SelectOp::create(b, emit.loc, equals(sum, 0), zero, result);
}

/// exponent + c; a row without keys keeps its -inf, whatever c is.
Value TileSoftmax::plusRest(OpBuilder &b, Value exponent, Value total,
                            Value row) {
  Value with = arith::AddFOp::create(b, emit.loc, exponent, rest(b, row));
  Value empty = arith::CmpFOp::create(b, emit.loc, arith::CmpFPredicate::OEQ,
                                      total, emit.f32(0));
  return arith::SelectOp::create(b, emit.loc, empty, exponent, with);
}

Value TileSoftmax::total(Value sum) {
  Value all = tile::CombineOp::create(emit.builder, emit.loc, sum.getType(),
                                      tile::ReductionKind::Add, sum);
  if (!isAffine())
    return all;
  return emit.mapRows(all, place.firstRow, [&](OpBuilder &b, ValueRange a) {
    return withRest(b, a[0], a[1]);
  });
}

Value TileSoftmax::logSumExp(Value maximum, Value total) {
  return emit.mapRows(
      {maximum, total}, place.firstRow, [&](OpBuilder &b, ValueRange a) {
        Value exponent = fixedMaximum
                             ? emit.f32(*fixedMaximum)
                             : Value(arith::MulFOp::create(b, emit.loc, a[0],
                                                           emit.f32(factor)));
        if (lift != 0)
          exponent =
              arith::SubFOp::create(b, emit.loc, exponent, emit.f32(lift));
        if (isAffine())
          exponent = plusRest(b, exponent, a[1], a[2]);
        Value logarithm = math::Log2Op::create(b, emit.loc, a[1]);
        Value all = arith::AddFOp::create(b, emit.loc, exponent, logarithm);
        return Value(arith::MulFOp::create(b, emit.loc, all, emit.f32(kLn2)));
      });
}

} // namespace kgen
