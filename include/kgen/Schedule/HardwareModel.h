//===- HardwareModel.h - What a machine can do, with sources ---------------===//
#ifndef KGEN_SCHEDULE_HARDWAREMODEL_H
#define KGEN_SCHEDULE_HARDWAREMODEL_H

#include "kgen/Support/Error.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kgen {

/// Which lowering serves a machine.
enum class TargetKind : uint8_t { Cpu, Nvvm, Rocdl };
std::string_view spelling(TargetKind kind); // "cpu", "nvvm", "rocdl"

/// Limits and rates of one machine. Plain data; each number's source stands
/// beside it in lib/Schedule/Hardware/*.cpp.
struct HardwareModel {
  std::string name;           ///< "NVIDIA H100 SXM5 80GB"
  std::string key;            ///< "h100", what `hardware=` takes
  std::string arch;           ///< "sm_90", "gfx942", "x86-64-v4"
  TargetKind target = TargetKind::Cpu;
  int64_t computeCapability = 0;         ///< 90 for sm_90; 0 elsewhere
  int64_t processors = 1;                ///< SMs, CUs or cores
  int64_t lanes = 1;                     ///< threads a warp or wave; f32 lanes of a vector on the CPU
  int64_t maxSharedBytes = 0;            ///< per workgroup, opted in; CPU: a core's private L2, which a block's scratch must fit
  int64_t sharedBytesPerProcessor = 0;
  int64_t registersPerProcessor = 0;     ///< 32-bit registers
  int64_t maxRegistersPerThread = 0;
  int64_t maxThreadsPerWorkgroup = 0;
  int64_t maxThreadsPerProcessor = 0;
  int64_t l2Bytes = 0;                   ///< last level shared by processors
  int64_t l1Bytes = 0;                   ///< per core, for CPU tiles
  double clockGhz = 0;                   ///< sustained boost clock
  double memoryGBps = 0;                 ///< DRAM
  double matrixTflops16 = 0;             ///< dense f16/bf16 products, whole machine
  double vectorTflops32 = 0;             ///< f32 FMA, whole machine
  double exp2GopsPerProcessor = 0;       ///< special-function results per second / 1e9
};

/// All tables in a fixed order, then the host. MI250X: one of its two dies,
/// which is what the driver shows as a device.
const std::vector<HardwareModel> &allHardware();
/// By key ("h100"), arch ("sm_90", "sm_90a") or product name; "cpu" and "host"
/// are the host, as is any x86-64 level up to its own. HardwareUnknown lists
/// the keys.
Expected<HardwareModel> findHardware(std::string_view keyOrArch);
/// The machine this process runs on, as a CPU: vector ISA, cores, caches.
HardwareModel hostCpu();

} // namespace kgen

#endif // KGEN_SCHEDULE_HARDWAREMODEL_H
