//===- SlopePieces.cpp - A slope as an operand of products ----------------===//

#include "SlopePieces.h"

using namespace mlir;

namespace kgen {

/// The first half of an f32's bits: what is left has 8 bits of mantissa less.
static Value upperHalf(TileEmitter &emit, Value value) {
  OpBuilder &b = emit.builder;
  Value bits = arith::BitcastOp::create(b, emit.loc, b.getI32Type(), value);
  Value half = arith::ConstantIntOp::create(b, emit.loc, b.getI32Type(),
                                            int64_t(-0x10000));
  bits = arith::AndIOp::create(b, emit.loc, bits, half);
  return arith::BitcastOp::create(b, emit.loc, b.getF32Type(), bits);
}

/// Where a row has its pieces: any columns will do. Rows eight apart take
/// others, so that no two registers of a thread are equal, wherever it has
/// both: ptxas would keep one of them and copy it before each product.
constexpr int64_t kPieceColumns[] = {0, 1, 8};
constexpr int64_t kRowsApart = 8, kColumnsApart = 2;

/// Each row is g, as a sum of three numbers that bf16 holds exactly: truncated,
/// so that none is greater than g.
Value emitSlopePieces(TileEmitter &emit, Value slope,
                      tile::MatrixType product) {
  OpBuilder &builder = emit.builder;
  Value rest = slope;
  SmallVector<Value, 3> pieces;
  for (int64_t piece = 0; piece < 2; ++piece) {
    pieces.push_back(upperHalf(emit, rest));
    rest = arith::SubFOp::create(builder, emit.loc, rest, pieces.back());
  }
  pieces.push_back(rest);
  auto type = tile::DotOp::rampTypeOf(product);
  Value zero = emit.index(0);
  auto wide = emit.accumulator(type.getRows(), type.getCols());
  Value matrix = emit.map(
      emit.splat(0, wide), zero, zero,
      [&](OpBuilder &b, ValueRange a) -> Value {
        Value element = a[0];
        Value apart = emit.remainder(emit.floorDiv(a[1], kRowsApart), 2);
        Value shift = emit.mul(apart, emit.index(kColumnsApart));
        for (auto [col, piece] : llvm::zip_equal(kPieceColumns, pieces)) {
          Value here =
              arith::CmpIOp::create(b, emit.loc, arith::CmpIPredicate::eq, a[2],
                                    emit.add(shift, emit.index(col)));
          element = arith::SelectOp::create(b, emit.loc, here, piece, element);
        }
        return element;
      });
  Value packed = tile::PackOp::create(builder, emit.loc, type, matrix);
  return tile::PinOp::create(builder, emit.loc, type, packed);
}

} // namespace kgen
