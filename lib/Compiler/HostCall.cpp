//===- HostCall.cpp - attention.forward as a call into the runtime ---------===//

#include "kgen/Compiler/HostCall.h"
#include "kgen/Analysis/ProblemReader.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace kgen {
namespace {

/// Declared by kgen_runtime.h; pointers travel as 64-bit integers.
constexpr StringLiteral kInvokeName = "kgen_host_invoke";

class HostCallBuilder {
public:
  HostCallBuilder(RewriterBase &rewriter, attention::ForwardOp op)
      : rewriter(rewriter), op(op), loc(op.getLoc()),
        module(op->getParentOfType<ModuleOp>()) {}

  void build(std::string_view artifact);

private:
  Value i64(int64_t value) {
    return arith::ConstantIntOp::create(rewriter, loc, value, 64);
  }
  Value toI64(Value index) {
    return arith::IndexCastOp::create(rewriter, loc, rewriter.getI64Type(), index);
  }
  std::string unusedName();
  memref::GlobalOp embed(std::string_view artifact);
  func::FuncOp declareInvoke();
  Value asMemref(Value value);
  Value addressOf(Value memref);
  Value allocate(Type type, ArrayRef<Value> shapeSources);
  void packTensor(Value memref);
  void packScalar(Value scalar);
  void packOutputs(SmallVectorImpl<Value> &results);
  Value storePacked();

  RewriterBase &rewriter;
  attention::ForwardOp op;
  Location loc;
  ModuleOp module;
  SmallVector<Value> packed; ///< the 64-bit words of the call
};

std::string HostCallBuilder::unusedName() {
  for (unsigned number = 0;; ++number) {
    std::string name = "kgen_artifact_" + std::to_string(number);
    if (!module.lookupSymbol(name))
      return name;
  }
}

memref::GlobalOp HostCallBuilder::embed(std::string_view artifact) {
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPointToStart(module.getBody());
  auto size = static_cast<int64_t>(artifact.size());
  auto type = RankedTensorType::get({size}, rewriter.getI8Type());
  auto bytes = DenseElementsAttr::get(
      type, ArrayRef(reinterpret_cast<const int8_t *>(artifact.data()), size));
  auto global = memref::GlobalOp::create(
      rewriter, loc, unusedName(), rewriter.getStringAttr("private"),
      MemRefType::get({size}, rewriter.getI8Type()), bytes, /*constant=*/true,
      /*alignment=*/rewriter.getI64IntegerAttr(64));
  return global;
}

func::FuncOp HostCallBuilder::declareInvoke() {
  if (auto known = module.lookupSymbol<func::FuncOp>(kInvokeName))
    return known;
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPointToStart(module.getBody());
  Type i64 = rewriter.getI64Type();
  auto function = func::FuncOp::create(
      rewriter, loc, kInvokeName,
      rewriter.getFunctionType({i64, i64, i64, i64}, rewriter.getI32Type()));
  function.setPrivate();
  return function;
}

Value HostCallBuilder::asMemref(Value value) {
  auto tensor = dyn_cast<RankedTensorType>(value.getType());
  if (!tensor)
    return value;
  auto type = MemRefType::get(tensor.getShape(), tensor.getElementType());
  return bufferization::ToBufferOp::create(rewriter, loc, type, value,
                                           /*read_only=*/true);
}

Value HostCallBuilder::addressOf(Value memref) {
  return toI64(memref::ExtractAlignedPointerAsIndexOp::create(rewriter, loc,
                                                              memref));
}

void HostCallBuilder::packTensor(Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  packed.push_back(addressOf(memref));
  packed.push_back(i64(type.getRank()));
  for (int64_t dimension = 0; dimension < type.getRank(); ++dimension) {
    Value index = arith::ConstantIndexOp::create(rewriter, loc, dimension);
    packed.push_back(
        toI64(memref::DimOp::create(rewriter, loc, memref, index)));
  }
}

/// The value's bytes from the low end.
void HostCallBuilder::packScalar(Value scalar) {
  Type type = scalar.getType();
  if (type.isIndex()) {
    packed.push_back(toI64(scalar));
    return;
  }
  if (isa<FloatType>(type))
    scalar = arith::BitcastOp::create(
        rewriter, loc,
        rewriter.getIntegerType(type.getIntOrFloatBitWidth()), scalar);
  if (scalar.getType().getIntOrFloatBitWidth() < 64)
    scalar = arith::ExtUIOp::create(rewriter, loc, rewriter.getI64Type(), scalar);
  packed.push_back(scalar);
}

/// A new buffer; `shapeSources` names for each dimension a value of the tensor
/// whose dimension of the same number it takes where it is dynamic.
Value HostCallBuilder::allocate(Type type, ArrayRef<Value> shapeSources) {
  auto shaped = cast<ShapedType>(type);
  SmallVector<Value> sizes;
  for (int64_t dimension = 0; dimension < shaped.getRank(); ++dimension)
    if (shaped.isDynamicDim(dimension)) {
      Value index = arith::ConstantIndexOp::create(rewriter, loc, dimension);
      sizes.push_back(
          memref::DimOp::create(rewriter, loc, shapeSources[dimension], index));
    }
  return memref::AllocOp::create(
      rewriter, loc,
      MemRefType::get(shaped.getShape(), shaped.getElementType()), sizes,
      rewriter.getI64IntegerAttr(64));
}

/// O and LSE have B, Hq and Sq of Q; head dimensions are static.
void HostCallBuilder::packOutputs(SmallVectorImpl<Value> &results) {
  if (!op.isTensorForm()) {
    for (Value out : op.getOuts())
      packTensor(out);
    return;
  }
  Value q = asMemref(op.getQ());
  for (Type type : op.getResultTypes()) {
    Value buffer = allocate(type, {q, q, q, q});
    packTensor(buffer);
    results.push_back(buffer);
  }
}

Value HostCallBuilder::storePacked() {
  auto type = MemRefType::get({static_cast<int64_t>(packed.size())},
                              rewriter.getI64Type());
  // On the heap: the call may stand in a loop, where an alloca would grow the
  // stack with each trip.
  Value words = memref::AllocOp::create(rewriter, loc, type);
  for (auto [position, word] : llvm::enumerate(packed)) {
    Value index = arith::ConstantIndexOp::create(rewriter, loc, position);
    memref::StoreOp::create(rewriter, loc, word, words, index);
  }
  return words;
}

void HostCallBuilder::build(std::string_view artifact) {
  memref::GlobalOp global = embed(artifact);
  func::FuncOp invoke = declareInvoke();
  rewriter.setInsertionPoint(op);
  for (Value operand : {op.getQ(), op.getK(), op.getV()})
    packTensor(asMemref(operand));
  for (Value capture : analysis::kernelCaptures(op)) {
    if (isa<ShapedType>(capture.getType()))
      packTensor(asMemref(capture));
    else
      packScalar(capture);
  }
  SmallVector<Value> buffers;
  packOutputs(buffers);
  Value words = storePacked();
  Value blob = memref::GetGlobalOp::create(rewriter, loc, global.getType(),
                                           global.getSymName());
  Value status =
      func::CallOp::create(rewriter, loc, invoke,
                           ValueRange{addressOf(blob), i64(artifact.size()),
                                      addressOf(words), i64(packed.size())})
          .getResult(0);
  memref::DeallocOp::create(rewriter, loc, words);
  Value zero = arith::ConstantIntOp::create(rewriter, loc, 0, 32);
  Value done = arith::CmpIOp::create(rewriter, loc, arith::CmpIPredicate::eq,
                                     status, zero);
  cf::AssertOp::create(rewriter, loc, done,
                       "[KG3008] the attention kernel did not run; the "
                       "runtime's message is above");
  SmallVector<Value> results;
  for (auto [type, buffer] : llvm::zip(op.getResultTypes(), buffers))
    results.push_back(bufferization::ToTensorOp::create(
        rewriter, loc, type, buffer, /*restrict=*/true, /*writable=*/true));
  rewriter.replaceOp(op, results);
}

} // namespace

LogicalResult replaceWithRuntimeCall(RewriterBase &rewriter,
                                     attention::ForwardOp op,
                                     std::string_view artifact) {
  if (!op->getParentOfType<ModuleOp>())
    return op.emitOpError() << "[KG3009] stands outside of a module, which "
                               "would hold the artefact";
  HostCallBuilder(rewriter, op).build(artifact);
  return success();
}

} // namespace kgen
