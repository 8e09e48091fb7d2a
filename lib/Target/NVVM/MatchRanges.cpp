//===- MatchRanges.cpp - Scans of tables by a workgroup ---------------------===//

#include "MatchRanges.h"

#include "kgen/Target/Common/MatchRange.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;

namespace kgen::nvvm {
namespace {

// Reads in flight: a tile has up to 192 rows; keys come by thousands, and each
// round waits for the second-level cache once.
constexpr int64_t kRowReads = 4;
constexpr int64_t kKeyReads = 8;

NVVM::ReduxKind reductionOf(LaneFold kind) {
  switch (kind) {
  case LaneFold::MinSigned:
    return NVVM::ReduxKind::MIN;
  case LaneFold::MaxSigned:
    return NVVM::ReduxKind::MAX;
  case LaneFold::Add:
    return NVVM::ReduxKind::ADD;
  }
  return NVVM::ReduxKind::ADD;
}

/// Over the lanes of a warp. redux.sync gives a value that ptxas knows to be the
/// same in all of them.
ScanGroup::Values joinWarp(ImplicitLocOpBuilder &b, ScanGroup::Values values,
                           ArrayRef<LaneFold> kinds) {
  if (values.front().getType() != b.getI32Type())
    return joinByExchange(b, std::move(values), kinds, kLanes,
                          [&](Value value, int64_t mask) {
                            return shuffleXor(b, value, mask);
                          });
  Value all = LaneExpr(b, -1).value();
  for (auto [value, kind] : llvm::zip_equal(values, kinds))
    value = NVVM::ReduxOp::create(b, b.getI32Type(), value, reductionOf(kind),
                                  all);
  return values;
}

/// Over all warps, through three numbers for each in shared memory at `place`.
ScanGroup::Values joinWorkgroup(ImplicitLocOpBuilder &b,
                                const KernelShape &shape, int64_t place,
                                ScanGroup::Values values,
                                ArrayRef<LaneFold> kinds) {
  values = joinWarp(b, std::move(values), kinds);
  int64_t warps = shape.threads() / kLanes;
  LaneExpr lane = laneIndex(b, shape), warp = threadIndex(b, shape) >> 5;
  auto slot = [&](size_t number, LaneExpr ofWarp) {
    Value base = sharedPointer(b, place + number * warps * 4);
    return offsetPointer(b, base, (ofWarp * 4).value());
  };
  Value first = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, lane.value(),
                                      LaneExpr(b, 0).value());
  auto writes = scf::IfOp::create(b, first, /*withElseRegion=*/false);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(writes.thenBlock());
    for (auto [number, value] : llvm::enumerate(values))
      LLVM::StoreOp::create(b, value, slot(number, warp));
  }
  NVVM::BarrierOp::create(b);
  // Lanes without a warp repeat the last one, but add nothing.
  Value last = LaneExpr(b, warps - 1).value();
  LaneExpr source(b, arith::MinSIOp::create(b, lane.value(), last));
  Value hasWarp = arith::CmpIOp::create(b, arith::CmpIPredicate::sle,
                                        lane.value(), last);
  for (auto [number, kind] : llvm::enumerate(kinds)) {
    values[number] =
        LLVM::LoadOp::create(b, b.getI32Type(), slot(number, source));
    if (kind == LaneFold::Add)
      values[number] = arith::SelectOp::create(b, hasWarp, values[number],
                                               LaneExpr(b, 0).value());
  }
  return joinWarp(b, std::move(values), kinds);
}

} // namespace

int64_t expandMatchRanges(func::FuncOp kernel, const KernelShape &shape,
                          int64_t sharedBytes) {
  SmallVector<tile::MatchRangeOp> scans;
  kernel.walk([&](tile::MatchRangeOp op) { scans.push_back(op); });
  for (tile::MatchRangeOp op : scans) {
    ImplicitLocOpBuilder b(op.getLoc(), op);
    ScanGroup warp{laneIndex(b, shape).value(), kLanes, kRowReads, joinWarp};
    ScanGroup keys = warp;
    keys.unroll = kKeyReads;
    if (shape.threads() > kLanes) {
      int64_t place = llvm::alignTo(sharedBytes, 4);
      keys.lane = threadIndex(b, shape).value();
      keys.lanes = shape.threads();
      keys.join = [&shape, place](ImplicitLocOpBuilder &b,
                                  ScanGroup::Values values,
                                  ArrayRef<LaneFold> kinds) {
        return joinWorkgroup(b, shape, place, std::move(values), kinds);
      };
      // Each scan has memory of its own: no one waits for its readers.
      sharedBytes = place + 3 * 4 * shape.threads() / kLanes;
    }
    expandMatchRange(op, warp, keys);
  }
  return sharedBytes;
}

} // namespace kgen::nvvm
