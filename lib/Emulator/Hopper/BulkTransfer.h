//===- BulkTransfer.h - What bulk copies of all kinds have in common ------===//
//
// A load's data come some time after its instruction, in the async proxy, and
// then count on an mbarrier. A store reads shared memory until its bulk
// async-group has been waited for.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_BULKTRANSFER_H
#define KGEN_LIB_EMULATOR_HOPPER_BULKTRANSFER_H

#include "BarrierAccess.h"
#include "Operands.h"

#include <functional>
#include <span>

namespace kgen::emulator::ptx {

/// One copy into shared memory.
struct BulkLoad {
  Warp::SharedPlace destination, barrier;
  uint32_t bytes = 0;
  /// Writes the data into the shared memory that begins at the pointer.
  std::function<void(uint8_t *shared)> copy;
};
/// Checks it, marks its destination, and lets it happen later; with a
/// multicast mask in every CTA of the cluster that the mask names, at the same
/// offsets. False after raising.
bool startLoad(Warp &w, const Instruction &i, const BulkLoad &load);
bool startMulticast(Warp &w, const Instruction &i, BulkLoad load,
                    uint32_t ctaMask);

/// A part of what a bulk store reads.
struct BulkSource {
  Warp::SharedPlace place;
  uint32_t bytes = 0;
};
/// Marks the read of a bulk store by `lane`, whose sources lie in the shared
/// memory of `owner`; its group is the lane's.
bool startStore(Warp &w, const Instruction &i, Cta &owner,
                std::span<const BulkSource> sources, uint32_t lane);

/// Checks a row of device memory that a copy reads or writes: inside an
/// allocation, and not written by another block before. `atomic`: a reduction.
bool checkGlobalLoad(Warp &w, const Instruction &i, uint64_t address,
                     uint64_t bytes);
bool checkGlobalStore(Warp &w, const Instruction &i, uint64_t address,
                      uint64_t bytes, bool atomic);

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_HOPPER_BULKTRANSFER_H
