//===- BarrierAccess.h - Finding the mbarrier at an address ---------------===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_BARRIERACCESS_H
#define KGEN_LIB_EMULATOR_HOPPER_BARRIERACCESS_H

#include "State.h"

namespace kgen::emulator::ptx {

inline constexpr uint32_t kMbarrierBytes = 8;

/// From which proxy an mbarrier is used.
enum class BarrierUse : uint8_t {
  Generic, ///< mbarrier instructions
  Async,   ///< a bulk copy that completes on it
};

/// The mbarrier at `place`; null after raising what is wrong: no barrier there,
/// its memory overwritten (FindingBarrierMisuse), initialised without an order
/// to this use (FindingRace), or not made visible to the async proxy
/// (FindingProxyRace).
hopper::Mbarrier *findBarrier(Warp &w, const Instruction &i,
                              Warp::SharedPlace place, BarrierUse use);

/// The same without any check but that it is there and intact; else null.
hopper::Mbarrier *barrierAt(Cta &owner, uint32_t offset);

/// After a change: its 64 bits in memory, and whoever waits looks again.
void storeBarrier(Cta &owner, uint32_t offset, const hopper::Mbarrier &barrier);

/// Raises FindingBarrierMisuse if there is one; else stores.
bool finishChange(Warp &w, const Instruction &i, Warp::SharedPlace place,
                  const hopper::Mbarrier &barrier,
                  const hopper::Mbarrier::Misuse &misuse);

/// mbarrier.init and mbarrier.inval.
void initBarrier(Warp &w, const Instruction &i, Warp::SharedPlace place,
                 uint32_t count);
void invalidateBarrier(Warp &w, const Instruction &i, Warp::SharedPlace place);

/// fence.mbarrier_init: this warp's initialisations become visible to the async
/// proxy and through relaxed barriers of the cluster.
void publishInits(Warp &w);

/// An asynchronous operation counts `bytes` on the barrier at `offset` of
/// `owner`: called when its data are there. Completes `operation` (if not 0) in
/// the barrier's component. Faults name `instruction`.
void completeOnBarrier(Warp &issuer, const Instruction &i, Cta &owner,
                       uint32_t offset, uint32_t bytes, SharedMemory &memory,
                       OperationId operation);

/// "mbarrier at byte 1024, phase 0 (parity 0): 1 of 2 arrivals pending".
std::string describeBarrier(uint32_t offset, const hopper::Mbarrier &barrier);

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_HOPPER_BARRIERACCESS_H
