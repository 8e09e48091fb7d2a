//===- QueryTiles.h - Which query tiles a workgroup computes ---------------===//
#ifndef KGEN_TRANSFORMS_QUERYTILES_H
#define KGEN_TRANSFORMS_QUERYTILES_H

#include "KvPipeline.h"
#include "TileEmitter.h"

#include "kgen/Dialect/Attention/AttentionOps.h"
#include "kgen/Schedule/Schedule.h"

namespace kgen {

struct QueryTile {
  /// Index values; the number is the tile's among those of its head.
  mlir::Value batch, head, number;
};

/// The schedule's scheduler and order, as i32 arithmetic. A workgroup of a
/// plain grid has one tile; a persistent one takes several, either every n-th
/// or, drawn from a counter by its producer, as many as it has time for. The
/// workgroups of a cluster take neighbouring tiles of one head, always together.
class QueryTiles {
public:
  /// With a dynamic scheduler, allocates the ring through which the producer
  /// tells the consumers what it drew.
  QueryTiles(TileEmitter &emit, attention::ForwardOp op,
             const Schedule &schedule);

  /// The only tile of a workgroup in a grid of (query tiles, query heads, batch).
  QueryTile ofGrid();

  /// A tile in the loop of a persistent workgroup.
  struct Turn {
    QueryTile tile;
    KvRings::Passed before; ///< what went through the rings before this tile
    /// The tile once more, for what comes after the walk over the keys: with a
    /// dynamic scheduler read again, so that no register holds it meanwhile.
    llvm::function_ref<QueryTile()> again;
    /// For the producer to call once: finds its next tile. Null where none is
    /// drawn.
    llvm::function_ref<void()> drawNext;
  };
  /// Emits one tile's part of a role; returns the key tiles that it lets through.
  using Body = llvm::function_ref<mlir::Value(const Turn &)>;
  void forEachOfProducer(Body body);
  void forEachOfConsumers(Body body);

private:
  /// A tile in the schedule's order, as i32 values.
  struct Position {
    mlir::Value head; ///< among the query heads of all batches
    mlir::Value tile; ///< among those of its head; below 0: none is left
  };

  void everyNth(Body body);
  void whileDrawn(
      mlir::Value first,
      llvm::function_ref<Position(mlir::Value left, mlir::Value tiles)> next,
      llvm::function_ref<std::pair<mlir::Value, mlir::Value>(Position,
                                                             KvRings::Passed)>
          round);
  Position post(mlir::Value number, mlir::Value tiles);
  Position collect(mlir::Value tiles);
  mlir::Value clustersOfHead();
  mlir::Value tilesOfHead();
  mlir::Value allTiles();
  mlir::Value allHeads();
  mlir::Value workgroup();
  Position byNumber(mlir::Value number);
  Position headByHead(mlir::Value number);
  Position inCacheGroups(mlir::Value number);
  mlir::Value headsThatFitCache();
  QueryTile tileAt(Position position);

  TileEmitter &emit;
  attention::ForwardOp op;
  const Schedule &schedule;
  mlir::Value drawnHeads, drawnTiles; ///< rings of numbers
};

} // namespace kgen

#endif // KGEN_TRANSFORMS_QUERYTILES_H
