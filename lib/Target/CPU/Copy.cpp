//===- Copy.cpp - Between tensors and slots or tiles -----------------------===//

#include "Lowerings.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::cpu;

int64_t kgen::cpu::slotBytes(const VectorUnit &unit, int64_t rows, int64_t cols,
                             SlotLayout layout) {
  int64_t elements = layout == SlotLayout::TransposedPanels
                         ? unit.padded(rows) * cols
                         : rows * unit.padded(cols);
  return (elements * 4 + 63) / 64 * 64;
}

Value TensorRows::valid(Emitter &b, int64_t rows) const {
  return b.clamp(b.createOrFold<arith::SubIOp>(limit, row), b.index(rows));
}

Value TensorRows::pointer(Emitter &b, Value offset) const {
  SmallVector<Value> indices = {batch, head, b.add(row, offset)};
  if (tensor.sizes.size() == 4)
    indices.push_back(b.index(0));
  return b.pointer(tensor.pointer, b.elementOffset(tensor, indices),
                   tensor.elementType);
}

//===----------------------------------------------------------------------===//
// Row-major slots and panels
//===----------------------------------------------------------------------===//

/// Offset of (row, vector) in a slot that keeps rows: row-major, or in panels
/// of columns with the row as the contraction index.
static Value rowOffset(Emitter &b, const ViewStorage &view, Value row,
                       int64_t vector) {
  int64_t vectors = b.unit.padded(view.cols) / b.lanes();
  if (view.layout == SlotLayout::Rows)
    return b.add(b.mul(row, vectors * b.lanes()), vector * b.lanes());
  int64_t full = b.unit.panelVectors(), panel = vector / full;
  int64_t width = std::min(full, vectors - panel * full);
  int64_t start = panel * full * view.rows + vector % full;
  return b.add(b.mul(row, width * b.lanes()), start * b.lanes());
}

static void copyRows(Emitter &b, const TensorRows &source,
                     const ViewStorage &view) {
  int64_t vectors = b.unit.padded(view.cols) / b.lanes();
  Type f32 = b.getF32Type();
  Value valid = source.valid(b, view.rows);
  b.loop(b.index(0), valid, 1, [&](Value row) {
    Value from = source.pointer(b, row);
    for (int64_t v = 0; v < vectors; ++v) {
      Value start = b.pointer(from, b.index(v * b.lanes()),
                              source.tensor.elementType);
      Value lanes = b.loadAsF32(start, source.tensor.elementType,
                                view.cols - v * b.lanes());
      b.store(lanes, b.pointer(view.pointer, rowOffset(b, view, row, v), f32));
    }
  });
  b.loop(valid, b.index(view.rows), 1, [&](Value row) {
    Value zero = b.floatConstant(b.f32Vector(), 0.0);
    for (int64_t v = 0; v < vectors; ++v)
      b.store(zero, b.pointer(view.pointer, rowOffset(b, view, row, v), f32));
  });
}

//===----------------------------------------------------------------------===//
// Transposed panels
//===----------------------------------------------------------------------===//

/// Transposes lanes x lanes values in registers: in step s, pairs of rows s
/// apart exchange blocks of s columns.
static void transpose(Emitter &b, SmallVector<Value> &rows) {
  int64_t n = b.lanes();
  for (int64_t s = n / 2; s >= 1; s /= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t lane = 0; lane < n; ++lane) {
      bool second = lane & s;
      low.push_back(second ? n + lane - s : lane);
      high.push_back(second ? n + lane : lane + s);
    }
    for (int64_t r = 0; r < n; ++r) {
      if (r & s)
        continue;
      Value x = rows[r], y = rows[r + s];
      rows[r] = vector::ShuffleOp::create(b, x, y, low);
      rows[r + s] = vector::ShuffleOp::create(b, x, y, high);
    }
  }
}

namespace {

/// Packs blocks of `lanes` rows of the source into columns of the panels.
class TransposingCopy {
public:
  TransposingCopy(Emitter &b, const TensorRows &source, const ViewStorage &view)
      : b(b), source(source), view(view),
        vectors(b.unit.padded(view.rows) / b.lanes()),
        valid(source.valid(b, view.rows)) {}

  void emit() {
    // Only whole blocks of rows that all exist take the unguarded path.
    Value lanes = b.index(b.lanes());
    Value whole = b.createOrFold<arith::DivUIOp>(valid, lanes);
    b.loop(b.index(0), whole, 1,
           [&](Value block) { emitBlock(block, /*guarded=*/false); });
    b.loop(whole, b.index(vectors), 1,
           [&](Value block) { emitBlock(block, /*guarded=*/true); });
  }

private:
  void emitBlock(Value block, bool guarded) {
    int64_t n = b.lanes(), cols = view.cols;
    Value row = b.mul(block, n);
    // Panel of this block, the width of that panel, and the place in it.
    Value full = b.index(b.unit.panelVectors());
    Value panel = b.createOrFold<arith::DivUIOp>(block, full);
    Value within = b.createOrFold<arith::RemUIOp>(block, full);
    Value left = b.createOrFold<arith::SubIOp>(b.index(vectors),
                                               b.mul(panel, full));
    Value width = b.mul(b.createOrFold<arith::MinSIOp>(left, full), n);
    Value start = b.add(b.mul(panel, b.unit.panelVectors() * n * cols),
                        b.mul(within, n));
    auto columns = [&](Value column, int64_t count) {
      SmallVector<Value> lanes;
      for (int64_t r = 0; r < n; ++r)
        lanes.push_back(loadRow(b.add(row, r), column, count, guarded));
      transpose(b, lanes);
      for (int64_t c = 0; c < count; ++c) {
        Value offset = b.add(start, b.mul(b.add(column, c), width));
        b.store(lanes[c], b.pointer(view.pointer, offset, b.getF32Type()));
      }
    };
    int64_t whole = cols / n * n;
    b.loop(0, whole, n, [&](Value column) { columns(column, n); });
    if (whole < cols)
      columns(b.index(whole), cols - whole);
  }

  Value loadRow(Value row, Value column, int64_t count, bool guarded) {
    auto load = [&] {
      Type element = source.tensor.elementType;
      Value from = b.pointer(source.pointer(b, row), column, element);
      return b.loadAsF32(from, element, count);
    };
    if (!guarded)
      return load();
    Value exists =
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt, row, valid);
    auto op = scf::IfOp::create(b, TypeRange{b.f32Vector()}, exists,
                                /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(op.thenBlock());
    Value loaded = load();
    scf::YieldOp::create(b, loaded);
    b.setInsertionPointToStart(op.elseBlock());
    Value zero = b.floatConstant(b.f32Vector(), 0.0);
    scf::YieldOp::create(b, zero);
    return op.getResult(0);
  }

  Emitter &b;
  const TensorRows &source;
  const ViewStorage &view;
  int64_t vectors;
  Value valid;
};

} // namespace

void kgen::cpu::emitCopy(Emitter &b, const TensorRows &source,
                         const ViewStorage &view) {
  if (view.layout == SlotLayout::TransposedPanels)
    TransposingCopy(b, source, view).emit();
  else if (view.layout != SlotLayout::Unused)
    copyRows(b, source, view);
}

//===----------------------------------------------------------------------===//
// Stores
//===----------------------------------------------------------------------===//

void kgen::cpu::emitStore(Emitter &b, const TileStorage &matrix,
                          const TensorRows &destination) {
  Type element = destination.tensor.elementType;
  b.loop(b.index(0), destination.valid(b, matrix.rows), 1, [&](Value row) {
    Value to = destination.pointer(b, row);
    for (int64_t c = 0; c < matrix.cols; c += b.lanes()) {
      Value lanes =
          b.loadVector(matrix, b.add(b.mul(row, matrix.stride), c));
      b.storeFromF32(lanes, b.pointer(to, b.index(c), element), element,
                     matrix.cols - c);
    }
  });
}

void kgen::cpu::emitStoreRows(Emitter &b, const TileStorage &values,
                              const TensorRows &destination) {
  Type element = destination.tensor.elementType;
  b.loop(b.index(0), destination.valid(b, values.cols), 1, [&](Value row) {
    Value value = b.load(b.getF32Type(), b.pointer(values, row));
    if (!element.isF32())
      value = arith::TruncFOp::create(b, element, value);
    b.store(value, destination.pointer(b, row));
  });
}
