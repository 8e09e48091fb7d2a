//===- SlopePieces.h - A slope as an operand of products --------*- C++ -*-===//
//
// A score's term g * (key position) as one more step of Q K^T (tile.dot,
// `ramp`): a matrix of g on the left, the columns' numbers on the right. The
// operands are bf16, which holds every column's number, and g as a sum of
// three.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TRANSFORMS_SLOPEPIECES_H
#define KGEN_TRANSFORMS_SLOPEPIECES_H

#include "TileEmitter.h"

namespace kgen {

/// Emits the left operand of that step for products of type `product`, before
/// the loops that it is used in. `slope`: g in f32, the same for all rows.
mlir::Value emitSlopePieces(TileEmitter &emit, mlir::Value slope,
                            tile::MatrixType product);

} // namespace kgen

#endif // KGEN_TRANSFORMS_SLOPEPIECES_H
