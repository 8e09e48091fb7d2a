//===- OperandReader.cpp - Registers of a product's operands ----------------===//

#include "OperandReader.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;

namespace kgen::nvvm {

BlockAccess::BlockAccess(ImplicitLocOpBuilder &builder,
                         const KernelShape &shape, SharedTile tile, Value view,
                         Operand operand)
    : builder(builder), shape(shape), tile(tile), view(view), operand(operand),
      bases(kBankGroups) {}

Value BlockAccess::laneBase(int64_t variant) {
  Value &base = bases[variant];
  if (base)
    return base;
  if (variant > 0) {
    // Made from variant 0 where it is used: a register less in the loop.
    Type i64 = builder.getI64Type(), pointer = view.getType();
    Value address = LLVM::PtrToIntOp::create(builder, i64, laneBase(0));
    Value bits = LLVM::ConstantOp::create(
        builder, builder.getI64IntegerAttr(withVariant<int64_t>(0, variant)));
    Value changed = LLVM::XOrOp::create(builder, address, bits);
    return base = LLVM::IntToPtrOp::create(builder, pointer, changed);
  }
  LaneExpr lane = laneIndex(builder, shape);
  LaneExpr row = ldmatrixRow(operand, lane);
  if (operand == Operand::Lhs)
    row = warpRow(builder, shape, tile.rows) + row;
  LaneExpr chunk = ldmatrixChunk(operand, lane);
  Value bytes = laneAddress(tile, row, chunk).value();
  return base = pinned(builder, offsetPointer(builder, view, bytes));
}

Value BlockAccess::pointer(int64_t row, int64_t col, int64_t bytes) {
  BlockAddress address =
      blockAddress(tile, row, col * tile.elementBytes / kChunkBytes);
  return offsetPointer(builder, laneBase(address.variant),
                       address.constant + bytes);
}

SmallVector<Value, 4> BlockAccess::read(int64_t row, int64_t col,
                                        int64_t bytes) {
  Type i32 = builder.getI32Type();
  auto type = LLVM::LLVMStructType::getLiteral(builder.getContext(),
                                               {i32, i32, i32, i32});
  auto layout = operand == Operand::Rhs ? NVVM::MMALayout::col
                                        : NVVM::MMALayout::row;
  auto blockShape = NVVM::LdStMatrixShapeAttr::get(builder.getContext(), 8, 8);
  Value loaded =
      NVVM::LdMatrixOp::create(builder, type, pointer(row, col, bytes),
                               uint32_t(4), layout, blockShape,
                               NVVM::LdStMatrixEltType::B16);
  SmallVector<Value, 4> registers;
  for (int64_t position = 0; position < 4; ++position)
    registers.push_back(
        LLVM::ExtractValueOp::create(builder, loaded, position));
  return registers;
}

void BlockAccess::write(int64_t row, int64_t col, ValueRange registers,
                        int64_t bytes) {
  auto blockShape = NVVM::LdStMatrixShapeAttr::get(builder.getContext(), 8, 8);
  NVVM::StMatrixOp::create(builder, pointer(row, col, bytes), registers,
                           NVVM::MMALayout::row, blockShape,
                           NVVM::LdStMatrixEltType::B16);
}

} // namespace kgen::nvvm
