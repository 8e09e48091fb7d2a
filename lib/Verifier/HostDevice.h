//===- HostDevice.h - Functions of this process as kernels -----------------===//
#ifndef KGEN_LIB_VERIFIER_HOSTDEVICE_H
#define KGEN_LIB_VERIFIER_HOSTDEVICE_H

#include "Device.h"

#include <functional>

namespace kgen {

/// A kernel that is a function over host memory.
class HostKernel : public LoadedKernel {
public:
  using Function =
      std::function<Expected<void>(const std::vector<KernelArgument> &)>;
  explicit HostKernel(Function function) : function(std::move(function)) {}
  Expected<void> launch(const std::vector<KernelArgument> &arguments) override {
    return function(arguments);
  }

private:
  Function function;
};

/// Host memory; every call is done when it returns. It loads no artefacts.
class HostDevice : public Device {
public:
  WorkerHello describe() const override;
  Expected<std::unique_ptr<LoadedKernel>>
  load(const ArtifactSource &artifact) override;
  Expected<void *> allocate(size_t bytes) override;
  void release(void *pointer) override;
  Expected<void> upload(void *to, const void *from, size_t bytes) override;
  Expected<void> download(void *to, const void *from, size_t bytes) override;
  Expected<void> fill(void *at, uint8_t value, size_t bytes) override;
  Expected<void> synchronize() override;
  Expected<double>
  timeLaunch(LoadedKernel &kernel,
             const std::vector<KernelArgument> &arguments) override;
};

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_HOSTDEVICE_H
