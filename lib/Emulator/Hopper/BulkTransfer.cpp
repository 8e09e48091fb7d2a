//===- BulkTransfer.cpp - What bulk copies of all kinds have in common ----===//

#include "BulkTransfer.h"

namespace kgen::emulator::ptx {

bool startLoad(Warp &w, const Instruction &i, const BulkLoad &load) {
  Cta &owner = *load.destination.owner;
  if (load.barrier.owner != &owner) {
    w.raise(i, ErrorCode::FindingOperand,
            "the mbarrier lies in another block than the destination");
    return false;
  }
  if (!findBarrier(w, i, load.barrier, BarrierUse::Async))
    return false;
  OperationId operation =
      owner.shared.begin({w.timeline.self, i.index, AccessKind::BulkWrite});
  if (!w.accessShared(i, AccessKind::BulkWrite, load.destination, load.bytes,
                      operation))
    return false;
  owner.shared.setDefined(load.destination.offset, load.bytes, true);
  w.counts().sharedStoreBytes += load.bytes;
  w.scheduler().defer([&w, &i, &owner, load, operation] {
    load.copy(owner.shared.data());
    completeOnBarrier(w, i, owner, load.barrier.offset, load.bytes,
                      owner.shared, operation);
  });
  return true;
}

bool startMulticast(Warp &w, const Instruction &i, BulkLoad load,
                    uint32_t ctaMask) {
  const auto &ctas = w.cluster().ctas;
  if (ctaMask == 0 || ctaMask >> ctas.size()) {
    w.raise(i, ErrorCode::FindingOperand,
            "the multicast mask " + std::to_string(ctaMask) +
                " names no block, or one that a cluster of " +
                std::to_string(ctas.size()) + " does not have");
    return false;
  }
  for (uint32_t rest = ctaMask; rest; rest &= rest - 1) {
    Cta &cta = *ctas[uint32_t(std::countr_zero(rest))];
    load.destination.owner = load.barrier.owner = &cta;
    if (!startLoad(w, i, load))
      return false;
  }
  return true;
}

bool startStore(Warp &w, const Instruction &i, Cta &owner,
                std::span<const BulkSource> sources, uint32_t lane) {
  SharedMemory &shared = owner.shared;
  OperationId operation =
      shared.begin({w.timeline.self, i.index, AccessKind::BulkRead});
  for (const BulkSource &source : sources) {
    if (!w.accessShared(i, AccessKind::BulkRead, source.place, source.bytes,
                        operation))
      return false;
    if (!shared.isDefined(source.place.offset, source.bytes)) {
      w.raise(i, ErrorCode::FindingUninitialised,
              "copies bytes that were computed from undefined values");
      return false;
    }
    w.counts().sharedLoadBytes += source.bytes;
  }
  HopperWarp &state = hopperOf(w);
  state.bulkStores.add(shared, operation, 1u << lane);
  state.lastBulkStore = i.index;
  return true;
}

/// "block 3 stored there at line 7: ...; blocks have no order"
static void raiseBlockRace(Warp &w, const Instruction &i, uint64_t address,
                           const GlobalMemory::Conflict &conflict) {
  w.raise(i, ErrorCode::FindingRace,
          "block " + std::to_string(conflict.block) + " stored to the same " +
              "device memory at " + w.context().name(conflict.instruction) +
              ", and blocks have no order: " +
              w.context().memory.describe(address, 1));
}

static bool checkRange(Warp &w, const Instruction &i, uint64_t address,
                       uint64_t bytes) {
  GlobalMemory &memory = w.context().memory;
  if (memory.find(address, bytes))
    return true;
  w.raise(i, ErrorCode::FindingOutOfBounds, memory.describe(address, bytes));
  return false;
}

bool checkGlobalLoad(Warp &w, const Instruction &i, uint64_t address,
                     uint64_t bytes) {
  if (!checkRange(w, i, address, bytes))
    return false;
  auto conflict =
      w.context().memory.checkLoad(address, uint32_t(bytes), w.cta.block);
  if (conflict)
    raiseBlockRace(w, i, address, *conflict);
  return !conflict;
}

bool checkGlobalStore(Warp &w, const Instruction &i, uint64_t address,
                      uint64_t bytes, bool atomic) {
  if (!checkRange(w, i, address, bytes))
    return false;
  w.counts().globalStoreBytes += bytes;
  if (atomic)
    return true;
  auto conflict = w.context().memory.noteStore(address, uint32_t(bytes),
                                               w.cta.block, i.index);
  if (conflict)
    raiseBlockRace(w, i, address, *conflict);
  return !conflict;
}

} // namespace kgen::emulator::ptx
