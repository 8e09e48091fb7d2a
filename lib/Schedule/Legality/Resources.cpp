//===- Resources.cpp - What a kernel will need, before it is compiled
//------===//

#include "Rules.h"

namespace kgen {

using namespace legality;

namespace {

// CUDA keeps 1 KiB of shared memory per workgroup for itself from compute
// capability 8.0 on (CUDA C++ Programming Guide, "Shared Memory").
constexpr int64_t kReservedSharedBytes = 1024;
// Workgroups an NVIDIA processor holds at most (same guide, 8.0 and 9.0; 8.9
// holds 24), and slots for workgroups of a CDNA compute unit.
constexpr int64_t kMostWorkgroups = 32;

int64_t roundUp(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

int64_t workgroupsPerProcessor(const ResourceEstimate &need,
                               const HardwareModel &hardware) {
  // Registers are given out in blocks of eight.
  int64_t registers = roundUp(
      std::min(need.registersPerThread, hardware.maxRegistersPerThread), 8);
  int64_t reserved =
      hardware.target == TargetKind::Nvvm ? kReservedSharedBytes : 0;
  int64_t byRegisters =
      hardware.registersPerProcessor /
      std::max<int64_t>(registers * need.threadsPerWorkgroup, 1);
  int64_t byShared = hardware.sharedBytesPerProcessor /
                     std::max<int64_t>(need.sharedBytes + reserved, 1);
  int64_t byThreads =
      hardware.maxThreadsPerProcessor / need.threadsPerWorkgroup;
  return std::min({byRegisters, byShared, byThreads, kMostWorkgroups});
}

} // namespace

ResourceEstimate estimateResources(const Problem &problem,
                                   const Schedule &schedule,
                                   const HardwareModel &hardware) {
  ResourceEstimate need;
  need.threadsPerWorkgroup =
      std::max<int64_t>(schedule.warps, 1) * hardware.lanes;
  switch (hardware.target) {
  case TargetKind::Cpu:
    need.sharedBytes = cpuScratchBytes(problem, schedule);
    need.threadsPerWorkgroup = 1;
    need.workgroupsPerProcessor = 1;
    return need;
  case TargetKind::Nvvm:
    if (hasRoles(hardware, problem.dtype)) {
      need.threadsPerWorkgroup = hopperThreads(schedule);
      need.sharedBytes = hopperSharedBytes(problem, schedule);
      need.registersPerThread = hopperStartRegisters(schedule, hardware);
      break;
    }
    need.sharedBytes = nvvmSharedBytes(problem, schedule);
    need.registersPerThread = nvvmRegisters(problem, schedule);
    break;
  case TargetKind::Rocdl:
    need.sharedBytes = rocdlSharedBytes(problem, schedule);
    need.registersPerThread = rocdlRegisters(problem, schedule);
    break;
  }
  if (schedule.maxRegisters > 0)
    need.registersPerThread =
        std::min(need.registersPerThread, schedule.maxRegisters);
  need.workgroupsPerProcessor = workgroupsPerProcessor(need, hardware);
  return need;
}

} // namespace kgen
