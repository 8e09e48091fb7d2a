//===- RegisterPool.cpp - Registers that warps give to each other ---------===//

#include "RegisterPool.h"

#include <algorithm>

namespace kgen::emulator::hopper {

static constexpr uint32_t kLanes = 32;
static constexpr uint32_t kWarpgroupWarps = 4;

uint32_t RegisterPool::atLaunch(uint32_t maximumRegisters, uint32_t minimumCtas,
                                uint32_t threads, uint32_t registersPerSm) {
  uint32_t perThread = maximumRegisters;
  if (perThread == 0) {
    if (minimumCtas == 0 || threads == 0)
      return 0;
    perThread = registersPerSm / (minimumCtas * threads);
  }
  // The hardware allocates registers in units of 256 a warp.
  return std::min(perThread, 255u) / kMultiple * kMultiple;
}

RegisterPool::Result RegisterPool::decrease(uint32_t warp, uint32_t count,
                                            std::string &misuse) {
  if (count > held[warp]) {
    misuse = "setmaxnreg.dec to " + std::to_string(count) +
             " registers, but the warp has " + std::to_string(held[warp]);
    return Result::Misuse;
  }
  free += (held[warp] - count) * kLanes;
  held[warp] = count;
  return Result::Done;
}

/// Whether the other warpgroups could give what this one lacks, if all of them
/// went down to the least.
bool RegisterPool::canEverIncrease(uint32_t warp, uint32_t count) const {
  uint64_t wanted = 0, possible = free;
  for (uint32_t other = 0; other != held.size(); ++other)
    if (other / kWarpgroupWarps == warp / kWarpgroupWarps)
      wanted += (count - std::min(held[other], count)) * kLanes;
    else
      possible += (held[other] - std::min(held[other], kLeast)) * kLanes;
  return wanted <= possible;
}

RegisterPool::Result RegisterPool::increase(uint32_t warp, uint32_t count,
                                            std::string &misuse) {
  if (count < held[warp]) {
    misuse = "setmaxnreg.inc to " + std::to_string(count) +
             " registers, but the warp has " + std::to_string(held[warp]);
    return Result::Misuse;
  }
  uint32_t wanted = (count - held[warp]) * kLanes;
  if (wanted > free) {
    if (canEverIncrease(warp, count))
      return Result::Blocked;
    misuse = "setmaxnreg.inc to " + std::to_string(count) +
             " registers: the CTA was launched with " +
             std::to_string(initial) + " a thread, which never suffices";
    return Result::Misuse;
  }
  free -= wanted;
  held[warp] = count;
  return Result::Done;
}

} // namespace kgen::emulator::hopper
