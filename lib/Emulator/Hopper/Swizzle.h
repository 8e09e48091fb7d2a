//===- Swizzle.h - Permutations of shared memory that avoid bank conflicts ===//
//
// TMA and wgmma agree on three permutations of 16-byte chunks. Each takes bits
// of the address of the 128-byte row and exclusive-ors them into the address of
// the chunk (PTX ISA, "Swizzling Modes"): the permutation is a function of the
// address, so that a tile may begin anywhere in the repeating pattern.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_SWIZZLE_H
#define KGEN_LIB_EMULATOR_HOPPER_SWIZZLE_H

#include <cstdint>

namespace kgen::emulator::hopper {

enum class Swizzle : uint8_t { None, Bytes32, Bytes64, Bytes128 };

/// Bytes of a chunk, which no swizzle splits.
inline constexpr uint32_t kChunkBytes = 16;

/// Bytes over which chunks are permuted: 16 (none), 32, 64, 128.
constexpr uint32_t swizzleSpan(Swizzle swizzle) {
  return kChunkBytes << uint32_t(swizzle);
}

/// Where the byte that lies at `address` of the plain tile is kept.
constexpr uint32_t swizzled(Swizzle swizzle, uint32_t address) {
  uint32_t chunks = swizzleSpan(swizzle) / kChunkBytes;
  return address ^ ((address >> 7 & (chunks - 1)) << 4);
}

} // namespace kgen::emulator::hopper

#endif // KGEN_LIB_EMULATOR_HOPPER_SWIZZLE_H
