//===- CostModel.h - An order of candidates, not a prediction --------------===//
#ifndef KGEN_SCHEDULE_COSTMODEL_H
#define KGEN_SCHEDULE_COSTMODEL_H

#include "kgen/Schedule/KernelFeatures.h"
#include "kgen/Schedule/Legality.h"

#include <vector>

namespace kgen {

/// Counted work over the model's guess at it, for the parts that the model
/// knows least: how many operations the compiler makes of a score. 1: as
/// guessed.
struct CostFactors {
  double exp2 = 1;   ///< special-function results
  double vector = 1; ///< other vector operations
  double shared = 1; ///< shared-memory clocks, bank conflicts included
  bool operator==(const CostFactors &) const = default;
};

/// A schedule whose kernel was built and counted, at the sizes that are asked
/// for.
struct CountedSchedule {
  Schedule schedule;
  KernelFeatures features;
};

/// Of each factor the median over `counted`, between 1/8 and 8; 1 where nothing
/// was counted, and on a CPU.
CostFactors calibrate(const Problem &problem, const ProblemSizes &sizes,
                      const HardwareModel &hardware,
                      const std::vector<CountedSchedule> &counted);

/// Seconds one launch would take, with what bounds it. Only its order is meant.
struct CostEstimate {
  double seconds = 0;
  double matrixSeconds = 0;    ///< the two products
  double exp2Seconds = 0;      ///< special-function unit
  double vectorSeconds = 0;    ///< the other work on scores and on O
  double memorySeconds = 0;    ///< DRAM and L2 traffic
  double waveEfficiency = 1;   ///< filled processors in the last wave
};
CostEstimate estimateCost(const Problem &problem, const ProblemSizes &sizes,
                          const Schedule &schedule,
                          const HardwareModel &hardware,
                          const CostFactors &factors = {});

/// The least time the machine allows for this problem at all: the larger of
/// operations over rate and compulsory bytes over bandwidth. A measured time
/// below it is a fault of the measurement, so everything is counted low: only
/// pairs that the mask surely keeps at these sizes, no bytes on a CPU (its
/// caches may hold them), and a CPU clock half as fast again as it shows.
double floorSeconds(const Problem &problem, const ProblemSizes &sizes,
                    const HardwareModel &hardware);

} // namespace kgen

#endif // KGEN_SCHEDULE_COSTMODEL_H
