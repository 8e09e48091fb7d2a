//===- KernelFunction.cpp - The function that becomes a kernel -------------===//

#include "kgen/Transforms/KernelFunction.h"
#include "kgen/Analysis/ProblemReader.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace kgen {
namespace {

/// The type of the kernel argument that carries a host value.
FailureOr<Type> argumentType(attention::ForwardOp op, Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return Type(MemRefType::get(tensor.getShape(), tensor.getElementType()));
  if (auto memref = dyn_cast<MemRefType>(type)) {
    if (!memref.getLayout().isIdentity())
      return op.emitOpError() << "[KG3004] expected contiguous row-major "
                                 "memrefs, got "
                              << memref;
    return Type(MemRefType::get(memref.getShape(), memref.getElementType()));
  }
  if (!analysis::elementTypeOf(type))
    return op.emitOpError() << "[KG3002] captured value of type " << type
                            << " cannot be a kernel argument";
  return type;
}

FailureOr<SmallVector<Type>> argumentTypes(attention::ForwardOp op,
                                           ArrayRef<Value> captures) {
  SmallVector<Type> hostTypes = {op.getQ().getType(), op.getK().getType(),
                                 op.getV().getType()};
  for (Value capture : captures)
    hostTypes.push_back(capture.getType());
  hostTypes.push_back(op.getO().getType());
  if (op.writesLse())
    hostTypes.push_back(op.getLse().getType());
  SmallVector<Type> types;
  for (Type type : hostTypes) {
    FailureOr<Type> argument = argumentType(op, type);
    if (failed(argument))
      return failure();
    types.push_back(*argument);
  }
  return types;
}

/// Copies the regions; reads of tensors become reads of memrefs.
void cloneRegions(attention::ForwardOp from, attention::ForwardOp to,
                  IRMapping &mapping) {
  OpBuilder builder(to.getContext());
  from.getScore().cloneInto(&to.getScore(), mapping);
  from.getMask().cloneInto(&to.getMask(), mapping);
  to->walk([&](Operation *inner) {
    builder.setInsertionPoint(inner);
    if (auto extract = dyn_cast<tensor::ExtractOp>(inner)) {
      Value loaded = memref::LoadOp::create(
          builder, extract.getLoc(), extract.getTensor(), extract.getIndices());
      extract.replaceAllUsesWith(loaded);
      extract.erase();
    } else if (auto dim = dyn_cast<tensor::DimOp>(inner)) {
      Value size = memref::DimOp::create(builder, dim.getLoc(), dim->getOperand(0),
                                         dim->getOperand(1));
      dim->getResult(0).replaceAllUsesWith(size);
      dim.erase();
    }
  });
}

/// Gives each region its own copy of constants that it uses from above.
void cloneConstants(attention::ForwardOp op, func::FuncOp function) {
  op->walk([&](Operation *inner) {
    for (OpOperand &operand : inner->getOpOperands()) {
      Operation *source = operand.get().getDefiningOp();
      if (!source || function->isProperAncestor(source) ||
          !source->hasTrait<OpTrait::ConstantLike>())
        continue;
      OpBuilder builder(inner);
      operand.set(builder.clone(*source)->getResult(0));
    }
  });
}

} // namespace

FailureOr<func::FuncOp> buildKernelFunction(OpBuilder &builder,
                                            attention::ForwardOp op,
                                            StringRef name) {
  if (op.getMods())
    return op.emitOpError() << "[KG3003] has named mods; run "
                               "--attention-expand-mods first";
  SmallVector<Value> captures = analysis::kernelCaptures(op);
  FailureOr<SmallVector<Type>> types = argumentTypes(op, captures);
  if (failed(types))
    return failure();
  Location loc = op.getLoc();
  auto function = func::FuncOp::create(
      builder, loc, name, builder.getFunctionType(*types, TypeRange()));
  function.setPrivate();
  Block *entry = function.addEntryBlock();
  OpBuilder body = OpBuilder::atBlockEnd(entry);

  IRMapping mapping;
  mapping.map(op.getQ(), entry->getArgument(0));
  mapping.map(op.getK(), entry->getArgument(1));
  mapping.map(op.getV(), entry->getArgument(2));
  for (auto [index, capture] : llvm::enumerate(captures))
    mapping.map(capture, entry->getArgument(3 + index));
  ValueRange outs = entry->getArguments().drop_front(3 + captures.size());
  auto kernelOp = attention::ForwardOp::create(
      body, loc, TypeRange(), entry->getArgument(0), entry->getArgument(1),
      entry->getArgument(2), ValueRange(), outs, op.getScaleAttr(), ArrayAttr(),
      op.getScheduleAttr(), op.getAllowTf32Attr(), op.getAllowApproxMathAttr());
  cloneRegions(op, kernelOp, mapping);
  cloneConstants(kernelOp, function);
  func::ReturnOp::create(body, loc);
  return function;
}

FailureOr<OwningOpRef<ModuleOp>> buildKernelModule(attention::ForwardOp op,
                                                   StringRef name) {
  OwningOpRef<ModuleOp> module = ModuleOp::create(op.getLoc());
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  FailureOr<func::FuncOp> function = buildKernelFunction(builder, op, name);
  if (failed(function))
    return failure();
  function->setPublic();
  return std::move(module);
}

attention::ForwardOp findKernelOp(func::FuncOp function) {
  attention::ForwardOp found;
  if (function.isExternal())
    return found;
  for (Operation &op : function.getBody().front()) {
    if (auto forward = dyn_cast<attention::ForwardOp>(op)) {
      if (found) {
        forward.emitOpError() << "[KG3005] a kernel function holds one "
                                 "attention.forward; run --attention-outline";
        return {};
      }
      found = forward;
    } else if (!isa<func::ReturnOp>(op) &&
               !op.hasTrait<OpTrait::ConstantLike>()) {
      op.emitOpError() << "[KG3005] a kernel function holds one "
                          "attention.forward; run --attention-outline";
      return {};
    }
  }
  return found;
}

} // namespace kgen
