//===- WalkLoops.h - The loops of a walk over key tiles -------------------===//
//
// A walk has tiles that need a mask before and behind those that need none
// (OnlineSoftmax.cpp). A step without a mask may want more of the steps before
// it (TileSoftmax::hasNonnegativeMaxima): those with a mask then go on until it
// is so, or take all tiles.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TRANSFORMS_WALKLOOPS_H
#define KGEN_TRANSFORMS_WALKLOOPS_H

#include "KeyTiles.h"
#include "TileEmitter.h"

namespace kgen {

/// Emits loops of steps and carries their state, whatever that holds.
class WalkLoops {
public:
  using State = llvm::SmallVector<mlir::Value>;
  using Step = llvm::function_ref<State(mlir::Value place, mlir::ValueRange)>;
  using MaskedStep = llvm::function_ref<State(mlir::Value place, bool masked,
                                              mlir::ValueRange state)>;
  /// Emits an i1 of the warpgroup: whether steps without a mask may begin here.
  using Condition = llvm::function_ref<mlir::Value(mlir::Value place,
                                                   mlir::ValueRange state)>;

  explicit WalkLoops(TileEmitter &emit) : emit(emit) {}

  /// The places first, first + 1, ..., end - 1, in index or i32.
  State forEach(mlir::Value first, mlir::Value end, mlir::ValueRange state,
                Step step);
  /// All places of the walk: masked, plain, masked. Without `mayBePlain`, plain
  /// steps may follow any others.
  State walk(const Walk &walk, mlir::ValueRange state, MaskedStep step,
             Condition mayBePlain);

private:
  State walkInRounds(const Walk &walk, mlir::ValueRange state, MaskedStep step);
  std::pair<mlir::Value, State> maskedUntilReady(const Walk &walk,
                                                 mlir::ValueRange state,
                                                 MaskedStep step,
                                                 Condition mayBePlain);
  mlir::Value needsMask(const Walk &walk, mlir::Value place,
                        mlir::ValueRange state, Condition mayBePlain);

  TileEmitter &emit;
};

} // namespace kgen

#endif // KGEN_TRANSFORMS_WALKLOOPS_H
