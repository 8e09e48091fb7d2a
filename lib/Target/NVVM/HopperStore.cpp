//===- HopperStore.cpp - What a warpgroup staged, to global memory by TMA ---===//
//
// tile.stage has written the rows of the warpgroup, made them visible to TMA and
// joined its threads. One of them starts a copy for each panel; copies belong to
// the thread that started them, so the same one waits.
//
//===----------------------------------------------------------------------===//

#include "Hopper.h"

#include "kgen/Target/Common/KernelSignature.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;

namespace kgen::nvvm {
namespace {

/// Continues in a branch of one thread of the warpgroup, always the same one.
void electThread(ImplicitLocOpBuilder &b, const KernelShape &shape) {
  // Known to be the same for the warp's lanes, or ptxas keeps registers for a
  // branch in which they part, all through the loops before it.
  LaneExpr number(b, uniform(b, (threadIndex(b, shape) >> 5).value()));
  LaneExpr warp = number & (kGroupWarps - 1);
  Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                        warp.value(), LaneExpr(b, 0).value());
  auto first = scf::IfOp::create(b, isFirst, /*withElseRegion=*/false);
  b.setInsertionPointToStart(first.thenBlock());
  Value elected = NVVM::ElectSyncOp::create(b, b.getI1Type(), Value());
  auto one = scf::IfOp::create(b, elected, /*withElseRegion=*/false);
  b.setInsertionPointToStart(one.thenBlock());
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
    electThread(b, shape);
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
      electThread(b, shape);
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
