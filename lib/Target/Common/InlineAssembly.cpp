//===- InlineAssembly.cpp - Instructions that LLVM cannot name --------------===//

#include "kgen/Target/Common/InlineAssembly.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace kgen {

Value inlineAssembly(ImplicitLocOpBuilder &b, Type result, ValueRange operands,
                     StringRef text, StringRef constraints) {
  auto op = LLVM::InlineAsmOp::create(
      b, result ? TypeRange(result) : TypeRange(), operands, text, constraints,
      /*has_side_effects=*/true, /*is_align_stack=*/false,
      LLVM::TailCallKind::None,
      LLVM::AsmDialectAttr::get(b.getContext(), LLVM::AsmDialect::AD_ATT),
      /*operand_attrs=*/ArrayAttr());
  return result ? op.getRes() : Value();
}

} // namespace kgen
