//===- ConvertElements.cpp - map, map_rows, splat and ramp -----------------===//
//
// A map's region is repeated for each element that a lane holds. One of sums,
// products, FMAs and exponentials alone is evaluated operation by operation for
// the 16 elements of an accumulator block: on the vector as it is, two elements
// an instruction (v_pk_mul_f32 and its like). Longer regions would keep 16 of
// every intermediate value alive that way. The query row depends on the lane
// alone; keys and head dimensions are a lane's base plus a constant, so that
// comparisons with them fold.
//
//===----------------------------------------------------------------------===//

#include "TileLowering.h"

#include "kgen/Target/Common/InlineAssembly.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

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
/// What one value of a map's region is for the elements of a block: the same
/// for all, a vector, or a value for each.
struct Elements {
  Value uniform;
  Value vector; ///< vector<16xf32>
  SmallVector<Value> each;
};

/// Evaluates a map's region for one accumulator block.
class BlockEvaluator {
public:
  BlockEvaluator(OpBuilder &builder, Location loc)
      : b(builder), loc(loc),
        type(VectorType::get(kAccumulators, builder.getF32Type())) {}

  /// Whether the region is worth it; see the head of this file.
  static bool serves(Block &body) {
    return llvm::all_of(body.without_terminator(), [](Operation &op) {
      return isPacked(op) || isa<math::Exp2Op, arith::ConstantOp>(op);
    });
  }

  void bind(Value argument, Elements elements) {
    values[argument] = std::move(elements);
  }

  /// The block that the region yields.
  Value evaluate(Block &body) {
    for (Operation &op : body.without_terminator())
      evaluate(op);
    auto yield = cast<tile::YieldOp>(body.getTerminator());
    return asVector(yield.getValue());
  }

private:
  static bool isPacked(Operation &op) {
    return isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, math::FmaOp>(op) &&
           op.getResult(0).getType().isF32();
  }

  void evaluate(Operation &op) {
    bool uniform = op.getNumRegions() == 0 &&
                   llvm::all_of(op.getOperands(), [&](Value operand) {
                     return lookup(operand).uniform != nullptr;
                   });
    if (uniform)
      return evaluateOnce(op);
    if (isPacked(op))
      return evaluateOnVector(op);
    evaluateEach(op);
  }

  void evaluateOnce(Operation &op) {
    IRMapping mapping;
    for (Value operand : op.getOperands())
      mapping.map(operand, lookup(operand).uniform);
    Operation *copy = b.clone(op, mapping);
    for (auto [result, value] : llvm::zip(op.getResults(), copy->getResults()))
      values[result] = {value, {}, {}};
  }

  void evaluateOnVector(Operation &op) {
    SmallVector<Value> operands;
    for (Value operand : op.getOperands())
      operands.push_back(asVector(operand));
    OperationState state(loc, op.getName(), operands, type, op.getAttrs());
    values[op.getResult(0)] = {{}, b.create(state)->getResult(0), {}};
  }

  void evaluateEach(Operation &op) {
    SmallVector<Elements> results(op.getNumResults());
    for (int64_t index = 0; index < kAccumulators; ++index) {
      IRMapping mapping;
      op.walk([&](Operation *inner) {
        for (Value operand : inner->getOperands())
          if (values.contains(operand))
            mapping.map(operand, element(operand, index));
      });
      Operation *copy = b.clone(op, mapping);
      for (auto [result, value] : llvm::zip(results, copy->getResults()))
        result.each.push_back(value);
    }
    for (auto [result, elements] : llvm::zip(op.getResults(), results))
      values[result] = std::move(elements);
  }

  /// Values from outside the region are the same for all elements.
  Elements &lookup(Value value) {
    auto [found, isNew] = values.try_emplace(value);
    if (isNew)
      found->second.uniform = value;
    return found->second;
  }

  Value element(Value value, int64_t index) {
    Elements &elements = lookup(value);
    if (elements.uniform)
      return elements.uniform;
    return elements.vector ? extract(b, loc, elements.vector, index)
                           : elements.each[index];
  }

  Value asVector(Value value) {
    Elements &elements = lookup(value);
    if (elements.vector)
      return elements.vector;
    Value filled = LLVM::PoisonOp::create(b, loc, type);
    for (int64_t index = 0; index < kAccumulators; ++index)
      filled = insert(b, loc, filled, element(value, index), index);
    return filled;
  }

  OpBuilder &b;
  Location loc;
  VectorType type;
  llvm::DenseMap<Value, Elements> values;
};

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
    Block &body = op.getBody().front();
    if (!BlockEvaluator::serves(body))
      return repeat(op, adaptor, b, rowIndex, row, line, lineBlocks);
    BlockEvaluator evaluator(b, op.getLoc());
    for (auto [argument, input, values] : llvm::zip(
             body.getArguments(), op.getInputs(), adaptor.getInputs())) {
      if (isa<tile::PerRowType>(input.getType()))
        evaluator.bind(argument, {values[row], {}, {}});
      else
        evaluator.bind(argument, {{}, values[row * lineBlocks + line], {}});
    }
    size_t inputs = op.getInputs().size();
    evaluator.bind(body.getArgument(inputs), {rowIndex, {}, {}});
    return evaluator.evaluate(body); // no operation takes the column
  }

  /// The region for one element after the other.
  Value repeat(tile::MapOp op, OneToNOpAdaptor adaptor, OpBuilder &b,
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

/// slope * (first + c). The lane's part is opaque to LLVM, which would hoist
/// every element out of the loop over keys and hold it in a register.
struct ConvertRamp : TilePattern<tile::RampOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::RampOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    tile::MatrixType type = op.getResult().getType();
    Value slope = adaptor.getSlope().front(), base = lanePart(b, slope);
    auto vector = VectorType::get(kAccumulators, b.getF32Type());
    SmallVector<Value> lines;
    for (int64_t line = 0; line < type.getCols() / kBlock; ++line) {
      Value elements = LLVM::PoisonOp::create(b, vector);
      for (int64_t index = 0; index < kAccumulators; ++index) {
        int64_t col = static_cast<int64_t>(op.getFirst()) + line * kBlock +
                      accumulator<int64_t>(0, index).row;
        Value constant = arith::ConstantOp::create(
            b, b.getF32FloatAttr(static_cast<float>(col)));
        elements = insert(b, b.getLoc(), elements,
                          math::FmaOp::create(b, slope, constant, base), index);
      }
      lines.push_back(elements);
    }
    SmallVector<Value> results;
    for (int64_t row = 0; row < kernel.blocks(type.getRows()); ++row)
      llvm::append_range(results, lines);
    rewriter.replaceOpWithMultiple(op, {ValueRange(results)});
    return success();
  }

private:
  /// slope times the lane's distance from the first column.
  Value lanePart(ImplicitLocOpBuilder &b, Value slope) const {
    Value distance = arith::UIToFPOp::create(
        b, b.getF32Type(),
        accumulator(Int(b, b.getLoc(), kernel.lane), 0).row.get());
    Value part = arith::MulFOp::create(b, slope, distance);
    return inlineAssembly(b, part.getType(), part, "", "=v,0");
  }
};
} // namespace

void rocdl::populateElementPatterns(Patterns &patterns,
                                    TypeConverter &converter,
                                    const Kernel &kernel) {
  patterns.add<ConvertMap, ConvertMapRows, ConvertSplat, ConvertRamp>(
      converter, patterns.getContext(), kernel);
}
