//===- Fragments.cpp - Tile values as registers of a lane -------------------===//

#include "Fragments.h"

#include "kgen/Target/Common/InlineAssembly.h"
#include "kgen/Target/Common/KernelSignature.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;

namespace kgen::nvvm {

static int64_t registerCount(tile::MatrixType type, const KernelShape &shape) {
  int64_t blocks = shape.rowBlocks(type.getRows());
  bool pairs = type.getKind() == tile::MatrixKind::Operand &&
               !type.getElementType().isF32();
  return pairs ? blocks * type.getCols() / kDepth * 4
               : blocks * type.getCols() / kBlockCols * 4;
}

FragmentConverter::FragmentConverter(KernelShape shape) : shape(shape) {
  addConversion([](Type type) { return type; });
  addTensorArgumentConversion(*this, kGlobalSpace);
  addConversion([shape](tile::MatrixType type, SmallVectorImpl<Type> &results)
                    -> std::optional<LogicalResult> {
    Builder builder(type.getContext());
    bool pairs = type.getKind() == tile::MatrixKind::Operand &&
                 !type.getElementType().isF32();
    Type scalar = pairs ? Type(builder.getI32Type()) : builder.getF32Type();
    results.append(registerCount(type, shape), scalar);
    return success();
  });
  addConversion([shape](tile::PerRowType type, SmallVectorImpl<Type> &results)
                    -> std::optional<LogicalResult> {
    results.append(shape.rowBlocks(type.getRows()) * 2, type.getElementType());
    return success();
  });
  auto pointer = [](Type type) -> Type {
    return LLVM::LLVMPointerType::get(type.getContext(), kSharedSpace);
  };
  addConversion([=](tile::BufferType type) { return pointer(type); });
  addConversion([=](tile::ViewType type) { return pointer(type); });
  addConversion([](tile::TokenType type) -> Type {
    return IntegerType::get(type.getContext(), 32);
  });
}

LaneExpr threadIndex(ImplicitLocOpBuilder &b, const KernelShape &shape) {
  return {b, NVVM::ThreadIdXOp::create(b, b.getI32Type())};
}

LaneExpr laneIndex(ImplicitLocOpBuilder &b, const KernelShape &shape) {
  return threadIndex(b, shape) & (kLanes - 1);
}

LaneExpr warpRow(ImplicitLocOpBuilder &b, const KernelShape &shape,
                 int64_t rows) {
  LaneExpr warp = threadIndex(b, shape) >> 5;
  return warp * (shape.rowBlocks(rows) * kBlockRows);
}

Value offsetPointer(ImplicitLocOpBuilder &b, Value base, Value bytes) {
  return LLVM::GEPOp::create(b, base.getType(), b.getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>{bytes},
                             LLVM::GEPNoWrapFlags::inbounds);
}

Value offsetPointer(ImplicitLocOpBuilder &b, Value base, int64_t bytes) {
  if (bytes == 0)
    return base;
  return LLVM::GEPOp::create(
      b, base.getType(), b.getI8Type(), base,
      ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(bytes)},
      LLVM::GEPNoWrapFlags::inbounds);
}

Value sharedPointer(ImplicitLocOpBuilder &b, int64_t bytes) {
  auto type = LLVM::LLVMPointerType::get(b.getContext(), kSharedSpace);
  return offsetPointer(b, LLVM::AddressOfOp::create(b, type, kSharedSymbol),
                       bytes);
}

Value pinned(ImplicitLocOpBuilder &b, Value pointer) {
  // Formally reads and writes memory that no one sees, so it stays in the loop;
  // CodeGenPrepare removes it before addresses are selected.
  return LLVM::LaunderInvariantGroupOp::create(b, pointer.getType(), pointer);
}

Value pinnedScalar(ImplicitLocOpBuilder &b, Value value) {
  return inlineAssembly(b, value.getType(), value, "",
                        value.getType().isF32() ? "=f,0" : "=r,0");
}

Value callIntrinsic(ImplicitLocOpBuilder &b, StringRef name, Type result,
                    ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(b, result, b.getStringAttr(name),
                                       operands)
      .getResult(0);
}

Value shuffleXor(ImplicitLocOpBuilder &b, Value value, int64_t mask) {
  auto constant = [&](int64_t v) -> Value {
    return arith::ConstantIntOp::create(b, b.getI32Type(), v);
  };
  return NVVM::ShflOp::create(b, value.getType(), constant(-1), value,
                              constant(mask), constant(kLanes - 1),
                              NVVM::ShflKind::bfly, UnitAttr());
}

Value packPair(ImplicitLocOpBuilder &b, Type element, Value low, Value high) {
  StringRef name =
      element.isBF16() ? "llvm.nvvm.ff2bf16x2.rn" : "llvm.nvvm.ff2f16x2.rn";
  Value pair =
      callIntrinsic(b, name, VectorType::get({2}, element), {high, low});
  return LLVM::BitcastOp::create(b, b.getI32Type(), pair);
}

} // namespace kgen::nvvm
