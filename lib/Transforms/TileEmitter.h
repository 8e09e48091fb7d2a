//===- TileEmitter.h - Short names for emitting tiled form ----------------===//
#ifndef KGEN_TRANSFORMS_TILEEMITTER_H
#define KGEN_TRANSFORMS_TILEEMITTER_H

#include "kgen/Analysis/KvRange.h"
#include "kgen/Dialect/Tile/IR/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"

namespace kgen {

/// A builder with a location and the vocabulary of the online-softmax text.
class TileEmitter {
public:
  using Body = llvm::function_ref<mlir::Value(mlir::OpBuilder &,
                                              mlir::ValueRange arguments)>;

  TileEmitter(mlir::OpBuilder &builder, mlir::Location loc)
      : builder(builder), loc(loc) {}

  // Integer arithmetic, folded where operands are constant. Operands are of one
  // type: index, or i32 where registers are scarce.
  mlir::Value index(int64_t value);
  mlir::Value i32(int64_t value);
  /// A constant of the type of `other`.
  mlir::Value like(mlir::Value other, int64_t value);
  /// Between index and i32: of counts and positions, which i32 can hold. Values
  /// that are so already are returned as they are.
  mlir::Value narrow(mlir::Value value);
  mlir::Value wide(mlir::Value value);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, mlir::Value b);
  mlir::Value min(mlir::Value a, mlir::Value b);
  mlir::Value max(mlir::Value a, mlir::Value b);
  /// Of non-negative values.
  mlir::Value floorDiv(mlir::Value a, int64_t b);
  mlir::Value div(mlir::Value a, mlir::Value b);
  mlir::Value ceilDiv(mlir::Value a, int64_t b);
  mlir::Value remainder(mlir::Value a, int64_t b);
  mlir::Value dim(mlir::Value memref, int64_t dimension);
  mlir::Value f32(double value);

  // Types.
  tile::MatrixType accumulator(int64_t rows, int64_t cols);
  tile::PerRowType perRow(int64_t rows);

  // Tiles.
  mlir::Value splat(double value, mlir::Type type);
  /// `cluster`: workgroups that fill the buffer together.
  mlir::Value allocate(int64_t slots, int64_t rows, int64_t cols,
                       mlir::Type elementType, int64_t cluster = 1);
  /// Starts copying rows; the token.
  mlir::Value copy(mlir::Value source, mlir::Value batch, mlir::Value head,
                   mlir::Value row, mlir::Value limit, mlir::Value view);
  /// Arguments of `body`: one element of each input, row index, column index.
  mlir::Value map(mlir::ValueRange inputs, mlir::Value row, mlir::Value col,
                  Body body);
  /// Arguments of `body`: one value of each input, row index.
  mlir::Value mapRows(mlir::ValueRange inputs, mlir::Value row, Body body);
  /// Argument of `body`: column index.
  void stageColumns(mlir::Value ring, mlir::Value number, mlir::Value col,
                    Body body);
  mlir::Value reduce(tile::ReductionKind kind, mlir::Value matrix,
                     mlir::Value init, bool partial);
  analysis::MatchedKeys matchRange(const analysis::TableMatch &tables);

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

} // namespace kgen

#endif // KGEN_TRANSFORMS_TILEEMITTER_H
