//===- TileOps.cpp - Invariants of operations on tiles --------------------===//

#include "kgen/Dialect/Tile/IR/Tile.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"

using namespace mlir;
using namespace kgen::tile;

#define GET_OP_CLASSES
#include "kgen/Dialect/Tile/IR/TileOps.cpp.inc"

//===----------------------------------------------------------------------===//
// alloc, slot, load
//===----------------------------------------------------------------------===//

LogicalResult AllocOp::verify() {
  BufferType buffer = getBuffer().getType();
  auto workgroups = static_cast<int64_t>(getCluster());
  if (buffer.getRows() % workgroups == 0)
    return success();
  return emitOpError() << "[KG1103] cannot share the rows of " << buffer
                       << " among " << workgroups << " workgroups";
}

ViewType SlotOp::viewTypeOf(BufferType buffer) {
  return ViewType::get(buffer.getContext(), buffer.getRows(), buffer.getCols(),
                       buffer.getElementType());
}

void SlotOp::build(OpBuilder &builder, OperationState &state, Value buffer,
                   Value index) {
  build(builder, state, viewTypeOf(cast<BufferType>(buffer.getType())), buffer,
        index);
}

MatrixType LoadOp::matrixTypeOf(ViewType view) {
  return MatrixType::get(view.getContext(), view.getRows(), view.getCols(),
                         view.getElementType(), MatrixKind::Operand);
}

void LoadOp::build(OpBuilder &builder, OperationState &state, Value view) {
  build(builder, state, matrixTypeOf(cast<ViewType>(view.getType())), view);
}

//===----------------------------------------------------------------------===//
// roles, receive
//===----------------------------------------------------------------------===//

void RolesOp::build(OpBuilder &builder, OperationState &state) {
  for (int region = 0; region < 2; ++region)
    state.addRegion()->emplaceBlock();
}

void ReceiveOp::build(OpBuilder &builder, OperationState &state, Value ring,
                      Value number) {
  build(builder, state, SlotOp::viewTypeOf(cast<BufferType>(ring.getType())),
        ring, number);
}

//===----------------------------------------------------------------------===//
// post, collect
//===----------------------------------------------------------------------===//

static LogicalResult verifyNumbers(Operation *op, BufferType ring) {
  if (ring.getRows() == 1 && ring.getCols() == 1 &&
      ring.getElementType().isInteger(32))
    return success();
  return op->emitOpError() << "[KG1103] expected a ring of 1x1xi32, got "
                           << ring;
}

LogicalResult PostOp::verify() { return verifyNumbers(*this, getRing().getType()); }

LogicalResult CollectOp::verify() {
  return verifyNumbers(*this, getRing().getType());
}

//===----------------------------------------------------------------------===//
// copy, store
//===----------------------------------------------------------------------===//

/// Checks rank and row length of the tensor side of a copy or store.
static LogicalResult verifyTensor(Operation *op, MemRefType tensor,
                                  int64_t rank, std::optional<int64_t> cols) {
  if (tensor.getRank() != rank)
    return op->emitOpError() << "[KG1103] expected a tensor of rank " << rank
                             << ", got " << tensor;
  if (cols && tensor.getDimSize(rank - 1) != *cols)
    return op->emitOpError() << "[KG1103] expected rows of " << *cols
                             << " elements, got " << tensor;
  if (!tensor.getLayout().isIdentity())
    return op->emitOpError()
           << "[KG1103] expected a contiguous row-major tensor, got " << tensor;
  return success();
}

LogicalResult CopyOp::verify() {
  auto source = cast<MemRefType>(getSource().getType());
  ViewType view = getView().getType();
  if (source.getElementType() != view.getElementType())
    return emitOpError() << "[KG1103] cannot copy " << source.getElementType()
                         << " into " << view;
  return verifyTensor(*this, source, 4, view.getCols());
}

LogicalResult SendOp::verify() {
  auto source = cast<MemRefType>(getSource().getType());
  BufferType ring = getRing().getType();
  if (source.getElementType() != ring.getElementType())
    return emitOpError() << "[KG1103] cannot send " << source.getElementType()
                         << " to " << ring;
  return verifyTensor(*this, source, 4, ring.getCols());
}

LogicalResult StoreOp::verify() {
  return verifyTensor(*this, cast<MemRefType>(getDestination().getType()), 4,
                      getMatrix().getType().getCols());
}

LogicalResult StoreStagedOp::verify() {
  auto destination = cast<MemRefType>(getDestination().getType());
  ViewType view = getView().getType();
  if (destination.getElementType() != view.getElementType())
    return emitOpError() << "[KG1103] cannot store " << view << " as "
                         << destination.getElementType();
  return verifyTensor(*this, destination, 4, view.getCols());
}

LogicalResult StoreRowsOp::verify() {
  return verifyTensor(*this, cast<MemRefType>(getDestination().getType()), 3,
                      std::nullopt);
}

//===----------------------------------------------------------------------===//
// dot, pack, reduce
//===----------------------------------------------------------------------===//

/// Rows, columns and element type of either form of a left operand.
static std::tuple<int64_t, int64_t, Type> shapeOf(Type type) {
  if (auto matrix = dyn_cast<MatrixType>(type))
    return {matrix.getRows(), matrix.getCols(), matrix.getElementType()};
  auto view = cast<ViewType>(type);
  return {view.getRows(), view.getCols(), view.getElementType()};
}

MatrixType DotOp::rampTypeOf(MatrixType result) {
  return MatrixType::get(result.getContext(), result.getRows(), kRampCols,
                         BFloat16Type::get(result.getContext()),
                         MatrixKind::Operand);
}

static LogicalResult verifyRamp(DotOp op) {
  constexpr int64_t kMost = 256; // below, bf16 has every integer
  if (!op.getRamp() != !op.getFirst())
    return op.emitOpError() << "[KG1103] expected a ramp and its first column";
  if (!op.getRamp())
    return success();
  int64_t first = static_cast<int64_t>(*op.getFirst());
  int64_t cols = op.getResult().getType().getCols();
  if (first < -kMost || first > kMost + 1 - cols)
    return op.emitOpError()
           << "[KG1103] expected columns of a ramp from -" << kMost << " to "
           << kMost << ", got " << cols << " from " << first;
  return success();
}

/// One f32 for each column.
template <typename ShapedT>
static LogicalResult verifyColumns(Operation *op, ShapedT columns) {
  if (columns.getCols() == 1 && columns.getElementType().isF32())
    return success();
  return op->emitOpError() << "[KG1103] expected columns of one f32 each, got "
                           << columns;
}

LogicalResult DotOp::verify() {
  if (!!getAcc() + !!getRamp() + !!getColumns() > 1)
    return emitOpError() << "[KG1103] starts from more than one of an "
                            "accumulator, a ramp and columns";
  if (failed(verifyRamp(*this)))
    return failure();
  if (getColumns()) {
    ViewType columns = getColumns().getType();
    if (failed(verifyColumns(*this, columns)))
      return failure();
    if (columns.getRows() != getResult().getType().getCols())
      return emitOpError() << "[KG1103] expected "
                           << getResult().getType().getCols()
                           << " columns, got " << columns;
  }
  auto [m, k, lhsElement] = shapeOf(getLhs().getType());
  ViewType rhs = getRhs().getType();
  int64_t rhsK = getTransposeRhs() ? rhs.getCols() : rhs.getRows();
  int64_t n = getTransposeRhs() ? rhs.getRows() : rhs.getCols();
  if (k != rhsK)
    return emitOpError() << "[KG1103] contracts " << k << " with " << rhsK;
  if (lhsElement != rhs.getElementType())
    return emitOpError() << "[KG1103] multiplies " << lhsElement << " by "
                         << rhs.getElementType();
  MatrixType result = getResult().getType();
  if (result.getRows() != m || result.getCols() != n)
    return emitOpError() << "[KG1103] expected a result of " << m << 'x' << n
                         << ", got " << result;
  return success();
}

LogicalResult PackOp::verify() {
  MatrixType from = getInput().getType(), to = getResult().getType();
  if (from.getRows() != to.getRows() || from.getCols() != to.getCols())
    return emitOpError() << "[KG1103] expected equal shapes, got " << from
                         << " and " << to;
  return success();
}

LogicalResult ReduceOp::verify() {
  if (getMatrix().getType().getRows() != getInit().getType().getRows())
    return emitOpError() << "[KG1103] expected equal rows, got "
                         << getMatrix().getType() << " and "
                         << getInit().getType();
  if (getNonnegative() && (getKind() != ReductionKind::Max ||
                           !getMatrix().getType().getElementType().isF32() ||
                           !getInit().getType().getElementType().isF32()))
    return emitOpError() << "[KG1103] expected the maximum of f32 values with "
                            "'nonnegative', got "
                         << stringifyReductionKind(getKind()) << " of "
                         << getMatrix().getType() << " and "
                         << getInit().getType();
  return success();
}

//===----------------------------------------------------------------------===//
// map, map_rows, stage_columns
//===----------------------------------------------------------------------===//

static Type elementOf(Type type) {
  if (auto matrix = dyn_cast<MatrixType>(type))
    return matrix.getElementType();
  return cast<PerRowType>(type).getElementType();
}

/// Region arguments: one element of each input, then `indices` indices; the
/// region yields a `result`.
static LogicalResult verifyMapBody(Operation *op, Region &body,
                                   OperandRange inputs, unsigned indices,
                                   Type result) {
  Block &block = body.front();
  if (block.getNumArguments() != inputs.size() + indices)
    return op->emitOpError() << "[KG1103] expected " << inputs.size() + indices
                             << " region arguments, got "
                             << block.getNumArguments();
  for (auto [index, argument] : llvm::enumerate(block.getArguments())) {
    Type expected = index < inputs.size()
                        ? elementOf(inputs[index].getType())
                        : Type(IndexType::get(op->getContext()));
    if (argument.getType() != expected)
      return op->emitOpError() << "[KG1103] expected region argument " << index
                               << " of type " << expected << ", got "
                               << argument.getType();
  }
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield || yield.getValue().getType() != result)
    return op->emitOpError()
           << "[KG1103] expected the region to yield " << result;
  return success();
}

LogicalResult MapOp::verifyRegions() {
  MatrixType result = getResult().getType();
  for (Type type : getInputs().getTypes()) {
    auto matrix = dyn_cast<MatrixType>(type);
    bool matches = matrix ? matrix == result
                          : cast<PerRowType>(type).getRows() == result.getRows();
    if (!matches)
      return emitOpError() << "[KG1103] input " << type
                           << " does not fit result " << result;
  }
  return verifyMapBody(*this, getBody(), getInputs(), 2, elementOf(result));
}

LogicalResult MapRowsOp::verifyRegions() {
  for (Type type : getInputs().getTypes())
    if (type != getResult().getType())
      return emitOpError() << "[KG1103] input " << type
                           << " does not fit result " << getResult().getType();
  return verifyMapBody(*this, getBody(), getInputs(), 1,
                       elementOf(getResult().getType()));
}

static LogicalResult verifyColumnsRing(Operation *op, BufferType ring) {
  if (failed(verifyColumns(op, ring)))
    return failure();
  if (ring.getSlots() != 2)
    return op->emitOpError() << "[KG1103] expected two slots, got " << ring;
  return success();
}

LogicalResult PublishColumnsOp::verify() {
  return verifyColumnsRing(*this, getRing().getType());
}

LogicalResult StageColumnsOp::verifyRegions() {
  if (failed(verifyColumnsRing(*this, getRing().getType())))
    return failure();
  return verifyMapBody(*this, getBody(), OperandRange(nullptr, 0), 1,
                       Float32Type::get(getContext()));
}
