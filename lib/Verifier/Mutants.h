//===- Mutants.h - Kernels that are known to be right or wrong -------------===//
//
// The verifier is tested on itself: a small tiled online-softmax kernel in this
// process, in several honest styles, and with one of many faults. All honest
// ones must be accepted, all faulty ones rejected, and for the right reason.
// Its score and mask are C++ functions, not Expression programs, so that the
// oracle's interpreter is on one side only.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_VERIFIER_MUTANTS_H
#define KGEN_LIB_VERIFIER_MUTANTS_H

#include "Device.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kgen {

/// What a mutant does wrong.
enum class Fault : uint8_t {
  None,
  DropsLastTile,
  DropsMiddleTile,
  CountsTileTwice,
  OneRowLosesTile,
  MaskOffByOne,
  DiagonalTileUnmasked,
  IgnoresMask,
  AccumulatorNotRescaled,
  SumNotRescaled,
  WrongScale,
  IgnoresQueryAndKey,
  WrongHeadMap,
  IgnoresScore,
  ScoreBeforeScale,
  WritesNothing,
  LastRowOfTileUnwritten,
  RaggedRowsSkipped,
  WritesPastEnd,
  WritesBeforeStart,
  ReadsPastEnd,
  RunsDiffer,
  WritesNaN,
  SwallowsNaN,
  LseBaseTwo,
  LseWithoutMaximum,
  MaskedRowIsNaN,
  MaskedRowIsMean,
  ModifiesInput,
  NarrowAccumulator,
  CoarseWeights, ///< rounds f16 probabilities to bf16
};

/// How an honest kernel is organised.
struct KernelStyle {
  int64_t tileQ = 64;
  int64_t tileKV = 64;
  bool isReverse = false;      ///< walks the kv tiles from the last to the first
  bool sumsRounded = false;    ///< the row sum adds rounded probabilities
};

/// A problem with its functions in C++.
struct MutantProblem {
  Problem problem;
  ProblemSizes sizes;
  /// (arguments of the launch, batch, head, q_idx, kv_idx)
  using Keep = std::function<bool(const std::vector<KernelArgument> &, int64_t,
                                  int64_t, int64_t, int64_t)>;
  /// (arguments, score, batch, head, q_idx, kv_idx)
  using Score = std::function<float(const std::vector<KernelArgument> &, float,
                                    int64_t, int64_t, int64_t, int64_t)>;
  Keep keep;   ///< empty: no mask
  Score score; ///< empty: identity
};

/// Plain attention, GQA 4:2, Dv != Dqk, with LSE.
MutantProblem plainMutantProblem(ElementType dtype);
/// Strictly causal (row 0 is fully masked) with ALiBi slopes from a table.
MutantProblem causalMutantProblem(ElementType dtype);

/// The kernel with the fault; keeps a copy of the problem.
std::unique_ptr<LoadedKernel> makeMutant(const MutantProblem &problem,
                                         const KernelStyle &style, Fault fault);

/// One entry of the suite.
struct MutantCase {
  std::string name;
  Fault fault = Fault::None;
  KernelStyle style;
  bool isCausal = false; ///< which of the two problems
  ElementType dtype = ElementType::BF16;
  /// The code it must be rejected with; empty for an honest kernel.
  std::optional<ErrorCode> expected;
};
const std::vector<MutantCase> &mutantSuite();

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_MUTANTS_H
