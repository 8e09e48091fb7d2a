//===- ConvertStore.cpp - Results to global memory --------------------------===//

#include "Fragments.h"

#include "kgen/Target/Common/KernelSignature.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace kgen::nvvm {
namespace {

using Words = std::array<Value, 4>;

Value select(ImplicitLocOpBuilder &b, Value condition, Value yes, Value no) {
  return arith::SelectOp::create(b, condition, yes, no);
}

Value isSet(ImplicitLocOpBuilder &b, LaneExpr value) {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, value.value(),
                               LaneExpr(b, 0).value());
}

/// Transposes 4 x 4 words over the lanes of a quad: word q of member m becomes
/// word m of member q. Two steps, each exchanges half of the words.
Words transposeQuad(ImplicitLocOpBuilder &b, const KernelShape &shape,
                    Words words) {
  LaneExpr lane = laneIndex(b, shape);
  Value odd = isSet(b, lane & 1), upper = isSet(b, lane & 2);
  // Of each pair of words an even lane keeps the first, an odd the second.
  Value halves[2][2]; // [pair][lower, upper member of the lane pair]
  for (int64_t pair = 0; pair < 2; ++pair) {
    Value first = words[pair * 2], second = words[pair * 2 + 1];
    Value kept = select(b, odd, second, first);
    Value received = shuffleXor(b, select(b, odd, first, second), 1);
    halves[pair][0] = select(b, odd, received, kept);
    halves[pair][1] = select(b, odd, kept, received);
  }
  Words result;
  for (int64_t word = 0; word < 2; ++word) {
    Value kept = select(b, upper, halves[1][word], halves[0][word]);
    Value received =
        shuffleXor(b, select(b, upper, halves[0][word], halves[1][word]), 2);
    result[word] = select(b, upper, received, kept);
    result[word + 2] = select(b, upper, kept, received);
  }
  return result;
}

/// Where a thread's part of one row goes.
struct RowTarget {
  Value pointer; ///< column 0
  Value inside;  ///< i1: the row is below the limit
};

/// One entry for each (row block, half) of the lane.
SmallVector<RowTarget> rowTargets(ImplicitLocOpBuilder &b,
                                  const KernelShape &shape, int64_t rows,
                                  const TensorArgument &tensor, Value batch,
                                  Value head, Value row, Value limit) {
  Location loc = b.getLoc();
  LaneExpr first =
      LaneExpr(b, toI32(b, loc, row)) +
      (warpRow(b, shape, rows) + accumulatorRow(laneIndex(b, shape), 0));
  Value limit32 = toI32(b, loc, limit);
  SmallVector<RowTarget> targets;
  for (int64_t group = 0; group < shape.rowBlocks(rows) * 2; ++group) {
    Value current = (first + group * 8).value();
    Value wide = arith::ExtUIOp::create(b, b.getI64Type(), current);
    Value position = tensor.position(
        b, loc, {toI64(b, loc, batch), toI64(b, loc, head), wide});
    targets.push_back({tensor.pointer(b, loc, position),
                       arith::CmpIOp::create(b, arith::CmpIPredicate::slt,
                                             current, limit32)});
  }
  return targets;
}

struct ConvertStore : TilePattern<tile::StoreOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::StoreOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    tile::MatrixType matrix = op.getMatrix().getType();
    auto type = cast<MemRefType>(op.getDestination().getType());
    SmallVector<RowTarget> targets = rowTargets(
        b, shape, matrix.getRows(),
        TensorArgument::from(type, adaptor.getDestination()),
        adaptor.getBatch().front(), adaptor.getHead().front(),
        adaptor.getRow().front(), adaptor.getLimit().front());
    for (auto [group, target] : llvm::enumerate(targets)) {
      SmallVector<Value> values; // this lane's elements of the row, in order
      int64_t blocks = matrix.getCols() / kBlockCols;
      for (int64_t block = 0; block < blocks; ++block)
        for (int64_t element = 0; element < 2; ++element)
          values.push_back(adaptor.getMatrix()[accumulatorIndex(
              blocks, group / 2, block, group % 2, element)]);
      if (type.getElementType().isF32())
        storeFloats(b, target, values);
      else
        storePacked(b, type.getElementType(), target, values);
    }
    rewriter.eraseOp(op);
    return success();
  }

private:
  /// f32: the four lanes of a row fill a sector of 32 bytes with 8 each.
  void storeFloats(ImplicitLocOpBuilder &b, RowTarget target,
                   ArrayRef<Value> values) const {
    auto guard = scf::IfOp::create(b, target.inside, false);
    OpBuilder::InsertionGuard scope(b);
    b.setInsertionPointToStart(guard.thenBlock());
    Value member = accumulatorCol(laneIndex(b, shape), 0).value();
    Value start =
        offsetPointer(b, target.pointer, (LaneExpr(b, member) * 4).value());
    for (size_t block = 0; block < values.size() / 2; ++block)
      storeVector(b, values.slice(block * 2, 2), start,
                  block * kBlockCols * 4);
  }

  /// 16-bit: groups of four column blocks go out as 16 bytes a lane; what is
  /// left of a row (its length is a multiple of 16) as 4 bytes.
  void storePacked(ImplicitLocOpBuilder &b, Type element, RowTarget target,
                   ArrayRef<Value> values) const {
    SmallVector<Value> words;
    for (size_t block = 0; block < values.size() / 2; ++block)
      words.push_back(
          packPair(b, element, values[block * 2], values[block * 2 + 1]));
    size_t grouped = words.size() / 4 * 4;
    for (size_t first = 0; first < grouped; first += 4) {
      Words moved = transposeQuad(
          b, shape,
          {words[first], words[first + 1], words[first + 2], words[first + 3]});
      llvm::copy(moved, words.begin() + first);
    }
    auto guard = scf::IfOp::create(b, target.inside, false);
    OpBuilder::InsertionGuard scope(b);
    b.setInsertionPointToStart(guard.thenBlock());
    LaneExpr member = laneIndex(b, shape) & 3;
    constexpr int64_t kBlockBytes = kBlockCols * 2;
    Value wide =
        offsetPointer(b, target.pointer, (member * kBlockBytes).value());
    for (size_t first = 0; first < grouped; first += 4)
      storeVector(b, ArrayRef(words).slice(first, 4), wide,
                  first * kBlockBytes);
    Value narrow = offsetPointer(b, target.pointer, (member * 4).value());
    for (size_t block = grouped; block < words.size(); ++block)
      LLVM::StoreOp::create(b, words[block],
                            offsetPointer(b, narrow, block * kBlockBytes), 4);
  }

  static void storeVector(ImplicitLocOpBuilder &b, ArrayRef<Value> values,
                          Value base, int64_t bytes) {
    auto type = VectorType::get({static_cast<int64_t>(values.size())},
                                values.front().getType());
    Value vector = LLVM::PoisonOp::create(b, type);
    for (auto [index, value] : llvm::enumerate(values)) {
      Value position = LLVM::ConstantOp::create(b, b.getI32IntegerAttr(index));
      vector = LLVM::InsertElementOp::create(b, vector, value, position);
    }
    LLVM::StoreOp::create(b, vector, offsetPointer(b, base, bytes),
                          static_cast<unsigned>(values.size() * 4));
  }
};

struct ConvertStoreRows : TilePattern<tile::StoreRowsOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::StoreRowsOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto type = cast<MemRefType>(op.getDestination().getType());
    Value first = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                        (laneIndex(b, shape) & 3).value(),
                                        LaneExpr(b, 0).value());
    SmallVector<RowTarget> targets = rowTargets(
        b, shape, op.getValues().getType().getRows(),
        TensorArgument::from(type, adaptor.getDestination()),
        adaptor.getBatch().front(), adaptor.getHead().front(),
        adaptor.getRow().front(), adaptor.getLimit().front());
    for (auto [target, value] : llvm::zip_equal(targets, adaptor.getValues())) {
      Value inside = arith::AndIOp::create(b, first, target.inside);
      auto guard = scf::IfOp::create(b, inside, /*withElseRegion=*/false);
      OpBuilder::InsertionGuard scope(b);
      b.setInsertionPointToStart(guard.thenBlock());
      Value rounded = value;
      if (type.getElementType() != value.getType())
        rounded = arith::TruncFOp::create(b, type.getElementType(), value);
      LLVM::StoreOp::create(b, rounded, target.pointer);
    }
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void populateStorePatterns(const FragmentConverter &converter,
                           RewritePatternSet &patterns) {
  patterns.add<ConvertStore, ConvertStoreRows>(converter,
                                               patterns.getContext());
}

} // namespace kgen::nvvm
