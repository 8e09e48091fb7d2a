//===- MaskDensity.h - How much of the score matrix a mask keeps -----------===//
#ifndef KGEN_SCHEDULE_MASKDENSITY_H
#define KGEN_SCHEDULE_MASKDENSITY_H

#include "kgen/Schedule/Problem.h"

#include <optional>

namespace kgen {

/// The share of (b, h, q_idx, kv_idx) that the mask keeps at these sizes, from a
/// fixed pseudo-random sample of 4096 points: within 0.03 of the true share. 1
/// without a mask; empty when the mask reads captures, whose values are not
/// known here. For cost models and reports, not for correctness: the verifier
/// has an evaluator of its own.
std::optional<double> estimateMaskDensity(const Problem &problem,
                                          const ProblemSizes &sizes);

/// The summary of a problem's mask at these sizes. Where the density is not
/// known it stays 1, with `analysed` false.
MaskSummary summariseMask(const Problem &problem, const ProblemSizes &sizes);

/// How many comparisons `a[.., q_idx] == c[.., kv_idx]` of tables the mask has
/// (document ids, for one). What they hide is found by a scan of the tables when
/// the kernel runs (lib/Analysis/KvRange.h); counted here are those that may ask
/// for one.
int64_t countTableMatches(const Expression &mask);

} // namespace kgen

#endif // KGEN_SCHEDULE_MASKDENSITY_H
