//===- KvPipeline.h - K and V tiles on their way into the chip ------------===//
//
// What a step of the kv loop asks for: K's tile, V's tile, and to be rid of
// them. Two answers:
//
// KvCopies: the threads that compute also start the copies. With one stage, K
// and V have a slot each, and each is refilled while the other is used:
//
//   wait K[j]   barrier   copy V[j]     S = Q K[j]
//   wait V[j]   barrier   copy K[j+1]   softmax, O += P V[j]
//
// With n > 1 stages, tile j lies in slot j mod n, and the copies of tile j+n-1
// start before the products of tile j:
//
//   wait K[j], V[j]   barrier   copy K[j+n-1], V[j+n-1]   both products
//
// The barrier makes the arrived tile visible to all threads, and says that all
// of them are done with the slot that is refilled next.
//
// KvRings: a producer of its own sends tiles into rings as slots become free;
// those who compute receive and release them (tile.roles).
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TRANSFORMS_KVPIPELINE_H
#define KGEN_TRANSFORMS_KVPIPELINE_H

#include "TileEmitter.h"

#include "kgen/Dialect/Attention/AttentionOps.h"
#include "kgen/Schedule/Schedule.h"

namespace kgen {

class KvPipeline {
public:
  /// Copies in flight between two steps, oldest first.
  using Tokens = llvm::SmallVector<mlir::Value>;

  virtual ~KvPipeline() = default;
  /// Emits what must precede Q K^T at a place of the walk; the view of K's tile.
  virtual mlir::Value keysReady(mlir::Value place, Tokens &tokens) = 0;
  /// Emits what must precede P V; the view of V's tile.
  virtual mlir::Value valuesReady(mlir::Value place, Tokens &tokens) = 0;
  /// The products that read the tile are done.
  virtual void keysDone(mlir::Value place) {}
  virtual void valuesDone(mlir::Value place) {}
};

class KvCopies : public KvPipeline {
public:
  /// Where the workgroup reads: batch and kv head, the first tile it visits,
  /// and the key past the last one it may see (rows from there on are zeros).
  struct Place {
    mlir::Value batch, head, firstTile, limit;
  };

  /// Allocates the buffers. Stages of K and V are equal (Legality.h).
  KvCopies(TileEmitter &emit, const Schedule &schedule, attention::ForwardOp op,
           Place place);

  /// Starts the copies that precede the first step.
  Tokens start();
  /// Places are key tiles.
  mlir::Value keysReady(mlir::Value tile, Tokens &tokens) override;
  mlir::Value valuesReady(mlir::Value tile, Tokens &tokens) override;
  /// Waits for what is still in flight after the last step.
  void drain(const Tokens &tokens);

private:
  mlir::Value view(mlir::Value buffer, mlir::Value tile);
  mlir::Value copy(mlir::Value source, mlir::Value buffer, mlir::Value tile);
  void waitFor(mlir::Value token, int64_t pending);

  TileEmitter &emit;
  attention::ForwardOp op;
  Place place;
  int64_t stages, tileKV;
  mlir::Value keys, values; ///< buffers
};

class KvRings : public KvPipeline {
public:
  /// What one query tile reads: rows of Q, then `count` key tiles. Counts and
  /// places are i32 here: what is carried around the loops takes half as many
  /// registers so.
  struct Walk {
    mlir::Value batch, head, headKV, firstRow, count;
    llvm::function_ref<mlir::Value(mlir::Value place)> tileAt;
    /// Emits what comes before the last copy, which waits for the consumers.
    llvm::function_ref<void()> beforeLast;
  };
  /// Tiles that went through the rings before this query tile.
  struct Passed {
    mlir::Value queries, keys;
  };

  /// Allocates the rings.
  KvRings(TileEmitter &emit, const Schedule &schedule, attention::ForwardOp op);

  /// Emits the producer's part of a query tile. K goes one tile ahead of V: so
  /// do the products that read them.
  void send(const Walk &walk, Passed before);

  /// Begins the consumers' part of a query tile; the view of Q.
  mlir::Value receiveQueries(Passed before);
  void queriesDone();
  /// Places count from 0 within the query tile.
  mlir::Value keysReady(mlir::Value place, Tokens &tokens) override;
  mlir::Value valuesReady(mlir::Value place, Tokens &tokens) override;
  void keysDone(mlir::Value place) override;
  void valuesDone(mlir::Value place) override;

private:
  void sendTile(mlir::Value source, mlir::Value ring, const Walk &walk,
                mlir::Value place, mlir::Value before);

  TileEmitter &emit;
  attention::ForwardOp op;
  int64_t tileKV;
  mlir::Value queries, keys, values; ///< rings
  Passed passed;
};

} // namespace kgen

#endif // KGEN_TRANSFORMS_KVPIPELINE_H
