//===- MemoryAccess.cpp - What instructions that touch memory share
//--------===//

#include "MemoryAccess.h"

#include <algorithm>
#include <cstdio>

namespace kgen::emulator::ptx {

Ordering takeOrdering(Decoder &d, Ordering otherwise) {
  Ordering ordering = otherwise;
  if (!d.take("weak")) {
    if (d.takeOneOf({"volatile", "relaxed"}) >= 0)
      ordering = {true, false, false};
    else if (d.take("acquire"))
      ordering = {true, true, false};
    else if (d.take("release"))
      ordering = {true, false, true};
    else if (d.take("acq_rel"))
      ordering = {true, true, true};
  }
  d.takeOneOf({"cta", "cluster", "gpu", "sys"});
  return ordering;
}

StateSpace takeSpace(Decoder &d) {
  if (d.takeOneOf({"shared", "shared::cta", "shared::cluster"}) >= 0)
    return StateSpace::Shared;
  if (d.take("global"))
    return StateSpace::Global;
  if (d.take("local"))
    return StateSpace::Local;
  if (d.take("const"))
    return StateSpace::Const;
  if (d.takeOneOf({"param", "param::entry"}) >= 0)
    return StateSpace::Param;
  return StateSpace::Generic;
}

void dropCacheHints(Decoder &d) {
  d.takeOneOf({"ca", "cg", "cs", "lu", "cv", "wb", "wt"});
  d.take("nc");
  for (size_t k = 0; k < d.wordsLeft().size();) {
    std::string_view word = d.wordsLeft()[k];
    if (word.starts_with("L1::") || word.starts_with("L2::"))
      d.dropWord(k);
    else
      ++k;
  }
}

StateSpace resolveGeneric(uint64_t &address) {
  uint64_t window = address & kWindowMask;
  StateSpace space = window == kSharedWindow  ? StateSpace::Shared
                     : window == kLocalWindow ? StateSpace::Local
                     : window == kConstWindow ? StateSpace::Const
                     : window == kParamWindow ? StateSpace::Param
                                              : StateSpace::Global;
  if (space != StateSpace::Global)
    address &= ~kWindowMask;
  return space;
}

bool checkAlignment(Warp &w, const Instruction &i, uint64_t address,
                    uint32_t size) {
  if ((address & (size - 1)) == 0)
    return true;
  char hex[32];
  std::snprintf(hex, sizeof hex, "0x%llx", (unsigned long long)address);
  w.raise(i, ErrorCode::FindingMisaligned,
          "address " + std::string(hex) + " is not a multiple of " +
              std::to_string(size));
  return false;
}

uint8_t *globalBytes(Warp &w, const Instruction &i, uint64_t address,
                     uint32_t size) {
  GlobalMemory &memory = w.context().memory;
  uint8_t *bytes = memory.find(address, size);
  if (!bytes)
    w.raise(i, ErrorCode::FindingOutOfBounds, memory.describe(address, size));
  return bytes;
}

bool checkGlobalRace(Warp &w, const Instruction &i, uint64_t address,
                     uint32_t size, bool isStore) {
  GlobalMemory &memory = w.context().memory;
  std::optional<GlobalMemory::Conflict> conflict =
      isStore ? memory.noteStore(address, size, w.cta.block, i.index)
              : memory.checkLoad(address, size, w.cta.block);
  if (!conflict)
    return true;
  w.raise(i, ErrorCode::FindingRace,
          memory.describe(address, size) + "; block " +
              std::to_string(conflict->block) + " stored there at " +
              w.context().name(conflict->instruction) +
              "; nothing orders two blocks");
  return false;
}

// ---- ordering --------------------------------------------------------------

static Cluster::AtomicPlace &order(Warp &w, uint64_t key,
                                   const Ordering &ordering) {
  Cluster::AtomicPlace &place = w.cluster().atomics[key];
  if (ordering.releases)
    w.timeline.release(place.released);
  if (ordering.acquires)
    w.timeline.acquire(place.released);
  return place;
}

bool accessSharedOrdered(Warp &w, const Instruction &i, AccessKind kind,
                         Warp::SharedPlace place, uint32_t size,
                         const Ordering &ordering) {
  uint64_t key = kSharedWindow |
                 uint64_t(place.owner->rank + 1) << kSharedOffsetBits |
                 (place.offset & ~3u);
  Cluster::AtomicPlace &location = order(w, key, ordering);
  // Atomics to one address take turns; that orders them, but nothing else.
  WarpTimeline time = w.timeline;
  time.join(location.touched);
  std::optional<Conflict> conflict =
      place.owner->shared.access(kind, time, i.index, place.offset, size);
  location.touched.generic.raise(w.timeline.self, w.timeline.now());
  if (!conflict)
    return true;
  w.raise(i, *conflict, kind);
  return false;
}

void orderGlobal(Warp &w, uint64_t address, const Ordering &ordering) {
  if (ordering.acquires || ordering.releases)
    order(w, address, ordering);
}

// ---- banks -----------------------------------------------------------------

/// Most distinct words that one bank is asked for by `offsets`.
static uint32_t phaseCycles(std::span<const uint32_t> offsets, uint32_t size) {
  constexpr uint32_t kBanks = 32, kBankBytes = 4;
  // A phase moves at most 128 bytes' worth of lanes: at most 32 words a bank.
  uint32_t words[kBanks][kLanes];
  uint32_t counts[kBanks] = {};
  uint32_t most = 1;
  for (uint32_t offset : offsets) {
    for (uint32_t at = offset / kBankBytes;
         at <= (offset + size - 1) / kBankBytes; ++at) {
      uint32_t bank = at % kBanks;
      uint32_t *end = words[bank] + counts[bank];
      if (std::find(words[bank], end, at) != end)
        continue;
      *end = at;
      most = std::max(most, ++counts[bank]);
    }
  }
  return most;
}

uint32_t conflictCycles(std::span<const uint32_t> offsets, uint32_t size) {
  size_t lanes = size <= 4 ? 32 : size <= 8 ? 16 : 8;
  uint32_t extra = 0;
  for (size_t first = 0; first < offsets.size(); first += lanes)
    extra += phaseCycles(offsets.subspan(
                             first, std::min(lanes, offsets.size() - first)),
                         size) -
             1;
  return extra;
}

} // namespace kgen::emulator::ptx
