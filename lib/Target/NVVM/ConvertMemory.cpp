//===- ConvertMemory.cpp - Shared memory, copies and waits ------------------===//

#include "Fragments.h"

#include "kgen/Target/Common/KernelSignature.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

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
    auto type = LLVM::LLVMPointerType::get(op.getContext(), kSharedSpace);
    Value base = LLVM::AddressOfOp::create(b, type, kSharedSymbol);
    auto offset = op->getAttrOfType<IntegerAttr>(kOffsetAttr);
    rewriter.replaceOp(op, offsetPointer(b, base, offset.getInt()));
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
    Value bytes = (index * sharedTile(op.getView().getType()).bytes()).value();
    rewriter.replaceOp(op,
                       offsetPointer(b, adaptor.getBuffer().front(), bytes));
    return success();
  }
};

/// Every thread copies 16-byte chunks `thread + pass * threads` of the tile.
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
    int64_t chunks = tile.rows * tile.chunksPerRow();
    for (int64_t first = 0; first < chunks; first += shape.threads())
      copyPass(b, tile, first, first + shape.threads() > chunks, start, rowsLeft,
               adaptor.getView().front());
    NVVM::CpAsyncCommitGroupOp::create(b);
    Value token = arith::ConstantIntOp::create(b, b.getI32Type(), 0);
    rewriter.replaceOp(op, token);
    return success();
  }

private:
  /// Copies chunk `first + thread`; `guarded` when not every thread has one.
  void copyPass(ImplicitLocOpBuilder &b, const SharedTile &tile, int64_t first,
                bool guarded, Value start, Value rowsLeft, Value view) const {
    LaneExpr thread = threadIndex(b, shape);
    if (!guarded)
      return copyChunk(b, tile, first, start, rowsLeft, view);
    Value bound = LaneExpr(b, tile.rows * tile.chunksPerRow() - first).value();
    Value inside = arith::CmpIOp::create(b, arith::CmpIPredicate::slt,
                                         thread.value(), bound);
    auto guard = scf::IfOp::create(b, inside, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard scope(b);
    b.setInsertionPointToStart(guard.thenBlock());
    copyChunk(b, tile, first, start, rowsLeft, view);
  }

  void copyChunk(ImplicitLocOpBuilder &b, const SharedTile &tile, int64_t first,
                 Value start, Value rowsLeft, Value view) const {
    LaneExpr thread = threadIndex(b, shape);
    int64_t perRow = tile.chunksPerRow();
    // Where a pass is a whole number of rows, later passes differ from the
    // first by constants, which go into the instruction.
    bool wholeRows = first % perRow == 0;
    int64_t passRow = wholeRows ? first / perRow : 0;
    LaneExpr id = wholeRows ? thread : thread + first;
    LaneExpr row = id / perRow, chunk = id % perRow;

    bool sameKey = passRow % kBankGroups == 0;
    LaneExpr shared = tile.chunkOffset(sameKey ? row : row + passRow, chunk);
    Value to = pinned(b, offsetPointer(b, view, shared.value()));
    to = offsetPointer(b, to, sameKey ? passRow * tile.rowBytes() : 0);
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
