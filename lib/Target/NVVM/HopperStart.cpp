//===- HopperStart.cpp - What products start from, by wgmma ---------------===//
//
// It is one more step of Q K^T, m64nNk16, bf16 whatever the other steps have.
// One of its operands is the same for all tiles, and the workgroup writes it
// once, before the roles part:
//
//   ramp      (first + c) * slope: the left operand has the slope in three
//             pieces; of the right one, here, row c is first + c, 16 times
//   columns   1 * value: the left operand, here, is 64 rows of ones; the right
//             one is staged for each tile (HopperColumns.cpp)
//
// As all elements of a row are equal, the swizzle, which changes the places of
// its two chunks, changes nothing.
//
//===----------------------------------------------------------------------===//

#include "Hopper.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/SmallSet.h"

using namespace mlir;

namespace kgen::nvvm {
namespace {

// 16 bytes, the most that a thread stores at once.
constexpr int64_t kChunkWords = 4;

/// The constant operand: row r is first + r * step, 16 times.
struct Constant {
  explicit Constant(tile::DotOp dot)
      : first(static_cast<int64_t>(dot.getFirst().value_or(1))),
        step(dot.getRamp() ? 1 : 0),
        count(dot.getRamp() ? dot.getResult().getType().getCols()
                            : kGroupRows) {}
  int64_t first, step, count;
  bool operator==(const Constant &) const = default;
};

void writeRow(ImplicitLocOpBuilder &b, LaneExpr row, const Constant &constant,
              Value start) {
  Value number = (row * constant.step + constant.first).value();
  number = arith::SIToFPOp::create(b, b.getF32Type(), number);
  Value pair = packPair(b, b.getBF16Type(), number, number);
  auto type = VectorType::get({kChunkWords}, b.getI32Type());
  Value chunk = LLVM::PoisonOp::create(b, type);
  for (int64_t word = 0; word < kChunkWords; ++word)
    chunk = LLVM::InsertElementOp::create(b, chunk, pair,
                                          LaneExpr(b, word).value());
  Value place = offsetPointer(b, start, (row * kRampRowBytes).value());
  for (int64_t byte = 0; byte < kRampRowBytes; byte += kChunkBytes)
    LLVM::StoreOp::create(b, chunk, offsetPointer(b, place, byte), kChunkBytes);
}

} // namespace

int64_t placeStartConstants(func::FuncOp kernel, int64_t offset) {
  Builder builder(kernel.getContext());
  SmallVector<std::pair<Constant, int64_t>> places;
  kernel.walk([&](tile::DotOp dot) {
    if (!dot.getRamp() && !dot.getColumns())
      return;
    Constant constant(dot);
    auto known = llvm::find_if(
        places, [&](const auto &place) { return place.first == constant; });
    int64_t place = offset;
    if (known != places.end()) {
      place = known->second;
    } else {
      places.push_back({constant, place});
      offset += constant.count * kRampRowBytes;
    }
    dot->setAttr(kConstantAttr, builder.getI64IntegerAttr(place));
  });
  return offset;
}

bool writeStartConstants(ImplicitLocOpBuilder &b, const KernelShape &shape,
                         func::FuncOp kernel) {
  llvm::SmallSet<int64_t, 2> written;
  kernel.walk([&](tile::DotOp dot) {
    auto place = dot->getAttrOfType<IntegerAttr>(kConstantAttr);
    if (!place || !written.insert(place.getInt()).second)
      return;
    Constant constant(dot);
    LaneExpr row = threadIndex(b, shape);
    Value hasRow =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ult, row.value(),
                              LaneExpr(b, constant.count).value());
    auto writer = scf::IfOp::create(b, hasRow, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(writer.thenBlock());
    writeRow(b, row, constant, sharedPointer(b, place.getInt()));
    // wgmma reads by another path than stores take.
    NVVM::FenceProxyOp::create(
        b, NVVM::ProxyKind::async_shared,
        NVVM::SharedSpaceAttr::get(b.getContext(),
                                   NVVM::SharedSpace::shared_cta));
  });
  return !written.empty();
}

} // namespace kgen::nvvm
