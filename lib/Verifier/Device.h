//===- Device.h - What the verifier needs of a machine ---------------------===//
//
// Two small interfaces between the verification and whatever runs a kernel: the
// runtime's devices (RuntimeDevice.h), or functions in this process
// (HostDevice.h), with which the verifier itself is tested.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_VERIFIER_DEVICE_H
#define KGEN_LIB_VERIFIER_DEVICE_H

#include "kgen/Verifier/Protocol.h"

#include <memory>
#include <string>
#include <vector>

namespace kgen {

/// One argument of a launch, in the order of the kernel ABI: Q, K, V, captures,
/// O, LSE.
struct KernelArgument {
  ElementType type = ElementType::F32;
  bool isScalar = false;
  std::vector<int64_t> shape; ///< tensors: every dimension
  void *data = nullptr;       ///< tensors: address on the device
  uint64_t bits = 0;          ///< scalars: the value's bytes from the low end
};

/// A kernel that can be launched on its device.
class LoadedKernel {
public:
  virtual ~LoadedKernel();
  /// Enqueues one launch.
  virtual Expected<void> launch(const std::vector<KernelArgument> &arguments) = 0;
  /// Refuses a problem whose parameters are not the kernel's.
  virtual Expected<void> checkSignature(const Problem &problem) const;
  /// The artefact's info text (JSON); empty if it has none.
  virtual std::string info() const;
};

/// Memory, order and time of one device. All work is on one stream.
class Device {
public:
  virtual ~Device();
  virtual WorkerHello describe() const = 0;
  virtual Expected<std::unique_ptr<LoadedKernel>>
  load(const ArtifactSource &artifact) = 0;
  /// At least 256-byte aligned, not zeroed.
  virtual Expected<void *> allocate(size_t bytes) = 0;
  virtual void release(void *pointer) = 0;
  virtual Expected<void> upload(void *to, const void *from, size_t bytes) = 0;
  virtual Expected<void> download(void *to, const void *from, size_t bytes) = 0;
  virtual Expected<void> fill(void *at, uint8_t value, size_t bytes) = 0;
  /// Waits for all work and reports its faults.
  virtual Expected<void> synchronize() = 0;
  /// Milliseconds of one launch between two events on the stream. An emulated
  /// device has none (NoClock).
  virtual Expected<double>
  timeLaunch(LoadedKernel &kernel,
             const std::vector<KernelArgument> &arguments) = 0;
  /// True after a fault that this process cannot recover from.
  virtual bool isLost() const;
  /// Present clock of the processors, where the driver gives it.
  virtual std::optional<double> clockMhz() const;
  /// What was executed since the device was opened; only emulated devices count.
  virtual std::optional<EmulatedCounts> counts();
  /// Interleaves the threads of later launches in another way for every
  /// `variation`, and says which it is: "interleaving seed 7". Empty, and nothing
  /// done, where that is the hardware's affair.
  virtual std::string varyInterleaving(uint64_t variation);
};

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_DEVICE_H
