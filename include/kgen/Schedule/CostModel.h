//===- CostModel.h - An order of candidates, not a prediction --------------===//
#ifndef KGEN_SCHEDULE_COSTMODEL_H
#define KGEN_SCHEDULE_COSTMODEL_H

#include "kgen/Schedule/Legality.h"

namespace kgen {

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
                          const HardwareModel &hardware);

/// The least time the machine allows for this problem at all: the larger of
/// operations over rate and compulsory bytes over bandwidth. A measured time
/// below it is a fault of the measurement, so everything is counted low: only
/// pairs that the mask surely keeps at these sizes, no bytes on a CPU (its
/// caches may hold them), and a CPU clock half as fast again as it shows.
double floorSeconds(const Problem &problem, const ProblemSizes &sizes,
                    const HardwareModel &hardware);

} // namespace kgen

#endif // KGEN_SCHEDULE_COSTMODEL_H
