//===- ConvertCopies.cpp - Tiles on their way from memory ------------------===//
//
// CopyPlan.h says which way a tile takes. Rows past the limit come as zeros
// from the bounds check of the buffer resource.
//
//===----------------------------------------------------------------------===//

#include "TileLowering.h"

#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::rocdl;

/// 16 bytes at `offset` (in elements) from the start of the resource.
static Value loadVector(OpBuilder &b, Location loc, Value resource, Int offset) {
  Value zero = Int(b, loc, int64_t(0)).get();
  return ROCDL::RawPtrBufferLoadOp::create(
      b, loc, VectorType::get(4, b.getI32Type()), resource,
      (offset * kElementBytes).get(), zero, zero, ArrayAttr(), ArrayAttr(),
      ArrayAttr());
}

/// What may still be moved over the end of a copy's loads: scalar arithmetic and
/// LDS (LLVM's AMDGPUUsage, llvm.amdgcn.sched.barrier: bits 2 and 7 to 9), but
/// no vector arithmetic and no product, which are to run after the loads start.
static constexpr int32_t kScalarsAndLds = 0x384;

namespace {
//===----------------------------------------------------------------------===//
// To LDS
//===----------------------------------------------------------------------===//

/// What one thread moves of one tile: first into registers, all loads at once,
/// so that they are in flight together; later from there into LDS.
class Transfer {
public:
  Transfer(OpBuilder &builder, Location loc, const Slot &slot,
           const Kernel &kernel)
      : b(builder), loc(loc), slot(slot), kernel(kernel),
        rounds(llvm::divideCeil(copyTasks(slot), kernel.threads())) {}

  /// vectorsInFlight() vectors of 16 bytes. LLVM would sink the loads to the
  /// stores that need them, to save registers, and nothing were in flight.
  SmallVector<Value> load(Value resource) {
    SmallVector<Value> vectors;
    for (int64_t round = 0; round < rounds; ++round)
      loadTask(resource, task(round), vectors);
    ROCDL::SchedBarrier::create(b, loc, kScalarsAndLds);
    return vectors;
  }

  void store(ValueRange vectors, Value view) {
    for (int64_t round = 0; round < rounds; ++round)
      storeGuarded(round, vectors.slice(round * rowsPerTask(slot),
                                        rowsPerTask(slot)),
                   view);
  }

private:
  Int task(int64_t round) {
    return Int(b, loc, kernel.thread) + round * kernel.threads();
  }

  /// A task past the last starts in a row past the tile's: zeros.
  void loadTask(Value resource, Int number, SmallVectorImpl<Value> &vectors) {
    Element<Int> first = copyTask(slot, number);
    for (int64_t row = 0; row < rowsPerTask(slot); ++row)
      vectors.push_back(loadVector(
          b, loc, resource, (first.row + row) * slot.cols + first.column));
  }

  void storeGuarded(int64_t round, ValueRange vectors, Value view) {
    if ((round + 1) * kernel.threads() <= copyTasks(slot))
      return storeTask(task(round), vectors, view);
    Value inside = task(round).less(copyTasks(slot));
    auto branch = scf::IfOp::create(b, loc, inside, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    storeTask(task(round), vectors, view);
  }

  void storeTask(Int number, ValueRange vectors, Value view) {
    Type elements = VectorType::get(kVectorElements, b.getI16Type());
    SmallVector<Value> rows;
    for (Value vector : vectors)
      rows.push_back(LLVM::BitcastOp::create(b, loc, elements, vector));
    Int start = slot.offset(copyTask(slot, number));
    if (!slot.transposed)
      return storeAt(view, start, rows.front());
    for (int64_t column = 0; column < kVectorElements; ++column)
      storeAt(view, start + column * slot.stride(), gather(rows, column));
  }

  /// Element `column` of each of the four rows.
  Value gather(ArrayRef<Value> rows, int64_t column) {
    int32_t at = column, other = column + kVectorElements;
    auto shuffle = [&](Value low, Value high, ArrayRef<int32_t> mask) -> Value {
      return LLVM::ShuffleVectorOp::create(b, loc, low, high, mask);
    };
    Value low = shuffle(rows[0], rows[1], {at, other});
    Value high = shuffle(rows[2], rows[3], {at, other});
    return shuffle(low, high, {0, 1, 2, 3});
  }

  void storeAt(Value view, Int offset, Value vector) {
    Value address = LLVM::GEPOp::create(b, loc, view.getType(), b.getI16Type(),
                                        view, ValueRange{offset.get()});
    LLVM::StoreOp::create(b, loc, vector, address, kFragment * kElementBytes);
  }

  OpBuilder &b;
  Location loc;
  const Slot &slot;
  const Kernel &kernel;
  int64_t rounds;
};

//===----------------------------------------------------------------------===//
// Straight into fragments
//===----------------------------------------------------------------------===//

/// The B fragments of this wave's rows: a lane's 16 bytes are those of two
/// steps (dimensionPosition() in MfmaLayout.h).
SmallVector<Value> loadFragments(OpBuilder &b, Location loc,
                                 const Kernel &kernel, tile::ViewType tile,
                                 Value resource) {
  int64_t blocks = kernel.blocks(tile.getRows());
  VectorType fragment = fragmentType(tile.getElementType());
  Type pair = VectorType::get(2 * kFragment, fragment.getElementType());
  Int column = dimensionPosition(Int(b, loc, kernel.lane), 0);
  SmallVector<Value> fragments;
  for (int64_t block = 0; block < blocks; ++block) {
    Int start = kernel.row(b, loc, block, blocks) * tile.getCols() + column;
    for (int64_t at = 0; at < tile.getCols(); at += kDepthPair) {
      Value both = LLVM::BitcastOp::create(
          b, loc, pair, loadVector(b, loc, resource, start + at));
      for (int32_t first : {0, 4})
        fragments.push_back(LLVM::ShuffleVectorOp::create(
            b, loc, both, both,
            ArrayRef<int32_t>{first, first + 1, first + 2, first + 3}));
    }
  }
  return fragments;
}

//===----------------------------------------------------------------------===//
// copy, wait
//===----------------------------------------------------------------------===//

struct ConvertCopy : TilePattern<tile::CopyOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::CopyOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    tile::ViewType tile = op.getView().getType();
    auto source = TensorArgument::from(
        cast<MemRefType>(op.getSource().getType()), adaptor.getSource());
    Value resource = bufferOverRows(
        rewriter, loc, source,
        RowsOfTensor::of(adaptor, tile.getRows(), tile.getCols()));
    Value view = adaptor.getView().front();
    if (kernel.direct.isDirect(op)) {
      kernel.fragments[op] =
          loadFragments(rewriter, loc, kernel, tile, resource);
    } else {
      Transfer transfer(rewriter, loc, slot(op), kernel);
      SmallVector<Value> loaded = transfer.load(resource);
      if (kernel.copies.arrivesAtOnce(op))
        transfer.store(loaded, view);
      else
        kernel.inFlight[op] = {view, loaded};
    }
    rewriter.replaceOpWithMultiple(op, {token(op, rewriter)});
    return success();
  }

private:
  const Slot &slot(tile::CopyOp op) const {
    return kernel.plan.slot(op, op.getViewMutable().getOperandNumber());
  }

  /// Views, then vectors, of the copies that this token carries; poison for the
  /// rest of its registers.
  SmallVector<Value> token(tile::CopyOp op, OpBuilder &b) const {
    SmallVector<Value> views, vectors;
    for (Operation *copy : kernel.copies.carriedBy(op)) {
      const InFlight &tile = kernel.inFlight.at(copy);
      views.push_back(tile.view);
      llvm::append_range(vectors, tile.vectors);
    }
    Type pointer = LLVM::LLVMPointerType::get(b.getContext(), 3);
    Type vector = VectorType::get(4, b.getI32Type());
    while (views.size() < size_t(kernel.copies.mostTiles()))
      views.push_back(LLVM::PoisonOp::create(b, op.getLoc(), pointer));
    while (vectors.size() < size_t(kernel.copies.mostVectors()))
      vectors.push_back(LLVM::PoisonOp::create(b, op.getLoc(), vector));
    llvm::append_range(views, vectors);
    return views;
  }
};

struct ConvertWait : TilePattern<tile::WaitOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::WaitOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ValueRange token = adaptor.getToken();
    ValueRange vectors = token.drop_front(kernel.copies.mostTiles());
    for (auto [number, slot] : llvm::enumerate(kernel.copies.arrivals(op))) {
      int64_t count = vectorsInFlight(slot, kernel.threads());
      Transfer(rewriter, op.getLoc(), slot, kernel)
          .store(vectors.take_front(count), token[number]);
      vectors = vectors.drop_front(count);
    }
    rewriter.eraseOp(op);
    return success();
  }
};
} // namespace

void rocdl::populateCopyPatterns(Patterns &patterns, TypeConverter &converter,
                                 const Kernel &kernel) {
  patterns.add<ConvertCopy, ConvertWait>(converter, patterns.getContext(),
                                         kernel);
}
