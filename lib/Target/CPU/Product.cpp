//===- Product.cpp - Register-blocked products -----------------------------===//
//
// A right operand is stored as panels of a few vectors of columns, contraction
// index outermost, so that the innermost loop reads it as one stream. For each
// panel and each block of rows the accumulators stay in registers for the whole
// contraction: a step loads the panel's vectors, broadcasts one element of each
// row, and does rows x vectors fused multiply-adds.
//
//===----------------------------------------------------------------------===//

#include "Lowerings.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::cpu;

namespace {

/// One micro kernel: `rows` x `vectors` accumulators at row `row` and column
/// `column` of the result; `panel` points at the packed columns.
class MicroKernel {
public:
  MicroKernel(Emitter &b, const Product &product, const TileStorage &result,
              int64_t rows, int64_t vectors)
      : b(b), product(product), result(result), rows(rows), vectors(vectors) {}

  void emit(Value row, Value column, Value panel) {
    SmallVector<Value> start = loadAccumulators(row, column);
    Value lhsRow = b.mul(row, product.lhsStride);
    int64_t unroll = product.k % 4 == 0 ? 4 : product.k % 2 == 0 ? 2 : 1;
    SmallVector<Value> sums =
        b.loop(0, product.k, unroll, start, [&](Value k, ValueRange carried) {
          SmallVector<Value> next(carried);
          for (int64_t u = 0; u < unroll; ++u)
            step(b.add(k, u), lhsRow, panel, next);
          return next;
        });
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t v = 0; v < vectors; ++v)
        b.storeVector(sums[r * vectors + v], result, at(row, column, r, v));
  }

private:
  Value at(Value row, Value column, int64_t r, int64_t v) {
    return b.add(b.add(b.mul(row, result.stride), column),
                 r * result.stride + v * b.lanes());
  }

  SmallVector<Value> loadAccumulators(Value row, Value column) {
    SmallVector<Value> start;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t v = 0; v < vectors; ++v)
        start.push_back(product.accumulate
                            ? b.loadVector(result, at(row, column, r, v))
                            : b.floatConstant(b.f32Vector(), 0.0));
    return start;
  }

  /// Adds the products of contraction index `k` to all accumulators.
  void step(Value k, Value lhsRow, Value panel, SmallVector<Value> &sums) {
    Type f32 = b.getF32Type();
    Value panelRow = b.pointer(panel, b.mul(k, vectors * b.lanes()), f32);
    SmallVector<Value> rhs;
    for (int64_t v = 0; v < vectors; ++v)
      rhs.push_back(b.load(
          b.f32Vector(), b.pointer(panelRow, b.index(v * b.lanes()), f32)));
    Value lhs = b.pointer(product.lhs, b.add(lhsRow, k), f32);
    for (int64_t r = 0; r < rows; ++r) {
      Value element =
          b.load(f32, b.pointer(lhs, b.index(r * product.lhsStride), f32));
      Value spread = b.broadcast(element);
      for (int64_t v = 0; v < vectors; ++v) {
        Value &sum = sums[r * vectors + v];
        sum = b.fma(spread, rhs[v], sum);
      }
    }
  }

  Emitter &b;
  const Product &product;
  const TileStorage &result;
  int64_t rows, vectors;
};

} // namespace

/// All rows of one panel: full blocks in a loop, then what is left.
static void emitPanel(Emitter &b, const Product &product,
                      const TileStorage &result, int64_t vectors, Value column,
                      Value panel) {
  int64_t block = b.unit.blockRows(vectors);
  if (product.m % block != 0) // Prefer a block that divides the rows.
    for (int64_t smaller = block - 1; smaller * 3 >= block * 2; --smaller)
      if (product.m % smaller == 0 && smaller * vectors >= 8)
        block = smaller;
  int64_t whole = product.m / block * block;
  b.loop(0, whole, block, [&](Value row) {
    MicroKernel(b, product, result, block, vectors).emit(row, column, panel);
  });
  if (whole < product.m)
    MicroKernel(b, product, result, product.m - whole, vectors)
        .emit(b.index(whole), column, panel);
}

void kgen::cpu::emitProduct(Emitter &b, const Product &product,
                            const TileStorage &result) {
  int64_t vectors = b.unit.padded(product.n) / b.lanes();
  int64_t full = b.unit.panelVectors(), width = full * b.lanes();
  auto panelAt = [&](Value index) {
    return b.pointer(product.panels, b.mul(index, product.k * width),
                     b.getF32Type());
  };
  int64_t panels = vectors / full;
  b.loop(0, panels, 1, [&](Value index) {
    emitPanel(b, product, result, full, b.mul(index, width), panelAt(index));
  });
  if (int64_t rest = vectors % full)
    emitPanel(b, product, result, rest, b.index(panels * width),
              panelAt(b.index(panels)));
}
