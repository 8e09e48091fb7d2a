//===- Calibration.cpp - The cost model against counted kernels -----------===//

#include "CostWork.h"

#include <algorithm>

namespace kgen {
namespace {

// Beyond this a factor says that the model means something else, not that it is
// off; one odd kernel must not turn the whole order over.
constexpr double kLargestFactor = 8;

class Ratios {
public:
  void add(double counted, double guessed) {
    if (counted > 0 && guessed > 0)
      values.push_back(counted / guessed);
  }
  // The median: kernels that do something of their own do not move it.
  double factor() {
    if (values.empty())
      return 1;
    auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return std::clamp(*middle, 1 / kLargestFactor, kLargestFactor);
  }

private:
  std::vector<double> values;
};

} // namespace

CostFactors calibrate(const Problem &problem, const ProblemSizes &sizes,
                      const HardwareModel &hardware,
                      const std::vector<CountedSchedule> &counted) {
  if (hardware.target == TargetKind::Cpu)
    return {};
  Ratios exp2, vector, shared;
  double lanes = static_cast<double>(hardware.lanes);
  for (const CountedSchedule &each : counted) {
    const KernelFeatures &features = each.features;
    BlockWork work = blockWork(problem, sizes, each.schedule);
    double blocks = blockCount(problem, sizes, each.schedule);
    exp2.add(features.transcendental * lanes, blocks * exp2Results(work));
    vector.add((features.integer + features.floating + features.conversion) *
                   lanes,
               blocks * vectorOperations(problem, each.schedule, work));
    shared.add(features.sharedBytes +
                   kSharedBytesPerClock * features.bankConflictCycles,
               blocks * feedBytes(problem, each.schedule, work));
  }
  return {exp2.factor(), vector.factor(), shared.factor()};
}

} // namespace kgen
