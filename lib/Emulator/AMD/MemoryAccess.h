//===- MemoryAccess.h - What global, scratch and LDS accesses share
//--------===//
#ifndef KGEN_LIB_EMULATOR_AMD_MEMORYACCESS_H
#define KGEN_LIB_EMULATOR_AMD_MEMORYACCESS_H

#include "Wave.h"

namespace kgen::emulator::amd {

/// Stands for the private segment in the buffer resource that gfx90a's kernels
/// get: base, and word 1's swizzle bit, which nothing else may set.
inline constexpr uint64_t kScratchBase = 0x5C0000000000;
inline constexpr uint32_t kScratchFlags = 0x80000000u;

/// Up to 16 bytes of one lane with their undefined bits.
struct Datum {
  std::array<uint32_t, 4> value{}, shadow{};
};

/// Registers that hold one element of `shape` (d16 and bytes: one).
inline uint32_t registersFor(const MemoryShape &shape) {
  return shape.bytes < 4 ? 1 : shape.bytes / 4;
}

/// What a store sends from registers at `unit`.
Datum gather(const Wave &wave, const MemoryShape &shape, Unit unit,
             uint32_t lane);
/// Puts loaded bytes into registers: extension, and d16's halves.
void scatter(Wave &wave, const MemoryShape &shape, Unit unit, uint32_t lane,
             const Datum &datum);
/// Between bytes and a Datum.
Datum fromBytes(const uint8_t *bytes, uint32_t size);
void toBytes(const Datum &datum, uint8_t *bytes, uint32_t size);

} // namespace kgen::emulator::amd

#endif // KGEN_LIB_EMULATOR_AMD_MEMORYACCESS_H
