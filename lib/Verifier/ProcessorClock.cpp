//===- ProcessorClock.cpp - The SM clock, where the driver gives it --------===//

#include "ProcessorClock.h"

#include <cstdlib>
#include <dlfcn.h>
#include <sstream>
#include <string>

namespace kgen {

// NVML's C interface (nvml.h): 0 is success; clock type 1 is NVML_CLOCK_SM.
using InitFunction = int (*)();
using ByIndexFunction = int (*)(unsigned, void **);
using ByUuidFunction = int (*)(const char *, void **);
using ClockFunction = int (*)(void *, int, unsigned *);
static constexpr int kSmClock = 1;

template <typename Function>
static Function symbol(void *library, const char *name) {
  return reinterpret_cast<Function>(dlsym(library, name));
}

// The entry of CUDA_VISIBLE_DEVICES for `ordinal`: an index or a UUID.
static std::string visibleDevice(int ordinal) {
  const char *visible = std::getenv("CUDA_VISIBLE_DEVICES");
  if (!visible || !*visible)
    return std::to_string(ordinal);
  std::istringstream entries(visible);
  std::string entry;
  for (int i = 0; i <= ordinal; ++i)
    if (!std::getline(entries, entry, ','))
      return std::to_string(ordinal);
  return entry;
}

std::unique_ptr<ProcessorClock> ProcessorClock::open(int ordinal) {
  void *library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return nullptr;
  auto init = symbol<InitFunction>(library, "nvmlInit_v2");
  auto byIndex = symbol<ByIndexFunction>(library, "nvmlDeviceGetHandleByIndex_v2");
  auto byUuid = symbol<ByUuidFunction>(library, "nvmlDeviceGetHandleByUUID");
  void *getClock = dlsym(library, "nvmlDeviceGetClockInfo");
  void *device = nullptr;
  bool found = false;
  if (init && byIndex && byUuid && getClock && init() == 0) {
    std::string entry = visibleDevice(ordinal);
    char *end = nullptr;
    unsigned long index = std::strtoul(entry.c_str(), &end, 10);
    bool isIndex = end && !*end && !entry.empty();
    found = (isIndex ? byIndex(static_cast<unsigned>(index), &device)
                     : byUuid(entry.c_str(), &device)) == 0;
  }
  if (found)
    return std::unique_ptr<ProcessorClock>(
        new ProcessorClock(library, device, getClock));
  dlclose(library);
  return nullptr;
}

ProcessorClock::~ProcessorClock() { dlclose(library); }

std::optional<double> ProcessorClock::read() const {
  unsigned mhz = 0;
  if (reinterpret_cast<ClockFunction>(getClock)(device, kSmClock, &mhz) != 0)
    return std::nullopt;
  return mhz;
}

} // namespace kgen
