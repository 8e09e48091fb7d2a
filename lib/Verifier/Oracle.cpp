//===- Oracle.cpp - Attention in float64, two passes -----------------------===//

#include "Oracle.h"

#include "Vectorise.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kgen {

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

int64_t firstKeyOf(const Problem &problem, const ProblemSizes &sizes,
                   const RowIndex &row) {
  int64_t headKV = row.head / problem.groupSize();
  return (row.batch * problem.headsKV + headKV) * sizes.seqKV;
}

// out[j] = scale * sum_d q[d] * keys[j][d]
KGEN_VECTORISE static void dotKeys(const double *q, const float *keys,
                                   int64_t count, int64_t dim, double scale,
                                   double *out) {
  KGEN_REASSOCIATE
  for (int64_t j = 0; j < count; ++j) {
    double sum = 0;
    for (int64_t d = 0; d < dim; ++d)
      sum += q[d] * static_cast<double>(keys[j * dim + d]);
    out[j] = scale * sum;
  }
}

// out[d] += sum_j weights[j] * values[j][d] over kept keys
KGEN_VECTORISE static void addValues(const double *weights, const uint8_t *kept,
                                     const float *values, int64_t count,
                                     int64_t dim, double *out) {
  KGEN_REASSOCIATE
  for (int64_t j = 0; j < count; ++j) {
    if (!kept[j])
      continue;
    double weight = weights[j];
    for (int64_t d = 0; d < dim; ++d)
      out[d] += weight * static_cast<double>(values[j * dim + d]);
  }
}

Oracle::Oracle(const Problem &problem, const ProblemSizes &sizes,
               const Inputs &inputs)
    : problem(problem), sizes(sizes), inputs(inputs),
      score(problem.score, problem, sizes, inputs.captures),
      mask(problem.mask, problem, sizes, inputs.captures),
      query(problem.headDimQK), logits(sizes.seqKV), kept(sizes.seqKV) {}

// Fills logits and kept for the whole row.
bool Oracle::scores(const RowIndex &row, const Deviation &deviation) {
  int64_t dim = problem.headDimQK;
  int64_t rowNumber = (row.batch * problem.headsQ + row.head) * sizes.seqQ + row.row;
  std::copy_n(&inputs.q[rowNumber * dim], dim, query.begin());
  int64_t firstKey = firstKeyOf(problem, sizes, row);
  if (deviation.headKV >= 0)
    firstKey = (row.batch * problem.headsKV + deviation.headKV) * sizes.seqKV;
  bool hasMask = !problem.mask.empty() && !deviation.ignoreMask;
  bool hasScore = !problem.score.empty() && !deviation.ignoreScore;
  if (hasMask)
    mask.setRow({row.batch, row.head, row.row + deviation.rowShift});
  if (hasScore)
    score.setRow(row);
  bool defined = true;
  for (int64_t first = 0; first < sizes.seqKV; first += RowEvaluator::kLanes) {
    int64_t count = std::min(RowEvaluator::kLanes, sizes.seqKV - first);
    std::fill_n(&kept[first], count, 1);
    if (hasMask) {
      mask.evaluate(first, count, nullptr);
      for (int64_t lane = 0; lane < count; ++lane) {
        kept[first + lane] = mask.integers()[lane] != 0;
        defined &= !mask.undefined()[lane];
      }
    }
    for (int64_t j = std::max(first, deviation.skipFirst);
         j < std::min(first + count, deviation.skipEnd); ++j)
      kept[j] = 0;
    if (std::none_of(&kept[first], &kept[first] + count, [](uint8_t k) { return k; }))
      continue;
    dotKeys(query.data(), &inputs.k[(firstKey + first) * dim], count, dim,
            problem.scale * deviation.scaleFactor, &logits[first]);
    if (!hasScore)
      continue;
    score.evaluate(first, count, &logits[first]);
    std::copy_n(score.floats(), count, &logits[first]);
    for (int64_t lane = 0; lane < count; ++lane)
      defined &= !(kept[first + lane] && score.undefined()[lane]);
  }
  return defined;
}

// Turns logits into weights exp(t - maximum) and returns their sum.
double Oracle::weigh(double maximum) {
  double sum = 0;
  for (int64_t j = 0; j < sizes.seqKV; ++j) {
    logits[j] = kept[j] ? std::exp(logits[j] - maximum) : 0;
    sum += logits[j];
  }
  return sum;
}

bool Oracle::row(const RowIndex &row, double *output, double *lse,
                 const Deviation &deviation) {
  bool defined = scores(row, deviation);
  double maximum = -kInfinity;
  bool seesNaN = false;
  for (int64_t j = 0; j < sizes.seqKV; ++j) {
    if (!kept[j])
      continue;
    seesNaN |= std::isnan(logits[j]);
    kept[j] = logits[j] != -kInfinity; // a score of -inf drops out like a mask
    maximum = std::max(maximum, logits[j]);
  }
  int64_t dim = problem.headDimV;
  std::fill_n(output, dim, 0.0);
  if (seesNaN || maximum == kInfinity) {
    std::fill_n(output, dim, std::nan(""));
    *lse = seesNaN ? std::nan("") : kInfinity;
    return defined;
  }
  *lse = -kInfinity;
  if (maximum == -kInfinity) // nothing kept: O = 0
    return defined;
  double sum = weigh(maximum);
  for (int64_t j = deviation.doubleFirst; j < deviation.doubleEnd; ++j) {
    sum += logits[j];
    logits[j] *= 2;
  }
  int64_t firstKey = deviation.headKV < 0
                         ? firstKeyOf(problem, sizes, row)
                         : (row.batch * problem.headsKV + deviation.headKV) * sizes.seqKV;
  addValues(logits.data(), kept.data(), &inputs.v[firstKey * dim], sizes.seqKV,
            dim, output);
  for (int64_t d = 0; d < dim; ++d)
    output[d] /= sum;
  *lse = maximum + std::log(sum);
  return defined;
}

} // namespace kgen
