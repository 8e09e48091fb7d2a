//===- Compare.h - Right or wrong ------------------------------------------===//
#ifndef KGEN_LIB_VERIFIER_COMPARE_H
#define KGEN_LIB_VERIFIER_COMPARE_H

#include "Case.h"
#include "LaunchFrame.h"

#include <optional>
#include <vector>

namespace kgen {

/// The least allowances of the acceptance rule (docs/Verifying.md).
struct Floors {
  double row;    ///< relative L2 of one row
  double global; ///< relative L2 of all compared rows
  double lse;    ///< absolute, natural logarithm
};
Floors floorsFor(const Problem &problem);

/// Everything that one run's outputs say.
struct Comparison {
  ErrorReport report;
  /// Why the run is wrong, if it is.
  std::optional<Error> failure;
  /// Compared rows that are wrong, at most kMaxWrongRows of them, sorted.
  std::vector<RowIndex> wrongRows;
  static constexpr size_t kMaxWrongRows = 1 << 16;
};

/// Compares every expected row, and scans every other row for poison that
/// survived and for values that are not finite; those rows are handed to the
/// oracle.
Comparison compareOutputs(const Problem &problem, const Case &subject,
                          const LaunchFrame::Outputs &outputs);

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_COMPARE_H
