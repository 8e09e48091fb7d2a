//===- NarrowPositions.cpp - 32-bit arithmetic of rows and keys in maps -----===//

#include "kgen/Target/Common/NarrowPositions.h"

#include "kgen/Dialect/Tile/IR/Tile.h"
#include "kgen/Target/Common/KernelSignature.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>
#include <limits>
#include <optional>

using namespace mlir;

namespace kgen {
namespace {

// Tiles reach past the last position by less than a tile.
constexpr int64_t kMostPosition = int64_t(1) << 25;
constexpr int64_t kMostSize = std::numeric_limits<int32_t>::max();

/// An index value as i32, with the interval that proves it.
struct Narrow {
  Value value;
  int64_t low = 0, high = 0; ///< inclusive, inside i32
};

struct Interval {
  int64_t low, high;

  bool fits() const {
    return low >= std::numeric_limits<int32_t>::min() && high <= kMostSize;
  }
  static Interval of(std::initializer_list<int64_t> corners) {
    return {std::min(corners), std::max(corners)};
  }
};

/// What `op` gives for operands in `a` and `b`. Ends are inside i32, so sums and
/// products of them are inside i64. Empty: not known, or undefined for some.
std::optional<Interval> intervalOf(Operation *op, const Narrow &a,
                                   const Narrow &b) {
  bool positiveDivisor = b.low > 0, natural = a.low >= 0 && positiveDivisor;
  auto quotients = [&] {
    return Interval::of({a.low / b.low, a.low / b.high, a.high / b.low,
                         a.high / b.high});
  };
  return llvm::TypeSwitch<Operation *, std::optional<Interval>>(op)
      .Case<arith::AddIOp>(
          [&](auto) { return Interval{a.low + b.low, a.high + b.high}; })
      .Case<arith::SubIOp>(
          [&](auto) { return Interval{a.low - b.high, a.high - b.low}; })
      .Case<arith::MulIOp>([&](auto) {
        return Interval::of({a.low * b.low, a.low * b.high, a.high * b.low,
                             a.high * b.high});
      })
      .Case<arith::MinSIOp>([&](auto) {
        return Interval{std::min(a.low, b.low), std::min(a.high, b.high)};
      })
      .Case<arith::MaxSIOp>([&](auto) {
        return Interval{std::max(a.low, b.low), std::max(a.high, b.high)};
      })
      .Case<arith::DivSIOp>([&](auto) -> std::optional<Interval> {
        return positiveDivisor ? std::optional(quotients()) : std::nullopt;
      })
      .Case<arith::DivUIOp>([&](auto) -> std::optional<Interval> {
        return natural ? std::optional(quotients()) : std::nullopt;
      })
      .Case<arith::RemUIOp>([&](auto) -> std::optional<Interval> {
        return natural ? std::optional(Interval{0, b.high - 1}) : std::nullopt;
      })
      .Case<arith::RemSIOp>([&](auto) -> std::optional<Interval> {
        if (!positiveDivisor)
          return std::nullopt;
        return Interval{a.low < 0 ? 1 - b.high : 0, b.high - 1};
      })
      .Default([](Operation *) { return std::nullopt; });
}

/// One region of a map.
class Narrower {
public:
  explicit Narrower(Block &body) : body(body), builder(body.getParentOp()) {}

  void run(ArrayRef<BlockArgument> positions) {
    builder.setInsertionPointToStart(&body);
    for (BlockArgument position : positions)
      known[position] = {toI32(builder, position.getLoc(), position), 0,
                         kMostPosition};
    for (Operation &op : llvm::make_early_inc_range(body)) {
      builder.setInsertionPoint(&op);
      rewrite(&op);
    }
    // Users come after what they use.
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
      if (isOpTriviallyDead(&op))
        op.erase();
  }

private:
  void rewrite(Operation *op);
  void rewriteBinary(Operation *op);
  void rewriteSelect(arith::SelectOp op);
  void rewriteCast(arith::IndexCastOp op);
  void rewriteCompare(arith::CmpIOp op);
  void rewriteLoad(memref::LoadOp op);
  std::optional<Narrow> narrow(Value index);
  std::optional<Narrow> narrowFromAbove(Value index);

  Block &body;
  OpBuilder builder;
  llvm::DenseMap<Value, Narrow> known;
};

std::optional<Narrow> Narrower::narrow(Value index) {
  if (!index.getType().isIndex())
    return std::nullopt;
  if (auto found = known.find(index); found != known.end())
    return found->second;
  std::optional<Narrow> above = narrowFromAbove(index);
  if (above)
    known[index] = *above;
  return above;
}

/// Constants and sizes. Emitted where they are first used, before all others.
std::optional<Narrow> Narrower::narrowFromAbove(Value index) {
  Location loc = index.getLoc();
  APInt number;
  if (matchPattern(index, m_ConstantInt(&number))) {
    int64_t constant = number.getSExtValue();
    if (!Interval{constant, constant}.fits())
      return std::nullopt;
    return Narrow{arith::ConstantIntOp::create(builder, loc, constant, 32),
                  constant, constant};
  }
  if (isa_and_nonnull<memref::DimOp, tile::MatchRangeOp>(index.getDefiningOp()))
    return Narrow{toI32(builder, loc, index), 0, kMostSize};
  // The last row or key: a size less one.
  Operation *op = index.getDefiningOp();
  if (!op || op->getNumOperands() != 2 || op->getBlock() == &body)
    return std::nullopt;
  std::optional<Narrow> a = narrow(op->getOperand(0));
  std::optional<Narrow> b = a ? narrow(op->getOperand(1)) : std::nullopt;
  std::optional<Interval> result = b ? intervalOf(op, *a, *b) : std::nullopt;
  if (!result || !result->fits())
    return std::nullopt;
  return Narrow{toI32(builder, loc, index), result->low, result->high};
}

void Narrower::rewriteBinary(Operation *op) {
  std::optional<Narrow> a = narrow(op->getOperand(0));
  std::optional<Narrow> b = a ? narrow(op->getOperand(1)) : std::nullopt;
  std::optional<Interval> result = b ? intervalOf(op, *a, *b) : std::nullopt;
  if (!result || !result->fits())
    return;
  OperationState state(op->getLoc(), op->getName(), {a->value, b->value},
                       builder.getI32Type());
  known[op->getResult(0)] = {builder.create(state)->getResult(0), result->low,
                             result->high};
}

void Narrower::rewriteSelect(arith::SelectOp op) {
  std::optional<Narrow> a = narrow(op.getTrueValue());
  std::optional<Narrow> b = a ? narrow(op.getFalseValue()) : std::nullopt;
  if (!b)
    return;
  Value chosen = arith::SelectOp::create(builder, op.getLoc(),
                                         op.getCondition(), a->value, b->value);
  known[op] = {chosen, std::min(a->low, b->low), std::max(a->high, b->high)};
}

/// What an i32 of the region can be; of the bounds that the analysis of masks
/// clamps, less than all.
Interval intervalOfInteger(Value value) {
  constexpr Interval all{std::numeric_limits<int32_t>::min(), kMostSize};
  APInt number;
  if (matchPattern(value, m_ConstantInt(&number)))
    return {number.getSExtValue(), number.getSExtValue()};
  Operation *op = value.getDefiningOp();
  if (!isa_and_nonnull<arith::MinSIOp, arith::MaxSIOp>(op))
    return all;
  Interval a = intervalOfInteger(op->getOperand(0));
  Interval b = intervalOfInteger(op->getOperand(1));
  return isa<arith::MinSIOp>(op)
             ? Interval{std::min(a.low, b.low), std::min(a.high, b.high)}
             : Interval{std::max(a.low, b.low), std::max(a.high, b.high)};
}

void Narrower::rewriteCast(arith::IndexCastOp op) {
  if (op.getType().isIndex() && op.getIn().getType().isInteger(32)) {
    Interval interval = intervalOfInteger(op.getIn());
    known[op] = {op.getIn(), interval.low, interval.high};
    return;
  }
  std::optional<Narrow> from = narrow(op.getIn());
  auto type = dyn_cast<IntegerType>(op.getType());
  if (!from || !type || type.getWidth() < 32)
    return;
  Value value = from->value;
  if (value == op.getResult())
    return; // one of run()'s own
  if (type.getWidth() > 32)
    value = arith::ExtSIOp::create(builder, op.getLoc(), type, value);
  op.replaceAllUsesWith(value);
}

void Narrower::rewriteCompare(arith::CmpIOp op) {
  std::optional<Narrow> a = narrow(op.getLhs());
  std::optional<Narrow> b = a ? narrow(op.getRhs()) : std::nullopt;
  if (!b)
    return;
  // Sign extension keeps both orders, the unsigned one, too.
  op.getLhsMutable().assign(a->value);
  op.getRhsMutable().assign(b->value);
}

/// Positions in tables: zero-extended where they cannot be negative.
void Narrower::rewriteLoad(memref::LoadOp op) {
  for (OpOperand &index : op.getIndicesMutable()) {
    auto found = known.find(index.get());
    if (found == known.end() || matchPattern(index.get(), m_Constant()))
      continue;
    const Narrow &at = found->second;
    index.set(at.low >= 0
                  ? fromI32(builder, op.getLoc(), at.value)
                  : Value(arith::IndexCastOp::create(
                        builder, op.getLoc(), builder.getIndexType(), at.value)));
  }
}

void Narrower::rewrite(Operation *op) {
  if (auto load = dyn_cast<memref::LoadOp>(op))
    return rewriteLoad(load);
  if (auto compare = dyn_cast<arith::CmpIOp>(op))
    return rewriteCompare(compare);
  if (auto cast = dyn_cast<arith::IndexCastOp>(op))
    return rewriteCast(cast);
  if (auto select = dyn_cast<arith::SelectOp>(op))
    return rewriteSelect(select);
  if (op->getNumOperands() == 2 && op->getNumResults() == 1 &&
      op->getResult(0).getType().isIndex())
    rewriteBinary(op);
}

} // namespace

void narrowPositions(func::FuncOp kernel) {
  kernel.walk([](Operation *op) {
    size_t positions = isa<tile::MapOp>(op) ? 2 : isa<tile::MapRowsOp>(op) ? 1 : 0;
    if (positions == 0)
      return;
    Block &body = op->getRegion(0).front();
    SmallVector<BlockArgument> arguments(
        body.getArguments().take_back(positions));
    Narrower(body).run(arguments);
  });
}

} // namespace kgen
