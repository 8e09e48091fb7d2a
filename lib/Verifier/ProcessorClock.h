//===- ProcessorClock.h - The SM clock, where the driver gives it ----------===//
#ifndef KGEN_LIB_VERIFIER_PROCESSORCLOCK_H
#define KGEN_LIB_VERIFIER_PROCESSORCLOCK_H

#include <memory>
#include <optional>

namespace kgen {

/// Reads the SM clock through NVML (libnvidia-ml.so.1, loaded at run time). It
/// only reads: clocks of lent machines are never set.
class ProcessorClock {
public:
  /// Null when there is no NVML or no such device. `ordinal` counts as CUDA
  /// does: CUDA_VISIBLE_DEVICES is taken into account.
  static std::unique_ptr<ProcessorClock> open(int ordinal);
  ~ProcessorClock();
  /// MHz, or nothing when the driver does not say.
  std::optional<double> read() const;

private:
  ProcessorClock(void *library, void *device, void *getClock)
      : library(library), device(device), getClock(getClock) {}
  void *library;
  void *device;
  void *getClock;
};

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_PROCESSORCLOCK_H
