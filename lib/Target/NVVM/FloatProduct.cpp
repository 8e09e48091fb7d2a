//===- FloatProduct.cpp - Products of f32 tiles with FMAs -------------------===//

#include "FloatProduct.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace kgen::nvvm {

bool isServedFloatProduct(tile::DotOp op) {
  bool lhsInMemory = isa<tile::ViewType>(op.getLhs().getType());
  return lhsInMemory == op.getTransposeRhs();
}

namespace {

constexpr int64_t kFloatsPerChunk = kChunkBytes / 4;

/// What both forms share: the sums and how they are addressed.
class FloatProduct {
public:
  FloatProduct(ImplicitLocOpBuilder &builder, const KernelShape &shape,
               tile::DotOp op)
      : b(builder), shape(shape), rows(op.getResult().getType().getRows()),
        rowBlocks(shape.rowBlocks(rows)),
        columnBlocks(op.getResult().getType().getCols() / kBlockCols),
        tile(sharedTile(op.getRhs().getType())) {}

  /// sum[block, half, columns] += left * right for one k.
  void accumulate(SmallVectorImpl<Value> &sums, int64_t rowBlock, int64_t half,
                  int64_t columnBlock, int64_t element, Value left,
                  Value right) {
    Value &sum = sums[accumulatorIndex(columnBlocks, rowBlock, columnBlock, half,
                                       element)];
    sum = math::FmaOp::create(b, left, right, sum);
  }

  Value load(int64_t lanes, Value pointer) {
    return LLVM::LoadOp::create(b, VectorType::get({lanes}, b.getF32Type()),
                                pointer, static_cast<unsigned>(lanes * 4));
  }
  Value element(Value vector, int64_t index) {
    Value position = LLVM::ConstantOp::create(b, b.getI32IntegerAttr(index));
    return LLVM::ExtractElementOp::create(b, vector, position);
  }

  ImplicitLocOpBuilder &b;
  KernelShape shape;
  int64_t rows, rowBlocks, columnBlocks;
  SharedTile tile; ///< of the right operand
};

/// Q (shared memory) times K transposed: a loop over k, 4 at a time.
class ViewTimesTransposed : FloatProduct {
public:
  ViewTimesTransposed(ImplicitLocOpBuilder &builder, const KernelShape &shape,
                      tile::DotOp op, Value lhs, Value rhs)
      : FloatProduct(builder, shape, op),
        lhsTile(sharedTile(cast<tile::ViewType>(op.getLhs().getType()))),
        lhs(lhs), rhs(rhs) {}

  SmallVector<Value> run(SmallVector<Value> start) {
    Value from = LaneExpr(b, 0).value();
    Value to = LaneExpr(b, tile.chunksPerRow()).value();
    Value step = LaneExpr(b, 1).value();
    auto loop = scf::ForOp::create(b, from, to, step, start);
    OpBuilder::InsertionGuard scope(b);
    b.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> sums(loop.getRegionIterArgs());
    addChunk(sums, LaneExpr(b, loop.getInductionVar()));
    scf::YieldOp::create(b, sums);
    return SmallVector<Value>(loop.getResults());
  }

private:
  void addChunk(SmallVectorImpl<Value> &sums, LaneExpr chunk) {
    LaneExpr lane = laneIndex(b, shape);
    SmallVector<Value> left; // [row block][half], 4 of k each
    LaneExpr row = warpRow(b, shape, rows) + accumulatorRow(lane, 0);
    Value rowStart =
        offsetPointer(b, lhs, lhsTile.chunkOffset(row, chunk).value());
    for (int64_t group = 0; group < rowBlocks * 2; ++group)
      left.push_back(
          load(kFloatsPerChunk,
               offsetPointer(b, rowStart, group * 8 * lhsTile.rowBytes())));
    for (int64_t column = 0; column < 2; ++column) {
      LaneExpr key = accumulatorCol(lane, column);
      Value start = offsetPointer(b, rhs, tile.chunkOffset(key, chunk).value());
      for (int64_t block = 0; block < columnBlocks; ++block)
        addColumn(sums, left, block, column,
                  load(kFloatsPerChunk,
                       offsetPointer(b, start,
                                     block * kBlockCols * tile.rowBytes())));
    }
  }

  void addColumn(SmallVectorImpl<Value> &sums, ArrayRef<Value> left,
                 int64_t block, int64_t column, Value right) {
    for (int64_t k = 0; k < kFloatsPerChunk; ++k) {
      Value factor = element(right, k);
      for (auto [group, values] : llvm::enumerate(left))
        accumulate(sums, group / 2, group % 2, block, column,
                   element(values, k), factor);
    }
  }

  SharedTile lhsTile;
  Value lhs, rhs;
};

/// P (registers) times V: unrolled over k, since registers have no index.
class FragmentTimesPlain : FloatProduct {
public:
  FragmentTimesPlain(ImplicitLocOpBuilder &builder, const KernelShape &shape,
                     tile::DotOp op, ValueRange lhs, Value rhs)
      : FloatProduct(builder, shape, op), lhs(lhs), rhs(rhs),
        bases(kBankGroups) {}

  SmallVector<Value> run(SmallVector<Value> sums) {
    int64_t depthBlocks = tile.rows / kBlockCols;
    for (int64_t k = 0; k < tile.rows; ++k) {
      SmallVector<Value> left; // [row block][half]
      for (int64_t group = 0; group < rowBlocks * 2; ++group)
        left.push_back(fromQuad(
            lhs[accumulatorIndex(depthBlocks, group / 2, k / kBlockCols,
                                 group % 2, k % 2)],
            k % kBlockCols / 2));
      for (int64_t block = 0; block < columnBlocks; ++block) {
        Value right = load(2, address(k, block));
        for (auto [group, value] : llvm::enumerate(left))
          for (int64_t column = 0; column < 2; ++column)
            accumulate(sums, group / 2, group % 2, block, column, value,
                       element(right, column));
      }
    }
    return sums;
  }

private:
  /// The value that lane `member` of this lane's quad holds.
  Value fromQuad(Value value, int64_t member) {
    constexpr int64_t kQuadSegments = ((kLanes - 4) << 8) | (kLanes - 1);
    return NVVM::ShflOp::create(
        b, value.getType(), LaneExpr(b, -1).value(), value,
        LaneExpr(b, member).value(), LaneExpr(b, kQuadSegments).value(),
        NVVM::ShflKind::idx, UnitAttr());
  }

  /// Row k, columns 2 * (lane mod 4) and the next of a column block. As with
  /// ldmatrix, the swizzle leaves 8 lane-dependent parts and a constant.
  Value address(int64_t k, int64_t block) {
    int64_t chunk = block * kBlockCols / kFloatsPerChunk;
    int64_t mask = tile.swizzleMask();
    int64_t variant = (chunk & mask) ^ tile.swizzleKey(k);
    Value &base = bases[variant];
    if (!base) {
      LaneExpr member = laneIndex(b, shape) & 3;
      LaneExpr bytes =
          ((member >> 1) ^ variant) * kChunkBytes + (member & 1) * 8;
      base = pinned(b, offsetPointer(b, rhs, bytes.value()));
    }
    return offsetPointer(b, base,
                         k * tile.rowBytes() + (chunk & ~mask) * kChunkBytes);
  }

  ValueRange lhs;
  Value rhs;
  SmallVector<Value, 8> bases; ///< by variant; null until used
};

} // namespace

SmallVector<Value> floatProduct(ImplicitLocOpBuilder &b,
                                const KernelShape &shape, tile::DotOp op,
                                ValueRange lhs, Value rhs, ValueRange acc) {
  SmallVector<Value> sums(acc);
  if (sums.empty()) {
    tile::MatrixType type = op.getResult().getType();
    Value zero = LLVM::ConstantOp::create(b, b.getF32FloatAttr(0.0f));
    sums.assign(shape.rowBlocks(type.getRows()) * type.getCols() / kBlockCols * 4,
                zero);
  }
  if (isa<tile::ViewType>(op.getLhs().getType()))
    return ViewTimesTransposed(b, shape, op, lhs.front(), rhs).run(sums);
  return FragmentTimesPlain(b, shape, op, lhs, rhs).run(sums);
}

} // namespace kgen::nvvm
