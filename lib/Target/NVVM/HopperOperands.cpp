//===- HopperOperands.cpp - Left operands between slots and registers -------===//
//
// A fragment of wgmma's m64k16 is, warp by warp, one of mma's 16 x 16: ldmatrix
// reads it and stmatrix writes it. A panel's swizzle is that of a SharedTile
// whose rows have 128 bytes.
//
//===----------------------------------------------------------------------===//

#include "Hopper.h"
#include "OperandReader.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;

namespace kgen::nvvm {
namespace {

/// The places in shared memory of a warp's 16 rows of a left operand, 16 columns
/// at a time.
class PanelSlices {
public:
  PanelSlices(ImplicitLocOpBuilder &b, const KernelShape &shape,
              tile::ViewType view, Value pointer)
      : tile(panelTile(view)),
        blocks(b, shape, SharedTile{tile.rows, PanelTile::kPanelCols, 2},
               pointer, Operand::Lhs) {}

  int64_t count() const { return tile.cols / kWgmmaDepth; }
  SmallVector<Value, 4> read(int64_t slice) {
    return blocks.read(0, panelCol(slice), panel(slice));
  }
  void write(int64_t slice, ValueRange registers) {
    blocks.write(0, panelCol(slice), registers, panel(slice));
  }

private:
  static int64_t panelCol(int64_t slice) {
    return slice * kWgmmaDepth % PanelTile::kPanelCols;
  }
  int64_t panel(int64_t slice) const {
    return slice * kWgmmaDepth / PanelTile::kPanelCols * tile.panelBytes();
  }

  PanelTile tile;
  BlockAccess blocks;
};

struct ConvertLoad : TilePattern<tile::LoadOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::LoadOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    PanelSlices slices(b, shape, op.getView().getType(),
                       adaptor.getView().front());
    SmallVector<Value> registers;
    for (int64_t slice = 0; slice < slices.count(); ++slice)
      llvm::append_range(registers, slices.read(slice));
    // Lane 0 releases the slot for all that have read it.
    NVVM::SyncWarpOp::create(b, LaneExpr(b, -1).value());
    rewriter.replaceOpWithMultiple(op, {registers});
    return success();
  }
};

struct ConvertStage : TilePattern<tile::StageOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::StageOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    PanelSlices slices(b, shape, op.getView().getType(),
                       adaptor.getView().front());
    for (int64_t slice = 0; slice < slices.count(); ++slice)
      slices.write(slice, adaptor.getMatrix().slice(slice * 4, 4));
    if (op->hasAttr(kPublishAttr))
      publishStaged(b, shape);
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void notePublishers(Operation *kernel) {
  auto note = UnitAttr::get(kernel->getContext());
  kernel->walk([&](tile::StageOp stage) {
    auto readers = llvm::make_filter_range(
        stage.getView().getUsers(),
        [](Operation *user) { return !isa<tile::StageOp>(user); });
    if (!llvm::all_of(readers, llvm::IsaPred<tile::DotOp>))
      return stage->setAttr(kPublishAttr, note);
    for (Operation *reader : readers)
      reader->setAttr(kPublishAttr, note);
  });
}

void publishStaged(ImplicitLocOpBuilder &b, const KernelShape &shape) {
  // wgmma and TMA read by another path than stores take, and other warps' rows.
  NVVM::FenceProxyOp::create(
      b, NVVM::ProxyKind::async_shared,
      NVVM::SharedSpaceAttr::get(b.getContext(), NVVM::SharedSpace::shared_cta));
  joinGroup(b, shape);
}

void populateOperandPatterns(const FragmentConverter &converter,
                             RewritePatternSet &patterns) {
  patterns.add<ConvertLoad, ConvertStage>(converter, patterns.getContext());
}

} // namespace kgen::nvvm
