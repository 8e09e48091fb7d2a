//===- CostWork.cpp - What the cost model takes a kernel's work to be -----===//

#include "CostWork.h"

#include "Legality/Rules.h"
#include "ScoreSlope.h"

#include <algorithm>

namespace kgen {

static double asDouble(int64_t value) { return static_cast<double>(value); }

static double ceilDiv(int64_t value, int64_t divisor) {
  return asDouble((value + divisor - 1) / divisor);
}

BlockWork blockWork(const Problem &problem, const ProblemSizes &sizes,
                    const Schedule &schedule) {
  BlockWork work;
  work.rows = asDouble(schedule.tileQ);
  double allSteps = ceilDiv(sizes.seqKV, schedule.tileKV);
  work.steps = allSteps;
  double density = problem.maskSummary.density;
  if (problem.maskSummary.analysed && density < 1) {
    // Kept columns, and the parts of edge tiles that are computed in vain.
    double edge = asDouble(schedule.tileQ + schedule.tileKV) / 2;
    double columns = density * asDouble(sizes.seqKV) + edge;
    work.steps = std::min(columns / asDouble(schedule.tileKV), allSteps);
  }
  work.columns = work.steps * asDouble(schedule.tileKV);
  return work;
}

double blockCount(const Problem &problem, const ProblemSizes &sizes,
                  const Schedule &schedule) {
  return ceilDiv(sizes.seqQ, schedule.tileQ) * asDouble(problem.headsQ) *
         asDouble(sizes.batch);
}

// Scores with a slope or terms of keys are not computed for each element:
// products start from these, by a sum each or by a step of their own. f32
// scores are, as they were written.
static double scoreOperations(const Problem &problem,
                              const Schedule &schedule) {
  double instructions = asDouble(problem.score.instructions.size());
  bool keyTerms = hasKeyTerms(problem.score);
  bool splits = keyTerms ? schedule.producer == ProducerKind::Tma
                         : hasSlope(problem.score);
  if (problem.dtype == ElementType::F32 || !splits)
    return instructions;
  if (schedule.affine == AffineUnit::Tensor)
    return 0;
  // A thread computes the terms of a key for its two rows.
  return 1 + (keyTerms ? instructions / 2 : 0);
}

// Per score: scale, maximum, subtract, sum, convert, and the programs; per
// step: the rescale of O, which few steps take where it is lazy.
double vectorOperations(const Problem &problem, const Schedule &schedule,
                        const BlockWork &work) {
  double perScore = 5 + scoreOperations(problem, schedule) +
                    asDouble(problem.mask.instructions.size());
  double rescale = schedule.rescale == RescalePolicy::Lazy
                       ? 0
                       : work.rows * asDouble(problem.headDimV) * work.steps;
  return work.pairs() * perScore + rescale;
}

double joinedOperations(const Schedule &schedule, const BlockWork &work) {
  return schedule.rowMaximum == RowMaximum::Integer ? work.pairs() / 2 : 0;
}

double matrixFlops(const Problem &problem, const Schedule &schedule,
                   const BlockWork &work) {
  int64_t dims = problem.headDimQK + problem.headDimV;
  if (legality::takesStartStep(problem, schedule))
    dims += legality::kStartStepCols;
  return 2 * work.pairs() * asDouble(dims);
}

double exp2Results(const BlockWork &work) { return work.pairs(); }

double feedBytes(const Problem &problem, const Schedule &schedule,
                 const BlockWork &work) {
  double dims = asDouble(problem.headDimQK + problem.headDimV);
  int64_t readers = schedule.consumerWarpgroups > 0
                        ? schedule.consumerWarpgroups
                        : schedule.warps;
  double elements = asDouble(readers) * work.columns * dims;
  if (schedule.qOperand == OperandPlace::Shared)
    elements += work.rows * asDouble(problem.headDimQK) * work.steps;
  if (schedule.pOperand == OperandPlace::Shared)
    elements += 2 * work.pairs();
  return elements * asDouble(byteSize(problem.dtype));
}

} // namespace kgen
