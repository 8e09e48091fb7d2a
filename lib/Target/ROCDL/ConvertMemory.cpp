//===- ConvertMemory.cpp - Buffers and barriers ----------------------------===//

#include "TileLowering.h"

#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::rocdl;

//===----------------------------------------------------------------------===//
// Buffer resources
//===----------------------------------------------------------------------===//

/// Word 3 of a raw buffer resource of 32-bit data, no swizzle, bounds checked
/// (CDNA3 ISA document, "Buffer Resource Descriptor": NUM_FORMAT 7, DATA_FORMAT
/// 4); what LLVM's and MLIR's own users of gfx9 raw buffers pass.
static constexpr int64_t kRawBufferFlags = (7 << 12) | (4 << 15);

Value rocdl::bufferOverRows(OpBuilder &b, Location loc,
                            const TensorArgument &tensor,
                            const RowsOfTensor &place) {
  auto constant = [&](int64_t value, unsigned width) -> Value {
    return arith::ConstantIntOp::create(b, loc, value, width);
  };
  Value row = toI64(b, loc, place.row);
  Value position = tensor.position(
      b, loc, {toI64(b, loc, place.batch), toI64(b, loc, place.head), row});
  Value start = tensor.pointer(b, loc, position);
  Value left =
      arith::SubIOp::create(b, loc, toI64(b, loc, place.limit), row);
  left = arith::MaxSIOp::create(b, loc, left, constant(0, 64));
  left = arith::MinSIOp::create(b, loc, left, constant(place.rows, 64));
  int64_t rowBytes =
      place.rowElements * tensor.type.getElementTypeBitWidth() / 8;
  Value bytes = arith::MulIOp::create(b, loc, left, constant(rowBytes, 64));
  return ROCDL::MakeBufferRsrcOp::create(
      b, loc, LLVM::LLVMPointerType::get(b.getContext(), 8), start,
      constant(0, 16), bytes, constant(kRawBufferFlags, 32));
}

namespace {
//===----------------------------------------------------------------------===//
// alloc, slot
//===----------------------------------------------------------------------===//

struct ConvertAlloc : TilePattern<tile::AllocOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::AllocOp op, OneToNOpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    if (kernel.direct.isDirect(op)) {
      Type pointer = typeConverter->convertType(op.getBuffer().getType());
      rewriter.replaceOpWithNewOp<LLVM::PoisonOp>(op, pointer);
      return success();
    }
    Value base = LLVM::AddressOfOp::create(rewriter, op.getLoc(), kernel.lds);
    LLVM::GEPArg offset(kernel.plan.byteOffset(op));
    rewriter.replaceOpWithNewOp<LLVM::GEPOp>(
        op, base.getType(), rewriter.getI8Type(), base, offset);
    return success();
  }
};

struct ConvertSlot : TilePattern<tile::SlotOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::SlotOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value number = toI32(rewriter, loc, adaptor.getIndex().front());
    Int elements =
        Int(rewriter, loc, number) * kernel.plan.slot(op).elements();
    Value buffer = adaptor.getBuffer().front();
    rewriter.replaceOpWithNewOp<LLVM::GEPOp>(op, buffer.getType(),
                                             rewriter.getI16Type(), buffer,
                                             ValueRange{elements.get()});
    return success();
  }
};

//===----------------------------------------------------------------------===//
// barrier, program_id
//===----------------------------------------------------------------------===//

struct ConvertBarrier : TilePattern<tile::BarrierOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::BarrierOp op, OneToNOpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    LLVM::FenceOp::create(rewriter, loc, LLVM::AtomicOrdering::release,
                          "workgroup");
    ROCDL::SBarrierOp::create(rewriter, loc);
    LLVM::FenceOp::create(rewriter, loc, LLVM::AtomicOrdering::acquire,
                          "workgroup");
    rewriter.eraseOp(op);
    return success();
  }
};

struct ConvertProgramId : TilePattern<tile::ProgramIdOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::ProgramIdOp op, OneToNOpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Type i32 = rewriter.getI32Type();
    Value x = ROCDL::BlockIdXOp::create(rewriter, loc, i32);
    Value y = ROCDL::BlockIdYOp::create(rewriter, loc, i32);
    Value z = ROCDL::BlockIdZOp::create(rewriter, loc, i32);
    rewriter.replaceOp(op, {fromI32(rewriter, loc, x), fromI32(rewriter, loc, y),
                            fromI32(rewriter, loc, z)});
    return success();
  }
};
} // namespace

void rocdl::populateMemoryPatterns(Patterns &patterns, TypeConverter &converter,
                                   const Kernel &kernel) {
  patterns.add<ConvertAlloc, ConvertSlot, ConvertBarrier, ConvertProgramId>(
      converter, patterns.getContext(), kernel);
}
