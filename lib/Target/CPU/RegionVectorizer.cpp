//===- RegionVectorizer.cpp - The body of a map, one vector at a time ------===//

#include "RegionVectorizer.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::cpu;

static bool isWide(Type type) { return type.isIndex() || type.isInteger(64); }

void RegionVectorizer::bindUniform(Value argument, Value scalar) {
  values[argument] = {scalar, false, {}};
}

void RegionVectorizer::bindVector(Value argument, Value vector) {
  values[argument] = {vector, true, {}};
}

void RegionVectorizer::bindPositions(Value argument, Value first) {
  Value start =
      b.createOrFold<arith::IndexCastOp>(b.getI32Type(), first);
  Value lanes = arith::AddIOp::create(b, b.broadcast(start), b.iota(32));
  values[argument] = {lanes, true, first};
}

LaneValue RegionVectorizer::get(Value value) {
  if (auto found = values.find(value); found != values.end())
    return found->second;
  return {outer(value), false, {}};
}

//===----------------------------------------------------------------------===//
// Which operations depend on the lane
//===----------------------------------------------------------------------===//

LogicalResult RegionVectorizer::emitUniform(ArrayRef<Value> lanes) {
  varying.insert(lanes.begin(), lanes.end());
  for (Operation &op : body.without_terminator()) {
    if (llvm::any_of(op.getOperands(),
                     [&](Value operand) { return varying.contains(operand); })) {
      varying.insert(op.result_begin(), op.result_end());
      continue;
    }
    if (failed(scalar(op)))
      return failure();
  }
  return success();
}

FailureOr<Value> RegionVectorizer::emitVarying() {
  for (Operation &op : body.without_terminator())
    if (op.getNumResults() && varying.contains(op.getResult(0)))
      if (failed(vector(op)))
        return failure();
  return asVector(body.getTerminator()->getOperand(0), 32);
}

static LogicalResult refuse(Operation &op) {
  return op.emitError() << "[KG4060] '" << op.getName()
                        << "' has no vector form in a map on the CPU";
}

LogicalResult RegionVectorizer::scalar(Operation &op) {
  if (auto dim = dyn_cast<memref::DimOp>(op)) {
    std::optional<int64_t> position = dim.getConstantIndex();
    auto tensor = tensors.find(dim.getSource());
    if (!position || tensor == tensors.end())
      return refuse(op);
    bindUniform(dim, tensor->second.sizes[*position]);
    return success();
  }
  if (auto load = dyn_cast<memref::LoadOp>(op))
    return loadElement(load);
  if (op.getNumRegions() || op.getNumResults() != 1)
    return refuse(op);
  IRMapping mapping;
  for (Value operand : op.getOperands()) {
    Value mapped = get(operand).value;
    if (!mapped)
      return refuse(op);
    mapping.map(operand, mapped);
  }
  bindUniform(op.getResult(0), b.clone(op, mapping)->getResult(0));
  return success();
}

//===----------------------------------------------------------------------===//
// Lane widths
//===----------------------------------------------------------------------===//

unsigned RegionVectorizer::widthOf(Value value) {
  return ranges.of(value).fits32() ? 32 : 64;
}

/// Width in which an operation on index or i64 can be done in every lane.
unsigned RegionVectorizer::operationWidth(Operation &op) {
  bool modular = isa<arith::AddIOp, arith::SubIOp, arith::MulIOp, arith::AndIOp,
                     arith::OrIOp, arith::XOrIOp>(op);
  unsigned width = 32;
  for (Value result : op.getResults())
    if (isWide(result.getType()))
      width = std::max(width, widthOf(result));
  if (modular) // The low halves of the operands are enough.
    return width;
  bool needsNonNegative =
      isa<arith::DivUIOp, arith::RemUIOp, arith::CeilDivUIOp, arith::ShRUIOp,
          arith::ShRSIOp, arith::ShLIOp, arith::UIToFPOp, arith::ExtUIOp>(op);
  for (auto [position, operand] : llvm::enumerate(op.getOperands())) {
    if (!isWide(operand.getType()))
      continue;
    width = std::max(width, widthOf(operand));
    if (needsNonNegative && !ranges.of(operand).isNonNegative())
      width = 64;
    bool isShift = isa<arith::ShRUIOp, arith::ShRSIOp, arith::ShLIOp>(op);
    if (isShift && position == 1 && ranges.of(operand).high > 31)
      width = 64;
  }
  return width;
}

/// The value in every lane; index and i64 as integers of `wideWidth` bits.
Value RegionVectorizer::asVector(Value value, unsigned wideWidth) {
  LaneValue lane = get(value);
  if (!isWide(value.getType()))
    return lane.varying ? lane.value : b.broadcast(lane.value);
  Type element = b.getIntegerType(wideWidth);
  if (!lane.varying) {
    Value scalar = lane.value;
    if (scalar.getType().isIndex())
      scalar = b.createOrFold<arith::IndexCastOp>(element, scalar);
    else if (wideWidth < 64)
      scalar = arith::TruncIOp::create(b, element, scalar);
    return b.broadcast(scalar);
  }
  unsigned have =
      cast<VectorType>(lane.value.getType()).getElementTypeBitWidth();
  Type wanted = b.vectorOf(element);
  if (have < wideWidth)
    return arith::ExtSIOp::create(b, wanted, lane.value);
  if (have > wideWidth)
    return arith::TruncIOp::create(b, wanted, lane.value);
  return lane.value;
}

//===----------------------------------------------------------------------===//
// Vector forms
//===----------------------------------------------------------------------===//

LogicalResult RegionVectorizer::vector(Operation &op) {
  if (auto load = dyn_cast<memref::LoadOp>(op))
    return loadElement(load);
  if (isa<arith::IndexCastOp, arith::ExtSIOp>(op)) {
    convertWidth(op, /*isSigned=*/true);
    return success();
  }
  if (isa<arith::IndexCastUIOp, arith::ExtUIOp>(op)) {
    convertWidth(op, /*isSigned=*/false);
    return success();
  }
  if (!op.hasTrait<OpTrait::Vectorizable>() || op.getNumResults() != 1)
    return refuse(op);
  return elementwise(op);
}

void RegionVectorizer::convertWidth(Operation &op, bool isSigned) {
  Value operand = op.getOperand(0), result = op.getResult(0);
  isSigned |= ranges.of(operand).isNonNegative();
  LaneValue lane = get(operand);
  unsigned from =
      cast<VectorType>(lane.value.getType()).getElementTypeBitWidth();
  Type type = result.getType();
  unsigned to = isWide(type) ? widthOf(result) : type.getIntOrFloatBitWidth();
  Value converted = lane.value;
  Type wanted = b.vectorOf(b.getIntegerType(to));
  if (to < from)
    converted = arith::TruncIOp::create(b, wanted, converted);
  else if (to > from && isSigned)
    converted = arith::ExtSIOp::create(b, wanted, converted);
  else if (to > from)
    converted = arith::ExtUIOp::create(b, wanted, converted);
  values[result] = {converted, true, firstLane(op)};
}

/// First lane of a result whose lanes count up by one, else null.
Value RegionVectorizer::firstLane(Operation &op) {
  Type type = op.getResult(0).getType();
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtSIOp>(op)) {
    Value first = get(op.getOperand(0)).first;
    bool fits = isWide(type) || type.isInteger(32);
    return fits && widthOf(op.getOperand(0)) == 32 ? first : Value();
  }
  if (!isa<arith::AddIOp, arith::SubIOp>(op))
    return {};
  LaneValue x = get(op.getOperand(0)), y = get(op.getOperand(1));
  auto asIndex = [&](Value scalar) -> Value {
    if (scalar.getType().isIndex())
      return scalar;
    return arith::IndexCastOp::create(b, b.getIndexType(), scalar);
  };
  if (x.first && !y.varying) {
    Value offset = asIndex(y.value);
    if (isa<arith::AddIOp>(op))
      return b.add(x.first, offset);
    return b.createOrFold<arith::SubIOp>(x.first, offset);
  }
  if (isa<arith::AddIOp>(op) && y.first && !x.varying)
    return b.add(y.first, asIndex(x.value));
  return {};
}

/// A divisor without zeros: lanes past the end may hold any value, and x86
/// traps on them.
static Value withoutZeros(Emitter &b, Value divisor) {
  Value zero = b.intConstant(divisor.getType(), 0);
  Value one = b.intConstant(divisor.getType(), 1);
  Value isZero =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, divisor, zero);
  return arith::SelectOp::create(b, isZero, one, divisor);
}

static bool isDivision(Operation &op) {
  return isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp,
             arith::CeilDivSIOp, arith::CeilDivUIOp, arith::FloorDivSIOp>(op);
}

LogicalResult RegionVectorizer::elementwise(Operation &op) {
  unsigned width = operationWidth(op);
  OperationState state(op.getLoc(), op.getName());
  state.addAttributes(op.getAttrs());
  for (auto [position, operand] : llvm::enumerate(op.getOperands())) {
    LaneValue lane = get(operand);
    if (!lane.value)
      return refuse(op);
    bool scalarCondition = isa<arith::SelectOp>(op) && position == 0;
    state.operands.push_back(scalarCondition && !lane.varying
                                 ? lane.value
                                 : asVector(operand, width));
  }
  if (isDivision(op) && !matchPattern(op.getOperand(1), m_Constant()))
    state.operands[1] = withoutZeros(b, state.operands[1]);
  Type type = op.getResult(0).getType();
  if (isWide(type))
    type = b.getIntegerType(width);
  if (isa<arith::TruncIOp>(op)) {
    // The operand's lanes may already be as narrow as the result.
    unsigned have = cast<VectorType>(state.operands[0].getType())
                        .getElementTypeBitWidth();
    if (have == type.getIntOrFloatBitWidth()) {
      values[op.getResult(0)] = {state.operands[0], true, {}};
      return success();
    }
  }
  state.addTypes(b.vectorOf(type));
  values[op.getResult(0)] = {b.create(state)->getResult(0), true,
                             firstLane(op)};
  return success();
}

//===----------------------------------------------------------------------===//
// Table reads
//===----------------------------------------------------------------------===//

static Type storedType(Emitter &b, Type element) {
  if (element.isInteger(1))
    return b.getI8Type();
  if (element.isIndex())
    return b.getI64Type();
  return element;
}

/// What a read gives from what memory holds: i1 lives in a byte.
static Value fromStored(Emitter &b, Value stored, Type element) {
  if (element.isInteger(1)) {
    Value zero = b.intConstant(stored.getType(), 0);
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, stored, zero);
  }
  if (element.isIndex() && !isa<VectorType>(stored.getType()))
    return arith::IndexCastOp::create(b, element, stored);
  return stored;
}

static Value last(Emitter &b, Value size) { return b.add(size, b.index(-1)); }

Value kgen::cpu::loadClamped(Emitter &b, const Tensor &tensor,
                             ArrayRef<Value> indices) {
  SmallVector<Value> inside;
  for (auto [index, size] : llvm::zip(indices, tensor.sizes))
    inside.push_back(b.clamp(index, last(b, size)));
  Type stored = storedType(b, tensor.elementType);
  Value offset = b.elementOffset(tensor, inside);
  Value loaded = b.load(stored, b.pointer(tensor.pointer, offset, stored));
  return fromStored(b, loaded, tensor.elementType);
}

LogicalResult RegionVectorizer::loadElement(memref::LoadOp op) {
  auto found = tensors.find(op.getMemRef());
  if (found == tensors.end())
    return refuse(*op);
  const Tensor &tensor = found->second;
  SmallVector<Value> indices;
  unsigned varyingIndices = 0;
  for (Value index : op.getIndices()) {
    LaneValue lane = get(index);
    varyingIndices += lane.varying;
    indices.push_back(lane.varying ? lane.first : lane.value);
  }
  if (varyingIndices == 0) {
    bindUniform(op.getResult(), loadClamped(b, tensor, indices));
    return success();
  }
  Value lastIndex = op.getIndices().back();
  bool contiguous = varyingIndices == 1 && get(lastIndex).first;
  Value stored = contiguous
                     ? loadContiguous(tensor, indices,
                                      asVector(lastIndex, widthOf(lastIndex)))
                     : gather(tensor, op);
  Value lanes = fromStored(b, stored, tensor.elementType);
  if (tensor.elementType.isIndex() && widthOf(op.getResult()) == 32)
    lanes = arith::TruncIOp::create(b, b.vectorOf(b.getI32Type()), lanes);
  bindVector(op.getResult(), lanes);
  return success();
}

static unsigned bytesOf(Type type) { return type.getIntOrFloatBitWidth() / 8; }

/// One vector load; lanes outside of the table are not touched and give zero.
Value RegionVectorizer::loadContiguous(const Tensor &tensor, ValueRange indices,
                                       Value lanes) {
  Type stored = storedType(b, tensor.elementType);
  SmallVector<Value> start;
  for (auto [index, size] : llvm::zip(indices.drop_back(), tensor.sizes))
    start.push_back(b.clamp(index, last(b, size)));
  start.push_back(indices.back());
  // Unsigned: a negative position is a large one.
  Type element = getElementTypeOrSelf(lanes.getType());
  Value bound = tensor.sizes.back();
  if (element.isInteger(32))
    bound = b.createOrFold<arith::MinSIOp>(
        bound, b.index(std::numeric_limits<int32_t>::max()));
  Value size = b.broadcast(b.createOrFold<arith::IndexCastOp>(element, bound));
  Value mask =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ult, lanes, size);
  Value from = b.pointer(tensor.pointer, b.elementOffset(tensor, start), stored);
  VectorType type = b.vectorOf(stored);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  return LLVM::MaskedLoadOp::create(b, type, from, mask, zero, bytesOf(stored));
}

Value RegionVectorizer::gather(const Tensor &tensor, memref::LoadOp op) {
  Type stored = storedType(b, tensor.elementType);
  auto table = cast<MemRefType>(op.getMemRef().getType());
  bool small = table.hasStaticShape() &&
               table.getNumElements() <= std::numeric_limits<int32_t>::max();
  unsigned width = small ? 32 : 64;
  Type element = b.getIntegerType(width);
  auto spread = [&](Value index) {
    return b.broadcast(b.createOrFold<arith::IndexCastOp>(element, index));
  };
  Value offset = b.intConstant(b.vectorOf(element), 0);
  for (auto [index, size] : llvm::zip(op.getIndices(), tensor.sizes)) {
    LaneValue lane = get(index);
    Value inside;
    if (lane.varying) {
      Value zero = b.intConstant(b.vectorOf(b.getI64Type()), 0);
      Value bound = b.broadcast(b.i64(last(b, size)));
      inside = asVector(index, widthOf(index));
      Type have = getElementTypeOrSelf(inside.getType());
      if (small && have.isInteger(32)) {
        zero = b.intConstant(b.vectorOf(element), 0);
        bound = spread(last(b, size));
      } else {
        inside = asVector(index, 64);
      }
      inside = arith::MinSIOp::create(
          b, arith::MaxSIOp::create(b, inside, zero), bound);
      if (getElementTypeOrSelf(inside.getType()) != element)
        inside = arith::TruncIOp::create(b, b.vectorOf(element), inside);
    } else {
      inside = spread(b.clamp(lane.value, last(b, size)));
    }
    offset = arith::AddIOp::create(
        b, arith::MulIOp::create(b, offset, spread(size)), inside);
  }
  Value pointers = LLVM::GEPOp::create(b, b.vectorOf(b.pointerType()), stored,
                                       tensor.pointer,
                                       ArrayRef<LLVM::GEPArg>{offset});
  Value all = b.prefixMask(b.lanes());
  return LLVM::masked_gather::create(b, b.vectorOf(stored), pointers, all,
                                     ValueRange{}, bytesOf(stored));
}
