//===- TableRead.h - Tables read where they may lack an entry -------------===//
#ifndef KGEN_ANALYSIS_TABLEREAD_H
#define KGEN_ANALYSIS_TABLEREAD_H

#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace kgen::analysis {

/// Whether an index of a read is surely below the size of its dimension, which
/// may be dynamic.
using IsInside = llvm::function_ref<bool(mlir::Value index, int64_t size)>;

/// Clamps the other indices of a read into the table. A function of a pair is
/// also computed where the pair is dropped, and may ask for a place that its
/// table does not have: rel[i - j] under a causal mask. Emits before the read.
void keepReadInside(mlir::memref::LoadOp read, IsInside isInside);

} // namespace kgen::analysis

#endif // KGEN_ANALYSIS_TABLEREAD_H
