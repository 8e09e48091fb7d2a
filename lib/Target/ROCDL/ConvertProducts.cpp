//===- ConvertProducts.cpp - load, dot and pack on MFMA --------------------===//
//
// A dot of R x K by K x N is computed as its transpose: A fragments come from
// the right operand in LDS (32 of its N "lines" by 8 of K), B fragments from
// the left operand, and the accumulator has N along registers and rows along
// lanes. Fragments are 8-byte reads; see MfmaLayout.h. gfx950 takes those of
// two steps in one product.
//
//===----------------------------------------------------------------------===//

#include "TileLowering.h"

#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::rocdl;

namespace {
/// Reads fragments of one view. The part of the address that depends on the
/// lane is computed once; lines and steps are constant offsets from it.
class FragmentReader {
public:
  /// `firstBlock` is the block of 32 lines that `block` 0 of read() means.
  FragmentReader(OpBuilder &builder, Location loc, const Slot &slot, Value lane,
                 Int firstBlock, Value view, Type element)
      : b(builder), loc(loc), slot(slot), type(fragmentType(element)),
        base(address(view, fragmentOffset(slot, Int(builder, loc, lane),
                                          firstBlock, 0)
                               .get())) {}

  Value read(int64_t block, int64_t step) {
    int64_t delta = fragmentOffset<int64_t>(slot, 0, block, step);
    return LLVM::LoadOp::create(b, loc, type,
                                address(base, LLVM::GEPArg(delta)),
                                kFragment * kElementBytes);
  }

private:
  Value address(Value from, LLVM::GEPArg offset) {
    return LLVM::GEPOp::create(b, loc, from.getType(), b.getI16Type(), from,
                               offset);
  }

  OpBuilder &b;
  Location loc;
  const Slot &slot;
  VectorType type;
  Value base;
};

/// Reads all fragments of this wave's rows of a view (Q) as a B operand.
SmallVector<Value> readLeftOperand(OpBuilder &b, Location loc,
                                   const Kernel &kernel, const Slot &slot,
                                   Value view, Type element) {
  int64_t blocks = kernel.blocks(slot.rows);
  Int first = Int(b, loc, kernel.wave) * blocks;
  FragmentReader reader(b, loc, slot, kernel.lane, first, view, element);
  SmallVector<Value> fragments;
  for (int64_t block = 0; block < blocks; ++block)
    for (int64_t step = 0; step < slot.cols / kDepth; ++step)
      fragments.push_back(reader.read(block, step));
  return fragments;
}

struct ConvertLoad : TilePattern<tile::LoadOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::LoadOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    if (Operation *copy = kernel.direct.copyOf(op)) {
      rewriter.replaceOpWithMultiple(
          op, {ValueRange(kernel.fragments.at(copy))});
      return success();
    }
    unsigned view = op.getViewMutable().getOperandNumber();
    SmallVector<Value> fragments = readLeftOperand(
        rewriter, op.getLoc(), kernel, kernel.plan.slot(op, view),
        adaptor.getView().front(), op.getView().getType().getElementType());
    rewriter.replaceOpWithMultiple(op, {ValueRange(fragments)});
    return success();
  }
};

//===----------------------------------------------------------------------===//
// dot
//===----------------------------------------------------------------------===//

/// Fragments of neighbouring steps as one operand, in the type that the product
/// takes: bf16 is i16 in 32x32x8 and bf16 in 32x32x16.
Value joinFragments(OpBuilder &b, Location loc, ArrayRef<Value> steps) {
  if (steps.size() == 1)
    return steps.front();
  Value both = LLVM::ShuffleVectorOp::create(
      b, loc, steps[0], steps[1], ArrayRef<int32_t>{0, 1, 2, 3, 4, 5, 6, 7});
  auto type = cast<VectorType>(both.getType());
  if (type.getElementType().isF16())
    return both;
  return LLVM::BitcastOp::create(b, loc, type.clone(b.getBF16Type()), both);
}

/// D += A B, over 8 or 16 contracted positions as the operands say.
Value multiply(OpBuilder &b, Location loc, Value a, Value bOperand, Value acc) {
  Value zero = arith::ConstantIntOp::create(b, loc, 0, 32); // no broadcast
  SmallVector<Value> operands{a, bOperand, acc, zero, zero, zero};
  auto type = cast<VectorType>(a.getType());
  bool f16 = type.getElementType().isF16();
  bool wide = type.getNumElements() > kFragment;
  if (wide && f16)
    return ROCDL::mfma_f32_32x32x16_f16::create(b, loc, acc.getType(),
                                                operands);
  if (wide)
    return ROCDL::mfma_f32_32x32x16_bf16::create(b, loc, acc.getType(),
                                                 operands);
  if (f16)
    return ROCDL::mfma_f32_32x32x8f16::create(b, loc, acc.getType(), operands);
  return ROCDL::mfma_f32_32x32x8bf16_1k::create(b, loc, acc.getType(),
                                                operands);
}

struct ConvertDot : TilePattern<tile::DotOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::DotOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    unsigned rhs = op.getRhsMutable().getOperandNumber();
    const Slot &slot = kernel.plan.slot(op, rhs);
    tile::MatrixType type = op.getResult().getType();
    Type element = op.getRhs().getType().getElementType();
    int64_t together = kernel.arch.wideProducts ? 2 : 1; // steps of a product
    SmallVector<Value> left = joinAll(
        rewriter, loc, leftOperand(op, adaptor, rewriter, element), together);
    SmallVector<Value> acc = start(op, adaptor, rewriter);
    FragmentReader reader(rewriter, loc, slot, kernel.lane,
                          Int(rewriter, loc, int64_t(0)),
                          adaptor.getRhs().front(), element);

    int64_t rowBlocks = kernel.blocks(type.getRows());
    int64_t lineBlocks = type.getCols() / kBlock;
    int64_t products = slot.lineLength() / (kDepth * together);
    // Neighbouring products add into different accumulators, so that none
    // waits for the one before it.
    for (int64_t product = 0; product < products; ++product)
      for (int64_t line = 0; line < lineBlocks; ++line) {
        SmallVector<Value> steps;
        for (int64_t step = 0; step < together; ++step)
          steps.push_back(reader.read(line, product * together + step));
        Value a = joinFragments(rewriter, loc, steps);
        for (int64_t row = 0; row < rowBlocks; ++row) {
          Value &into = acc[row * lineBlocks + line];
          into = multiply(rewriter, loc, a, left[row * products + product], into);
        }
      }
    rewriter.replaceOpWithMultiple(op, {ValueRange(acc)});
    return success();
  }

private:
  static SmallVector<Value> joinAll(OpBuilder &b, Location loc,
                                    ArrayRef<Value> fragments,
                                    int64_t together) {
    SmallVector<Value> joined;
    for (; !fragments.empty(); fragments = fragments.drop_front(together))
      joined.push_back(
          joinFragments(b, loc, fragments.take_front(together)));
    return joined;
  }

  SmallVector<Value> leftOperand(tile::DotOp op, OneToNOpAdaptor adaptor,
                                 OpBuilder &b, Type element) const {
    if (!isa<tile::ViewType>(op.getLhs().getType()))
      return llvm::to_vector(adaptor.getLhs());
    unsigned lhs = op.getLhsMutable().getOperandNumber();
    return readLeftOperand(b, op.getLoc(), kernel, kernel.plan.slot(op, lhs),
                           adaptor.getLhs().front(), element);
  }

  SmallVector<Value> start(tile::DotOp op, OneToNOpAdaptor adaptor,
                           OpBuilder &b) const {
    if (op.getAcc())
      return llvm::to_vector(adaptor.getAcc());
    tile::MatrixType type = op.getResult().getType();
    auto vector = VectorType::get(kAccumulators, b.getF32Type());
    Value zero = LLVM::ConstantOp::create(
        b, op.getLoc(), vector, DenseElementsAttr::get(vector, 0.0f));
    return SmallVector<Value>(
        kernel.blocks(type.getRows()) * type.getCols() / kBlock, zero);
  }
};

//===----------------------------------------------------------------------===//
// pack
//===----------------------------------------------------------------------===//

/// Four consecutive registers of an S^T accumulator hold keys
/// 8 * step + 4 * (lane / 32) + 0..3: what a B fragment holds. No exchange.
struct ConvertPack : TilePattern<tile::PackOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::PackOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Type element = op.getResult().getType().getElementType();
    SmallVector<Value> fragments;
    for (Value accumulator : adaptor.getInput())
      for (int32_t first = 0; first < kAccumulators; first += kFragment) {
        Value four = LLVM::ShuffleVectorOp::create(
            rewriter, loc, accumulator, accumulator,
            ArrayRef<int32_t>{first, first + 1, first + 2, first + 3});
        Value rounded = LLVM::FPTruncOp::create(
            rewriter, loc, VectorType::get(kFragment, element), four);
        fragments.push_back(rewriter.createOrFold<LLVM::BitcastOp>(
            loc, fragmentType(element), rounded));
      }
    rewriter.replaceOpWithMultiple(op, {ValueRange(fragments)});
    return success();
  }
};
} // namespace

void rocdl::populateProductPatterns(Patterns &patterns,
                                    TypeConverter &converter,
                                    const Kernel &kernel) {
  patterns.add<ConvertLoad, ConvertDot, ConvertPack>(
      converter, patterns.getContext(), kernel);
}
