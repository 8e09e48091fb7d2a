//===- ProblemReader.h - From attention.forward to a Problem ---------------===//
//
// Reads what an op computes into the neutral Problem that crosses process
// boundaries: shapes, and the score and mask functions as Expression programs.
// No lowering uses this reader, so that the oracle does not share a fault with
// the compiler.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_ANALYSIS_PROBLEMREADER_H
#define KGEN_ANALYSIS_PROBLEMREADER_H

#include "kgen/Dialect/Attention/AttentionOps.h"
#include "kgen/Schedule/Problem.h"

namespace kgen::analysis {

/// The values that become kernel arguments after Q, K and V: what the regions
/// use from above, in order of first use, without q, k and v themselves.
llvm::SmallVector<mlir::Value> kernelCaptures(attention::ForwardOp op);

/// Reads a region of `op` (its mods must have been expanded). An op that has no
/// neutral form is an error on that op.
mlir::FailureOr<Expression> readExpression(attention::ForwardOp op,
                                           mlir::Region &region);

/// The whole problem. `name` is the enclosing function's. Emits the error.
mlir::FailureOr<Problem> readProblem(attention::ForwardOp op);

/// "F32" and its like for an MLIR element type; index is I64. Null for a type
/// that no kernel argument can have.
std::optional<ElementType> elementTypeOf(mlir::Type type);

} // namespace kgen::analysis

#endif // KGEN_ANALYSIS_PROBLEMREADER_H
