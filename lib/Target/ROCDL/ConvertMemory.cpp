//===- ConvertMemory.cpp - Buffers, copies and barriers --------------------===//
//
// Copies are synchronous for the thread that makes them: global memory to
// registers to LDS. Rows past the limit come as zeros from the bounds check of
// the buffer resource.
//
//===----------------------------------------------------------------------===//

#include "TileLowering.h"

#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::rocdl;

//===----------------------------------------------------------------------===//
// Buffer resources
//===----------------------------------------------------------------------===//

/// Word 3 of a raw buffer resource of 32-bit data, no swizzle, bounds checked
/// (CDNA3 ISA document, "Buffer Resource Descriptor": NUM_FORMAT 7, DATA_FORMAT
/// 4); what LLVM's and MLIR's own users of gfx9 raw buffers pass.
static constexpr int64_t kRawBufferFlags = (7 << 12) | (4 << 15);

Value rocdl::bufferOverRows(OpBuilder &b, Location loc,
                            const TensorArgument &tensor,
                            const RowsOfTensor &place) {
  auto constant = [&](int64_t value, unsigned width) -> Value {
    return arith::ConstantIntOp::create(b, loc, value, width);
  };
  Value row = toI64(b, loc, place.row);
  Value position = tensor.position(
      b, loc, {toI64(b, loc, place.batch), toI64(b, loc, place.head), row});
  Value start = tensor.pointer(b, loc, position);
  Value left =
      arith::SubIOp::create(b, loc, toI64(b, loc, place.limit), row);
  left = arith::MaxSIOp::create(b, loc, left, constant(0, 64));
  left = arith::MinSIOp::create(b, loc, left, constant(place.rows, 64));
  int64_t rowBytes =
      place.rowElements * tensor.type.getElementTypeBitWidth() / 8;
  Value bytes = arith::MulIOp::create(b, loc, left, constant(rowBytes, 64));
  return ROCDL::MakeBufferRsrcOp::create(
      b, loc, LLVM::LLVMPointerType::get(b.getContext(), 8), start,
      constant(0, 16), bytes, constant(kRawBufferFlags, 32));
}

namespace {
//===----------------------------------------------------------------------===//
// alloc, slot
//===----------------------------------------------------------------------===//

struct ConvertAlloc : TilePattern<tile::AllocOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::AllocOp op, OneToNOpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Value base = LLVM::AddressOfOp::create(rewriter, op.getLoc(), kernel.lds);
    LLVM::GEPArg offset(kernel.plan.byteOffset(op));
    rewriter.replaceOpWithNewOp<LLVM::GEPOp>(
        op, base.getType(), rewriter.getI8Type(), base, offset);
    return success();
  }
};

struct ConvertSlot : TilePattern<tile::SlotOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::SlotOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value number = toI32(rewriter, loc, adaptor.getIndex().front());
    Int elements =
        Int(rewriter, loc, number) * kernel.plan.slot(op).elements();
    Value buffer = adaptor.getBuffer().front();
    rewriter.replaceOpWithNewOp<LLVM::GEPOp>(op, buffer.getType(),
                                             rewriter.getI16Type(), buffer,
                                             ValueRange{elements.get()});
    return success();
  }
};

//===----------------------------------------------------------------------===//
// copy
//===----------------------------------------------------------------------===//

/// One tile.copy: every load first, so that they are in flight together.
class Copy {
public:
  Copy(ConversionPatternRewriter &rewriter, Location loc, const Slot &slot,
       const Kernel &kernel, Value resource, Value view)
      : b(rewriter), loc(loc), slot(slot), kernel(kernel), resource(resource),
        view(view) {}

  void emit() {
    int64_t rounds = llvm::divideCeil(copyTasks(slot), kernel.threads());
    SmallVector<SmallVector<Value>> loaded;
    for (int64_t round = 0; round < rounds; ++round)
      loaded.push_back(load(task(round)));
    for (int64_t round = 0; round < rounds; ++round)
      storeGuarded(round, loaded[round]);
  }

private:
  Int task(int64_t round) {
    return Int(b, loc, kernel.thread) + round * kernel.threads();
  }

  /// The 16-byte vectors of a task, one for each of its rows. A task past the
  /// last starts in a row past the tile's, so its loads give zeros.
  SmallVector<Value> load(Int number) {
    Element<Int> first = copyTask(slot, number);
    Type words = VectorType::get(4, b.getI32Type());
    Type elements = VectorType::get(kVectorElements, b.getI16Type());
    Value zero = Int(b, loc, int64_t(0)).get();
    SmallVector<Value> vectors;
    for (int64_t row = 0; row < rowsPerTask(slot); ++row) {
      Int bytes =
          ((first.row + row) * slot.cols + first.column) * kElementBytes;
      Value loaded = ROCDL::RawPtrBufferLoadOp::create(
          b, loc, words, resource, bytes.get(), zero, zero, ArrayAttr(),
          ArrayAttr(), ArrayAttr());
      vectors.push_back(LLVM::BitcastOp::create(b, loc, elements, loaded));
    }
    return vectors;
  }

  void storeGuarded(int64_t round, ArrayRef<Value> vectors) {
    if ((round + 1) * kernel.threads() <= copyTasks(slot))
      return store(task(round), vectors);
    Value inside = task(round).less(copyTasks(slot));
    auto branch = scf::IfOp::create(b, loc, inside, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    store(task(round), vectors);
  }

  void store(Int number, ArrayRef<Value> vectors) {
    Int start = slot.offset(copyTask(slot, number));
    if (!slot.transposed)
      return storeAt(start, vectors.front());
    for (int64_t column = 0; column < kVectorElements; ++column)
      storeAt(start + column * slot.stride(), gather(vectors, column));
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

  void storeAt(Int offset, Value vector) {
    Value address = LLVM::GEPOp::create(b, loc, view.getType(), b.getI16Type(),
                                        view, ValueRange{offset.get()});
    LLVM::StoreOp::create(b, loc, vector, address,
                          kFragment * kElementBytes);
  }

  ConversionPatternRewriter &b;
  Location loc;
  const Slot &slot;
  const Kernel &kernel;
  Value resource, view;
};

struct ConvertCopy : TilePattern<tile::CopyOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::CopyOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    unsigned view = op.getViewMutable().getOperandNumber();
    const Slot &slot = kernel.plan.slot(op, view);
    auto source = TensorArgument::from(
        cast<MemRefType>(op.getSource().getType()), adaptor.getSource());
    Value resource = bufferOverRows(rewriter, op.getLoc(), source,
                                    RowsOfTensor::of(adaptor, slot.rows, slot.cols));
    Copy(rewriter, op.getLoc(), slot, kernel, resource,
         adaptor.getView().front())
        .emit();
    rewriter.replaceOpWithMultiple(op, {ValueRange{}});
    return success();
  }
};

//===----------------------------------------------------------------------===//
// wait, barrier, program_id
//===----------------------------------------------------------------------===//

struct ConvertWait : TilePattern<tile::WaitOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::WaitOp op, OneToNOpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.eraseOp(op);
    return success();
  }
};

struct ConvertBarrier : TilePattern<tile::BarrierOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::BarrierOp op, OneToNOpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    LLVM::FenceOp::create(rewriter, loc, LLVM::AtomicOrdering::release,
                          "workgroup");
    ROCDL::SBarrierOp::create(rewriter, loc);
    LLVM::FenceOp::create(rewriter, loc, LLVM::AtomicOrdering::acquire,
                          "workgroup");
    rewriter.eraseOp(op);
    return success();
  }
};

struct ConvertProgramId : TilePattern<tile::ProgramIdOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::ProgramIdOp op, OneToNOpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Type i32 = rewriter.getI32Type();
    Value x = ROCDL::BlockIdXOp::create(rewriter, loc, i32);
    Value y = ROCDL::BlockIdYOp::create(rewriter, loc, i32);
    Value z = ROCDL::BlockIdZOp::create(rewriter, loc, i32);
    rewriter.replaceOp(op, {fromI32(rewriter, loc, x), fromI32(rewriter, loc, y),
                            fromI32(rewriter, loc, z)});
    return success();
  }
};
} // namespace

void rocdl::populateMemoryPatterns(Patterns &patterns, TypeConverter &converter,
                                   const Kernel &kernel) {
  patterns.add<ConvertAlloc, ConvertSlot, ConvertCopy, ConvertWait,
               ConvertBarrier, ConvertProgramId>(
      converter, patterns.getContext(), kernel);
}
