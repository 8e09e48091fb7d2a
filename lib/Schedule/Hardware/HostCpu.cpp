//===- HostCpu.cpp - The machine this process runs on
//----------------------===//
//
// Caches and clock come from sysfs, then sysconf, then a floor that every
// x86-64 server since 2015 exceeds; the vector instructions come from CPUID.
//
//===----------------------------------------------------------------------===//

#include "Tables.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

#include <sched.h>
#include <unistd.h>

namespace kgen {
namespace {

// Floors for a machine that tells nothing (some sandboxes hide sysfs).
constexpr int64_t kLeastL1 = 32 * 1024;
constexpr int64_t kLeastL2 = 256 * 1024;
constexpr int64_t kLeastL3 = 4 * 1024 * 1024;
constexpr double kUsualGhz = 2.5;
// Streaming bandwidth of one core of a current server, and of one socket
// (STREAM results of EPYC 9004 and Xeon 8480: about 20 and 300 GB/s or more).
constexpr double kCoreGBps = 20;
constexpr double kSocketGBps = 300;

struct VectorLevel {
  const char *arch;
  int64_t lanes;        // f32 lanes of one vector
  double flopsPerClock; // two FMA pipes; without FMA one multiply and one add
};
// The x86-64 psABI's micro-architecture levels, widest first.
constexpr VectorLevel vectorLevels[] = {
    {"x86-64-v4", 16, 64}, {"x86-64-v3", 8, 32}, {"x86-64-v2", 4, 8}};

bool hostHas(const VectorLevel &level) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (level.lanes == 16)
    return __builtin_cpu_supports("x86-64-v4");
  if (level.lanes == 8)
    return __builtin_cpu_supports("x86-64-v3");
  return __builtin_cpu_supports("x86-64-v2");
#else
  return false;
#endif
}

std::string readLine(const std::string &path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// "32K", "1024K", "32M" as bytes; 0 when it is none of these.
int64_t parseCacheSize(const std::string &text) {
  char *end = nullptr;
  int64_t size = std::strtoll(text.c_str(), &end, 10);
  if (*end == 'K')
    return size * 1024;
  if (*end == 'M')
    return size * 1024 * 1024;
  return size;
}

// Bytes of the data or unified cache of `level` that core 0 sees.
int64_t cacheBytes(int level, int sysconfName, int64_t least) {
  const std::string base = "/sys/devices/system/cpu/cpu0/cache/index";
  for (int index = 0; index < 8; ++index) {
    std::string directory = base + std::to_string(index);
    if (readLine(directory + "/level") != std::to_string(level) ||
        readLine(directory + "/type") == "Instruction")
      continue;
    if (int64_t size = parseCacheSize(readLine(directory + "/size")); size > 0)
      return std::max(size, least);
  }
  return std::max<int64_t>(::sysconf(sysconfName), least);
}

// The value of `field` ("model name") for the first core, or "".
std::string cpuinfo(const std::string &field) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    size_t colon = line.find(": ");
    if (line.rfind(field, 0) == 0 && colon != std::string::npos)
      return line.substr(colon + 2);
  }
  return "";
}

double clockGhz() {
  std::string khz =
      readLine("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq");
  if (double value = std::atof(khz.c_str()); value > 0)
    return value * 1e-6;
  if (double mhz = std::atof(cpuinfo("cpu MHz").c_str()); mhz > 0)
    return mhz * 1e-3;
  return kUsualGhz;
}

// Cores that this process may use, not those of the machine.
int64_t usableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof(set), &set) == 0)
    return std::max(CPU_COUNT(&set), 1);
  return std::max<int64_t>(::sysconf(_SC_NPROCESSORS_ONLN), 1);
}

HardwareModel describe(const VectorLevel &level) {
  HardwareModel model;
  std::string product = cpuinfo("model name");
  model.name = product.empty() ? "host CPU" : product;
  model.key = "cpu";
  model.arch = level.arch;
  model.target = TargetKind::Cpu;
  model.processors = usableCores();
  model.lanes = level.lanes;
  model.l1Bytes = cacheBytes(1, _SC_LEVEL1_DCACHE_SIZE, kLeastL1);
  model.maxSharedBytes = cacheBytes(2, _SC_LEVEL2_CACHE_SIZE, kLeastL2);
  model.sharedBytesPerProcessor = model.maxSharedBytes;
  model.l2Bytes = cacheBytes(3, _SC_LEVEL3_CACHE_SIZE, kLeastL3);
  model.maxThreadsPerWorkgroup = 1;
  model.maxThreadsPerProcessor = 1;
  model.clockGhz = clockGhz();
  auto cores = static_cast<double>(model.processors);
  model.memoryGBps = std::min(cores * kCoreGBps, kSocketGBps);
  model.vectorTflops32 = cores * model.clockGhz * level.flopsPerClock * 1e-3;
  // 16-bit inputs are widened and multiplied in f32.
  model.matrixTflops16 = model.vectorTflops32;
  // A degree-5 polynomial with range reduction: about 10 vector instructions,
  // two of them per clock.
  model.exp2GopsPerProcessor =
      static_cast<double>(level.lanes) * 2 / 10 * model.clockGhz;
  return model;
}

} // namespace

std::optional<HardwareModel> hardware::hostCpuAs(std::string_view arch) {
  for (const VectorLevel &level : vectorLevels)
    if (arch == level.arch && hostHas(level))
      return describe(level);
  return std::nullopt;
}

HardwareModel hostCpu() {
  for (const VectorLevel &level : vectorLevels)
    if (hostHas(level))
      return describe(level);
  // Plain x86-64, or another family: the portable code of the CPU target.
  HardwareModel model = describe(vectorLevels[2]);
#if defined(__x86_64__)
  model.arch = "x86-64";
#else
  model.arch = "generic";
#endif
  return model;
}

} // namespace kgen
