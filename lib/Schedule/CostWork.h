//===- CostWork.h - What the cost model takes a kernel's work to be -------===//
#ifndef KGEN_LIB_SCHEDULE_COSTWORK_H
#define KGEN_LIB_SCHEDULE_COSTWORK_H

#include "kgen/Schedule/CostModel.h"

namespace kgen {

// L2 bandwidth over DRAM bandwidth: published microbenchmarks give 2 to 3.
inline constexpr double kL2OverDram = 2.5;
// Bytes that a processor reads from shared memory per clock: 32 banks of four.
inline constexpr double kSharedBytesPerClock = 128;

/// Work of one workgroup, averaged over query tiles: what is visited, and the
/// operations that follow from it before any calibration.
struct BlockWork {
  double rows = 0;
  double columns = 0; ///< visited, in whole kv tiles
  double steps = 0;
  double pairs() const { return rows * columns; }
};
BlockWork blockWork(const Problem &problem, const ProblemSizes &sizes,
                    const Schedule &schedule);
/// Workgroups of a launch.
double blockCount(const Problem &problem, const ProblemSizes &sizes,
                  const Schedule &schedule);

/// Lane operations on scores and on O, beside the products and exp2, as a
/// kernel's PTX has them.
double vectorOperations(const Problem &problem, const Schedule &schedule,
                        const BlockWork &work);
/// Of these, what the assembler saves: max.s32 twice is one VIMNMX3.
double joinedOperations(const Schedule &schedule, const BlockWork &work);
/// Of both products.
double matrixFlops(const Problem &problem, const Schedule &schedule,
                   const BlockWork &work);
/// Results of exp2.
double exp2Results(const BlockWork &work);
/// Bytes that reading the products' operands takes from shared memory: each
/// warp, or warpgroup where roles part, reads all of K and V, and Q and P too
/// where they stay there.
double feedBytes(const Problem &problem, const Schedule &schedule,
                 const BlockWork &work);

} // namespace kgen

#endif // KGEN_LIB_SCHEDULE_COSTWORK_H
