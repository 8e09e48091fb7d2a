//===- Emitter.cpp - Building vector code on scratch memory ----------------===//

#include "Emitter.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::cpu;

int64_t VectorUnit::blockRows(int64_t vectors) const {
  // One register for each vector of B and one for the broadcast of A.
  int64_t rows = (registers - vectors - 1) / vectors;
  return std::min<int64_t>(rows, 8);
}

Type Emitter::pointerType() { return LLVM::LLVMPointerType::get(getContext()); }

//===----------------------------------------------------------------------===//
// Scalars and constants
//===----------------------------------------------------------------------===//

Value Emitter::index(int64_t value) {
  return arith::ConstantIndexOp::create(*this, value);
}
Value Emitter::add(Value a, Value b) { return createOrFold<arith::AddIOp>(a, b); }
Value Emitter::add(Value a, int64_t b) { return b ? add(a, index(b)) : a; }
Value Emitter::mul(Value a, Value b) { return createOrFold<arith::MulIOp>(a, b); }
Value Emitter::mul(Value a, int64_t b) { return b == 1 ? a : mul(a, index(b)); }
Value Emitter::i64(Value index) {
  return createOrFold<arith::IndexCastOp>(getI64Type(), index);
}

Value Emitter::floatConstant(Type type, double value) {
  auto element = cast<FloatType>(getElementTypeOrSelf(type));
  TypedAttr attribute = getFloatAttr(element, value);
  if (auto vector = dyn_cast<VectorType>(type))
    attribute = DenseElementsAttr::get(vector, Attribute(attribute));
  return arith::ConstantOp::create(*this, attribute);
}

Value Emitter::intConstant(Type type, int64_t value) {
  TypedAttr attribute = getIntegerAttr(getElementTypeOrSelf(type), value);
  if (auto vector = dyn_cast<VectorType>(type))
    attribute = DenseElementsAttr::get(vector, Attribute(attribute));
  return arith::ConstantOp::create(*this, attribute);
}

Value Emitter::broadcast(Value scalar) {
  return vector::BroadcastOp::create(*this, vectorOf(scalar.getType()), scalar);
}

Value Emitter::iota(unsigned width) {
  SmallVector<Attribute> values;
  Type element = getIntegerType(width);
  for (int64_t lane = 0; lane < lanes(); ++lane)
    values.push_back(getIntegerAttr(element, lane));
  return arith::ConstantOp::create(
      *this, DenseElementsAttr::get(vectorOf(element), values));
}

Value Emitter::prefixMask(int64_t count) {
  SmallVector<bool> bits;
  for (int64_t lane = 0; lane < lanes(); ++lane)
    bits.push_back(lane < count);
  return arith::ConstantOp::create(
      *this, DenseElementsAttr::get(vectorOf(getI1Type()), bits));
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value Emitter::pointer(Value base, Value offset, Type element) {
  return LLVM::GEPOp::create(*this, pointerType(), element, base,
                             ArrayRef<LLVM::GEPArg>{i64(offset)});
}

Value Emitter::pointer(const TileStorage &tile, Value offset) {
  Value start = pointer(scratch, index(tile.offset), getI8Type());
  return pointer(start, offset, getF32Type());
}

Value Emitter::slotPointer(int64_t byteOffset, Value slot, int64_t slotBytes) {
  return pointer(scratch, add(mul(slot, slotBytes), byteOffset), getI8Type());
}

static unsigned alignmentOf(Type type) {
  return std::max(1u, getElementTypeOrSelf(type).getIntOrFloatBitWidth() / 8);
}

Value Emitter::load(Type type, Value pointer) {
  unsigned alignment = isa<LLVM::LLVMPointerType>(type) ? 8 : alignmentOf(type);
  return LLVM::LoadOp::create(*this, type, pointer, alignment);
}

void Emitter::store(Value value, Value pointer) {
  LLVM::StoreOp::create(*this, value, pointer, alignmentOf(value.getType()));
}

Value Emitter::loadVector(const TileStorage &tile, Value offset) {
  return load(f32Vector(), pointer(tile, offset));
}

void Emitter::storeVector(Value value, const TileStorage &tile, Value offset) {
  store(value, pointer(tile, offset));
}

/// bf16 is the upper half of f32; done by hand so that no target needs a
/// library call for it.
static Value widenBF16(Emitter &b, Value bits) {
  Type wide = b.vectorOf(b.getI32Type());
  Value extended = arith::ExtUIOp::create(b, wide, bits);
  Value shifted = arith::ShLIOp::create(b, extended, b.intConstant(wide, 16));
  return arith::BitcastOp::create(b, b.f32Vector(), shifted);
}

Value Emitter::loadAsF32(Value pointer, Type element, int64_t count) {
  bool isBF16 = element.isBF16();
  Type lane = isBF16 ? Type(getI16Type()) : element;
  VectorType type = vectorOf(lane);
  Value loaded;
  if (count >= lanes()) {
    loaded = load(type, pointer);
  } else {
    Value zero = isBF16 ? intConstant(type, 0) : floatConstant(type, 0.0);
    loaded = LLVM::MaskedLoadOp::create(*this, type, pointer, prefixMask(count),
                                        zero, alignmentOf(lane));
  }
  if (isBF16)
    return widenBF16(*this, loaded);
  if (element.isF32())
    return loaded;
  return arith::ExtFOp::create(*this, f32Vector(), loaded);
}

void Emitter::storeFromF32(Value vector, Value pointer, Type element,
                           int64_t count) {
  if (!element.isF32())
    vector = arith::TruncFOp::create(*this, vectorOf(element), vector);
  if (element.isBF16())
    vector = arith::BitcastOp::create(*this, vectorOf(getI16Type()), vector);
  if (count >= lanes())
    return store(vector, pointer);
  LLVM::MaskedStoreOp::create(*this, vector, pointer, prefixMask(count),
                              alignmentOf(element));
}

Value kgen::cpu::roundThrough(Emitter &b, Value value, Type element) {
  if (element.isF32())
    return value;
  Value narrow = arith::TruncFOp::create(b, b.vectorOf(element), value);
  if (!element.isBF16())
    return arith::ExtFOp::create(b, b.f32Vector(), narrow);
  Value bits =
      arith::BitcastOp::create(b, b.vectorOf(b.getI16Type()), narrow);
  return widenBF16(b, bits);
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

Value Emitter::fma(Value a, Value b, Value c) {
  return vector::FMAOp::create(*this, a, b, c);
}

Value Emitter::combine(tile::ReductionKind kind, Value a, Value b) {
  if (kind == tile::ReductionKind::Add)
    return arith::AddFOp::create(*this, a, b);
  // One instruction on x86, and NaN in `b` leaves `a`.
  Value greater =
      arith::CmpFOp::create(*this, arith::CmpFPredicate::OGT, b, a);
  return arith::SelectOp::create(*this, greater, b, a);
}

Value Emitter::neutral(tile::ReductionKind kind, Type type) {
  return floatConstant(type, kind == tile::ReductionKind::Add
                                 ? 0.0
                                 : -std::numeric_limits<double>::infinity());
}

Value Emitter::reduceLanes(tile::ReductionKind kind, Value vector) {
  int64_t count = lanes();
  while (count > 1) {
    count /= 2;
    SmallVector<int64_t> low, high;
    for (int64_t lane = 0; lane < count; ++lane) {
      low.push_back(lane);
      high.push_back(lane + count);
    }
    Value upper = vector::ShuffleOp::create(*this, vector, vector, high);
    Value lower = vector::ShuffleOp::create(*this, vector, vector, low);
    vector = combine(kind, lower, upper);
  }
  return vector::ExtractOp::create(*this, vector, int64_t(0));
}

//===----------------------------------------------------------------------===//
// Control flow and addresses
//===----------------------------------------------------------------------===//

void Emitter::loop(Value lower, Value upper, int64_t step, Body body) {
  auto op = scf::ForOp::create(*this, lower, upper, index(step));
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(op.getBody());
  body(op.getInductionVar());
}

void Emitter::loop(int64_t lower, int64_t upper, int64_t step, Body body) {
  if (upper <= lower)
    return;
  if (lower + step >= upper)
    return body(index(lower));
  loop(index(lower), index(upper), step, body);
}

SmallVector<Value> Emitter::loop(int64_t lower, int64_t upper, int64_t step,
                                 ValueRange start, CarryingBody body) {
  if (upper <= lower)
    return SmallVector<Value>(start);
  if (lower + step >= upper)
    return body(index(lower), start);
  auto op = scf::ForOp::create(*this, index(lower), index(upper), index(step),
                               start);
  OpBuilder::InsertionGuard guard(*this);
  if (start.empty()) // Has been given a terminator.
    op.getBody()->getTerminator()->erase();
  setInsertionPointToEnd(op.getBody());
  SmallVector<Value> next = body(op.getInductionVar(), op.getRegionIterArgs());
  scf::YieldOp::create(*this, next);
  return SmallVector<Value>(op.getResults());
}

Value Emitter::clamp(Value value, Value limit) {
  Value low = createOrFold<arith::MaxSIOp>(value, index(0));
  return createOrFold<arith::MinSIOp>(low, limit);
}

Value Emitter::elementOffset(const Tensor &tensor, ValueRange indices) {
  Value offset = index(0);
  for (auto [size, position] : llvm::zip(tensor.sizes, indices))
    offset = add(mul(offset, size), position);
  return offset;
}
