//===- AsyncGroups.h - cp.async operations and their groups
//----------------===//
//
// PTX counts cp.async groups per thread. An operation here is one instruction
// of a warp; it is complete when every lane that took part has waited for the
// group that it put its copy into.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_PTX_ASYNCGROUPS_H
#define KGEN_LIB_EMULATOR_PTX_ASYNCGROUPS_H

#include "../Core/Clock.h"
#include "../Core/SharedMemory.h"

#include <array>
#include <vector>

namespace kgen::emulator::ptx {

class AsyncGroups {
public:
  /// `lanes` began `operation` in `memory`.
  void add(SharedMemory &memory, OperationId operation, uint32_t lanes);
  /// cp.async.commit_group
  void commit(uint32_t lanes);
  /// cp.async.wait_group: all groups but the latest `pending` of each lane are
  /// waited for. What is complete now completes at `time`'s now().
  void wait(uint32_t lanes, uint32_t pending, const WarpTimeline &time);
  /// cp.async.wait_all: also what was not committed.
  void waitAll(uint32_t lanes, const WarpTimeline &time);
  /// Takes out every operation that all its lanes began before now, for an
  /// mbarrier to complete (cp.async.mbarrier.arrive).
  struct Pending {
    SharedMemory *memory = nullptr;
    OperationId operation = 0;
    uint32_t lanes = 0;               ///< that have not waited
    std::array<uint32_t, 32> group{}; ///< of each lane
  };
  std::vector<Pending> takeAll();
  bool empty() const { return pending.empty(); }

private:
  void finish(uint32_t lanes, const std::array<uint32_t, 32> &through,
              const WarpTimeline &time);

  std::vector<Pending> pending;
  std::array<uint32_t, 32> committed{}; ///< groups of each lane
};

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_PTX_ASYNCGROUPS_H
