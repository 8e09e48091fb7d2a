//===- TileSoftmax.h - The softmax of one key tile ------------------------===//
//
// From a tile of products s = q*k to weights and row statistics, in the exp2
// domain (Exp2Domain.h). Two forms:
//
//   t = f * score(s, ...)            the function is applied to each element
//
//   t = f * (s + g * (j - key) + k(j)) + c
//                                    linear in the key's position j, but for a
//                                    function k of the key alone
//                                    (AffineScore.h): g * (j - middle of tile)
//                                    + k(j) is where the product starts, and c,
//                                    which does not depend on j, goes into the
//                                    LSE
//
// In the second form the tile's middle enters per-row values only. The running
// maximum is that of s + g * (j - key) + k(j), where `key` is the query tile's
// first row: near it masks and slopes usually put the largest scores, so that
// little is lost to rounding however long the sequence is.
//
// Maxima may be taken of the bits of scores, as integers, three at once: those
// compare as floats do where the greatest is not negative. Steps with a mask
// take them as floats, and are to be taken until each m is 0 or above. Without
// a slope that is at once: a lesser m is raised by whole octaves, which the
// weights show exactly, unless it is so far below that they would lose by it.
// With a slope it is soon, where the walk is from great scores to small ones:
// in later tiles, m as the products see it is more and more above 0.
//
// Where t is known to lie in a small interval (ScoreBound.h), its upper end
// stands for the row's maximum: there is no maximum to find, and nothing summed
// before is ever rescaled.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TRANSFORMS_TILESOFTMAX_H
#define KGEN_TRANSFORMS_TILESOFTMAX_H

#include "ScoreFunction.h"
#include "TileEmitter.h"

#include "kgen/Analysis/AffineScore.h"
#include "kgen/Dialect/Attention/AttentionOps.h"
#include "kgen/Schedule/Schedule.h"

#include <optional>

namespace kgen {

/// What the softmax of one key tile gives.
struct Weights {
  mlir::Value weights; ///< P in f32
  mlir::Value maximum, sum;
  mlir::Value rescale; ///< a: the factor of what was summed before; null for 1
};

class TileSoftmax {
  using Value = mlir::Value;

public:
  /// Moves the op's score function into the exp2 domain.
  TileSoftmax(attention::ForwardOp op, const Schedule &schedule,
              TileEmitter &emit);

  /// The query tile that the rest speaks of. Emits nothing.
  void placeAt(ScoreFunction::Place place);
  /// Emits what the key tiles share, before the loops over them.
  void begin();
  /// Products start from terms of keys.
  bool startsAtKeys() const { return affine && !affine->keyTerms.empty(); }
  /// They do so from columns that are staged on chip, a step ahead.
  bool stagesColumns() const {
    return startsAtKeys() && schedule.affine == AffineUnit::Tensor;
  }
  /// Emits the ring for them, at the kernel's start.
  void allocateColumns();
  /// Stages those of the key tile at `firstKey`, after begin(); publishes what was
  /// staged, if anything. Numbers are those of tile.stage_columns.
  void stageColumns(Value number, Value firstKey);
  void publishColumns(Value number);
  /// Before columns are published or staged out of a walk's order: waits for
  /// those before them.
  void awaitColumnsBefore(Value number);
  /// False where scores are bounded: `Weights::rescale` is null then.
  bool rescales() const { return !fixedMaximum; }
  /// `Weights::rescale` is 1 but for rows whose maximum grew by much.
  bool isLazy() const {
    return rescales() && schedule.rescale == RescalePolicy::Lazy;
  }
  /// Tiles without a mask compare scores as integers: hasNonnegativeMaxima()
  /// must have been true at the first of them.
  bool comparesIntegers() const {
    return rescales() && schedule.rowMaximum == RowMaximum::Integer;
  }
  /// Whether that is to be asked: scores may be bounded near enough to zero.
  bool asksForMaxima() const { return comparesIntegers() && !isNearZero; }
  /// An i1 of the warpgroup: from the key tile at `firstKey` on, in the
  /// direction of the walk, maxima are not negative as the products see them.
  Value hasNonnegativeMaxima(Value maximum, Value firstKey);
  /// Emits what Q K^T starts from, best before the keys are waited for: the
  /// accumulator, or the columns that were staged under this number. Null if it
  /// starts from zero, or from a step of its own. `firstKey` is used where it
  /// startsAtKeys(); where `masked`, keys may be past the end, or hidden.
  Value productStart(Value firstKey, bool masked, Value number);
  /// S, from what productStart() gave.
  Value multiplyKeys(Value queries, Value keys, Value start, bool async);
  /// `maximum` and `sum` are those of the key tiles before; -inf where `masked`
  /// and the mask or the end of the keys says so.
  Weights apply(Value product, Value firstKey, bool masked, Value maximum,
                Value sum);
  /// The sum over all keys, in every thread that shares a row.
  Value total(Value sum);
  Value logSumExp(Value maximum, Value total);

private:
  bool isAffine() const { return affine.has_value(); }
  bool startsAtRamp() const { return affine && !affine->gamma.empty(); }
  bool rampIsStep() const {
    return startsAtRamp() && !stagesColumns() &&
           schedule.affine == AffineUnit::Tensor;
  }
  /// Biases of keys may be great numbers, as those that hide padding are. f * m
  /// is then off by octaves where m is one of them, and s - m is not.
  bool subtractsFirst() const { return startsAtKeys(); }
  int64_t firstColumn() const { return -(tileKV / 2); }
  Value middleOf(Value firstKey);
  Value toTile(Value maximum, Value middle, bool masked);
  Value fromTile(Value here, Value beforeHere, Value before, Value middle);
  Value grown(Value before, Value candidate);
  Value raised(Value maximum);
  Value withoutMinusZero(Value maximum);
  Value negatedMaximum(Value maximum);
  Value rescaleFrom(Value before, Value maximum);
  Value weight(mlir::OpBuilder &builder, Value score, Value negatedMaximum);
  Value weightsOf(Value score, Value negated, Value firstKey, bool masked);
  Weights applyBounded(Value score, Value firstKey, bool masked, Value maximum,
                       Value sum);
  Value keyTerms(mlir::OpBuilder &builder, Value col, bool masked);
  Value rest(mlir::OpBuilder &builder, Value row);
  Value withRest(mlir::OpBuilder &builder, Value sum, Value row);
  Value plusRest(mlir::OpBuilder &builder, Value exponent, Value total,
                 Value row);

  attention::ForwardOp op;
  const Schedule &schedule;
  TileEmitter &emit;
  int64_t tileQ, tileKV;
  double factor = 1; ///< f
  std::optional<analysis::AffineScore> affine;
  /// f * m where no score exceeds a bound, instead of a running maximum.
  std::optional<double> fixedMaximum;
  /// Octaves that all weights are up, for the sake of raised rows: f16 has 15 of
  /// them above 1, of which lazy maxima take 8.
  double lift = 0;
  bool isNearZero = false; ///< no row has a maximum far below 0
  std::optional<ScoreFunction> function;
  ScoreFunction::Place place;
  Value slope;       ///< g of the query tile
  llvm::SmallVector<Value> coefficients; ///< of the terms of k, each over f
  Value slopePieces; ///< of g, the operand of a step of its own
  Value columns;     ///< the ring of what products start from
};

} // namespace kgen

#endif // KGEN_TRANSFORMS_TILESOFTMAX_H
