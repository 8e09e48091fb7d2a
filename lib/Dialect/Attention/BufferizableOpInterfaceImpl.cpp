//===- BufferizableOpInterfaceImpl.cpp - From tensor to memref form -------===//
#include "kgen/Dialect/Attention/BufferizableOpInterfaceImpl.h"
#include "kgen/Dialect/Attention/AttentionOps.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace kgen::attention;

namespace {

MemRefType contiguousType(ShapedType type) {
  return MemRefType::get(type.getShape(), type.getElementType());
}

/// Allocates a buffer of `type`; dynamic dimensions are those of `like` at the
/// same position.
FailureOr<Value> allocateLike(RewriterBase &rewriter, Location loc,
                              const BufferizationOptions &options,
                              MemRefType type, Value like) {
  SmallVector<Value> sizes;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (type.isDynamicDim(dim))
      sizes.push_back(rewriter.createOrFold<memref::DimOp>(loc, like, dim));
  return options.createAlloc(rewriter, loc, type, sizes);
}

/// `buffer` itself, or a copy when it is a strided view: attention kernels take
/// contiguous memory.
FailureOr<Value> makeContiguous(RewriterBase &rewriter, Location loc,
                                const BufferizationOptions &options,
                                Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  if (type.getLayout().isIdentity())
    return buffer;
  emitRemark(loc)
      << "copies " << type
      << " into contiguous memory; function arguments stay in place "
         "with function-boundary-type-conversion=identity-layout-map";
  FailureOr<Value> copy =
      allocateLike(rewriter, loc, options, contiguousType(type), buffer);
  if (failed(copy) ||
      failed(options.createMemCpy(rewriter, loc, buffer, *copy)))
    return failure();
  return *copy;
}

/// The buffers of `tensors`, contiguous.
FailureOr<SmallVector<Value>>
contiguousBuffers(RewriterBase &rewriter, Location loc,
                  const BufferizationOptions &options,
                  BufferizationState &state, ValueRange tensors) {
  SmallVector<Value> buffers;
  for (Value tensor : tensors) {
    FailureOr<Value> buffer = getBuffer(rewriter, tensor, options, state);
    if (succeeded(buffer))
      buffer = makeContiguous(rewriter, loc, options, *buffer);
    if (failed(buffer))
      return failure();
    buffers.push_back(*buffer);
  }
  return buffers;
}

/// Tables that the regions read were bufferized before the op itself: copies
/// the strided ones.
LogicalResult makeCapturesContiguous(RewriterBase &rewriter,
                                     const BufferizationOptions &options,
                                     ForwardOp op) {
  for (Value capture : op.getCaptures()) {
    if (!isa<MemRefType>(capture.getType()))
      continue;
    FailureOr<Value> copy =
        makeContiguous(rewriter, op.getLoc(), options, capture);
    if (failed(copy))
      return failure();
    if (*copy != capture)
      rewriter.replaceUsesWithIf(capture, *copy, [&](OpOperand &use) {
        return op->isProperAncestor(use.getOwner());
      });
  }
  return success();
}

struct ForwardOpInterface
    : BufferizableOpInterface::ExternalModel<ForwardOpInterface, ForwardOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &,
                              const AnalysisState &) const {
    return true;
  }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &,
                               const AnalysisState &) const {
    return false;
  }
  AliasingValueList getAliasingValues(Operation *, OpOperand &,
                                      const AnalysisState &) const {
    return {};
  }
  bool bufferizesToAllocation(Operation *, Value) const { return true; }

  FailureOr<BufferLikeType> getBufferType(Operation *, Value value,
                                          const BufferizationOptions &,
                                          const BufferizationState &,
                                          SmallVector<Value> &) const {
    return cast<BufferLikeType>(
        contiguousType(cast<ShapedType>(value.getType())));
  }

  LogicalResult bufferize(Operation *operation, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto op = cast<ForwardOp>(operation);
    Location loc = op.getLoc();
    FailureOr<SmallVector<Value>> inputs =
        contiguousBuffers(rewriter, loc, options, state, op.getOperands());
    if (failed(inputs) || failed(makeCapturesContiguous(rewriter, options, op)))
      return failure();
    SmallVector<Value> outs;
    for (Value result : op.getResults()) {
      FailureOr<Value> out = allocateLike(
          rewriter, loc, options,
          contiguousType(cast<ShapedType>(result.getType())), inputs->front());
      if (failed(out))
        return failure();
      outs.push_back(*out);
    }
    ArrayRef<Value> in = *inputs;
    auto memrefForm = ForwardOp::create(
        rewriter, loc, TypeRange(), in[0], in[1], in[2], in.drop_front(3), outs,
        op.getScaleAttr(), op.getModsAttr(), op.getScheduleAttr(),
        op.getAllowTf32Attr(), op.getAllowApproxMathAttr());
    memrefForm->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    for (auto [from, to] :
         llvm::zip_equal(op->getRegions(), memrefForm->getRegions()))
      rewriter.inlineRegionBefore(from, to, to.end());
    replaceOpWithBufferizedValues(rewriter, op, outs);
    return success();
  }
};

} // namespace

void kgen::attention::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, AttentionDialect *) {
    ForwardOp::attachInterface<ForwardOpInterface>(*context);
  });
}
