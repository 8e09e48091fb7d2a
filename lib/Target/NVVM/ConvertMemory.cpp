//===- ConvertMemory.cpp - Shared memory, copies and waits ------------------===//

#include "Hopper.h"

#include "kgen/Target/Common/KernelSignature.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

#include <numeric>

using namespace mlir;

namespace kgen::nvvm {
namespace {

struct ConvertProgramId : TilePattern<tile::ProgramIdOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::ProgramIdOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Type i32 = rewriter.getI32Type();
    Value x = NVVM::BlockIdXOp::create(rewriter, loc, i32);
    Value y = NVVM::BlockIdYOp::create(rewriter, loc, i32);
    Value z = NVVM::BlockIdZOp::create(rewriter, loc, i32);
    rewriter.replaceOp(op, {fromI32(rewriter, loc, x), fromI32(rewriter, loc, y),
                            fromI32(rewriter, loc, z)});
    return success();
  }
};

struct ConvertAlloc : TilePattern<tile::AllocOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::AllocOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto offset = op->getAttrOfType<IntegerAttr>(kOffsetAttr);
    rewriter.replaceOp(op, sharedPointer(b, offset.getInt()));
    return success();
  }
};

struct ConvertSlot : TilePattern<tile::SlotOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::SlotOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    LaneExpr index(b, toI32(b, op.getLoc(), adaptor.getIndex().front()));
    tile::BufferType type = op.getBuffer().getType();
    int64_t slot = shape.roles ? slotBytes(type)
                               : sharedTile(op.getView().getType()).bytes();
    Value bytes = (index * slot).value();
    rewriter.replaceOp(op,
                       offsetPointer(b, adaptor.getBuffer().front(), bytes));
    return success();
  }
};

/// A pass of the workgroup over a tile: whole rows, as many as there are threads
/// for, and a multiple of 8 where possible. Passes then differ by constants,
/// which go into the instructions; some threads may have nothing to do.
struct CopyPlan {
  CopyPlan(const SharedTile &tile, int64_t threads)
      : perRow(tile.chunksPerRow()),
        threadsPerRow(perRow <= threads ? perRow : std::gcd(perRow, threads)),
        rows(roundDown(threads / threadsPerRow)) {}

  static int64_t roundDown(int64_t rows) {
    return rows < kBankGroups ? rows : rows / kBankGroups * kBankGroups;
  }

  int64_t perRow;        ///< chunks
  int64_t threadsPerRow; ///< a divisor of perRow
  int64_t rows;          ///< a pass
};

struct ConvertCopy : TilePattern<tile::CopyOp> {
  using TilePattern::TilePattern;

  LogicalResult
  matchAndRewrite(tile::CopyOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto source = TensorArgument::from(cast<MemRefType>(op.getSource().getType()),
                                       adaptor.getSource());
    Value start = source.pointer(
        b, b.getLoc(),
        source.position(b, b.getLoc(),
                        {toI64(b, b.getLoc(), adaptor.getBatch().front()),
                         toI64(b, b.getLoc(), adaptor.getHead().front()),
                         toI64(b, b.getLoc(), adaptor.getRow().front())}));
    Value row = toI32(b, b.getLoc(), adaptor.getRow().front());
    Value limit = toI32(b, b.getLoc(), adaptor.getLimit().front());
    Value rowsLeft = arith::SubIOp::create(b, limit, row);
    SharedTile tile = sharedTile(op.getView().getType());
    copyTile(b, tile, start, rowsLeft, adaptor.getView().front());
    NVVM::CpAsyncCommitGroupOp::create(b);
    Value token = arith::ConstantIntOp::create(b, b.getI32Type(), 0);
    rewriter.replaceOp(op, token);
    return success();
  }

private:
  /// Whole passes under one guard, then the last, shorter one under its own.
  void copyTile(ImplicitLocOpBuilder &b, const SharedTile &tile, Value start,
                Value rowsLeft, Value view) const {
    CopyPlan plan(tile, shape.threads());
    int64_t whole = tile.rows / plan.rows * plan.rows;
    for (auto [first, end, rows] :
         {std::array{int64_t(0), whole, plan.rows},
          std::array{whole, tile.rows, tile.rows - whole}}) {
      if (first == end)
        continue;
      OpBuilder::InsertionGuard scope(b);
      guardThreads(b, rows * plan.threadsPerRow);
      for (int64_t row = first; row < end; row += plan.rows)
        for (int64_t chunk = 0; chunk < plan.perRow; chunk += plan.threadsPerRow)
          copyChunk(b, tile, plan, row, chunk, start, rowsLeft, view);
    }
  }

  /// Continues in a region that only the first `count` threads enter.
  void guardThreads(ImplicitLocOpBuilder &b, int64_t count) const {
    if (count >= shape.threads())
      return;
    Value inside = arith::CmpIOp::create(b, arith::CmpIPredicate::slt,
                                         threadIndex(b, shape).value(),
                                         LaneExpr(b, count).value());
    auto guard = scf::IfOp::create(b, inside, /*withElseRegion=*/false);
    b.setInsertionPointToStart(guard.thenBlock());
  }

  /// This thread's chunk of the pass that starts at `passRow`, `passChunk`.
  void copyChunk(ImplicitLocOpBuilder &b, const SharedTile &tile,
                 const CopyPlan &plan, int64_t passRow, int64_t passChunk,
                 Value start, Value rowsLeft, Value view) const {
    LaneExpr thread = threadIndex(b, shape);
    LaneExpr row = thread / plan.threadsPerRow;
    LaneExpr chunk = thread % plan.threadsPerRow + passChunk;
    // The swizzle depends on the row mod 8.
    int64_t varying = passRow % kBankGroups;
    LaneExpr shared = tile.chunkOffset(row + varying, chunk);
    Value to = pinned(b, offsetPointer(b, view, shared.value()));
    to = offsetPointer(b, to, (passRow - varying) * tile.rowBytes());
    LaneExpr global = row * tile.rowBytes() + chunk * kChunkBytes;
    Value from = pinned(b, offsetPointer(b, start, global.value()));
    from = offsetPointer(b, from, passRow * tile.rowBytes());

    // rowsLeft > row + passRow, with the constant in the instruction.
    Value left = arith::SubIOp::create(b, rowsLeft, row.value());
    Value inside = arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, left,
                                         LaneExpr(b, passRow).value());
    Value bytes = arith::SelectOp::create(
        b, inside, LaneExpr(b, kChunkBytes).value(), LaneExpr(b, 0).value());
    NVVM::CpAsyncOp::create(b, to, from, static_cast<uint32_t>(kChunkBytes),
                            NVVM::LoadCacheModifierKind::CG, bytes);
  }
};

struct ConvertWait : TilePattern<tile::WaitOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::WaitOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<NVVM::CpAsyncWaitGroupOp>(
        op, static_cast<uint32_t>(op.getPending()));
    return success();
  }
};

struct ConvertBarrier : TilePattern<tile::BarrierOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::BarrierOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<NVVM::BarrierOp>(op);
    return success();
  }
};

} // namespace

void populateMemoryPatterns(const FragmentConverter &converter,
                            RewritePatternSet &patterns) {
  patterns.add<ConvertProgramId, ConvertAlloc, ConvertSlot, ConvertCopy,
               ConvertWait, ConvertBarrier>(converter, patterns.getContext());
}

} // namespace kgen::nvvm
