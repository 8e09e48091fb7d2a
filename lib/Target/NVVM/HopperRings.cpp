//===- HopperRings.cpp - TMA copies and the barriers of their slots -------===//

#include "HopperRingPlace.h"

#include "kgen/Target/Common/InlineAssembly.h"
#include "kgen/Target/Common/KernelSignature.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;

namespace kgen::nvvm {
namespace {

/// How long try_wait may suspend a thread before it looks again, in ns.
constexpr int64_t kWaitTicks = 10000000;

struct ConvertSend : TilePattern<tile::SendOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::SendOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    tile::BufferType type = op.getRing().getType();
    PanelTile tile = panelTile(type);
    RingPlace place(b, shape, op, type, adaptor.getNumber().front());
    // In round 0 slots are empty, which a barrier that nothing has passed yet
    // says of the other parity.
    place.wait(place.empty(), place.parity() ^ 1);
    Value full = place.full();
    NVVM::MBarrierArriveExpectTxOp::create(
        b, Type(), full, LaneExpr(b, tile.bytes()).value(),
        NVVM::MemScopeKind::CTA, /*relaxed=*/false, Value());
    auto i32 = [&](ValueRange index) {
      return toI32(b, b.getLoc(), index.front());
    };
    Part part{place.data(adaptor.getRing().front()), i32(adaptor.getRow()),
              Value()};
    if (place.workgroups() > 1)
      part = ownPart(b, part, tile, place.workgroups());
    Value head = i32(adaptor.getHead()), batch = i32(adaptor.getBatch());
    for (int64_t panel = 0; panel < tile.panels(); ++panel) {
      Value col = LaneExpr(b, panel * PanelTile::kPanelCols).value();
      NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp::create(
          b, offsetPointer(b, part.data, panel * tile.panelBytes()),
          tensorMapOf(op), ValueRange{col, part.row, head, batch}, full,
          ValueRange(), part.receivers, Value(), NVVM::TMALoadMode::TILE,
          /*isCTAOnly=*/!part.receivers, NVVM::CTAGroupKindAttr(), Value());
    }
    rewriter.eraseOp(op);
    return success();
  }

private:
  struct Part {
    Value data, row;
    Value receivers; ///< a bit for each workgroup; null for this one alone
  };

  /// The rows that this workgroup copies into the rings of its whole cluster.
  static Part ownPart(ImplicitLocOpBuilder &b, const Part &whole,
                      const PanelTile &tile, int64_t workgroups) {
    int64_t rows = tile.rows / workgroups;
    LaneExpr rank(b, NVVM::ClusterId::create(b, b.getI32Type()));
    Value data =
        offsetPointer(b, whole.data, (rank * (rows * kSwizzleBytes)).value());
    auto inCluster =
        LLVM::LLVMPointerType::get(b.getContext(), kSharedClusterSpace);
    Value receivers = arith::ConstantIntOp::create(
        b, b.getIntegerType(16), (int64_t(1) << workgroups) - 1);
    return {LLVM::AddrSpaceCastOp::create(b, inCluster, data),
            (rank * rows + LaneExpr(b, whole.row)).value(), receivers};
  }

};

struct ConvertReceive : TilePattern<tile::ReceiveOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::ReceiveOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RingPlace place(b, shape, op, op.getRing().getType(),
                    adaptor.getNumber().front());
    place.wait(place.full(), place.parity());
    rewriter.replaceOp(op, place.data(adaptor.getRing().front()));
    return success();
  }
};

/// True in the first lanes of a warp.
Value lanesBelow(ImplicitLocOpBuilder &b, const KernelShape &shape,
                 int64_t end) {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ult,
                               laneIndex(b, shape).value(),
                               LaneExpr(b, end).value());
}

struct ConvertRelease : TilePattern<tile::ReleaseOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::ReleaseOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RingPlace place(b, shape, op, op.getRing().getType(),
                    adaptor.getNumber().front());
    if (place.workgroups() > 1)
      arriveInCluster(
          b, shape, LLVM::PtrToIntOp::create(b, b.getI32Type(), place.empty()),
          place.workgroups());
    else
      arriveAsWarp(b, shape, place.empty());
    rewriter.eraseOp(op);
    return success();
  }
};

struct ConvertProgramCount : TilePattern<tile::ProgramCountOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::ProgramCountOp op, OneToNOpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Value count =
        NVVM::GridDimXOp::create(rewriter, op.getLoc(), rewriter.getI32Type());
    rewriter.replaceOp(op, fromI32(rewriter, op.getLoc(), count));
    return success();
  }
};

struct ConvertPost : TilePattern<tile::PostOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::PostOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RingPlace place(b, shape, op, op.getRing().getType(),
                    adaptor.getNumber().front());
    place.wait(place.empty(), place.parity() ^ 1);
    LLVM::StoreOp::create(b, toI32(b, b.getLoc(), adaptor.getValue().front()),
                          place.data(adaptor.getRing().front()));
    // The arrival releases the store to those who wait.
    NVVM::MBarrierArriveOp::create(b, b.getI64Type(), place.full());
    rewriter.eraseOp(op);
    return success();
  }
};

struct ConvertCollect : TilePattern<tile::CollectOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::CollectOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RingPlace place(b, shape, op, op.getRing().getType(),
                    adaptor.getNumber().front());
    place.wait(place.full(), place.parity());
    // Lane 0 reads, and it is lane 0 that releases the slot. From its value ptxas
    // knows that what follows is the same for the warp, and keeps it in uniform
    // registers. Volatile: read again rather than kept.
    Value address = LLVM::PtrToIntOp::create(
        b, b.getI32Type(), place.data(adaptor.getRing().front()));
    Value first = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                        laneIndex(b, shape).value(),
                                        LaneExpr(b, 0).value());
    Value value = inlineAssembly(
        b, b.getI32Type(), {address, first},
        "mov.b32 $0, 0; @$2 ld.volatile.shared.b32 $0, [$1];", "=&r,r,b");
    rewriter.replaceOp(op, fromI32(b, b.getLoc(), uniform(b, value)));
    return success();
  }
};

/// The counter wraps to 0 by itself: each tile is followed by one drawing, so
/// the last drawing of a launch is the `count`-th.
struct ConvertDrawTile : TilePattern<tile::DrawTileOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::DrawTileOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Block &entry = op->getParentOfType<func::FuncOp>().getBody().front();
    Value counter = entry.getArguments().back();
    Value count = toI32(b, b.getLoc(), adaptor.getCount().front());
    Value last = arith::SubIOp::create(b, count, LaneExpr(b, 1).value());
    Value drawn = LLVM::AtomicRMWOp::create(
        b, LLVM::AtomicBinOp::uinc_wrap, counter, last,
        LLVM::AtomicOrdering::monotonic, "device");
    // The first tiles were taken without drawing.
    Value workgroups = NVVM::GridDimXOp::create(b, b.getI32Type());
    Value number = arith::AddIOp::create(b, drawn, workgroups);
    rewriter.replaceOp(op, fromI32(b, b.getLoc(), number));
    return success();
  }
};

/// Barrier 1 + g is warpgroup g's turn: it waits there, its predecessor arrives.
struct ConvertTakeTurn : TilePattern<tile::TakeTurnOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::TakeTurnOp op, OneToNOpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value turn = (groupIndex(b, shape) + 1).value();
    NVVM::BarrierOp::create(b, Type(), turn,
                            LaneExpr(b, 2 * kGroupThreads).value(),
                            NVVM::BarrierReductionAttr(), Value());
    rewriter.eraseOp(op);
    return success();
  }
};

struct ConvertPassTurn : TilePattern<tile::PassTurnOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::PassTurnOp op, OneToNOpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    LaneExpr group = groupIndex(b, shape);
    Value isLast = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                         group.value(),
                                         LaneExpr(b, shape.groups() - 1).value());
    Value next = arith::SelectOp::create(b, isLast, LaneExpr(b, 1).value(),
                                         (group + 2).value());
    NVVM::BarrierArriveOp::create(b, next,
                                  LaneExpr(b, 2 * kGroupThreads).value());
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void arriveAsWarp(ImplicitLocOpBuilder &b, const KernelShape &shape,
                  Value barrier) {
  Value address = LLVM::PtrToIntOp::create(b, b.getI32Type(), barrier);
  // Predicated: a branch would split the loop's body.
  inlineAssembly(b, /*result=*/nullptr, {address, lanesBelow(b, shape, 1)},
                 "@$1 mbarrier.arrive.shared::cta.b64 _, [$0];", "r,b");
}

void arriveInCluster(ImplicitLocOpBuilder &b, const KernelShape &shape,
                     Value barrier, int64_t workgroups) {
  // Lane n tells workgroup n. No scope: what was read went through wgmma, which was
  // awaited, and a release to the cluster would wait for stores to global memory.
  inlineAssembly(
      b, /*result=*/nullptr,
      {barrier, laneIndex(b, shape).value(), lanesBelow(b, shape, workgroups)},
      "{ .reg .b32 there; "
      "@$2 mapa.shared::cluster.u32 there, $0, $1; "
      "@$2 mbarrier.arrive.shared::cluster.b64 _, [there]; }",
      "r,r,b");
}

void waitForBarrier(ImplicitLocOpBuilder &b, Value barrier, Value parity) {
  NVVM::MBarrierTryWaitParityOp::create(b, barrier, parity,
                                        LaneExpr(b, kWaitTicks).value());
}

void populateRingPatterns(const FragmentConverter &converter,
                          RewritePatternSet &patterns) {
  patterns.add<ConvertSend, ConvertReceive, ConvertRelease, ConvertPost,
               ConvertCollect, ConvertDrawTile, ConvertProgramCount,
               ConvertTakeTurn, ConvertPassTurn>(converter, patterns.getContext());
}

} // namespace kgen::nvvm
