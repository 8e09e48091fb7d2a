//===- KernelFeatures.cpp - Counts over a machine's rates -----------------===//

#include "kgen/Schedule/KernelFeatures.h"

#include "CostWork.h"

#include <algorithm>

namespace kgen {
namespace {

// Warp instructions that one processor issues per clock: four schedulers
// (NVIDIA) or SIMDs (AMD), CUDA C++ Programming Guide and the CDNA white
// papers.
constexpr double kIssuePerClock = 4;
// Integer results per clock of an NVIDIA SM, capabilities 8.0 to 9.0: CUDA C++
// Programming Guide, "Throughput of Native Arithmetic Instructions".
constexpr double kIntegerLanesPerClock = 64;

double over(double work, double rate) { return rate > 0 ? work / rate : 0; }

// NVIDIA's integers have a pipe of their own; AMD's take turns with the rest.
std::vector<PipeTime> vectorTimes(const KernelFeatures &features,
                                  const HardwareModel &hardware,
                                  double clocks) {
  double lanes = static_cast<double>(hardware.lanes);
  double rate = hardware.vectorTflops32 * 1e12 / 2; // an FMA is two
  double others = features.floating + features.conversion;
  double integer = features.integer * lanes;
  if (hardware.target == TargetKind::Rocdl)
    return {{"vector", over(others * lanes + integer, rate)}};
  return {{"vector", over(others * lanes, rate)},
          {"integer", over(integer, kIntegerLanesPerClock * clocks)}};
}

} // namespace

std::vector<PipeTime> pipeTimes(const KernelFeatures &features,
                                const HardwareModel &hardware) {
  if (hardware.target == TargetKind::Cpu)
    return {};
  double processors = static_cast<double>(hardware.processors);
  double lanes = static_cast<double>(hardware.lanes);
  double clocks = hardware.clockGhz * 1e9 * processors; // of all, per second
  std::vector<PipeTime> times = vectorTimes(features, hardware, clocks);
  double sharedClocks =
      features.sharedBytes / kSharedBytesPerClock + features.bankConflictCycles;
  times.insert(
      times.end(),
      {{"tensor", over(features.tensorFlops, hardware.matrixTflops16 * 1e12)},
       {"exp2", over(features.transcendental * lanes,
                     hardware.exp2GopsPerProcessor * 1e9 * processors)},
       {"shared memory", over(sharedClocks, clocks)},
       {"global memory",
        over(features.globalBytes, hardware.memoryGBps * 1e9 * kL2OverDram)},
       {"issue", over(features.instructions, kIssuePerClock * clocks)}});
  std::sort(
      times.begin(), times.end(), [](const PipeTime &a, const PipeTime &b) {
        return a.seconds != b.seconds ? a.seconds > b.seconds : a.pipe < b.pipe;
      });
  return times;
}

double busiestPipeSeconds(const KernelFeatures &features,
                          const HardwareModel &hardware) {
  std::vector<PipeTime> times = pipeTimes(features, hardware);
  return times.empty() ? 0 : times.front().seconds;
}

std::string describePipes(const KernelFeatures &features,
                          const HardwareModel &hardware) {
  std::vector<PipeTime> times = pipeTimes(features, hardware);
  if (times.empty() || times.front().seconds <= 0)
    return "";
  std::string text = "busiest pipe " + std::string(times.front().pipe);
  const char *separator = "; of it ";
  for (size_t i = 1; i < times.size(); ++i) {
    double share = times[i].seconds / times.front().seconds;
    if (share < 0.1)
      break;
    text += separator + std::string(times[i].pipe) + " " +
            std::to_string(static_cast<int>(100 * share + 0.5)) + " %";
    separator = ", ";
  }
  return text;
}

} // namespace kgen
