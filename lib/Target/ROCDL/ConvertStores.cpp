//===- ConvertStores.cpp - store and store_rows ----------------------------===//
//
// A lane holds one query row of O^T, four consecutive head dimensions in four
// consecutive registers: 8 bytes of f16 or bf16, 16 of f32. Rows past the limit
// are dropped by the bounds check of the buffer resource.
//
//===----------------------------------------------------------------------===//

#include "TileLowering.h"

#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::rocdl;

/// Stores `value` at `bytes` from the start of the resource.
static void storeBytes(OpBuilder &b, Location loc, Value value, Value resource,
                       Int bytes) {
  Value zero = arith::ConstantIntOp::create(b, loc, 0, 32);
  ROCDL::RawPtrBufferStoreOp::create(b, loc, value, resource, bytes.get(), zero,
                                     zero, ArrayAttr(), ArrayAttr(),
                                     ArrayAttr());
}

/// f32 rounded to nearest even into `element`.
static Value round(OpBuilder &b, Location loc, Value value, Type element) {
  if (element.isF32())
    return value;
  Type to = element;
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    to = vector.clone(element);
  return LLVM::FPTruncOp::create(b, loc, to, value);
}

static LogicalResult checkStored(Operation *op, Type element) {
  if (element.isF32() || element.isF16() || element.isBF16())
    return success();
  return op->emitOpError() << '[' << formatCode(ErrorCode::DtypeUnsupported)
                           << "] writes " << element << ": "
                           << errorSentence(ErrorCode::DtypeUnsupported);
}

namespace {
struct ConvertStore : TilePattern<tile::StoreOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::StoreOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    auto tensor = TensorArgument::from(
        cast<MemRefType>(op.getDestination().getType()),
        adaptor.getDestination());
    Type element = tensor.type.getElementType();
    if (failed(checkStored(op, element)))
      return failure();
    tile::MatrixType type = op.getMatrix().getType();
    int64_t rows = type.getRows(), cols = type.getCols();
    Value resource = bufferOverRows(rewriter, loc, tensor,
                                    RowsOfTensor::of(adaptor, rows, cols));
    int64_t blocks = kernel.blocks(rows), lines = cols / kBlock;
    for (auto [number, accumulator] : llvm::enumerate(adaptor.getMatrix())) {
      Int row = kernel.row(rewriter, loc, number / lines, blocks);
      storeBlock(rewriter, loc, accumulator, row * cols,
                 kBlock * (number % lines), resource, element);
    }
    rewriter.eraseOp(op);
    return success();
  }

private:
  /// Four stores of four registers each.
  void storeBlock(OpBuilder &b, Location loc, Value block, Int rowStart,
                  int64_t firstColumn, Value resource, Type element) const {
    int64_t bytes = element.getIntOrFloatBitWidth() / 8;
    Type words = VectorType::get(bytes, b.getI32Type()); // 4 elements
    for (int32_t first = 0; first < kAccumulators; first += 4) {
      Value four = LLVM::ShuffleVectorOp::create(
          b, loc, block, block,
          ArrayRef<int32_t>{first, first + 1, first + 2, first + 3});
      Value bits = LLVM::BitcastOp::create(b, loc, words,
                                           round(b, loc, four, element));
      Int column = accumulator(Int(b, loc, kernel.lane), first).row;
      Int offset = (rowStart + column + firstColumn) * bytes;
      storeBytes(b, loc, bits, resource, offset);
    }
  }
};

/// Both halves of a wave have the value; the lower one writes it.
struct ConvertStoreRows : TilePattern<tile::StoreRowsOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::StoreRowsOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    auto tensor = TensorArgument::from(
        cast<MemRefType>(op.getDestination().getType()),
        adaptor.getDestination());
    Type element = tensor.type.getElementType();
    if (failed(checkStored(op, element)))
      return failure();
    int64_t rows = op.getValues().getType().getRows();
    Value resource = bufferOverRows(rewriter, loc, tensor,
                                    RowsOfTensor::of(adaptor, rows, 1));
    Value lower = Int(rewriter, loc, kernel.lane).less(kBlock);
    auto branch = scf::IfOp::create(rewriter, loc, lower, false);
    rewriter.setInsertionPointToStart(branch.thenBlock());
    for (auto [block, value] : llvm::enumerate(adaptor.getValues())) {
      Int row = kernel.row(rewriter, loc, block, kernel.blocks(rows));
      storeBytes(rewriter, loc, round(rewriter, loc, value, element), resource,
                 row * (element.getIntOrFloatBitWidth() / 8));
    }
    rewriter.eraseOp(op);
    return success();
  }
};
} // namespace

void rocdl::populateStorePatterns(Patterns &patterns, TypeConverter &converter,
                                  const Kernel &kernel) {
  patterns.add<ConvertStore, ConvertStoreRows>(converter, patterns.getContext(),
                                               kernel);
}
