//===- HopperColumns.cpp - What columns of products start from, by wgmma --===//
//
// One value for each column is one more step of Q K^T, m64nNk16, whose left
// operand is ones (HopperStart.cpp) and whose right one has a row for each
// column: its value as a sum of three numbers that bf16 holds, then zeros. As
// only the sum of a row counts, the swizzle changes nothing.
//
// The 128 threads of a warpgroup compute a column or two each, where the start
// values of accumulators would take each thread a quarter of all columns. They
// do it a step ahead, before a softmax, and publish it behind: tables are far
// away, and the fence waits for stores.
//
//===----------------------------------------------------------------------===//

#include "HopperRingPlace.h"

#include "kgen/Target/Common/InlineAssembly.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace kgen::nvvm {
namespace {

Value constantI32(ImplicitLocOpBuilder &b, int64_t value) {
  return LaneExpr(b, value).value();
}

/// A value as the sum of three f32 whose lower halves are zero. What is not
/// finite is the first of them, and a NaN all.
SmallVector<Value, 3> piecesOf(ImplicitLocOpBuilder &b, Value value) {
  Value zero = arith::ConstantOp::create(b, b.getF32FloatAttr(0));
  SmallVector<Value, 3> pieces;
  Value rest = value;
  for (int piece = 0; piece < 2; ++piece) {
    Value bits = arith::BitcastOp::create(b, b.getI32Type(), rest);
    bits = arith::AndIOp::create(b, bits, constantI32(b, int64_t(-0x10000)));
    Value upper = arith::BitcastOp::create(b, b.getF32Type(), bits);
    // Not the difference: of infinities it is NaN.
    Value isAll =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, upper, rest);
    Value lower = arith::SubFOp::create(b, rest, upper);
    rest = arith::SelectOp::create(b, isAll, zero, lower);
    pieces.push_back(upper);
  }
  pieces.push_back(rest);
  return pieces;
}

/// The upper halves of two f32 as one word, the first below.
Value pairOf(ImplicitLocOpBuilder &b, Value first, Value second) {
  Value low = arith::BitcastOp::create(b, b.getI32Type(), first);
  Value high = arith::BitcastOp::create(b, b.getI32Type(), second);
  low = arith::ShRUIOp::create(b, low, constantI32(b, 16));
  high = arith::AndIOp::create(b, high, constantI32(b, int64_t(-0x10000)));
  return arith::OrIOp::create(b, low, high);
}

/// Stores a row of the operand: the pieces, then zeros. Where it may not exist,
/// without a branch, which would split the loop's body.
void storeRow(ImplicitLocOpBuilder &b, Value place, Value value, Value exists) {
  SmallVector<Value, 3> pieces = piecesOf(b, value);
  Value nothing = arith::ConstantOp::create(b, b.getF32FloatAttr(0));
  Value address = LLVM::PtrToIntOp::create(b, b.getI32Type(), place);
  SmallVector<Value> operands = {address, pairOf(b, pieces[0], pieces[1]),
                                 pairOf(b, pieces[2], nothing),
                                 constantI32(b, 0)};
  std::string guard, constraints = "r,r,r,r";
  if (exists) {
    operands.push_back(exists);
    guard = "@$4 ";
    constraints += ",b";
  }
  inlineAssembly(b, /*result=*/nullptr, operands,
                 guard + "st.shared.v4.b32 [$0], {$1, $2, $3, $3}; " + guard +
                     "st.shared.v4.b32 [$0 + 16], {$3, $3, $3, $3};",
                 constraints);
}

struct ConvertStageColumns : TilePattern<tile::StageColumnsOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::StageColumnsOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    tile::BufferType type = op.getRing().getType();
    RingPlace place(b, shape, op, type, adaptor.getNumber().front());
    Value slot = place.data(adaptor.getRing().front());
    LaneExpr begin(b, toI32(b, b.getLoc(), adaptor.getCol().front()));
    LaneExpr thread = threadIndex(b, shape) & (kGroupThreads - 1);
    for (int64_t first = 0; first < type.getRows(); first += kGroupThreads)
      stage(rewriter, op, slot, begin, thread + first);
    rewriter.eraseOp(op);
    return success();
  }

private:
  void stage(ConversionPatternRewriter &rewriter, tile::StageColumnsOp op,
             Value slot, LaneExpr begin, LaneExpr column) const {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    int64_t count = op.getRing().getType().getRows();
    Value exists;
    // Threads without a column compute the last one.
    if (count % kGroupThreads != 0) {
      exists = arith::CmpIOp::create(b, arith::CmpIPredicate::ult,
                                     column.value(), constantI32(b, count));
      column = {b, arith::MinUIOp::create(b, column.value(),
                                          constantI32(b, count - 1))};
    }
    Value value = valueAt(rewriter, op, (begin + column).value());
    Value row = offsetPointer(b, slot, (column * kRampRowBytes).value());
    storeRow(b, row, value, exists);
  }

  /// What the region yields for a position.
  static Value valueAt(ConversionPatternRewriter &rewriter,
                       tile::StageColumnsOp op, Value position) {
    IRMapping mapping;
    Block &body = op.getBody().front();
    mapping.map(body.getArgument(0), fromI32(rewriter, op.getLoc(), position));
    for (Operation &inner : body.without_terminator())
      rewriter.clone(inner, mapping);
    auto yield = cast<tile::YieldOp>(body.getTerminator());
    return mapping.lookupOrDefault(yield.getValue());
  }
};

struct ConvertPublishColumns : TilePattern<tile::PublishColumnsOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::PublishColumnsOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    // wgmma reads by another path than stores take. Lane 0 arrives for its
    // warp.
    NVVM::FenceProxyOp::create(
        b, NVVM::ProxyKind::async_shared,
        NVVM::SharedSpaceAttr::get(b.getContext(),
                                   NVVM::SharedSpace::shared_cta));
    NVVM::SyncWarpOp::create(b, constantI32(b, -1));
    RingPlace place(b, shape, op, op.getRing().getType(),
                    adaptor.getNumber().front());
    arriveAsWarp(b, shape, place.full());
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void populateColumnPatterns(const FragmentConverter &converter,
                            RewritePatternSet &patterns) {
  patterns.add<ConvertStageColumns, ConvertPublishColumns>(
      converter, patterns.getContext());
}

} // namespace kgen::nvvm
