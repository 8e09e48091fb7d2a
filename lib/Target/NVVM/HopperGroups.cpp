//===- HopperGroups.cpp - What a warp or a warpgroup has in common ----------===//

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

struct ConvertDiffers : TilePattern<tile::DiffersOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::DiffersOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value constant = arith::ConstantOp::create(b, op.getConstantAttr());
    Value differs;
    for (Value value : adaptor.getInput()) {
      Value one = arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, value,
                                        constant);
      differs = differs ? Value(arith::OrIOp::create(b, differs, one)) : one;
    }
    Value anyone = NVVM::VoteSyncOp::create(b, b.getI1Type(),
                                            LaneExpr(b, -1).value(), differs,
                                            NVVM::VoteSyncKind::any);
    rewriter.replaceOp(op, anyone);
    return success();
  }
};

} // namespace

void populateGroupPatterns(const FragmentConverter &converter,
                           RewritePatternSet &patterns) {
  patterns.add<ConvertWarpgroup, ConvertDiffers>(converter,
                                                 patterns.getContext());
}

} // namespace kgen::nvvm
