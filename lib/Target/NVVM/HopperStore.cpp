//===- HopperStore.cpp - What a warpgroup staged, to global memory by TMA -===//
//
// tile.stage has written the rows of the warpgroup, made them visible to TMA
// and joined its threads. One of them starts a copy for each panel; copies
// belong to the thread that started them, so the same one waits.
//
//===----------------------------------------------------------------------===//

#include "Hopper.h"

#include "kgen/Target/Common/KernelSignature.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;

namespace kgen::nvvm {
namespace {

/// The thread that starts the warpgroup's copies. Its warp is known to be the
/// same for the warp's lanes, or ptxas keeps registers for a branch in which
/// they part, all through the loops before it.
void electCopier(ImplicitLocOpBuilder &b, const KernelShape &shape) {
  LaneExpr warp(b, uniform(b, (threadIndex(b, shape) >> 5).value()));
  electThread(b, warp & (kGroupWarps - 1), 0);
}

struct ConvertStoreStaged : TilePattern<tile::StoreStagedOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::StoreStagedOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    PanelTile tile = panelTile(op.getView().getType());
    LaneExpr firstRow = groupIndex(b, shape) * kGroupRows;
    auto i32 = [&](ValueRange index) {
      return toI32(b, b.getLoc(), index.front());
    };
    Value row = (LaneExpr(b, i32(adaptor.getRow())) + firstRow).value();
    Value head = i32(adaptor.getHead()), batch = i32(adaptor.getBatch());
    Value staged = offsetPointer(b, adaptor.getView().front(),
                                 (firstRow * kSwizzleBytes).value());
    electCopier(b, shape);
    for (int64_t panel = 0; panel < tile.panels(); ++panel) {
      Value col = LaneExpr(b, panel * PanelTile::kPanelCols).value();
      NVVM::CpAsyncBulkTensorSharedCTAToGlobalOp::create(
          b, tensorMapOf(op), offsetPointer(b, staged, panel * tile.panelBytes()),
          ValueRange{col, row, head, batch}, /*l2CacheHint=*/Value(),
          NVVM::TMAStoreMode::TILE, /*predicate=*/Value());
    }
    NVVM::CpAsyncBulkCommitGroupOp::create(b);
    rewriter.eraseOp(op);
    return success();
  }
};

struct ConvertAwaitStores : TilePattern<tile::AwaitStoresOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::AwaitStoresOp op, OneToNOpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    {
      OpBuilder::InsertionGuard guard(b);
      electCopier(b, shape);
      NVVM::CpAsyncBulkWaitGroupOp::create(b, uint32_t(0), /*read=*/b.getUnitAttr());
    }
    joinGroup(b, shape);
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void populateStagedStorePatterns(const FragmentConverter &converter,
                                 RewritePatternSet &patterns) {
  patterns.add<ConvertStoreStaged, ConvertAwaitStores>(converter,
                                                       patterns.getContext());
}

} // namespace kgen::nvvm
