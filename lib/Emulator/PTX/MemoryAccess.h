//===- MemoryAccess.h - What all instructions that touch memory share
//------===//
#ifndef KGEN_LIB_EMULATOR_PTX_MEMORYACCESS_H
#define KGEN_LIB_EMULATOR_PTX_MEMORYACCESS_H

#include "Warp.h"

#include <span>
#include <string>

namespace kgen::emulator::ptx {

enum class StateSpace : uint8_t {
  Generic,
  Global,
  Shared,
  Local,
  Const,
  Param
};

/// ld.acquire, st.release, atom: how an access orders others.
struct Ordering {
  bool isAtomic = false; ///< volatile, relaxed and stronger: cannot race
  bool acquires = false;
  bool releases = false;
};

/// Consumes .weak, .volatile, .relaxed, .acquire, .release, .acq_rel and the
/// scope.
Ordering takeOrdering(Decoder &d, Ordering otherwise = {});
/// Consumes .global, .shared::cta, ...; Generic if none is there.
StateSpace takeSpace(Decoder &d);
/// Consumes what only concerns caches: .ca, .L1::evict_last, .nc, ...
void dropCacheHints(Decoder &d);

/// The address operand of one instruction.
struct AddressOperand {
  AddressOperand(Warp &warp, const Instruction &i, uint32_t row, bool isWide)
      : words(isWide ? nullptr : warp.row(row)),
        wideWords(isWide ? warp.wide(row) : nullptr), offset(i.offset) {}
  uint64_t operator[](uint32_t lane) const {
    uint64_t base = wideWords ? wideWords[lane] : words[lane];
    return base + uint64_t(offset);
  }

private:
  const uint32_t *words;
  const uint64_t *wideWords;
  int64_t offset;
};

/// The space that a generic address lies in; takes its window off.
StateSpace resolveGeneric(uint64_t &address);

/// Raises FindingMisaligned unless `address` is a multiple of `size`.
bool checkAlignment(Warp &w, const Instruction &i, uint64_t address,
                    uint32_t size);
/// Global bytes for a read or write of `size`; null after raising.
uint8_t *globalBytes(Warp &w, const Instruction &i, uint64_t address,
                     uint32_t size);
/// Raises FindingRace for a load of what another block stored, or a store over
/// it, and notes stores.
bool checkGlobalRace(Warp &w, const Instruction &i, uint64_t address,
                     uint32_t size, bool isStore);
/// A shared-memory access that orders others.
bool accessSharedOrdered(Warp &w, const Instruction &i, AccessKind kind,
                         Warp::SharedPlace place, uint32_t size,
                         const Ordering &ordering);
/// The order that an atomic access of global memory makes within the cluster.
void orderGlobal(Warp &w, uint64_t address, const Ordering &ordering);

/// Cycles beyond one per phase for `size` bytes at each of `offsets`: 32 banks
/// of 4 bytes; 8-byte accesses go in half warps, 16-byte ones in quarter warps.
uint32_t conflictCycles(std::span<const uint32_t> offsets, uint32_t size);

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_PTX_MEMORYACCESS_H
