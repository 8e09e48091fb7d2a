//===- KernelFeatures.h - What a compiled kernel does, counted ------------===//
//
// Counts of one launch, from an emulated run. The cost model guesses the same
// work from the schedule before anything is compiled; counts of kernels that
// were built say by how much it is off (CostModel.h).
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_SCHEDULE_KERNELFEATURES_H
#define KGEN_SCHEDULE_KERNELFEATURES_H

#include "kgen/Schedule/HardwareModel.h"

#include <string>
#include <string_view>
#include <vector>

namespace kgen {

/// Instructions are those of warps (waves): one counts once, however many lanes
/// take part. Whole numbers; double holds each exactly up to 2^53.
struct KernelFeatures {
  double instructions = 0; ///< of all classes
  double integer = 0;
  double floating = 0; ///< FP32 pipe
  double conversion = 0;
  double transcendental = 0; ///< exp2, reciprocal, ...
  double tensorFlops = 0;    ///< 2 m n k of each tensor instruction
  double globalBytes = 0;    ///< loaded and stored, bulk copies included
  double sharedBytes = 0;
  double bankConflictCycles = 0; ///< beyond one access per 128 bytes
  bool operator==(const KernelFeatures &) const = default;
};

/// Calls visit("tensor_flops", features.tensorFlops) for each number: what a
/// history stores.
template <typename FeaturesT, typename Visitor>
void forEachFeature(FeaturesT &features, Visitor &&visit) {
  visit("instructions", features.instructions);
  visit("integer", features.integer);
  visit("floating", features.floating);
  visit("conversion", features.conversion);
  visit("transcendental", features.transcendental);
  visit("tensor_flops", features.tensorFlops);
  visit("global_bytes", features.globalBytes);
  visit("shared_bytes", features.sharedBytes);
  visit("bank_conflict_cycles", features.bankConflictCycles);
}

/// One unit of the machine and how long the counted work keeps it busy at its
/// full rate, spread evenly over all processors.
struct PipeTime {
  std::string_view pipe; ///< "tensor", "exp2", "shared memory", ...
  double seconds = 0;
};

/// The pipes of a GPU, the busiest first. Empty for a CPU: nothing counts
/// there.
std::vector<PipeTime> pipeTimes(const KernelFeatures &features,
                                const HardwareModel &hardware);

/// Seconds of the busiest pipe: no launch that does this work can take less,
/// and of two kernels the one with less is likely the faster. 0 for a CPU.
double busiestPipeSeconds(const KernelFeatures &features,
                          const HardwareModel &hardware);

/// "busiest pipe shared memory; of it tensor 81 %, exp2 40 %, issue 38 %": the
/// pipes that are busy for at least a tenth of the time. Empty for a CPU.
std::string describePipes(const KernelFeatures &features,
                          const HardwareModel &hardware);

} // namespace kgen

#endif // KGEN_SCHEDULE_KERNELFEATURES_H
