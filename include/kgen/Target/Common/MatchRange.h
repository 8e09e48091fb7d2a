//===- MatchRange.h - tile.match_range as loops -----------------------------===//
//
// Lanes of a group stride over rows and keys, so that neighbours read
// neighbouring entries, and join what they found. The entries stay where they
// are: a scan reads each once.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TARGET_COMMON_MATCHRANGE_H
#define KGEN_TARGET_COMMON_MATCHRANGE_H

#include "kgen/Dialect/Tile/IR/Tile.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <functional>

namespace kgen {

/// How values of lanes are joined.
enum class LaneFold : uint8_t { MinSigned, MaxSigned, Add };

/// Those who share a scan.
struct ScanGroup {
  using Values = llvm::SmallVector<mlir::Value, 3>;

  mlir::Value lane;   ///< i32, 0 ... lanes - 1
  int64_t lanes = 1;
  int64_t unroll = 1; ///< independent reads in flight
  /// Joins values (i32 or i64, one fold each) over the lanes of the group; all
  /// lanes get the result. Empty where there is one lane.
  std::function<Values(mlir::ImplicitLocOpBuilder &, Values,
                       llvm::ArrayRef<LaneFold>)>
      join;
};

/// Folds two i32 or i64 values.
mlir::Value fold(mlir::ImplicitLocOpBuilder &builder, LaneFold kind,
                 mlir::Value a, mlir::Value b);

/// Joins over a power of two of lanes by exchanges with the lane at a distance
/// of `mask`; an i64 is exchanged by halves. `exchange` takes and gives i32.
ScanGroup::Values
joinByExchange(mlir::ImplicitLocOpBuilder &builder, ScanGroup::Values values,
               llvm::ArrayRef<LaneFold> kinds, int64_t lanes,
               llvm::function_ref<mlir::Value(mlir::Value, int64_t mask)>
                   exchange);

/// Replaces the operation by loops of scf, arith and memref.load: `rows` find the
/// least and the greatest entry of the query rows, `keys` scan the keys.
void expandMatchRange(tile::MatchRangeOp op, const ScanGroup &rows,
                      const ScanGroup &keys);

} // namespace kgen

#endif // KGEN_TARGET_COMMON_MATCHRANGE_H
