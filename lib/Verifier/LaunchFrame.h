//===- LaunchFrame.h - Guarded buffers and arguments of one case -----------===//
#ifndef KGEN_LIB_VERIFIER_LAUNCHFRAME_H
#define KGEN_LIB_VERIFIER_LAUNCHFRAME_H

#include "Case.h"
#include "Device.h"

#include <optional>

namespace kgen {

/// Bytes before and after every buffer that must stay as they were.
inline constexpr size_t kRedZoneBytes = 4096;
/// Outputs before a run hold only this byte: NaN in every float type.
inline constexpr uint8_t kPoison = 0xff;
/// Red zones repeat these two bytes: NaN as well, so that what reads them shows
/// it, but another one than the poison.
inline constexpr uint8_t kRedZonePattern[2] = {0xa5, 0xff};

/// Device memory with a red zone on both sides.
class GuardedBuffer {
public:
  static Expected<std::unique_ptr<GuardedBuffer>> make(Device &device,
                                                       std::string name,
                                                       size_t bytes);
  ~GuardedBuffer();
  GuardedBuffer(const GuardedBuffer &) = delete;
  GuardedBuffer &operator=(const GuardedBuffer &) = delete;

  void *data() const { return base + kRedZoneBytes; }
  /// Fills the contents with kPoison.
  Expected<void> poison();
  Expected<void> setContents(const std::string &bytes);
  Expected<std::string> contents();
  /// Fails with RedZoneOverwritten, naming the buffer and the byte offset from
  /// its start (negative) or end ("+16").
  Expected<void> checkRedZones();
  const std::string &name() const { return bufferName; }

private:
  GuardedBuffer(Device &device, std::string name, char *base, size_t bytes)
      : device(device), bufferName(std::move(name)), base(base), bytes(bytes) {}
  Device &device;
  std::string bufferName;
  char *base;
  size_t bytes;
};

/// All buffers of one case on a device, filled, and the arguments of a launch.
class LaunchFrame {
public:
  static Expected<std::unique_ptr<LaunchFrame>>
  make(Device &device, const Problem &problem,
       std::shared_ptr<const Case> subject);

  /// Raw bytes of the outputs; `lse` is empty when the problem has none.
  struct Outputs {
    std::string o;
    std::string lse;
    bool operator==(const Outputs &) const = default;
  };

  /// Poisons the outputs, launches once and waits.
  Expected<Outputs> run(LoadedKernel &kernel);
  Expected<Outputs> readOutputs();
  /// Red zones of every buffer, and inputs bit for bit.
  Expected<void> checkGuards();
  const std::vector<KernelArgument> &arguments() const { return argumentList; }
  const Case &subject() const { return *target; }

private:
  LaunchFrame(Device &device, std::shared_ptr<const Case> subject)
      : device(device), target(std::move(subject)) {}
  Expected<void> addTensor(std::string name, ElementType type,
                           std::vector<int64_t> shape, const std::string *bytes);

  Device &device;
  std::shared_ptr<const Case> target;
  std::vector<std::unique_ptr<GuardedBuffer>> inputs;
  std::vector<const std::string *> inputBytes;
  std::vector<std::unique_ptr<GuardedBuffer>> outputs;
  std::vector<KernelArgument> argumentList;
};

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_LAUNCHFRAME_H
