//===- ConvertProduct.cpp - Products of 16-bit tiles on tensor cores --------===//

#include "FloatProduct.h"
#include "OperandReader.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;

namespace kgen::nvvm {
namespace {

using Registers = SmallVector<Value, 4>;

/// One 16-bit tile.dot: reads blocks some steps before it multiplies them, and
/// uses each block of the right side for all row blocks.
class TensorCoreProduct {
public:
  TensorCoreProduct(ImplicitLocOpBuilder &builder, const KernelShape &shape,
                    tile::DotOp op, ValueRange lhs, Value rhs, ValueRange acc)
      : b(builder), element(op.getRhs().getType().getElementType()),
        rowBlocks(shape.rowBlocks(op.getResult().getType().getRows())),
        columnBlocks(op.getResult().getType().getCols() / kBlockCols),
        transposed(op.getTransposeRhs()), fragments(lhs),
        rhsReader(builder, shape, sharedTile(op.getRhs().getType()), rhs,
                  transposed ? Operand::RhsTransposed : Operand::Rhs) {
    tile::ViewType view = op.getRhs().getType();
    steps = (transposed ? view.getCols() : view.getRows()) / kDepth;
    if (auto lhsView = dyn_cast<tile::ViewType>(op.getLhs().getType()))
      lhsReader.emplace(builder, shape, sharedTile(lhsView), lhs.front(),
                        Operand::Lhs);
    sums.assign(acc.begin(), acc.end());
    if (acc.empty()) {
      Value zero = LLVM::ConstantOp::create(b, b.getF32FloatAttr(0.0f));
      sums.assign(rowBlocks * columnBlocks * 4, zero);
    }
  }

  SmallVector<Value> run() {
    int64_t pairs = columnBlocks / 2;
    std::vector<Registers> right(steps * pairs), left(steps * rowBlocks);
    int64_t read = 0;
    for (int64_t position = 0; position < steps * pairs; ++position) {
      for (; read < std::min(position + kLookahead + 1, steps * pairs); ++read) {
        if (read % pairs == 0)
          readLeft(left, read / pairs);
        right[read] = readRight(read / pairs, read % pairs);
      }
      multiplyPair(ArrayRef(left).slice(position / pairs * rowBlocks, rowBlocks),
                   right[position], position % pairs);
    }
    return std::move(sums);
  }

private:
  /// Blocks of the right side that are read before they are used: enough to
  /// cover the latency of ldmatrix, few enough for the registers.
  static constexpr int64_t kLookahead = 2;

  void readLeft(std::vector<Registers> &left, int64_t step) {
    for (int64_t block = 0; block < rowBlocks; ++block) {
      Registers &registers = left[step * rowBlocks + block];
      if (lhsReader) {
        registers = lhsReader->read(block * kBlockRows, step * kDepth);
        continue;
      }
      ValueRange held = fragments.slice((block * steps + step) * 4, 4);
      registers.assign(held.begin(), held.end());
    }
  }

  /// Two column blocks of the right side.
  Registers readRight(int64_t step, int64_t pair) {
    int64_t n = pair * 2 * kBlockCols, k = step * kDepth;
    return transposed ? rhsReader.read(n, k) : rhsReader.read(k, n);
  }

  void multiplyPair(ArrayRef<Registers> left, ArrayRef<Value> right,
                    int64_t pair) {
    for (int64_t half = 0; half < 2; ++half)
      for (int64_t row = 0; row < rowBlocks; ++row)
        multiply(left[row], right.slice(half * 2, 2),
                 accumulatorIndex(columnBlocks, row, pair * 2 + half, 0, 0));
  }

  /// Adds one m16n8k16 product to the four sums at `position`.
  void multiply(ArrayRef<Value> left, ArrayRef<Value> right, int64_t position) {
    Type f32 = b.getF32Type();
    auto type =
        LLVM::LLVMStructType::getLiteral(b.getContext(), {f32, f32, f32, f32});
    auto ptx = element.isBF16() ? NVVM::MMATypes::bf16 : NVVM::MMATypes::f16;
    Value result = NVVM::MmaOp::create(
        b, type, operands(left), operands(right),
        ArrayRef<Value>(sums).slice(position, 4),
        ArrayRef<int64_t>{kBlockRows, kBlockCols, kDepth}, std::nullopt,
        std::nullopt, std::array{ptx, ptx},
        std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
    for (int64_t index = 0; index < 4; ++index)
      sums[position + index] = LLVM::ExtractValueOp::create(b, result, index);
  }

  /// The operand types that nvvm.mma.sync asks for: i32 pairs of bf16 as they
  /// are, pairs of f16 as vectors.
  SmallVector<Value> operands(ArrayRef<Value> registers) {
    SmallVector<Value> result(registers);
    if (element.isF16())
      for (Value &value : result)
        value =
            LLVM::BitcastOp::create(b, VectorType::get({2}, element), value);
    return result;
  }

  ImplicitLocOpBuilder &b;
  Type element;
  int64_t rowBlocks, columnBlocks, steps = 0;
  bool transposed;
  ValueRange fragments;
  std::optional<BlockAccess> lhsReader;
  BlockAccess rhsReader;
  SmallVector<Value> sums;
};

struct ConvertDot : TilePattern<tile::DotOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::DotOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    ValueRange acc;
    if (op.getAcc())
      acc = adaptor.getAcc();
    Value rhs = adaptor.getRhs().front();
    SmallVector<Value> sums =
        op.getRhs().getType().getElementType().isF32()
            ? floatProduct(b, shape, op, adaptor.getLhs(), rhs, acc)
            : TensorCoreProduct(b, shape, op, adaptor.getLhs(), rhs, acc).run();
    rewriter.replaceOpWithMultiple(op, {sums});
    return success();
  }
};

struct ConvertLoad : TilePattern<tile::LoadOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::LoadOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    tile::ViewType view = op.getView().getType();
    Value pointer = adaptor.getView().front();
    BlockAccess reader(b, shape, sharedTile(view), pointer, Operand::Lhs);
    SmallVector<Value> registers;
    for (int64_t block = 0; block < shape.rowBlocks(view.getRows()); ++block)
      for (int64_t col = 0; col < view.getCols(); col += kDepth)
        llvm::append_range(registers, reader.read(block * kBlockRows, col));
    rewriter.replaceOpWithMultiple(op, {registers});
    return success();
  }
};

/// The accumulators of two adjacent column blocks are, in pairs, the registers
/// a0..a3 of a left operand: no data moves between lanes.
struct ConvertPack : TilePattern<tile::PackOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::PackOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    tile::MatrixType type = op.getResult().getType();
    ValueRange input = adaptor.getInput();
    if (type.getElementType().isF32()) {
      rewriter.replaceOpWithMultiple(op, {input});
      return success();
    }
    SmallVector<Value> registers;
    for (size_t first = 0; first < input.size(); first += 2)
      registers.push_back(packPair(b, type.getElementType(), input[first],
                                   input[first + 1]));
    rewriter.replaceOpWithMultiple(op, {registers});
    return success();
  }
};

} // namespace

void populateProductPatterns(const FragmentConverter &converter,
                             RewritePatternSet &patterns) {
  patterns.add<ConvertDot, ConvertLoad>(converter, patterns.getContext());
}

void populatePackPatterns(const FragmentConverter &converter,
                          RewritePatternSet &patterns) {
  patterns.add<ConvertPack>(converter, patterns.getContext());
}

} // namespace kgen::nvvm
