//===- IndexRange.h - Bounds of integers, to choose lane widths ------------===//
#ifndef KGEN_LIB_TARGET_CPU_INDEXRANGE_H
#define KGEN_LIB_TARGET_CPU_INDEXRANGE_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"

#include <limits>
#include <optional>

namespace kgen::cpu {

/// Signed bounds, both included.
struct IndexRange {
  int64_t low = std::numeric_limits<int64_t>::min();
  int64_t high = std::numeric_limits<int64_t>::max();

  bool fits32() const {
    return low >= std::numeric_limits<int32_t>::min() &&
           high <= std::numeric_limits<int32_t>::max();
  }
  bool isNonNegative() const { return low >= 0; }
};

/// Interval analysis of integer code around and inside map regions. Sequence
/// positions (the index arguments of maps, tensor sizes) are taken to be below
/// 2^30, so that their sums and differences fit 32 bits.
class IndexRanges {
public:
  IndexRange of(mlir::Value value);

private:
  IndexRange compute(mlir::Value value);
  std::optional<IndexRange> arithmetic(mlir::Operation *op);
  llvm::DenseMap<mlir::Value, IndexRange> known;
};

} // namespace kgen::cpu

#endif // KGEN_LIB_TARGET_CPU_INDEXRANGE_H
