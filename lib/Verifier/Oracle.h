//===- Oracle.h - Attention in float64 -------------------------------------===//
//
// The definition in Problem.h, row by row, in double: two passes over the keys
// (scores and their maximum, then weights and the sum over V). onlineRow() says
// the same by another formula (one pass, running maximum, compensated sums, one
// key at a time); the tests hold the two against each other.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_VERIFIER_ORACLE_H
#define KGEN_LIB_VERIFIER_ORACLE_H

#include "Inputs.h"
#include "RowEvaluator.h"

#include <memory>
#include <vector>

namespace kgen {

/// A deliberate deviation, for Hints: which wrong attention would give this row?
struct Deviation {
  int64_t skipFirst = 0, skipEnd = 0;     ///< keys left out
  int64_t doubleFirst = 0, doubleEnd = 0; ///< keys counted twice
  bool ignoreMask = false;
  bool ignoreScore = false;
  double scaleFactor = 1;
  int64_t rowShift = 0;  ///< added to the query index the mask sees
  int64_t headKV = -1;   ///< reads this kv head instead
};

/// Computes rows of one case. Not thread-safe: one per thread.
class Oracle {
public:
  /// Keeps references to the arguments.
  Oracle(const Problem &problem, const ProblemSizes &sizes,
         const Inputs &inputs);

  /// Writes headDimV outputs, NaN where the row sees NaN. Returns false when
  /// the score or mask function is undefined for a pair of this row.
  bool row(const RowIndex &row, double *output, double *lse,
           const Deviation &deviation = {});

  /// The same by the second formula.
  bool onlineRow(const RowIndex &row, double *output, double *lse);

private:
  bool scores(const RowIndex &row, const Deviation &deviation);
  double weigh(double maximum);

  const Problem &problem;
  const ProblemSizes &sizes;
  const Inputs &inputs;
  RowEvaluator score;
  RowEvaluator mask;
  std::vector<double> query;
  std::vector<double> logits;
  std::vector<uint8_t> kept;
};

/// Where the kv head that query head `row.head` reads starts in [B, Hkv, Skv, *],
/// in keys.
int64_t firstKeyOf(const Problem &problem, const ProblemSizes &sizes,
                   const RowIndex &row);

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_ORACLE_H
