//===- Placement.cpp - Places of tiles in scratch --------------------------===//

#include "KernelLowering.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::cpu;

TileStorage KernelLowering::shapeOf(Type type) const {
  TileStorage shape;
  if (auto matrix = dyn_cast<tile::MatrixType>(type)) {
    shape.rows = matrix.getRows();
    shape.cols = matrix.getCols();
  } else {
    shape.rows = 1;
    shape.cols = cast<tile::PerRowType>(type).getRows();
  }
  shape.stride = b.unit.padded(shape.cols);
  return shape;
}

int64_t KernelLowering::allocateBytes(int64_t bytes) {
  int64_t offset = top;
  top += (bytes + 63) / 64 * 64;
  peak = std::max(peak, top);
  return offset;
}

TileStorage KernelLowering::allocate(Type type) {
  TileStorage shape = shapeOf(type);
  shape.offset = allocateBytes(shape.rows * shape.stride * 4);
  return shape;
}

bool KernelLowering::isUsedAfter(Value value, Operation *op) const {
  Block *home = value.getParentBlock();
  for (Operation *current = op;;) {
    Block *here = current->getBlock();
    for (Operation *user : value.getUsers()) {
      Operation *ancestor = here->findAncestorOpInBlock(*user);
      // A reduction or pack that was absorbed has read its matrix already.
      bool done = absorbed.contains(user) && user->getOperand(0) == value;
      if (ancestor && !done && current->isBeforeInBlock(ancestor))
        return true;
    }
    if (here == home)
      return false;
    current = here->getParentOp();
    // Made outside of the loop: the next iteration reads it again.
    if (isa<LoopLikeOpInterface>(current))
      return true;
  }
}

TileStorage KernelLowering::placeFor(Operation *op, ValueRange reusable,
                                     Type type) {
  TileStorage wanted = shapeOf(type);
  for (Value operand : reusable) {
    auto found = tiles.find(operand);
    if (found == tiles.end() || shared.contains(operand))
      continue;
    const TileStorage &have = found->second;
    if (have.rows == wanted.rows && have.stride == wanted.stride &&
        !isUsedAfter(operand, op))
      return have;
  }
  return allocate(type);
}
