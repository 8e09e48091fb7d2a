//===- Passes.h - Passes of the attention dialect -------------------------===//
#ifndef KGEN_DIALECT_ATTENTION_PASSES_H
#define KGEN_DIALECT_ATTENTION_PASSES_H

#include "kgen/Dialect/Attention/AttentionOps.h"
#include "mlir/Pass/Pass.h"

namespace kgen::attention {

#define GEN_PASS_DECL
#include "kgen/Dialect/Attention/Passes.h.inc"

/// Writes the mods of one op into its regions; see attention-expand-mods. The
/// op keeps its identity. Returns the number of mods, or failure after an
/// error. Needs the arith, func, math, memref and tensor dialects loaded.
mlir::FailureOr<int64_t> expandMods(mlir::RewriterBase &rewriter, ForwardOp op);

#define GEN_PASS_REGISTRATION
#include "kgen/Dialect/Attention/Passes.h.inc"

} // namespace kgen::attention

#endif // KGEN_DIALECT_ATTENTION_PASSES_H
