//===- AffineScore.h - Scores that are linear in the key's position -------===//
//
// A score function may be, over the pairs of one query tile,
//
//   score(s, b, h, i, j) = alpha * s + rest(b, h, i) + gamma(b, h) * j
//                                    + terms(b, h, j)
//
// with a constant alpha. ALiBi and relative positions are, without terms of
// keys; a table of one bias for each key is such a term. Then rest changes no
// weight of a row, only its LSE, gamma * j need not be computed from each
// pair's position, and the terms are the same for all rows. The analysis finds
// alpha, gamma and the terms; rest is the function itself at s = 0, one key and
// terms of 0, less gamma times that key.
//
// What it follows: sums, differences, negations, fma, products with constants,
// products of positions with values that are the same for the tile (constants,
// captured scalars, tables read at b and h), and signed integers made of
// positions by sums, differences and products with constants, converted to
// float. Everything that does not depend on s or j is part of rest, whatever
// its operations. What depends on b, h and j alone and is added to s is a term
// of keys, whatever its operations; not so where it is first added to what
// depends on i, as the two may cancel. Positions are taken to be below 2^24;
// integers that could leave +-2^30 are not linear, as they could wrap (of the
// key alone, they are terms). Float arithmetic is reassociated: an integer up to
// 2^24 is exact in f32, the rest rounds in another order than it was written.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_ANALYSIS_AFFINESCORE_H
#define KGEN_ANALYSIS_AFFINESCORE_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Region.h"

#include <optional>

namespace kgen::analysis {

/// constant * (product of f32 values of the region that depend on b and h).
struct Coefficient {
  double constant = 1;
  llvm::SmallVector<mlir::Value, 2> factors;
};

/// coefficient * value, an f32 of the region that depends on b, h and j.
struct KeyTerm {
  Coefficient coefficient;
  mlir::Value value;
};

struct AffineScore {
  mlir::Region *region = nullptr; ///< where it was found; not owned
  double alpha = 0;
  /// gamma as a sum; empty where the score does not depend on j.
  llvm::SmallVector<Coefficient> gamma;
  llvm::SmallVector<KeyTerm> keyTerms;
};

/// Splits a score region, whose arguments are (s, b, h, q_idx, kv_idx) and whose
/// body has no regions; empty if it is not of this form.
std::optional<AffineScore> splitScore(mlir::Region &score);

/// Emits factor * gamma at the builder, an f32. `values` maps b and h (and what
/// else the region uses that is not valid there); copies are added to it.
mlir::Value emitSlope(mlir::OpBuilder &builder, mlir::Location loc,
                      const AffineScore &score, double factor,
                      mlir::IRMapping &values);

/// The same of factor * coefficient.
mlir::Value emitCoefficient(mlir::OpBuilder &builder, mlir::Location loc,
                            const AffineScore &score,
                            const Coefficient &coefficient, double factor,
                            mlir::IRMapping &values);

} // namespace kgen::analysis

#endif // KGEN_ANALYSIS_AFFINESCORE_H
