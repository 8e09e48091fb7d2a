//===- Lowerings.h - Code for each family of tile operations ---------------===//
#ifndef KGEN_LIB_TARGET_CPU_LOWERINGS_H
#define KGEN_LIB_TARGET_CPU_LOWERINGS_H

#include "Emitter.h"

#include <optional>

namespace kgen::cpu {

/// One slot of a buffer: where it lies and how. `rows` and `cols` are the
/// logical ones of the view; panels are laid out as VectorUnit says.
struct ViewStorage {
  mlir::Value pointer;
  int64_t rows = 0, cols = 0;
  SlotLayout layout = SlotLayout::Unused;
};

/// Bytes of a slot with the layout's padding, a multiple of 64.
int64_t slotBytes(const VectorUnit &unit, int64_t rows, int64_t cols,
                  SlotLayout layout);

/// Rows `row...` of `tensor[batch, head]` as a matrix in memory.
struct TensorRows {
  const Tensor &tensor;
  mlir::Value batch, head, row, limit;

  /// How many of `rows` rows lie before the limit: 0 ... rows, of type index.
  mlir::Value valid(Emitter &b, int64_t rows) const;
  /// Pointer to column 0 of row `row + offset`.
  mlir::Value pointer(Emitter &b, mlir::Value offset) const;
};

/// Copies rows into a slot in its layout, as f32, zeros at and past the limit.
void emitCopy(Emitter &b, const TensorRows &source, const ViewStorage &view);
/// Writes the rows before the limit.
void emitStore(Emitter &b, const TileStorage &matrix,
               const TensorRows &destination);
/// The same for per-row values and a tensor of rank 3.
void emitStoreRows(Emitter &b, const TileStorage &values,
                   const TensorRows &destination);

/// `acc (+)= lhs * rhs` for an m x k left operand at `lhs` with `lhsStride`
/// elements a row, and packed panels of a k x n right operand.
struct Product {
  mlir::Value lhs;
  int64_t lhsStride = 0;
  int64_t m = 0, k = 0, n = 0;
  mlir::Value panels;
  bool accumulate = false; ///< else the result starts from zero
};
void emitProduct(Emitter &b, const Product &product, const TileStorage &result);

/// Runs `body(offset)` for each vector of a tile; offset counts elements.
void forEachVector(Emitter &b, const TileStorage &tile, Emitter::Body body);
void emitFill(Emitter &b, const TileStorage &tile, mlir::Value scalar);
/// slope * (first + column) in every row.
void emitRamp(Emitter &b, const TileStorage &tile, mlir::Value slope,
              int64_t first);
void emitTileCopy(Emitter &b, const TileStorage &from, const TileStorage &to);
/// Rounds a tile through `element` and back.
void emitRound(Emitter &b, const TileStorage &from, const TileStorage &to,
               mlir::Type element);
/// Per-row values of a matrix's rows, combined over columns: out[r] (1 row).
void emitReduceRows(Emitter &b, tile::ReductionKind kind,
                    const TileStorage &matrix, const TileStorage &out);
/// out[r] = combine(start[r], partial[r]).
void emitCombine(Emitter &b, tile::ReductionKind kind, const TileStorage &start,
                 const TileStorage &partial, const TileStorage &out);
/// The lanes of a row's last vector that are past its columns, made neutral.
mlir::Value maskTail(Emitter &b, tile::ReductionKind kind, mlir::Value vector,
                     int64_t columnsLeft);

} // namespace kgen::cpu

#endif // KGEN_LIB_TARGET_CPU_LOWERINGS_H
