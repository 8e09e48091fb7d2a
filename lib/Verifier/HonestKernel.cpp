//===- HonestKernel.cpp - How exact an honest kernel is --------------------===//

#include "HonestKernel.h"

#include "Numeric.h"
#include "Oracle.h"
#include "Vectorise.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kgen {

static constexpr float kInfinity = std::numeric_limits<float>::infinity();
static constexpr float kLog2E = 1.44269504088896341f;

// One product after the other, as a kernel accumulates: a tree would be more
// exact than any of them, and the allowance too small where logits are large.
// Vectors go over the keys.
KGEN_VECTORISE static void dotKeys(const float *q, const float *keys,
                                   int64_t count, int64_t dim, float *out) {
  std::fill_n(out, count, 0.0f);
  for (int64_t d = 0; d < dim; ++d)
    for (int64_t j = 0; j < count; ++j)
      out[j] += q[d] * keys[j * dim + d];
}

// The same with both inputs rounded to tf32, as its tensor cores do.
KGEN_VECTORISE static void dotKeysTF32(const float *q, const float *keys,
                                       int64_t count, int64_t dim, float *out) {
  KGEN_REASSOCIATE
  for (int64_t j = 0; j < count; ++j) {
    float dot = 0;
    for (int64_t d = 0; d < dim; ++d)
      dot += roundToTF32(q[d]) * roundToTF32(keys[j * dim + d]);
    out[j] = dot;
  }
}

KGEN_VECTORISE static void addWeighted(const float *weights, const float *values,
                                       int64_t count, int64_t dim, float *out) {
  for (int64_t j = 0; j < count; ++j) {
    float weight = weights[j];
    if (weight == 0)
      continue; // masked, or nothing to add to a finite V
    for (int64_t d = 0; d < dim; ++d)
      out[d] += weight * values[j * dim + d];
  }
}

// Against the row's own maximum the greatest weight is 1, which every dtype
// holds. Approximate math lets a kernel measure weights from a bound of the
// scores instead, so that the greatest is rounded like any other: here, by as
// much as rounding can do.
static float greatestWeightOf(const Problem &problem) {
  if (!problem.numerics.approximateMath)
    return 1;
  float mantissa = problem.dtype == ElementType::BF16  ? 0x1p-8f
                   : problem.dtype == ElementType::F16 ? 0x1p-11f
                                                       : 0;
  return 1 + mantissa;
}

HonestKernel::HonestKernel(const Problem &problem, const ProblemSizes &sizes,
                           const Inputs &inputs, int64_t tile)
    : problem(problem), sizes(sizes), inputs(inputs),
      tile(std::min(tile, RowEvaluator::kLanes)),
      usesTF32(problem.dtype == ElementType::F32 && problem.numerics.tf32),
      greatestWeight(greatestWeightOf(problem)),
      score(problem.score, problem, sizes, inputs.captures,
            problem.numerics.approximateMath),
      mask(problem.mask, problem, sizes, inputs.captures),
      query(problem.headDimQK), logits(tile), scoreArguments(tile),
      accumulator(problem.headDimV) {}

// Base-2 logits of one tile, -inf where masked; false when all are masked.
bool HonestKernel::scoreTile(const RowIndex &row, int64_t first, int64_t count) {
  bool hasMask = !problem.mask.empty();
  if (hasMask) {
    mask.evaluate(first, count, nullptr);
    const int64_t *keep = mask.integers();
    if (std::none_of(keep, keep + count, [](int64_t k) { return k != 0; }))
      return false;
  }
  int64_t dim = problem.headDimQK;
  const float *keys = &inputs.k[(firstKeyOf(problem, sizes, row) + first) * dim];
  if (usesTF32)
    dotKeysTF32(query.data(), keys, count, dim, logits.data());
  else
    dotKeys(query.data(), keys, count, dim, logits.data());
  float scale = static_cast<float>(problem.scale);
  if (problem.score.empty()) {
    for (int64_t j = 0; j < count; ++j)
      logits[j] *= scale * kLog2E;
  } else {
    for (int64_t j = 0; j < count; ++j)
      scoreArguments[j] = logits[j] * scale;
    score.evaluate(first, count, scoreArguments.data());
    for (int64_t j = 0; j < count; ++j)
      logits[j] = static_cast<float>(score.floats()[j]) * kLog2E;
  }
  for (int64_t j = 0; hasMask && j < count; ++j)
    if (!mask.integers()[j])
      logits[j] = -kInfinity;
  return true;
}

float HonestKernel::roundedWeight(float weight) const {
  return usesTF32 ? roundToTF32(weight) : roundTo(problem.dtype, weight);
}

// One step of the online softmax: logits become rounded weights.
void HonestKernel::addTile(const float *values, int64_t count) {
  float previous = maximum;
  for (int64_t j = 0; j < count; ++j)
    maximum = std::max(maximum, logits[j]);
  float base = maximum == -kInfinity ? 0 : maximum;
  float correction = std::exp2(previous - base);
  for (float &value : accumulator)
    value *= correction;
  sum *= correction;
  for (int64_t j = 0; j < count; ++j) {
    float weight = greatestWeight * std::exp2(logits[j] - base);
    sum += weight;
    logits[j] = roundedWeight(weight);
  }
  if (usesTF32) {
    for (int64_t j = 0; j < count; ++j)
      for (int64_t d = 0; d < problem.headDimV; ++d)
        accumulator[d] += logits[j] * roundToTF32(values[j * problem.headDimV + d]);
    return;
  }
  addWeighted(logits.data(), values, count, problem.headDimV, accumulator.data());
}

void HonestKernel::row(const RowIndex &row, float *output, float *lse) {
  int64_t dim = problem.headDimQK, dimV = problem.headDimV;
  int64_t rowNumber = (row.batch * problem.headsQ + row.head) * sizes.seqQ + row.row;
  std::copy_n(&inputs.q[rowNumber * dim], dim, query.begin());
  std::fill(accumulator.begin(), accumulator.end(), 0.0f);
  maximum = -kInfinity;
  sum = 0;
  if (!problem.mask.empty())
    mask.setRow(row);
  if (!problem.score.empty())
    score.setRow(row);
  int64_t firstKey = firstKeyOf(problem, sizes, row);
  for (int64_t first = 0; first < sizes.seqKV; first += tile) {
    int64_t count = std::min(tile, sizes.seqKV - first);
    if (scoreTile(row, first, count))
      addTile(&inputs.v[(firstKey + first) * dimV], count);
  }
  bool isMasked = sum == 0;
  for (int64_t d = 0; d < dimV; ++d)
    output[d] = isMasked ? 0 : roundTo(problem.dtype, accumulator[d] / sum);
  float logarithm = std::log2(sum / greatestWeight);
  *lse = isMasked ? -kInfinity : (maximum + logarithm) / kLog2E;
}

} // namespace kgen
