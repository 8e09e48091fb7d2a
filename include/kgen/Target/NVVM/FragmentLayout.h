//===- FragmentLayout.h - Who holds what, and where it lies in shared memory ===//
//
// Pure functions over integers. T is int64_t in tests, which check them against
// the layouts of the PTX ISA, and an expression that builds IR in the lowering:
// what is tested is what is emitted.
//
// Source of the lane maps: PTX ISA 8.8, "Matrix Fragments for mma.m16n8k16 with
// floating point type" (9.7.14.5.8) and "ldmatrix" (9.7.14.5.15).
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TARGET_NVVM_FRAGMENTLAYOUT_H
#define KGEN_TARGET_NVVM_FRAGMENTLAYOUT_H

#include <algorithm>
#include <bit>
#include <cstdint>

namespace kgen::nvvm {

inline constexpr int64_t kLanes = 32;
inline constexpr int64_t kBlockRows = 16; ///< M of mma.m16n8k16
inline constexpr int64_t kBlockCols = 8;  ///< N
inline constexpr int64_t kDepth = 16;     ///< K
inline constexpr int64_t kChunkBytes = 16; ///< of cp.async and of an ldmatrix row
inline constexpr int64_t kBankGroups = 8; ///< chunks that 32 banks serve at once

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

/// A row-major tile in shared memory without padding. Chunks of 16 bytes are
/// permuted within their row so that the same chunk of 8 consecutive rows (what
/// one ldmatrix phase reads) lies in 8 different bank groups, whatever the row
/// length: with C = 2^t * odd chunks a row, row r starts in bank group
/// r * C mod 8, which repeats after 2^(3-t) rows; XOR with the next t bits of r
/// tells the repetitions apart.
struct SharedTile {
  int64_t rows;
  int64_t cols;
  int64_t elementBytes;

  constexpr int64_t rowBytes() const { return cols * elementBytes; }
  constexpr int64_t bytes() const { return rows * rowBytes(); }
  constexpr int64_t chunksPerRow() const { return rowBytes() / kChunkBytes; }
  /// t above, at most 3.
  constexpr int64_t swizzleBits() const {
    return std::min<int64_t>(
        3, std::countr_zero(static_cast<uint64_t>(chunksPerRow())));
  }
  constexpr int64_t swizzleMask() const { return (int64_t(1) << swizzleBits()) - 1; }

  /// What a chunk index of `row` is XORed with. Depends on row mod 8 only.
  template <typename T>
  constexpr T swizzleKey(T row) const {
    return (row >> (3 - swizzleBits())) & swizzleMask();
  }
  /// Byte offset of a chunk from the start of the tile.
  template <typename T>
  constexpr T chunkOffset(T row, T chunk) const {
    return row * rowBytes() + (chunk ^ swizzleKey(row)) * kChunkBytes;
  }
};

//===----------------------------------------------------------------------===//
// Registers
//===----------------------------------------------------------------------===//

/// Row within a 16-row block of accumulator elements 2 * half and 2 * half + 1.
template <typename T>
constexpr T accumulatorRow(T lane, int64_t half) {
  return (lane >> 2) + 8 * half;
}
/// Column within an 8-column block of accumulator element 2 * half + element.
template <typename T>
constexpr T accumulatorCol(T lane, int64_t element) {
  return ((lane & 3) << 1) + element;
}

/// The operand that an ldmatrix.x4 reads, as it lies in shared memory.
enum class Operand : uint8_t {
  Lhs,           ///< 16 rows x 16 of k; registers a0..a3 of one row block
  RhsTransposed, ///< 16 rows (n) x 16 of k: {b0, b1} of two column blocks
  Rhs            ///< 16 rows (k) x 16 columns, .trans: the same of two blocks
};

/// Row, within its 16 x 16 block, whose address `lane` gives to ldmatrix.x4.
/// Lanes 8i ... 8i+7 give the rows of what lands in register i.
template <typename T>
constexpr T ldmatrixRow(Operand operand, T lane) {
  if (operand == Operand::RhsTransposed)
    return (lane & 7) + ((lane & 16) >> 1);
  return lane & 15;
}
/// Which of the block's two chunks `lane` addresses.
template <typename T>
constexpr T ldmatrixChunk(Operand operand, T lane) {
  if (operand == Operand::RhsTransposed)
    return (lane >> 3) & 1;
  return lane >> 4;
}

/// The address of a 16 x 16 block for ldmatrix in two parts: `variant` (even, at
/// most 6) selects the part that depends on the lane, `constant` goes into the
/// instruction.
struct BlockAddress {
  int64_t variant;
  int64_t constant;
};
/// Block at `row` (a multiple of 8) and `chunk` (even).
constexpr BlockAddress blockAddress(const SharedTile &tile, int64_t row,
                                    int64_t chunk) {
  int64_t mask = tile.swizzleMask();
  return {chunk & mask, row * tile.rowBytes() + (chunk & ~mask) * kChunkBytes};
}
/// The part that depends on the lane, for variant 0: `row` and `chunk` are what
/// ldmatrixRow and ldmatrixChunk give (plus a multiple of 8 rows).
template <typename T>
constexpr T laneAddress(const SharedTile &tile, T row, T chunk) {
  return row * tile.rowBytes() + (chunk ^ tile.swizzleKey(row)) * kChunkBytes;
}
/// The same for another variant: one XOR, since rows start at multiples of
/// 16 * 2^t bytes. Holds for absolute addresses, too: slots start at multiples
/// of 128 bytes or of 16 * 2^t.
template <typename T>
constexpr T withVariant(T address, int64_t variant) {
  return address ^ (variant * kChunkBytes);
}

} // namespace kgen::nvvm

#endif // KGEN_TARGET_NVVM_FRAGMENTLAYOUT_H
