//===- KernelSignature.cpp - Tensors as kernel arguments --------------------===//

#include "kgen/Target/Common/KernelSignature.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Transforms/DialectConversion.h"

using namespace mlir;

namespace kgen {

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

static Value constantI64(OpBuilder &builder, Location loc, int64_t value) {
  return arith::ConstantIntOp::create(builder, loc, builder.getI64Type(), value);
}

TensorArgument TensorArgument::from(MemRefType type, ValueRange values) {
  TensorArgument tensor{type, values.front(), {}};
  tensor.dynamic.append(values.begin() + 1, values.end());
  return tensor;
}

Value TensorArgument::size(OpBuilder &builder, Location loc,
                           unsigned dim) const {
  if (!type.isDynamicDim(dim))
    return constantI64(builder, loc, type.getDimSize(dim));
  Value full = dynamic[type.getDynamicDimIndex(dim)];
  Value narrow =
      arith::TruncIOp::create(builder, loc, builder.getI32Type(), full);
  return arith::ExtUIOp::create(builder, loc, builder.getI64Type(), narrow);
}

Value TensorArgument::position(OpBuilder &builder, Location loc,
                               ArrayRef<Value> indices) const {
  Value result = constantI64(builder, loc, 0);
  for (unsigned dim = 0, rank = type.getRank(); dim < rank; ++dim) {
    if (dim > 0)
      result = arith::MulIOp::create(builder, loc, result,
                                     size(builder, loc, dim));
    if (dim < indices.size())
      result = arith::AddIOp::create(builder, loc, result, indices[dim]);
  }
  return result;
}

Value TensorArgument::pointer(OpBuilder &builder, Location loc,
                              Value position) const {
  return LLVM::GEPOp::create(builder, loc, base.getType(),
                             storageType(type.getElementType()), base,
                             ArrayRef<LLVM::GEPArg>{position});
}

Type storageType(Type elementType) {
  Builder builder(elementType.getContext());
  if (elementType.isInteger(1))
    return builder.getI8Type();
  return elementType.isIndex() ? builder.getI64Type() : elementType;
}

Value toI64(OpBuilder &builder, Location loc, Value index) {
  return arith::IndexCastOp::create(builder, loc, builder.getI64Type(), index);
}

Value toI32(OpBuilder &builder, Location loc, Value index) {
  return arith::IndexCastOp::create(builder, loc, builder.getI32Type(), index);
}

Value fromI32(OpBuilder &builder, Location loc, Value value) {
  return arith::IndexCastUIOp::create(builder, loc, builder.getIndexType(),
                                      value);
}

//===----------------------------------------------------------------------===//
// Conversion
//===----------------------------------------------------------------------===//

void addTensorArgumentConversion(TypeConverter &converter,
                                 unsigned addressSpace) {
  converter.addConversion(
      [addressSpace](MemRefType type, SmallVectorImpl<Type> &results)
          -> std::optional<LogicalResult> {
        if (!type.getLayout().isIdentity())
          return failure();
        MLIRContext *context = type.getContext();
        results.push_back(LLVM::LLVMPointerType::get(context, addressSpace));
        results.append(type.getNumDynamicDims(),
                       IntegerType::get(context, 64));
        return success();
      });
}

namespace {

struct ConvertDim : OpConversionPattern<memref::DimOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(memref::DimOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto type = dyn_cast<MemRefType>(op.getSource().getType());
    std::optional<int64_t> dim = op.getConstantIndex();
    if (!type || !dim || *dim < 0 || *dim >= type.getRank())
      return rewriter.notifyMatchFailure(op, "expected a constant dimension");
    auto tensor = TensorArgument::from(type, adaptor.getSource());
    Value size = tensor.size(rewriter, op.getLoc(), *dim);
    rewriter.replaceOpWithNewOp<arith::IndexCastOp>(op, op.getType(), size);
    return success();
  }
};

/// Captures are not written by the kernel, so their loads are invariant.
struct ConvertLoad : OpConversionPattern<memref::LoadOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(memref::LoadOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    auto tensor = TensorArgument::from(op.getMemRefType(), adaptor.getMemref());
    SmallVector<Value> indices;
    for (ValueRange index : adaptor.getIndices())
      indices.push_back(toI64(rewriter, loc, index.front()));
    Type element = op.getType(), stored = storageType(element);
    Value pointer = tensor.pointer(rewriter, loc,
                                   tensor.position(rewriter, loc, indices));
    auto load = LLVM::LoadOp::create(rewriter, loc, stored, pointer);
    load.setInvariant(true);
    if (element.isInteger(1)) {
      Value zero = arith::ConstantIntOp::create(rewriter, loc, stored, 0);
      rewriter.replaceOpWithNewOp<arith::CmpIOp>(op, arith::CmpIPredicate::ne,
                                                 load, zero);
    } else if (element.isIndex()) {
      rewriter.replaceOpWithNewOp<arith::IndexCastOp>(op, element, load);
    } else {
      rewriter.replaceOp(op, load);
    }
    return success();
  }
};

} // namespace

void populateTensorArgumentPatterns(const TypeConverter &converter,
                                    RewritePatternSet &patterns,
                                    ConversionTarget &target) {
  patterns.add<ConvertDim, ConvertLoad>(converter, patterns.getContext());
  populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns,
                                                                 converter);
  target.addIllegalOp<memref::DimOp, memref::LoadOp>();
  target.addDynamicallyLegalOp<func::FuncOp>([&converter](func::FuncOp func) {
    return converter.isSignatureLegal(func.getFunctionType());
  });
}

} // namespace kgen
