//===- ScoreBound.h - Scores that cannot be large --------------------------===//
//
// A score function may bound its result whatever the products are: softcap,
// cap * tanh(s / cap), lies in [-cap, cap]. Then softmax needs no row maximum,
// and nothing summed so far is ever rescaled.
//
// Intervals are propagated through constants, tanh, sin, cos, erf, sums,
// differences, products, fma, quotients by constants, selections, and minima and
// maxima, with which scores are clamped. Everything else may be any number.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_ANALYSIS_SCOREBOUND_H
#define KGEN_ANALYSIS_SCOREBOUND_H

#include "mlir/IR/Region.h"

#include <optional>

namespace kgen::analysis {

/// Each score is in [low, high] or NaN.
struct ScoreBound {
  double low = 0, high = 0;
};

/// The bound of what a score region yields; empty if a side has none.
std::optional<ScoreBound> boundScore(mlir::Region &score);

} // namespace kgen::analysis

#endif // KGEN_ANALYSIS_SCOREBOUND_H
