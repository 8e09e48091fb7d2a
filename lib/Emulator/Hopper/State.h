//===- State.h - What Hopper's instructions keep for a CTA and a warp -----===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_STATE_H
#define KGEN_LIB_EMULATOR_HOPPER_STATE_H

#include "../PTX/Warp.h"
#include "InFlight.h"
#include "Mbarrier.h"
#include "RegisterPool.h"
#include "Warpgroup.h"

#include <map>
#include <memory>
#include <optional>

namespace kgen::emulator::ptx {

/// barrier.cluster. Each cluster's first CTA keeps it.
struct ClusterBarrier {
  uint64_t phase = 0; ///< completed phases
  Timeline gathering, completed;
  /// Initialisations of mbarriers that fence.mbarrier_init published: relaxed
  /// arrivals hand on these alone.
  Clock gatheringInits, completedInits;
};

class HopperCta final : public CtaExtension {
public:
  explicit HopperCta(Cta &cta);
  void finish(Cta &cta) override;

  /// By offset in shared memory.
  std::map<uint32_t, std::unique_ptr<hopper::Mbarrier>> barriers;
  hopper::RegisterPool registers;
  std::vector<hopper::Warpgroup> warpgroups;
  ClusterBarrier clusterBarrier;

  /// The latest bulk load that an mbarrier (its component) tracks: somebody
  /// must have waited for it before the CTA ends.
  struct LastLoad {
    Epoch epoch = 0;
    uint32_t instruction = 0;
  };
  std::map<Component, LastLoad> loads;

  /// The latest use of this CTA's barriers by a warp of another CTA (its
  /// component): this CTA may not end before it.
  struct RemoteUse {
    Epoch epoch = 0;
    uint32_t instruction = 0;
  };
  std::map<Component, RemoteUse> remoteUses;

private:
  void checkSequences(Cta &cta);
  void checkLoads(Cta &cta) const;
  void checkRemoteUses(Cta &cta) const;
};

class HopperWarp final : public WarpExtension {
public:
  explicit HopperWarp(const Warp &warp);
  void touch(Warp &warp, const Instruction &instruction) override;
  void finish(Warp &warp) override;

  hopper::InFlight inFlight;
  /// Operations of products in flight, by product.
  std::deque<std::pair<uint32_t, OperationId>> products;
  /// Reads of shared memory by bulk stores, in bulk async-groups.
  AsyncGroups bulkStores;
  uint32_t lastBulkStore = 0; ///< instruction
  /// Initialisations of mbarriers that were seen through relaxed barriers.
  Clock initialisations;
  /// Of each lane: 1 + the instruction of its last wait for an mbarrier, if
  /// that failed and the lane has done nothing for others since. The same wait
  /// again blocks: a loop around it would change nothing.
  std::array<uint32_t, kLanes> failedWait{};
  /// barrier.cluster: lanes that have arrived in the phase under way, lanes
  /// that have yet to wait, and the phase that they wait for.
  uint32_t clusterArrived = 0, clusterToWait = 0;
  uint64_t clusterPhase = 0;

  /// The lanes did something that others may wait for.
  void noteProgress(uint32_t lanes) {
    forLanes(lanes, [&](uint32_t lane) { failedWait[lane] = 0; });
  }
};

/// The states, made when first asked for.
HopperCta &hopperOf(Cta &cta);
HopperWarp &hopperOf(Warp &warp);

/// The warpgroup of a warp; null after raising FindingDivergentBarrier if the
/// CTA has no four warps for it.
hopper::Warpgroup *warpgroupOf(Warp &warp, const Instruction &i);
/// Executes a step of the warpgroup's sequence; null after raising
/// FindingDivergentBarrier if this warp's step is another than the first's.
hopper::CollectiveStep *advance(Warp &warp, const Instruction &i,
                                const hopper::CollectiveStep &step);

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_HOPPER_STATE_H
