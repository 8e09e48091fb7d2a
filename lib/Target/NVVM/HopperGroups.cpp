//===- HopperGroups.cpp - What a warp or a warpgroup has in common --------===//

#include "Hopper.h"

#include "kgen/Target/Common/KernelSignature.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;

namespace kgen::nvvm {
namespace {

struct ConvertWarpgroup : TilePattern<tile::WarpgroupOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::WarpgroupOp op, OneToNOpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    rewriter.replaceOp(
        op, fromI32(b, b.getLoc(), groupIndex(b, shape).value()));
    return success();
  }
};

/// Compares the rows of this thread with a constant; JoinT (and, or) joins
/// them.
template <typename JoinT>
Value compareRows(ImplicitLocOpBuilder &b, arith::CmpFPredicate predicate,
                  ValueRange rows, FloatAttr constant) {
  Value bound = arith::ConstantOp::create(b, constant);
  Value joined;
  for (Value row : rows) {
    Value one = arith::CmpFOp::create(b, predicate, row, bound);
    joined = joined ? Value(JoinT::create(b, joined, one)) : one;
  }
  return joined;
}

struct ConvertDiffers : TilePattern<tile::DiffersOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::DiffersOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value differs = compareRows<arith::OrIOp>(
        b, arith::CmpFPredicate::UNE, adaptor.getInput(), op.getConstantAttr());
    Value anyone = NVVM::VoteSyncOp::create(b, b.getI1Type(),
                                            LaneExpr(b, -1).value(), differs,
                                            NVVM::VoteSyncKind::any);
    rewriter.replaceOp(op, anyone);
    return success();
  }
};

struct ConvertAtLeast : TilePattern<tile::AtLeastOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::AtLeastOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value reaches = compareRows<arith::AndIOp>(
        b, arith::CmpFPredicate::OGE, adaptor.getInput(), op.getConstantAttr());
    // MLIR's nvvm.barrier reduces on barrier 0 only.
    Value barrier = barrierOfGroup(b, shape, firstVoteBarrier(shape));
    Value everyone = callIntrinsic(
        b, "llvm.nvvm.barrier.cta.red.and.aligned.count", b.getI1Type(),
        {barrier, LaneExpr(b, kGroupThreads).value(), reaches});
    // ptxas does not know that a barrier gives all lanes the same.
    Value number = arith::ExtUIOp::create(b, b.getI32Type(), everyone);
    rewriter.replaceOp(op, arith::CmpIOp::create(b, arith::CmpIPredicate::ne,
                                                 uniform(b, number),
                                                 LaneExpr(b, 0).value())
                               .getResult());
    return success();
  }
};

} // namespace

void populateGroupPatterns(const FragmentConverter &converter,
                           RewritePatternSet &patterns) {
  patterns.add<ConvertWarpgroup, ConvertDiffers, ConvertAtLeast>(
      converter, patterns.getContext());
}

} // namespace kgen::nvvm
