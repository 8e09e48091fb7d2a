//===- HonestKernel.h - How exact an honest kernel is ----------------------===//
//
// What a careful kernel of the problem's dtype computes: f32 scores and
// accumulators, a tiled online softmax in the exp2 domain, probabilities rounded
// to the dtype before the second product, the output rounded at the end. Its
// error against the oracle, on the very same rows, scales the allowance.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_VERIFIER_HONESTKERNEL_H
#define KGEN_LIB_VERIFIER_HONESTKERNEL_H

#include "Inputs.h"
#include "RowEvaluator.h"

#include <vector>

namespace kgen {

/// Computes rows of one case. Not thread-safe: one per thread.
class HonestKernel {
public:
  /// Keeps references to the arguments. `tile` is the kv tile.
  HonestKernel(const Problem &problem, const ProblemSizes &sizes,
               const Inputs &inputs, int64_t tile = 64);

  /// Writes headDimV outputs and LSE as a kernel would store them.
  void row(const RowIndex &row, float *output, float *lse);

private:
  bool scoreTile(const RowIndex &row, int64_t first, int64_t count);
  void addTile(const float *values, int64_t count);
  float roundedWeight(float weight) const;

  const Problem &problem;
  const ProblemSizes &sizes;
  const Inputs &inputs;
  int64_t tile;
  bool usesTF32;
  float greatestWeight; ///< of a row, before it is rounded
  RowEvaluator score;
  RowEvaluator mask;
  std::vector<float> query;
  std::vector<float> logits;
  std::vector<double> scoreArguments;
  std::vector<float> accumulator;
  float maximum = 0;
  float sum = 0;
};

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_HONESTKERNEL_H
