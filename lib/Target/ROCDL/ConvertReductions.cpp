//===- ConvertReductions.cpp - reduce and combine --------------------------===//
//
// A row's elements are in two lanes, `lane` and `lane ^ 32`. A reduction runs
// over a lane's registers first and then exchanges once; a partial one leaves
// the exchange to tile.combine.
//
//===----------------------------------------------------------------------===//

#include "TileLowering.h"

#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::rocdl;

/// maximumNumber or sum of two values (scalars or vectors).
static Value join(OpBuilder &b, Location loc, tile::ReductionKind kind,
                  Value left, Value right) {
  if (kind == tile::ReductionKind::Max)
    return arith::MaxNumFOp::create(b, loc, left, right);
  return arith::AddFOp::create(b, loc, left, right);
}

/// The same row's value in the other half of the wave. ds_bpermute takes the
/// source lane in bytes; gfx90a and gfx942 have no cheaper exchange over 32
/// lanes (v_permlane32_swap came with gfx950).
static Value otherHalf(OpBuilder &b, Location loc, const Kernel &kernel,
                       Value value) {
  Type i32 = b.getI32Type();
  Value flip = arith::ConstantIntOp::create(b, loc, kBlock, 32);
  Value partner = arith::XOrIOp::create(b, loc, kernel.lane, flip);
  Int address = Int(b, loc, partner) * 4;
  Value bits = arith::BitcastOp::create(b, loc, i32, value);
  Value moved = ROCDL::DsBpermuteOp::create(b, loc, i32, address.get(), bits);
  return arith::BitcastOp::create(b, loc, value.getType(), moved);
}

/// Joins all elements of the accumulators of one row block. Sums go by halves
/// of vectors, which suits v_pk_add_f32; maxima in a chain, which suits
/// v_max3_f32.
static Value joinElements(OpBuilder &b, Location loc, tile::ReductionKind kind,
                          ArrayRef<Value> accumulators) {
  Value all = accumulators.front();
  for (Value accumulator : accumulators.drop_front())
    all = join(b, loc, kind, all, accumulator);
  auto element = [&](Value vector, int64_t index) -> Value {
    Value at = arith::ConstantIntOp::create(b, loc, index, 32);
    return LLVM::ExtractElementOp::create(b, loc, vector, at);
  };
  if (kind == tile::ReductionKind::Max) {
    Value result = element(all, 0);
    for (int64_t index = 1; index < kAccumulators; ++index)
      result = join(b, loc, kind, result, element(all, index));
    return result;
  }
  for (int32_t half = kAccumulators / 2; half >= 1; half /= 2) {
    auto low = llvm::to_vector(llvm::seq<int32_t>(0, half));
    auto high = llvm::to_vector(llvm::seq<int32_t>(half, 2 * half));
    Value lower = LLVM::ShuffleVectorOp::create(b, loc, all, all, low);
    Value upper = LLVM::ShuffleVectorOp::create(b, loc, all, all, high);
    all = join(b, loc, kind, lower, upper);
  }
  return element(all, 0);
}

namespace {
struct ConvertReduce : TilePattern<tile::ReduceOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::ReduceOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    SmallVector<Value> matrix = llvm::to_vector(adaptor.getMatrix());
    ValueRange init = adaptor.getInit();
    size_t lines = matrix.size() / init.size();
    SmallVector<Value> results;
    for (auto [block, start] : llvm::enumerate(init)) {
      ArrayRef<Value> row = ArrayRef(matrix).slice(block * lines, lines);
      Value value = joinElements(rewriter, loc, op.getKind(), row);
      if (!op.getPartial())
        value = join(rewriter, loc, op.getKind(), value,
                     otherHalf(rewriter, loc, kernel, value));
      results.push_back(join(rewriter, loc, op.getKind(), start, value));
    }
    rewriter.replaceOpWithMultiple(op, {ValueRange(results)});
    return success();
  }
};

struct ConvertCombine : TilePattern<tile::CombineOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::CombineOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    SmallVector<Value> results;
    for (Value value : adaptor.getInput())
      results.push_back(join(rewriter, loc, op.getKind(), value,
                             otherHalf(rewriter, loc, kernel, value)));
    rewriter.replaceOpWithMultiple(op, {ValueRange(results)});
    return success();
  }
};
} // namespace

void rocdl::populateReductionPatterns(Patterns &patterns,
                                      TypeConverter &converter,
                                      const Kernel &kernel) {
  patterns.add<ConvertReduce, ConvertCombine>(converter, patterns.getContext(),
                                              kernel);
}
