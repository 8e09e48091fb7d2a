//===- InlineAssembly.h - Instructions that LLVM cannot name ----------------===//
#ifndef KGEN_TARGET_COMMON_INLINEASSEMBLY_H
#define KGEN_TARGET_COMMON_INLINEASSEMBLY_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace kgen {

/// Emits `text`, whose operands are $0, $1, ... as in the language of LLVM:
/// results first, then `operands`, each with its part of `constraints`. It has
/// side effects, so LLVM neither drops nor copies it, nor moves it out of a loop.
/// Returns its result, null without a type `result`.
mlir::Value inlineAssembly(mlir::ImplicitLocOpBuilder &builder,
                           mlir::Type result, mlir::ValueRange operands,
                           llvm::StringRef text, llvm::StringRef constraints);

} // namespace kgen

#endif // KGEN_TARGET_COMMON_INLINEASSEMBLY_H
