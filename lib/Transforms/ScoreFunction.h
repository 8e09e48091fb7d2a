//===- ScoreFunction.h - Score and mask functions of a tile ---------------===//
#ifndef KGEN_TRANSFORMS_SCOREFUNCTION_H
#define KGEN_TRANSFORMS_SCOREFUNCTION_H

#include "TileEmitter.h"

#include "kgen/Dialect/Attention/AttentionOps.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"

#include <optional>

namespace kgen {

/// Inlines the op's regions into tiles of one query tile.
class ScoreFunction {
public:
  /// A comparison of tables in the mask, and what a scan has found.
  struct Match {
    mlir::Operation *comparison;
    analysis::MatchedKeys keys;
  };
  struct Place {
    mlir::Value batch, head, firstRow, seqQ, seqKV;
    std::optional<Match> match = {};
  };

  ScoreFunction(attention::ForwardOp op, TileEmitter &emit, Place place)
      : op(op), emit(emit), place(place) {}

  /// t: the score function of the products with the keys from `firstKey` on,
  /// and, where `masked`, -inf where the mask or the end of the keys says so.
  mlir::Value apply(mlir::Value product, mlir::Value firstKey, bool masked);
  /// The products themselves, without the score function; -inf as above.
  mlir::Value mask(mlir::Value product, mlir::Value firstKey, bool masked);
  /// The score function of one pair, for the body of a map, with values of it
  /// set to zero.
  mlir::Value scoreOf(mlir::OpBuilder &builder, mlir::Value score,
                      mlir::Value row, mlir::Value col, mlir::ValueRange zeros);
  /// Values of the score function that depend on the key alone, for the body of
  /// a map. Where `masked`, keys may be past the end, or hidden.
  llvm::SmallVector<mlir::Value> valuesAtKey(mlir::OpBuilder &builder,
                                             mlir::ValueRange values,
                                             mlir::Value col, bool masked);

private:
  /// What a region is inlined for: pairs that the mask keeps, all of a tile, those
  /// past the ends, too, or one for each row, be it one that sees no key.
  enum class Pairs : uint8_t { Kept, Tile, Row };
  mlir::Value map(mlir::Value product, mlir::Value firstKey, bool scored,
                  bool masked);
  mlir::Value mapOnce(mlir::Value product, mlir::Value firstKey, bool scored,
                      bool masked);
  mlir::Value mapBoth(mlir::Value product, mlir::Value firstKey, bool scored);
  mlir::Value isInRange(mlir::OpBuilder &builder, mlir::Value col);
  std::optional<analysis::KeyRange> keysOf(mlir::OpBuilder &builder,
                                           mlir::Value row);
  mlir::Value keep(mlir::OpBuilder &builder, mlir::Value row, mlir::Value col);
  void inlineRegion(mlir::Region &region, mlir::OpBuilder &builder,
                    mlir::ValueRange leading, mlir::Value row, mlir::Value col,
                    Pairs pairs, mlir::IRMapping &mapping);
  mlir::Value resultOf(mlir::Region &region, mlir::OpBuilder &builder,
                       mlir::ValueRange leading, mlir::Value row,
                       mlir::Value col, Pairs pairs,
                       mlir::IRMapping mapping = {});

  attention::ForwardOp op;
  TileEmitter &emit;
  Place place;
  /// The match's entries are known to be equal in its range, and only there.
  bool matchIsKnown = false;
};

} // namespace kgen

#endif // KGEN_TRANSFORMS_SCOREFUNCTION_H
