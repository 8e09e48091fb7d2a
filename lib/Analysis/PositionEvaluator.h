//===- PositionEvaluator.h - Integers of a mask over one tile -------------===//
#ifndef KGEN_LIB_ANALYSIS_POSITIONEVALUATOR_H
#define KGEN_LIB_ANALYSIS_POSITIONEVALUATOR_H

#include "kgen/Analysis/KvRange.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/DenseSet.h"

#include <optional>

namespace kgen::analysis {

/// An integer value over the tile: sign * j + [low, high], both ends inclusive
/// and index values; sign is -1, 0 or 1.
struct Affine {
  int sign = 0;
  mlir::Value low, high;
  int64_t magnitude = 0; ///< low and high lie in [-magnitude, magnitude]
  mlir::Value guard;     ///< i1; where it is false nothing is known. Null: true
  /// low and high are one value: the same for every row of the tile.
  bool isUniform() const { return low == high; }
};

/// Index arithmetic may be 32 bits wide on a GPU, and the region's own may be
/// i32. Positions are below 2^24, bounds are kept within +-2^29, and what could
/// leave +-2^30 is not followed, so that neither wraps.
inline constexpr int64_t kPositionLimit = int64_t(1) << 24;
inline constexpr int64_t kBoundLimit = int64_t(1) << 29;
inline constexpr int64_t kMagnitudeLimit = int64_t(1) << 30;

/// Evaluates integer values of a mask region over the rows of a tile; emits the
/// arithmetic of the ends where the builder stands.
class PositionEvaluator {
public:
  PositionEvaluator(mlir::OpBuilder &builder, mlir::Location loc,
                    mlir::Region &mask, const QueryTile &tile,
                    const mlir::IRMapping &outer);

  /// Empty where the value is not understood.
  std::optional<Affine> evaluate(mlir::Value value);
  std::optional<Affine> difference(const Affine &a, const Affine &b);
  Affine negated(const Affine &a);
  /// The value as computed once for the tile, if it depends on neither q_idx
  /// nor kv_idx.
  std::optional<mlir::Value> cloneUniform(mlir::Value value);

  mlir::Value constant(int64_t value) {
    return mlir::arith::ConstantIndexOp::create(builder, loc, value);
  }
  mlir::Value add(mlir::Value a, mlir::Value b) {
    return builder.createOrFold<mlir::arith::AddIOp>(loc, a, b);
  }
  mlir::Value sub(mlir::Value a, mlir::Value b) {
    return builder.createOrFold<mlir::arith::SubIOp>(loc, a, b);
  }
  mlir::Value mul(mlir::Value a, mlir::Value b) {
    return builder.createOrFold<mlir::arith::MulIOp>(loc, a, b);
  }
  mlir::Value max(mlir::Value a, mlir::Value b) {
    return builder.createOrFold<mlir::arith::MaxSIOp>(loc, a, b);
  }
  mlir::Value min(mlir::Value a, mlir::Value b) {
    return builder.createOrFold<mlir::arith::MinSIOp>(loc, a, b);
  }
  mlir::Value select(mlir::Value c, mlir::Value a, mlir::Value b) {
    return builder.createOrFold<mlir::arith::SelectOp>(loc, c, a, b);
  }

protected:
  mlir::OpBuilder &builder;
  mlir::Location loc;
  QueryTile tile;
  mlir::Region &region;
  mlir::Value query, key, zero;

private:
  std::optional<Affine> evaluateUniform(mlir::Value value);
  std::optional<Affine> evaluateBinary(mlir::Operation *op);
  std::optional<Affine> scale(const Affine &a, const Affine &b);
  std::optional<Affine> sum(const Affine &a, const Affine &b);
  mlir::Value bothGuards(const Affine &a, const Affine &b);
  mlir::Value negate(mlir::Value a);

  mlir::IRMapping uniform;
  llvm::DenseSet<mlir::Value> varying; ///< that cloneUniform() has refused
};

} // namespace kgen::analysis

#endif // KGEN_LIB_ANALYSIS_POSITIONEVALUATOR_H
