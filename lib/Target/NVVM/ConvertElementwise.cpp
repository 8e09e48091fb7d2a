//===- ConvertElementwise.cpp - Maps, reductions and splats ---------------===//

#include "FunctionUnits.h"
#include "Fragments.h"

#include "kgen/Target/Common/KernelSignature.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;

namespace kgen::nvvm {
namespace {

/// Inlines a map's region once, for the element at `position` of the lane's
/// list: arguments become `values`. Returns what the region yields.
Value inlineBody(ConversionPatternRewriter &rewriter, Block &body,
                 ArrayRef<Value> values, int64_t position) {
  IRMapping mapping;
  mapping.map(body.getArguments(), values);
  for (Operation &op : body.without_terminator())
    assignUnit(rewriter.clone(op, mapping), position);
  auto yield = cast<tile::YieldOp>(body.getTerminator());
  return mapping.lookupOrDefault(yield.getValue());
}

/// Global index of this lane's rows: `start` + its row in the tile.
SmallVector<Value> rowIndices(ImplicitLocOpBuilder &b, const KernelShape &shape,
                              int64_t rows, Value start) {
  LaneExpr first = LaneExpr(b, toI32(b, b.getLoc(), start)) +
                   (warpRow(b, shape, rows) +
                    accumulatorRow(laneIndex(b, shape), 0));
  SmallVector<Value> indices; // [row block][half]
  for (int64_t group = 0; group < shape.rowBlocks(rows) * 2; ++group)
    indices.push_back(fromI32(b, b.getLoc(), (first + group * 8).value()));
  return indices;
}

/// Global index of this lane's columns, [column block][element].
SmallVector<Value> colIndices(ImplicitLocOpBuilder &b, const KernelShape &shape,
                              int64_t cols, Value start) {
  Value begin = toI32(b, b.getLoc(), start);
  // The first key tile of a persistent kernel is the same for every query tile:
  // its mask's comparisons would be made once and held in registers.
  if (shape.roles)
    begin = pinnedScalar(b, begin);
  LaneExpr first = LaneExpr(b, begin) + accumulatorCol(laneIndex(b, shape), 0);
  SmallVector<Value> indices;
  for (int64_t block = 0; block < cols / kBlockCols; ++block)
    for (int64_t element = 0; element < 2; ++element)
      indices.push_back(fromI32(
          b, b.getLoc(), (first + (block * kBlockCols + element)).value()));
  return indices;
}

struct ConvertMap : TilePattern<tile::MapOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::MapOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    tile::MatrixType type = op.getResult().getType();
    SmallVector<Value> rows = rowIndices(b, shape, type.getRows(),
                                         adaptor.getRow().front());
    SmallVector<Value> cols = colIndices(b, shape, type.getCols(),
                                         adaptor.getCol().front());
    int64_t columnBlocks = type.getCols() / kBlockCols;
    SmallVector<Value> results;
    // In the order of an accumulator's list.
    for (int64_t rowBlock = 0; rowBlock < shape.rowBlocks(type.getRows());
         ++rowBlock)
      for (int64_t block = 0; block < columnBlocks; ++block)
        for (int64_t half = 0; half < 2; ++half)
          for (int64_t element = 0; element < 2; ++element) {
            int64_t row = rowBlock * 2 + half, position = results.size();
            SmallVector<Value> values;
            for (auto [input, held] :
                 llvm::zip_equal(op.getInputs(), adaptor.getInputs()))
              values.push_back(isa<tile::PerRowType>(input.getType())
                                   ? held[row]
                                   : held[position]);
            values.push_back(rows[row]);
            values.push_back(cols[block * 2 + element]);
            results.push_back(
                inlineBody(rewriter, op.getBody().front(), values, position));
          }
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }
};

struct ConvertMapRows : TilePattern<tile::MapRowsOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::MapRowsOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    SmallVector<Value> rows =
        rowIndices(b, shape, op.getResult().getType().getRows(),
                   adaptor.getRow().front());
    SmallVector<Value> results;
    for (auto [position, row] : llvm::enumerate(rows)) {
      SmallVector<Value> values;
      for (ValueRange held : adaptor.getInputs())
        values.push_back(held[position]);
      values.push_back(row);
      results.push_back(inlineBody(rewriter, op.getBody().front(), values,
                                   static_cast<int64_t>(position)));
    }
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }
};

Value combine(ImplicitLocOpBuilder &b, tile::ReductionKind kind, Value left,
              Value right) {
  if (kind == tile::ReductionKind::Max)
    return left.getType().isInteger()
               ? Value(arith::MaxSIOp::create(b, left, right))
               : Value(arith::MaxNumFOp::create(b, left, right));
  return arith::AddFOp::create(b, left, right);
}

/// Joins the values of the four lanes that share a row; all get the result.
Value combineQuad(ImplicitLocOpBuilder &b, tile::ReductionKind kind,
                  Value value) {
  for (int64_t mask : {2, 1})
    value = combine(b, kind, value, shuffleXor(b, value, mask));
  return value;
}

struct ConvertReduce : TilePattern<tile::ReduceOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::ReduceOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    tile::ReductionKind kind = op.getKind();
    int64_t columnBlocks = op.getMatrix().getType().getCols() / kBlockCols;
    SmallVector<Value> results;
    // The bits of floats compare as signed integers unless both are negative,
    // and of integers three are compared at once (VIMNMX3).
    bool asIntegers = op.getNonnegative() && shape.roles;
    auto toBits = [&](ValueRange values) {
      SmallVector<Value> bits;
      for (Value value : values)
        bits.push_back(asIntegers ? Value(arith::BitcastOp::create(
                                        b, b.getI32Type(), value))
                                  : value);
      return bits;
    };
    SmallVector<Value> matrix = toBits(adaptor.getMatrix());
    for (auto [row, init] : llvm::enumerate(toBits(adaptor.getInit()))) {
      Value value = reduceLane(b, kind, matrix, columnBlocks, row);
      // A sum that four lanes join must take the start value once.
      if (op.getPartial()) {
        value = combine(b, kind, init, value);
      } else {
        value = combineQuad(b, kind, value);
        value = combine(b, kind, init, value);
      }
      results.push_back(
          asIntegers ? Value(arith::BitcastOp::create(b, b.getF32Type(), value))
                     : value);
    }
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }

private:
  /// Even and odd columns in two chains, so that two operations are in flight.
  static Value reduceLane(ImplicitLocOpBuilder &b, tile::ReductionKind kind,
                          ValueRange matrix, int64_t columnBlocks,
                          int64_t row) {
    Value chains[2];
    for (int64_t block = 0; block < columnBlocks; ++block)
      for (int64_t element = 0; element < 2; ++element) {
        Value value = matrix[accumulatorIndex(columnBlocks, row / 2, block,
                                              row % 2, element)];
        Value &chain = chains[element];
        chain = chain ? combine(b, kind, chain, value) : value;
      }
    return combine(b, kind, chains[0], chains[1]);
  }
};

struct ConvertCombine : TilePattern<tile::CombineOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::CombineOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    SmallVector<Value> results;
    for (Value value : adaptor.getInput())
      results.push_back(combineQuad(b, op.getKind(), value));
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }
};

struct ConvertSplat : TilePattern<tile::SplatOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::SplatOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    SmallVector<Type> types;
    if (failed(getTypeConverter()->convertType(op.getType(), types)))
      return failure();
    SmallVector<Value> results(types.size(), adaptor.getValue().front());
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }
};

} // namespace

void populateElementwisePatterns(const FragmentConverter &converter,
                                 RewritePatternSet &patterns) {
  patterns.add<ConvertMap, ConvertMapRows, ConvertReduce, ConvertCombine,
               ConvertSplat>(converter, patterns.getContext());
}

} // namespace kgen::nvvm
