//===- HostDevice.cpp - Functions of this process as kernels ---------------===//

#include "HostDevice.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace kgen {

WorkerHello HostDevice::describe() const {
  WorkerHello hello;
  hello.device = "host";
  hello.name = "functions of this process";
  hello.arch = "host";
  hello.driver = "none";
  hello.l2Bytes = 1 << 20;
  hello.processId = getpid();
  return hello;
}

Expected<std::unique_ptr<LoadedKernel>>
HostDevice::load(const ArtifactSource &artifact) {
  return Error(ErrorCode::ArtifactUnreadable,
               "the host device runs functions, not artefacts");
}

Expected<void *> HostDevice::allocate(size_t bytes) {
  size_t rounded = (bytes + 255) / 256 * 256;
  if (void *pointer = std::aligned_alloc(256, rounded ? rounded : 256))
    return pointer;
  return Error(ErrorCode::VerifierOutOfMemory,
               std::to_string(bytes) + " bytes of host memory");
}

void HostDevice::release(void *pointer) { std::free(pointer); }

Expected<void> HostDevice::upload(void *to, const void *from, size_t bytes) {
  std::memcpy(to, from, bytes);
  return {};
}

Expected<void> HostDevice::download(void *to, const void *from, size_t bytes) {
  std::memcpy(to, from, bytes);
  return {};
}

Expected<void> HostDevice::fill(void *at, uint8_t value, size_t bytes) {
  std::memset(at, value, bytes);
  return {};
}

Expected<void> HostDevice::synchronize() { return {}; }

Expected<double>
HostDevice::timeLaunch(LoadedKernel &kernel,
                       const std::vector<KernelArgument> &arguments) {
  auto start = std::chrono::steady_clock::now();
  if (Expected<void> launched = kernel.launch(arguments); !launched)
    return launched.error();
  std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - start;
  return elapsed.count();
}

} // namespace kgen
