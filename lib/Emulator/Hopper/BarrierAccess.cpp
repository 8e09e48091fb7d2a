//===- BarrierAccess.cpp - Finding the mbarrier at an address -------------===//

#include "BarrierAccess.h"

#include <cstring>

namespace kgen::emulator::ptx {

using namespace hopper;

static Mbarrier *lookUp(Cta &owner, uint32_t offset) {
  auto &barriers = hopperOf(owner).barriers;
  auto found = barriers.find(offset);
  return found == barriers.end() ? nullptr : found->second.get();
}

static bool isIntact(Cta &owner, uint32_t offset, const Mbarrier &barrier) {
  uint64_t bits = barrier.encode();
  return std::memcmp(owner.shared.data() + offset, &bits, kMbarrierBytes) == 0;
}

Mbarrier *barrierAt(Cta &owner, uint32_t offset) {
  Mbarrier *barrier = lookUp(owner, offset);
  return barrier && isIntact(owner, offset, *barrier) ? barrier : nullptr;
}

static bool checkAlignment(Warp &w, const Instruction &i, uint32_t offset) {
  if (offset % kMbarrierBytes == 0)
    return true;
  w.raise(i, ErrorCode::FindingMisaligned,
          "an mbarrier at byte " + std::to_string(offset) +
              ", not a multiple of 8");
  return false;
}

/// Whether this warp has seen the initialisation, and whether the async proxy
/// has: by a proxy fence, or by fence.mbarrier_init.
static bool checkVisible(Warp &w, const Instruction &i, uint32_t offset,
                         const Mbarrier &barrier, BarrierUse use) {
  const Mbarrier::Origin &origin = barrier.origin();
  HopperWarp &state = hopperOf(w);
  auto seen = [&](Epoch epoch) {
    return origin.warp == w.timeline.self ||
           w.timeline.generic.at(origin.warp) >= epoch ||
           state.initialisations.at(origin.warp) >= epoch;
  };
  auto where = [&] {
    return "the mbarrier at byte " + std::to_string(offset) +
           " was initialised by warp " + std::to_string(origin.warp) + " at " +
           w.context().name(origin.instruction);
  };
  if (!seen(origin.epoch)) {
    w.raise(i, ErrorCode::FindingRace, where() + "; no barrier orders the two");
    return false;
  }
  if (use == BarrierUse::Generic ||
      w.timeline.proxied.at(origin.warp) >= origin.epoch ||
      (barrier.published && seen(barrier.published)))
    return true;
  w.raise(i, ErrorCode::FindingProxyRace,
          where() + "; no fence.mbarrier_init or fence.proxy.async makes that "
                    "visible to the async proxy");
  return false;
}

Mbarrier *findBarrier(Warp &w, const Instruction &i, Warp::SharedPlace place,
                      BarrierUse use) {
  if (!checkAlignment(w, i, place.offset))
    return nullptr;
  Mbarrier *barrier = lookUp(*place.owner, place.offset);
  if (!barrier) {
    w.raise(i, ErrorCode::FindingBarrierMisuse,
            "no mbarrier was initialised at byte " +
                std::to_string(place.offset));
    return nullptr;
  }
  if (!isIntact(*place.owner, place.offset, *barrier)) {
    w.raise(i, ErrorCode::FindingBarrierMisuse,
            "the memory of the mbarrier at byte " +
                std::to_string(place.offset) + " was overwritten");
    return nullptr;
  }
  if (!checkVisible(w, i, place.offset, *barrier, use))
    return nullptr;
  if (place.owner != &w.cta && use == BarrierUse::Generic)
    hopperOf(*place.owner).remoteUses[w.timeline.self] = {w.timeline.now(),
                                                          i.index};
  return barrier;
}

void storeBarrier(Cta &owner, uint32_t offset, const Mbarrier &barrier) {
  uint64_t bits = barrier.encode();
  std::memcpy(owner.shared.data() + offset, &bits, kMbarrierBytes);
  owner.cluster.scheduler.noteEvent();
}

bool finishChange(Warp &w, const Instruction &i, Warp::SharedPlace place,
                  const Mbarrier &barrier, const Mbarrier::Misuse &misuse) {
  if (misuse) {
    w.raise(i, ErrorCode::FindingBarrierMisuse,
            "mbarrier at byte " + std::to_string(place.offset) + ": " +
                *misuse);
    return false;
  }
  storeBarrier(*place.owner, place.offset, barrier);
  return true;
}

void initBarrier(Warp &w, const Instruction &i, Warp::SharedPlace place,
                 uint32_t count) {
  if (!checkAlignment(w, i, place.offset))
    return;
  if (count == 0 || count > Mbarrier::kMaxCount)
    return w.raise(i, ErrorCode::FindingBarrierMisuse,
                   "an mbarrier for " + std::to_string(count) +
                       " arrivals, not 1 to " +
                       std::to_string(Mbarrier::kMaxCount));
  if (Mbarrier *old = lookUp(*place.owner, place.offset))
    return w.raise(i, ErrorCode::FindingBarrierMisuse,
                   "the mbarrier at byte " + std::to_string(place.offset) +
                       " was initialised before, at " +
                       w.context().name(old->origin().instruction) +
                       ", and not invalidated");
  if (!w.accessShared(i, AccessKind::Write, place, kMbarrierBytes))
    return;
  Mbarrier::Origin origin{w.timeline.self, w.timeline.now(), i.index};
  auto barrier =
      std::make_unique<Mbarrier>(w.cluster().newComponent(), count, origin);
  storeBarrier(*place.owner, place.offset, *barrier);
  place.owner->shared.setDefined(place.offset, kMbarrierBytes, true);
  hopperOf(*place.owner).barriers[place.offset] = std::move(barrier);
}

void invalidateBarrier(Warp &w, const Instruction &i, Warp::SharedPlace place) {
  if (!findBarrier(w, i, place, BarrierUse::Generic) ||
      !w.accessShared(i, AccessKind::Write, place, kMbarrierBytes))
    return;
  hopperOf(*place.owner).barriers.erase(place.offset);
}

void publishInits(Warp &w) {
  for (auto &[offset, barrier] : hopperOf(w.cta).barriers)
    if (barrier->origin().warp == w.timeline.self && !barrier->published)
      barrier->published = w.timeline.now();
  hopperOf(w).initialisations.raise(w.timeline.self, w.timeline.now());
}

void completeOnBarrier(Warp &issuer, const Instruction &i, Cta &owner,
                       uint32_t offset, uint32_t bytes, SharedMemory &memory,
                       OperationId operation) {
  Mbarrier *barrier = barrierAt(owner, offset);
  if (!barrier)
    return issuer.raise(i, ErrorCode::FindingBarrierMisuse,
                        "the mbarrier at byte " + std::to_string(offset) +
                            " was invalidated or overwritten before the copy "
                            "was complete");
  Epoch epoch = barrier->phase() + 1;
  Mbarrier::Misuse misuse = barrier->completeTransactions(bytes);
  if (!finishChange(issuer, i, {&owner, offset}, *barrier, misuse) ||
      !operation)
    return;
  memory.complete(operation, barrier->component(), epoch);
  hopperOf(owner).loads[barrier->component()] = {epoch, i.index};
}

std::string describeBarrier(uint32_t offset, const Mbarrier &barrier) {
  return "mbarrier at byte " + std::to_string(offset) + ", " +
         barrier.describe();
}

} // namespace kgen::emulator::ptx
