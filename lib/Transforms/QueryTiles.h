//===- QueryTiles.h - Which query tiles a workgroup computes ---------------===//
#ifndef KGEN_TRANSFORMS_QUERYTILES_H
#define KGEN_TRANSFORMS_QUERYTILES_H

#include "KvPipeline.h"
#include "TileEmitter.h"

#include "kgen/Dialect/Attention/AttentionOps.h"
#include "kgen/Schedule/Schedule.h"

namespace kgen {

struct QueryTile {
  mlir::Value batch, head, number; ///< the tile's among those of its head
};

/// The schedule's scheduler and order, as index arithmetic.
class QueryTiles {
public:
  QueryTiles(TileEmitter &emit, attention::ForwardOp op,
             const Schedule &schedule)
      : emit(emit), op(op), schedule(schedule) {}

  /// The workgroup's only tile in a grid of (query tiles, query heads, batch).
  QueryTile ofGrid();

  /// Emits `body` for each tile of the workgroup: one, or as many as a
  /// persistent workgroup takes. The body is given what went through the rings
  /// before the tile and returns the key tiles that it lets through.
  using Body =
      llvm::function_ref<mlir::Value(const QueryTile &, KvRings::Passed)>;
  void forEach(Body body);

private:
  mlir::Value tilesOfHead();
  QueryTile byNumber(mlir::Value number);
  QueryTile inCacheGroups(mlir::Value number);
  mlir::Value headsThatFitCache();
  QueryTile make(mlir::Value headOfAll, mlir::Value tile);

  TileEmitter &emit;
  attention::ForwardOp op;
  const Schedule &schedule;
};

} // namespace kgen

#endif // KGEN_TRANSFORMS_QUERYTILES_H
