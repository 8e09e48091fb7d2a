//===- AttentionOps.h - attention.forward and attention.yield -------------===//
#ifndef KGEN_DIALECT_ATTENTION_ATTENTIONOPS_H
#define KGEN_DIALECT_ATTENTION_ATTENTIONOPS_H

#include "kgen/Dialect/Attention/AttentionAttrs.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mlir {
class RewriterBase;
} // namespace mlir

#define GET_OP_CLASSES
#include "kgen/Dialect/Attention/AttentionOps.h.inc"

namespace kgen::attention {

/// Clones every scalar constant that a region of `op` uses from above into that
/// region. Returns true when it did anything.
bool sinkConstants(mlir::RewriterBase &rewriter, ForwardOp op);

} // namespace kgen::attention

#endif // KGEN_DIALECT_ATTENTION_ATTENTIONOPS_H
