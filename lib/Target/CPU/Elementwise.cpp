//===- Elementwise.cpp - Fills, copies and row reductions of tiles ---------===//

#include "Lowerings.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::cpu;

void kgen::cpu::forEachVector(Emitter &b, const TileStorage &tile,
                              Emitter::Body body) {
  // Rows follow one another without gaps: a tile is one array of vectors.
  b.loop(0, tile.rows * tile.stride, b.lanes(), body);
}

void kgen::cpu::emitFill(Emitter &b, const TileStorage &tile, Value scalar) {
  Value lanes = b.broadcast(scalar);
  forEachVector(b, tile,
                [&](Value offset) { b.storeVector(lanes, tile, offset); });
}

void kgen::cpu::emitRamp(Emitter &b, const TileStorage &tile, Value slope,
                         int64_t first) {
  Value slopes = b.broadcast(slope);
  b.loop(0, tile.stride, b.lanes(), [&](Value column) {
    Value start = arith::IndexCastOp::create(b, b.getI32Type(),
                                             b.add(column, first));
    Value positions =
        arith::AddIOp::create(b, b.broadcast(start), b.iota(/*width=*/32));
    Value lanes = arith::MulFOp::create(
        b, slopes, arith::SIToFPOp::create(b, b.f32Vector(), positions));
    b.loop(0, tile.rows, 1, [&](Value row) {
      b.storeVector(lanes, tile, b.add(b.mul(row, tile.stride), column));
    });
  });
}

void kgen::cpu::emitTileCopy(Emitter &b, const TileStorage &from,
                             const TileStorage &to) {
  if (from == to)
    return;
  forEachVector(b, from, [&](Value offset) {
    b.storeVector(b.loadVector(from, offset), to, offset);
  });
}

void kgen::cpu::emitRound(Emitter &b, const TileStorage &from,
                          const TileStorage &to, Type element) {
  if (element.isF32())
    return emitTileCopy(b, from, to);
  forEachVector(b, from, [&](Value offset) {
    Value lanes = b.loadVector(from, offset);
    b.storeVector(roundThrough(b, lanes, element), to, offset);
  });
}

Value kgen::cpu::maskTail(Emitter &b, tile::ReductionKind kind, Value vector,
                          int64_t columnsLeft) {
  if (columnsLeft >= b.lanes())
    return vector;
  return arith::SelectOp::create(b, b.prefixMask(columnsLeft), vector,
                                 b.neutral(kind, vector.getType()));
}

void kgen::cpu::emitReduceRows(Emitter &b, tile::ReductionKind kind,
                               const TileStorage &matrix,
                               const TileStorage &out) {
  b.loop(0, matrix.rows, 1, [&](Value row) {
    Value start = b.mul(row, matrix.stride);
    int64_t whole = matrix.cols / b.lanes() * b.lanes();
    Value sum = b.neutral(kind, b.f32Vector());
    sum = b.loop(0, whole, b.lanes(), sum, [&](Value c, ValueRange carried) {
      Value lanes = b.loadVector(matrix, b.add(start, c));
      return SmallVector<Value>{b.combine(kind, carried[0], lanes)};
    })[0];
    if (whole < matrix.cols) {
      Value lanes = b.loadVector(matrix, b.add(start, whole));
      sum = b.combine(kind, sum, maskTail(b, kind, lanes, matrix.cols - whole));
    }
    b.store(b.reduceLanes(kind, sum), b.pointer(out, row));
  });
}

void kgen::cpu::emitCombine(Emitter &b, tile::ReductionKind kind,
                            const TileStorage &start,
                            const TileStorage &partial,
                            const TileStorage &out) {
  forEachVector(b, out, [&](Value offset) {
    Value x = b.loadVector(start, offset), y = b.loadVector(partial, offset);
    b.storeVector(b.combine(kind, x, y), out, offset);
  });
}
