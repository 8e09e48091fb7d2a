//===- ConvertElements.cpp - map, map_rows and splat -----------------------===//
//
// A map's region is repeated for each element that a lane holds. The query row
// depends on the lane alone; keys and head dimensions are a lane's base plus a
// constant, so that comparisons with them fold.
//
//===----------------------------------------------------------------------===//

#include "TileLowering.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::rocdl;

/// Repeats `body` at the builder with `arguments` for its block arguments;
/// returns what it yields.
static Value inlineBody(OpBuilder &b, Region &body, ArrayRef<Value> arguments) {
  IRMapping mapping;
  mapping.map(body.getArguments(), arguments);
  for (Operation &op : body.front().without_terminator())
    b.clone(op, mapping);
  auto yield = cast<tile::YieldOp>(body.front().getTerminator());
  return mapping.lookupOrDefault(yield.getValue());
}

static Value extract(OpBuilder &b, Location loc, Value vector, int64_t index) {
  Value at = arith::ConstantIntOp::create(b, loc, index, 32);
  return LLVM::ExtractElementOp::create(b, loc, vector, at);
}

static Value insert(OpBuilder &b, Location loc, Value vector, Value element,
                    int64_t index) {
  Value at = arith::ConstantIntOp::create(b, loc, index, 32);
  return LLVM::InsertElementOp::create(b, loc, vector, element, at);
}

/// Global index of the row that this lane holds in row block `block`. Rows and
/// columns are added up in 32 bits, which they fit, so that LLVM compares them
/// in 32 bits as well.
static Value globalRow(OpBuilder &b, Location loc, const Kernel &kernel,
                       Value tileRow, int64_t block, int64_t blocks) {
  Int first(b, loc, toI32(b, loc, tileRow));
  return fromI32(b, loc, (first + kernel.row(b, loc, block, blocks)).get());
}

namespace {
struct ConvertMap : TilePattern<tile::MapOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::MapOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    tile::MatrixType type = op.getResult().getType();
    int64_t rowBlocks = kernel.blocks(type.getRows());
    int64_t lineBlocks = type.getCols() / kBlock;
    SmallVector<Value> results;
    for (int64_t row = 0; row < rowBlocks; ++row) {
      Value rowIndex = rowOf(op, adaptor, rewriter, row, rowBlocks);
      for (int64_t line = 0; line < lineBlocks; ++line)
        results.push_back(
            block(op, adaptor, rewriter, rowIndex, row, line, lineBlocks));
    }
    rewriter.replaceOpWithMultiple(op, {ValueRange(results)});
    return success();
  }

private:
  Value rowOf(tile::MapOp op, OneToNOpAdaptor adaptor, OpBuilder &b,
              int64_t row, int64_t rowBlocks) const {
    return globalRow(b, op.getLoc(), kernel, adaptor.getRow().front(), row,
                     rowBlocks);
  }

  /// The 16 elements of one accumulator block.
  Value block(tile::MapOp op, OneToNOpAdaptor adaptor, OpBuilder &b,
              Value rowIndex, int64_t row, int64_t line,
              int64_t lineBlocks) const {
    Location loc = op.getLoc();
    Int firstColumn = Int(b, loc, toI32(b, loc, adaptor.getCol().front())) +
                      accumulator(Int(b, loc, kernel.lane), 0).row;
    auto vector = VectorType::get(kAccumulators, b.getF32Type());
    Value result = LLVM::PoisonOp::create(b, loc, vector);
    for (int64_t index = 0; index < kAccumulators; ++index) {
      SmallVector<Value> arguments;
      for (auto [input, values] : llvm::zip(op.getInputs(), adaptor.getInputs()))
        arguments.push_back(
            isa<tile::PerRowType>(input.getType())
                ? values[row]
                : extract(b, loc, values[row * lineBlocks + line], index));
      int64_t delta = kBlock * line + accumulator<int64_t>(0, index).row;
      arguments.push_back(rowIndex);
      arguments.push_back(fromI32(b, loc, (firstColumn + delta).get()));
      Value element = inlineBody(b, op.getBody(), arguments);
      result = insert(b, loc, result, element, index);
    }
    return result;
  }
};

struct ConvertMapRows : TilePattern<tile::MapRowsOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::MapRowsOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    int64_t blocks = kernel.blocks(op.getResult().getType().getRows());
    SmallVector<Value> results;
    for (int64_t block = 0; block < blocks; ++block) {
      SmallVector<Value> arguments;
      for (ValueRange input : adaptor.getInputs())
        arguments.push_back(input[block]);
      arguments.push_back(globalRow(rewriter, loc, kernel,
                                    adaptor.getRow().front(), block, blocks));
      results.push_back(inlineBody(rewriter, op.getBody(), arguments));
    }
    rewriter.replaceOpWithMultiple(op, {ValueRange(results)});
    return success();
  }
};

struct ConvertSplat : TilePattern<tile::SplatOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::SplatOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    SmallVector<Type> types;
    if (failed(typeConverter->convertType(op.getResult().getType(), types)))
      return failure();
    Value value = adaptor.getValue().front();
    if (auto vector = dyn_cast<VectorType>(types.front())) {
      Value filled = LLVM::PoisonOp::create(rewriter, loc, vector);
      for (int64_t index = 0; index < kAccumulators; ++index)
        filled = insert(rewriter, loc, filled, value, index);
      value = filled;
    }
    SmallVector<Value> results(types.size(), value);
    rewriter.replaceOpWithMultiple(op, {ValueRange(results)});
    return success();
  }
};
} // namespace

void rocdl::populateElementPatterns(Patterns &patterns,
                                    TypeConverter &converter,
                                    const Kernel &kernel) {
  patterns.add<ConvertMap, ConvertMapRows, ConvertSplat>(
      converter, patterns.getContext(), kernel);
}
