//===- KvPipeline.h - K and V tiles on their way into the chip -------------===//
//
// Order of copies and waits around one step of the kv loop. With one stage, K
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
//===----------------------------------------------------------------------===//
#ifndef KGEN_TRANSFORMS_KVPIPELINE_H
#define KGEN_TRANSFORMS_KVPIPELINE_H

#include "TileEmitter.h"

#include "kgen/Dialect/Attention/AttentionOps.h"
#include "kgen/Schedule/Schedule.h"

namespace kgen {

class KvPipeline {
public:
  /// Where the workgroup reads: batch and kv head, the first tile it visits,
  /// and the key past the last one it may see (rows from there on are zeros).
  struct Place {
    mlir::Value batch, head, firstTile, limit;
  };
  /// Copies in flight between two steps, oldest first.
  using Tokens = llvm::SmallVector<mlir::Value>;

  /// Allocates the buffers. Stages of K and V are equal (Legality.h).
  KvPipeline(TileEmitter &emit, const Schedule &schedule,
             attention::ForwardOp op, Place place);

  /// Starts the copies that precede the first step.
  Tokens start();
  /// Emits the waits and copies before Q K^T; the view of K[tile].
  mlir::Value keysReady(mlir::Value tile, Tokens &tokens);
  /// Emits those before P V; the view of V[tile].
  mlir::Value valuesReady(mlir::Value tile, Tokens &tokens);
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

} // namespace kgen

#endif // KGEN_TRANSFORMS_KVPIPELINE_H
