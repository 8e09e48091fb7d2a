//===- Timing.h - How long a launch takes ----------------------------------===//
#ifndef KGEN_LIB_VERIFIER_TIMING_H
#define KGEN_LIB_VERIFIER_TIMING_H

#include "LaunchFrame.h"

#include <vector>

namespace kgen {

/// Times launches with a cold last-level cache: before each one, outside the
/// timed region, a buffer of twice its size is written.
class Stopwatch {
public:
  static Expected<std::unique_ptr<Stopwatch>> make(Device &device);
  ~Stopwatch();
  Stopwatch(const Stopwatch &) = delete;
  Stopwatch &operator=(const Stopwatch &) = delete;

  /// Samples for about `seconds` of wall time after a warm-up.
  Expected<Timing> time(LoadedKernel &kernel, const LaunchFrame &frame,
                        double seconds);
  /// Bursts of both kernels in turn, order swapped every burst, each kernel on
  /// its own outputs.
  Expected<PairTiming> timePair(LoadedKernel &candidate,
                                const LaunchFrame &candidateFrame,
                                LoadedKernel &incumbent,
                                const LaunchFrame &incumbentFrame, double seconds);

private:
  Stopwatch(Device &device, void *flushBuffer, size_t flushBytes)
      : device(device), flushBuffer(flushBuffer), flushBytes(flushBytes) {}
  /// Milliseconds of one cold launch; appends the clock.
  Expected<double> sample(LoadedKernel &kernel, const LaunchFrame &frame,
                          std::vector<double> &clocks);
  Expected<void> warmUp(LoadedKernel &kernel, const LaunchFrame &frame,
                        double seconds);

  Device &device;
  void *flushBuffer;
  size_t flushBytes;
};

/// Median and spread of samples in milliseconds; `clocks` may be empty.
Timing summarise(std::vector<double> milliseconds, std::vector<double> clocks);

/// Fails with FasterThanMachine when the median is below the floor.
Expected<void> checkFloor(const Timing &timing, double floorSeconds);

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_TIMING_H
