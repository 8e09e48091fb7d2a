//===- IndexRange.cpp - Bounds of integers, to choose lane widths ----------===//

#include "IndexRange.h"

#include "kgen/Dialect/Tile/IR/Tile.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::cpu;

/// Bound of a sequence position; the tile that overhangs the end is included.
static constexpr int64_t kPositions = (int64_t(1) << 30) + (1 << 12);

using Wide = __int128;

static IndexRange clamped(Wide low, Wide high) {
  Wide least = std::numeric_limits<int64_t>::min();
  Wide most = std::numeric_limits<int64_t>::max();
  if (low < least || high > most)
    return {};
  return {int64_t(low), int64_t(high)};
}

/// What a type can hold: index and i64 anything, iN its signed values.
static IndexRange typeRange(Type type) {
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer || integer.getWidth() >= 64)
    return {};
  if (integer.getWidth() == 1)
    return {-1, 1};
  int64_t half = int64_t(1) << (integer.getWidth() - 1);
  return {-half, half - 1};
}

static IndexRange corners(IndexRange a, IndexRange b,
                          llvm::function_ref<Wide(Wide, Wide)> f) {
  Wide all[] = {f(a.low, b.low), f(a.low, b.high), f(a.high, b.low),
                f(a.high, b.high)};
  return clamped(*std::min_element(all, all + 4),
                 *std::max_element(all, all + 4));
}

static IndexRange join(IndexRange a, IndexRange b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

std::optional<IndexRange> IndexRanges::arithmetic(Operation *op) {
  auto operand = [&](unsigned i) { return of(op->getOperand(i)); };
  if (isa<arith::AddIOp>(op))
    return corners(operand(0), operand(1), [](Wide x, Wide y) { return x + y; });
  if (isa<arith::SubIOp>(op))
    return corners(operand(0), operand(1), [](Wide x, Wide y) { return x - y; });
  if (isa<arith::MulIOp>(op))
    return corners(operand(0), operand(1), [](Wide x, Wide y) { return x * y; });
  if (isa<arith::MinSIOp>(op))
    return corners(operand(0), operand(1),
                   [](Wide x, Wide y) { return std::min(x, y); });
  if (isa<arith::MaxSIOp>(op))
    return corners(operand(0), operand(1),
                   [](Wide x, Wide y) { return std::max(x, y); });
  if (isa<arith::SelectOp>(op))
    return join(operand(1), operand(2));
  if (isa<arith::IndexCastOp, arith::ExtSIOp>(op))
    return operand(0);
  if (isa<arith::IndexCastUIOp, arith::ExtUIOp, arith::TruncIOp>(op)) {
    if (operand(0).isNonNegative())
      return operand(0);
    return std::nullopt;
  }
  if (isa<arith::DivUIOp, arith::DivSIOp, arith::FloorDivSIOp, arith::RemUIOp,
          arith::RemSIOp, arith::MinUIOp, arith::AndIOp, arith::ShRUIOp>(op)) {
    // Of non-negative numbers none of these exceeds the left one.
    IndexRange a = operand(0), c = operand(1);
    if (!a.isNonNegative() || !c.isNonNegative())
      return std::nullopt;
    if (isa<arith::RemUIOp, arith::RemSIOp>(op) && c.high > 0)
      return IndexRange{0, std::min(a.high, c.high - 1)};
    return IndexRange{0, a.high};
  }
  return std::nullopt;
}

IndexRange IndexRanges::compute(Value value) {
  IndexRange type = typeRange(value.getType());
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return {constant.getSExtValue(), constant.getSExtValue()};
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    Operation *owner = argument.getOwner()->getParentOp();
    if (isa<tile::MapOp, tile::MapRowsOp>(owner) && value.getType().isIndex())
      return {0, kPositions};
    if (auto loop = dyn_cast<scf::ForOp>(owner);
        loop && value == loop.getInductionVar()) {
      IndexRange lower = of(loop.getLowerBound()), upper = of(loop.getUpperBound());
      return {lower.low, std::max(lower.low, upper.high)};
    }
    return type;
  }
  Operation *op = value.getDefiningOp();
  if (isa<memref::DimOp>(op))
    return {0, kPositions};
  if (isa<tile::ProgramIdOp>(op))
    return {0, std::numeric_limits<int32_t>::max()};
  if (std::optional<IndexRange> range = arithmetic(op))
    if (range->low >= type.low && range->high <= type.high)
      return *range;
  return type;
}

IndexRange IndexRanges::of(Value value) {
  if (auto found = known.find(value); found != known.end())
    return found->second;
  known[value] = typeRange(value.getType()); // Ends cycles through loops.
  IndexRange range = compute(value);
  known[value] = range;
  return range;
}
