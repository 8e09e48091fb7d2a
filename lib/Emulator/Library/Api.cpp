//===- Api.cpp - The emulator as the C runtime sees it
//---------------------===//
//
// The table of kgen_emulator.h over Emulator.h: handles, statuses and texts,
// and nothing else.
//
//===----------------------------------------------------------------------===//

#include "../Hopper/TensorMap.h"

#include "kgen/Emulator/Emulator.h"
#include "kgen_emulator.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

using namespace kgen;
using namespace kgen::emulator;

struct kgen_emulator_device_t {
  const Architecture *arch = nullptr;
  kgen_emulator_options_t options{};
  uint64_t launchesSinceSeed = 0;
  GlobalMemory memory;
  Counts counts;
};

struct kgen_emulator_code_t {
  kgen_emulator_device_t *device = nullptr;
  std::unique_ptr<Program> program;
};

namespace {

/// Where a call's failure is told.
struct ErrorText {
  char *buffer;
  size_t size;
};

/// The runtime's status for an error: findings, refused code, wrong launches.
int32_t statusOf(ErrorCode code) {
  constexpr int32_t kFinding = int32_t(ErrorCode::EmulationFinding);
  switch (code) {
  case ErrorCode::EmulatorSyntax:
  case ErrorCode::EmulatorUnsupported:
  case ErrorCode::EmulatorKernelMissing:
  case ErrorCode::EmulatorCodeObject:
    return int32_t(ErrorCode::CodeRejected);
  case ErrorCode::EmulatorArchUnknown:
    return int32_t(ErrorCode::UnknownDeviceName);
  case ErrorCode::EmulatorLaunchInvalid:
    return int32_t(ErrorCode::LaunchLimit);
  case ErrorCode::OutOfMemory:
  case ErrorCode::InvalidArgument:
    return int32_t(code);
  default:
    return kFinding;
  }
}

int32_t fail(const Error &error, ErrorText text) {
  if (text.size)
    std::snprintf(text.buffer, text.size, "%s", error.message().c_str());
  return statusOf(error.code());
}

size_t listArchitectures(kgen_emulator_arch_t *archs, size_t capacity) {
  std::span<const Architecture> all = architectures();
  for (size_t i = 0; i < std::min(capacity, all.size()); ++i) {
    kgen_emulator_arch_t &to = archs[i];
    to = {};
    to.target =
        all[i].vendor == Vendor::Amd ? KGEN_TARGET_HIP : KGEN_TARGET_CUDA;
    std::snprintf(to.arch, sizeof to.arch, "%s", all[i].name.data());
    std::snprintf(to.description, sizeof to.description, "%s",
                  all[i].description.data());
    to.warp_size = int32_t(all[i].warpSize);
    to.max_threads = int32_t(all[i].maxThreads);
    to.processors = int32_t(all[i].processors);
    to.max_shared_bytes = all[i].maxSharedBytes;
  }
  return all.size();
}

int32_t openDevice(const char *arch, const kgen_emulator_options_t *options,
                   kgen_emulator_device_t **device, char *error, size_t size) {
  *device = nullptr;
  Expected<const Architecture *> found = findArchitecture(arch);
  if (!found)
    return fail(found.error(), {error, size});
  auto opened = std::make_unique<kgen_emulator_device_t>();
  opened->arch = *found;
  if (options)
    opened->options = *options;
  *device = opened.release();
  return 0;
}

void closeDevice(kgen_emulator_device_t *device) { delete device; }

int32_t allocate(kgen_emulator_device_t *device, size_t bytes, void **pointer,
                 char *error, size_t size) {
  *pointer = nullptr;
  Expected<void *> allocated = device->memory.allocate(bytes);
  if (!allocated)
    return fail(allocated.error(), {error, size});
  *pointer = *allocated;
  return 0;
}

int32_t release(kgen_emulator_device_t *device, void *pointer, char *error,
                size_t size) {
  Expected<void> released = device->memory.release(pointer);
  return released ? 0 : fail(released.error(), {error, size});
}

int32_t owns(kgen_emulator_device_t *device, const void *pointer, size_t size) {
  return device->memory.find(reinterpret_cast<uint64_t>(pointer), size) !=
         nullptr;
}

/// The code in the form that the device's vendor ships.
Expected<std::unique_ptr<Program>> loadProgram(const Architecture &arch,
                                               kgen_code_format_t format,
                                               std::span<const char> code,
                                               const char *kernel) {
  if (arch.vendor == Vendor::Nvidia && format == KGEN_CODE_PTX)
    return loadPtx(std::string(code.data(), code.size()), kernel, arch);
  if (arch.vendor == Vendor::Amd && format == KGEN_CODE_HSACO)
    return loadCodeObject(code, kernel, arch);
  return Error(ErrorCode::EmulatorCodeObject,
               "emulated " + std::string(arch.name) + " runs " +
                   (arch.vendor == Vendor::Nvidia
                        ? "PTX text: compile with ptxas=none"
                        : "AMD code objects"));
}

int32_t load(kgen_emulator_device_t *device, kgen_code_format_t format,
             const void *code, size_t bytes, const char *kernel,
             kgen_emulator_code_t **loaded, char *error, size_t size) {
  *loaded = nullptr;
  Expected<std::unique_ptr<Program>> program = loadProgram(
      *device->arch, format, {static_cast<const char *>(code), bytes}, kernel);
  if (!program)
    return fail(program.error(), {error, size});
  auto result = std::make_unique<kgen_emulator_code_t>();
  result->device = device;
  result->program = std::move(*program);
  *loaded = result.release();
  return 0;
}

void unload(kgen_emulator_code_t *code) { delete code; }

int32_t launchClusters(kgen_emulator_code_t *code, const int64_t grid[3],
                       const uint32_t cluster[3], uint32_t threads,
                       uint64_t dynamicSharedBytes, void **arguments,
                       size_t argumentCount, char *error, size_t size) {
  kgen_emulator_device_t &device = *code->device;
  Launch what;
  std::copy_n(grid, 3, what.grid.begin());
  std::copy_n(cluster, 3, what.cluster.begin());
  what.threads = threads;
  what.dynamicSharedBytes = dynamicSharedBytes;
  what.arguments = {arguments, argumentCount};
  // Each launch of a device is interleaved in its own way, so that the repeated
  // runs of a verification try several; a device's seed repeats them all.
  what.seed = device.options.seed * 1000003 + device.launchesSinceSeed++;
  if (device.options.instruction_limit)
    what.instructionLimit = device.options.instruction_limit;
  Expected<void> ran =
      code->program->launch(what, device.memory, device.counts);
  return ran ? 0 : fail(ran.error(), {error, size});
}

int32_t launch(kgen_emulator_code_t *code, const int64_t grid[3],
               uint32_t threads, uint64_t dynamicSharedBytes, void **arguments,
               size_t argumentCount, char *error, size_t size) {
  static constexpr uint32_t kNoClusters[3] = {1, 1, 1};
  return launchClusters(code, grid, kNoClusters, threads, dynamicSharedBytes,
                        arguments, argumentCount, error, size);
}

int32_t encodeMap(kgen_emulator_device_t *, void *map, uint32_t type,
                  uint32_t rank, void *address, const uint64_t *sizes,
                  const uint64_t *strides, const uint32_t *box,
                  const uint32_t *steps, uint32_t interleave, uint32_t swizzle,
                  uint32_t l2Promotion, uint32_t fillKind, char *error,
                  size_t size) {
  Expected<void> encoded = hopper::encodeTensorMap(
      map, {type, rank, reinterpret_cast<uint64_t>(address), sizes, strides,
            box, steps, interleave, swizzle, l2Promotion, fillKind});
  return encoded ? 0 : fail(encoded.error(), {error, size});
}

void readCounts(const kgen_emulator_device_t *device,
                kgen_emulator_counts_t *to) {
  const Counts &from = device->counts;
  *to = {};
  to->launches = from.launches;
  to->instructions = from.totalInstructions();
  to->tensor_instructions = from.of(InstructionClass::Tensor);
  to->tensor_flops = from.tensorFlops;
  to->global_bytes = from.globalLoadBytes + from.globalStoreBytes;
  to->shared_bytes = from.sharedLoadBytes + from.sharedStoreBytes;
  to->bank_conflict_cycles = from.bankConflictCycles;
  to->barriers = from.of(InstructionClass::Barrier);
  to->divergent_branches = from.divergentBranches;
  to->issue_cycles = uint64_t(from.issueCycles);
  to->tensor_cycles = uint64_t(from.tensorCycles);
  to->lane_slots = from.laneSlots;
  to->inactive_lane_slots = from.inactiveLaneSlots;
  static_assert(KGEN_EMULATOR_CLASSES == kInstructionClasses);
  std::copy(from.instructions.begin(), from.instructions.end(),
            to->class_instructions);
}

void setSeed(kgen_emulator_device_t *device, uint64_t seed) {
  device->options.seed = seed;
  device->launchesSinceSeed = 0;
}

void readResources(const kgen_emulator_code_t *code,
                   kgen_emulator_resources_t *to) {
  const StaticCounts counts = code->program->staticCounts();
  bool amd = code->device->arch->vendor == Vendor::Amd;
  to->registers =
      amd ? int32_t(counts.vectorRegisters + counts.accumulationRegisters) : -1;
  to->scalar_registers = amd ? int32_t(counts.scalarRegisters) : -1;
  to->local_bytes = int32_t(counts.localBytes);
  to->static_shared_bytes = int32_t(counts.staticSharedBytes);
}

void describe(const kgen_emulator_code_t *code, char *text, size_t size) {
  snprintf(text, size, "%s", code->program->staticCounts().describe().c_str());
}

} // namespace

extern "C" __attribute__((visibility("default"))) const kgen_emulator_api_t *
kgen_emulator_get_api(void) {
  static const kgen_emulator_api_t api = {
      KGEN_EMULATOR_API_VERSION,
      sizeof(kgen_emulator_api_t),
      listArchitectures,
      openDevice,
      closeDevice,
      allocate,
      release,
      owns,
      load,
      unload,
      launch,
      readCounts,
      setSeed,
      readResources,
      describe,
      encodeMap,
      launchClusters,
  };
  return &api;
}
