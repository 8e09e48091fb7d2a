//===- RunningState.h - What one key tile leaves to the next ---------------===//
#ifndef KGEN_TRANSFORMS_RUNNINGSTATE_H
#define KGEN_TRANSFORMS_RUNNINGSTATE_H

#include "KvPipeline.h"

#include "kgen/Dialect/Tile/IR/Tile.h"

namespace kgen {

/// What a row tile carries from one key tile to the next.
struct RunningState {
  mlir::Value output;  ///< O, not yet divided by l
  mlir::Value maximum; ///< m, of score() before the factor f
  mlir::Value sum;     ///< l, partial sums of threads that share a row
  KvPipeline::Tokens tokens;

  llvm::SmallVector<mlir::Value> values() const {
    llvm::SmallVector<mlir::Value> all = {output, maximum, sum};
    llvm::append_range(all, tokens);
    return all;
  }
  static RunningState from(mlir::ValueRange values) {
    return {values[0], values[1], values[2],
            KvPipeline::Tokens(values.drop_front(3))};
  }
};

/// A step whose product P V has not been started yet.
struct PendingStep {
  RunningState state; ///< its output lacks `rescale` and the step's P V
  /// P as an operand: a matrix, or the view where it is staged.
  mlir::Value weights;
  mlir::Value rescale; ///< null for 1

  bool isStaged() const { return mlir::isa<tile::ViewType>(weights.getType()); }
  /// What a loop carries.
  llvm::SmallVector<mlir::Value> values() const {
    llvm::SmallVector<mlir::Value> all;
    if (!isStaged())
      all.push_back(weights);
    if (rescale)
      all.push_back(rescale);
    llvm::append_range(all, state.values());
    return all;
  }
  /// The step like `shape` with the values() that a loop carried.
  static PendingStep from(mlir::ValueRange values, const PendingStep &shape) {
    PendingStep step = shape;
    auto take = [&](mlir::Value &value) {
      value = values.front();
      values = values.drop_front();
    };
    if (!shape.isStaged())
      take(step.weights);
    if (shape.rescale)
      take(step.rescale);
    step.state = RunningState::from(values);
    return step;
  }
};

} // namespace kgen

#endif // KGEN_TRANSFORMS_RUNNINGSTATE_H
