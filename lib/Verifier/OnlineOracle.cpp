//===- OnlineOracle.cpp - Attention in float64, one key at a time ----------===//
//
// A second way to the same numbers: a running maximum, sums that are rescaled
// when it moves and compensated after Neumaier (1974). It shares with the first
// way only what a single instruction of a program computes.
//
//===----------------------------------------------------------------------===//

#include "Oracle.h"

#include <cmath>
#include <limits>

namespace kgen {
namespace {

// A sum with the running error of its additions.
struct CompensatedSum {
  double sum = 0;
  double lost = 0;

  void add(double value) {
    double total = sum + value;
    lost += std::fabs(sum) >= std::fabs(value) ? (sum - total) + value
                                               : (value - total) + sum;
    sum = total;
  }
  void scale(double factor) {
    sum *= factor;
    lost *= factor;
  }
  double value() const { return sum + lost; }
};

} // namespace

bool Oracle::onlineRow(const RowIndex &row, double *output, double *lse) {
  int64_t dim = problem.headDimQK, dimV = problem.headDimV;
  int64_t rowNumber = (row.batch * problem.headsQ + row.head) * sizes.seqQ + row.row;
  int64_t firstKey = firstKeyOf(problem, sizes, row);
  double maximum = -std::numeric_limits<double>::infinity();
  CompensatedSum total;
  std::vector<CompensatedSum> sums(dimV);
  bool defined = true;
  for (int64_t key = 0; key < sizes.seqKV; ++key) {
    if (!problem.mask.empty()) {
      mask.setRow(row);
      mask.evaluate(key, 1, nullptr);
      defined &= !mask.undefined()[0];
      if (!mask.integers()[0])
        continue;
    }
    CompensatedSum dot;
    for (int64_t d = 0; d < dim; ++d)
      dot.add(static_cast<double>(inputs.q[rowNumber * dim + d]) *
              inputs.k[(firstKey + key) * dim + d]);
    double logit = problem.scale * dot.value();
    if (!problem.score.empty()) {
      score.setRow(row);
      score.evaluate(key, 1, &logit);
      defined &= !score.undefined()[0];
      logit = score.floats()[0];
    }
    if (logit == -std::numeric_limits<double>::infinity())
      continue; // weight 0
    if (!(logit <= maximum)) { // larger, or NaN: NaN then stays
      double factor = std::exp(maximum - logit);
      total.scale(factor);
      for (CompensatedSum &sum : sums)
        sum.scale(factor);
      maximum = logit;
    }
    double weight = std::exp(logit - maximum);
    total.add(weight);
    for (int64_t d = 0; d < dimV; ++d)
      sums[d].add(weight * inputs.v[(firstKey + key) * dimV + d]);
  }
  bool isMasked = maximum == -std::numeric_limits<double>::infinity();
  for (int64_t d = 0; d < dimV; ++d)
    output[d] = isMasked ? 0 : sums[d].value() / total.value();
  *lse = isMasked ? maximum : maximum + std::log(total.value());
  return defined;
}

} // namespace kgen
