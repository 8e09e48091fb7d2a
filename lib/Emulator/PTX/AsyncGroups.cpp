//===- AsyncGroups.cpp - cp.async operations and their groups
//--------------===//

#include "AsyncGroups.h"

#include <algorithm>
#include <utility>

namespace kgen::emulator::ptx {

static constexpr uint32_t kLaneCount = 32;

void AsyncGroups::add(SharedMemory &memory, OperationId operation,
                      uint32_t lanes) {
  pending.push_back({&memory, operation, lanes, committed});
}

void AsyncGroups::commit(uint32_t lanes) {
  for (uint32_t lane = 0; lane < kLaneCount; ++lane)
    committed[lane] += lanes >> lane & 1;
}

void AsyncGroups::wait(uint32_t lanes, uint32_t groups,
                       const WarpTimeline &time) {
  // A lane has waited for the groups 0 .. through-1.
  std::array<uint32_t, kLaneCount> through;
  for (uint32_t lane = 0; lane < kLaneCount; ++lane)
    through[lane] = committed[lane] - std::min(committed[lane], groups);
  finish(lanes, through, time);
}

void AsyncGroups::waitAll(uint32_t lanes, const WarpTimeline &time) {
  commit(lanes);
  wait(lanes, 0, time);
}

void AsyncGroups::finish(uint32_t lanes,
                         const std::array<uint32_t, kLaneCount> &through,
                         const WarpTimeline &time) {
  for (Pending &operation : pending) {
    for (uint32_t lane = 0; lane < kLaneCount; ++lane)
      if ((lanes >> lane & 1) && operation.group[lane] < through[lane])
        operation.lanes &= ~(1u << lane);
    if (!operation.lanes)
      operation.memory->complete(operation.operation, time.self, time.now());
  }
  std::erase_if(pending, [](const Pending &p) { return !p.lanes; });
}

std::vector<AsyncGroups::Pending> AsyncGroups::takeAll() {
  return std::exchange(pending, {});
}

} // namespace kgen::emulator::ptx
