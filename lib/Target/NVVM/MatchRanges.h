//===- MatchRanges.h - Scans of tables by a workgroup -----------------------===//
#ifndef KGEN_TARGET_NVVM_MATCHRANGES_H
#define KGEN_TARGET_NVVM_MATCHRANGES_H

#include "Fragments.h"

namespace kgen::nvvm {

/// Replaces each tile.match_range by loops, before types are converted. All warps
/// of a workgroup share the keys and exchange what they found in shared memory
/// from `sharedBytes` on. Returns the bytes of shared memory then.
int64_t expandMatchRanges(mlir::func::FuncOp kernel, const KernelShape &shape,
                          int64_t sharedBytes);

} // namespace kgen::nvvm

#endif // KGEN_TARGET_NVVM_MATCHRANGES_H
