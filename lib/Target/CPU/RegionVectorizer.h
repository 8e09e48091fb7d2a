//===- RegionVectorizer.h - The body of a map, one vector at a time --------===//
#ifndef KGEN_LIB_TARGET_CPU_REGIONVECTORIZER_H
#define KGEN_LIB_TARGET_CPU_REGIONVECTORIZER_H

#include "Emitter.h"
#include "IndexRange.h"

#include <functional>

namespace kgen::cpu {

/// A value of a map's region: one scalar for all lanes, or a vector.
struct LaneValue {
  mlir::Value value;
  bool varying = false;
  /// Lane l is `first + l`: a load with it as last index is one vector load.
  mlir::Value first;
};

/// Runs a map's region for the lanes of one vector. Values that do not depend
/// on the lane stay scalars (and are emitted once, before the loop over
/// columns); integers of type index and i64 become i32 lanes where their range
/// allows it. Reads of tables are clamped or masked to the table, because
/// lanes past the end of a sequence are evaluated, too.
class RegionVectorizer {
public:
  using Tensors = llvm::DenseMap<mlir::Value, Tensor>;
  /// Translates a value from outside of the region; null if it has none.
  using Outer = std::function<mlir::Value(mlir::Value)>;

  RegionVectorizer(Emitter &b, mlir::Block &body, IndexRanges &ranges,
                   const Tensors &tensors, Outer outer)
      : b(b), body(body), ranges(ranges), tensors(tensors), outer(std::move(outer)) {}

  void bindUniform(mlir::Value argument, mlir::Value scalar);
  void bindVector(mlir::Value argument, mlir::Value vector);
  /// Lanes count up from `first`, of type index.
  void bindPositions(mlir::Value argument, mlir::Value first);

  /// Emits what does not depend on the lane. `varying` are the region
  /// arguments that will be bound to vectors.
  mlir::LogicalResult emitUniform(llvm::ArrayRef<mlir::Value> varying);
  /// Emits the rest, and gives the yielded value as a vector.
  mlir::FailureOr<mlir::Value> emitVarying();

private:
  LaneValue get(mlir::Value value);
  mlir::Value asVector(mlir::Value value, unsigned wideWidth);
  mlir::LogicalResult scalar(mlir::Operation &op);
  mlir::LogicalResult vector(mlir::Operation &op);
  mlir::LogicalResult elementwise(mlir::Operation &op);
  void convertWidth(mlir::Operation &op, bool isSigned);
  mlir::LogicalResult loadElement(mlir::memref::LoadOp op);
  mlir::Value loadContiguous(const Tensor &tensor, mlir::ValueRange indices,
                             mlir::Value lanes);
  mlir::Value gather(const Tensor &tensor, mlir::memref::LoadOp op);
  unsigned widthOf(mlir::Value value);
  unsigned operationWidth(mlir::Operation &op);
  mlir::Value firstLane(mlir::Operation &op);

  Emitter &b;
  mlir::Block &body;
  IndexRanges &ranges;
  const Tensors &tensors;
  Outer outer;
  llvm::DenseMap<mlir::Value, LaneValue> values;
  llvm::DenseSet<mlir::Value> varying;
};

/// Reads one element, with each index clamped to the tensor; i1 from a byte.
mlir::Value loadClamped(Emitter &b, const Tensor &tensor,
                        llvm::ArrayRef<mlir::Value> indices);

} // namespace kgen::cpu

#endif // KGEN_LIB_TARGET_CPU_REGIONVECTORIZER_H
