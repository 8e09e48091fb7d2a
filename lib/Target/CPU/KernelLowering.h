//===- KernelLowering.h - One kernel from tiled form to vector code --------===//
#ifndef KGEN_LIB_TARGET_CPU_KERNELLOWERING_H
#define KGEN_LIB_TARGET_CPU_KERNELLOWERING_H

#include "IndexRange.h"
#include "Lowerings.h"
#include "RegionVectorizer.h"

#include "mlir/IR/IRMapping.h"

namespace kgen::cpu {

/// Translates a tiled kernel, operation by operation in program order, into a
/// new function beside it. Tile values get a place in scratch when they are
/// made: that of an operand which has no later use, or a new one. Places are
/// given back at the end of the loop body or branch that made them.
class KernelLowering {
public:
  KernelLowering(mlir::func::FuncOp kernel, VectorUnit unit);

  /// Replaces the kernel; on failure a diagnostic has been emitted.
  mlir::LogicalResult run();

private:
  struct Buffer {
    int64_t offset = 0, slotBytes = 0;
    SlotLayout layout = SlotLayout::Unused;
  };

  // Function, arguments and structured control flow (KernelLowering.cpp).
  void bindArguments(mlir::Value arguments);
  mlir::Value scalarArgument(mlir::Value place, mlir::Type type);
  mlir::LogicalResult lowerBlock(mlir::Block &block);
  mlir::LogicalResult lowerOp(mlir::Operation *op);
  mlir::LogicalResult lowerScalar(mlir::Operation *op);
  void lowerProgramId(tile::ProgramIdOp op);
  mlir::LogicalResult lowerFor(mlir::scf::ForOp op);
  mlir::LogicalResult lowerIf(mlir::scf::IfOp op);
  mlir::LogicalResult lowerBranch(mlir::Block &block,
                                  llvm::ArrayRef<mlir::Value> results);
  /// Brings the tiles of a yield to where the results live.
  void moveTiles(mlir::ValueRange from, llvm::ArrayRef<mlir::Value> to);
  mlir::LogicalResult refuse(mlir::Operation *op, llvm::StringRef why);

  // Tiles (TileLowering.cpp).
  mlir::LogicalResult lowerTileOp(mlir::Operation *op);
  mlir::LogicalResult lowerAlloc(tile::AllocOp op);
  mlir::LogicalResult lowerLoad(tile::LoadOp op);
  mlir::LogicalResult lowerDot(tile::DotOp op);
  mlir::LogicalResult lowerMap(tile::MapOp op);
  mlir::LogicalResult lowerMapRows(tile::MapRowsOp op);
  void lowerReduce(tile::ReduceOp op);
  void lowerPack(tile::PackOp op);
  void absorbUsers(tile::MapOp op);
  mlir::LogicalResult lowerMapRow(tile::MapOp op, RegionVectorizer &body,
                                  const TileStorage &out, mlir::Value row);
  template <typename OpT>
  TensorRows rowsOf(OpT op, mlir::Value tensor);

  // Places in scratch (Placement.cpp).
  TileStorage allocate(mlir::Type type);
  int64_t allocateBytes(int64_t bytes);
  TileStorage shapeOf(mlir::Type type) const;
  /// The place of an operand that `op` is the last to read, or a new one.
  TileStorage placeFor(mlir::Operation *op, mlir::ValueRange reusable,
                       mlir::Type type);
  bool isUsedAfter(mlir::Value value, mlir::Operation *op) const;

  mlir::Value scalar(mlir::Value value) { return scalars.lookupOrNull(value); }

  mlir::func::FuncOp kernel;
  Emitter b;
  IndexRanges ranges;
  mlir::IRMapping scalars;
  RegionVectorizer::Tensors tensors;
  llvm::DenseMap<mlir::Value, TileStorage> tiles;
  llvm::DenseMap<mlir::Value, Buffer> buffers;
  llvm::DenseMap<mlir::Value, ViewStorage> views;
  /// Tiles that share memory with something else: never written in place.
  llvm::DenseSet<mlir::Value> shared;
  /// Reductions and packs done by the map before them, with their result.
  llvm::DenseMap<mlir::Operation *, TileStorage> absorbed;
  mlir::Value block;
  int64_t top = 0, peak = 0;
};

} // namespace kgen::cpu

#endif // KGEN_LIB_TARGET_CPU_KERNELLOWERING_H
