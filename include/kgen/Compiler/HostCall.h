//===- HostCall.h - attention.forward as a call into the runtime -----------===//
#ifndef KGEN_COMPILER_HOSTCALL_H
#define KGEN_COMPILER_HOSTCALL_H

#include "kgen/Dialect/Attention/AttentionOps.h"

#include "mlir/IR/PatternMatch.h"

#include <string_view>

namespace kgen {

/// Replaces `op` (mods expanded) by host code that calls kgen_host_invoke with
/// `artifact` embedded as a private constant global of the op's module. Works on
/// the tensor form (with bufferization.to_buffer and to_tensor around the call)
/// and on the memref form. What is left is memref, arith, func, cf and
/// bufferization, which MLIR's own conversions finish. The program links
/// libkgen_runtime. A failing launch aborts with the runtime's message.
mlir::LogicalResult replaceWithRuntimeCall(mlir::RewriterBase &rewriter,
                                           attention::ForwardOp op,
                                           std::string_view artifact);

} // namespace kgen

#endif // KGEN_COMPILER_HOSTCALL_H
