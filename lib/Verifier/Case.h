//===- Case.h - Inputs and expected rows of one (family, shape) ------------===//
#ifndef KGEN_LIB_VERIFIER_CASE_H
#define KGEN_LIB_VERIFIER_CASE_H

#include "Inputs.h"

#include <memory>
#include <string>
#include <vector>

namespace kgen {

/// What the oracle says about the chosen rows of one case, and how near an
/// honest kernel comes to it.
struct Expectation {
  std::vector<RowIndex> rows;   ///< sorted
  std::vector<double> output;   ///< rows x headDimV; NaN where a NaN is seen
  std::vector<double> lse;      ///< one a row; -inf for a fully masked row
  /// Zero where the functions are undefined only because a NaN is seen
  /// (NonFinite): such a row is not compared.
  std::vector<uint8_t> defined;
  double normFloor = 0;         ///< smallest norm an error is divided by
  double honestWorstRow = 0;
  double honestGlobal = 0;
  double honestWorstLse = 0;
};

/// One (family, shape) of a problem, made once and used for every candidate.
struct Case {
  InputFamily family = {};
  ProblemSizes sizes;
  /// Captures and places of NaN; Q, K and V are kept as bytes only.
  Inputs inputs;
  std::string qBytes, kBytes, vBytes;
  std::vector<std::string> captureBytes;
  Expectation expected;
  /// The inputs with Q, K and V, decoded again.
  Inputs wholeInputs(const Problem &problem) const;
  /// What it occupies, in bytes, for the cache.
  size_t footprint() const;
};

/// Relative L2 distance of one row: |actual - expected| / max(|expected|, floor).
double rowError(const double *expected, const float *actual, int64_t count,
                double floor);

/// Makes inputs and expectation. Fails with OracleUndefined when the score or
/// mask function has no value for a kept pair.
Expected<std::shared_ptr<const Case>> makeCase(const Problem &problem,
                                               const ProblemSizes &sizes,
                                               InputFamily family, uint64_t seed,
                                               double oracleWork);

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_CASE_H
