//===- WgmmaLayout.h - Tiles in shared memory as wgmma and TMA see them ---===//
//
// Pure functions over integers, as in FragmentLayout.h. The accumulators of a
// warpgroup's 64 rows are, warp by warp, those of 16-row fragments: registers
// need no layout of their own.
//
// Sources: PTX ISA 8.8, "Asynchronous Warpgroup Level Matrix Shared Memory
// Layout" (9.7.15.5.1) and "Matrix Descriptor Format"; CUDA driver API,
// cuTensorMapEncodeTiled (inner box dimension of 128 bytes with 128B swizzle).
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TARGET_NVVM_WGMMALAYOUT_H
#define KGEN_TARGET_NVVM_WGMMALAYOUT_H

#include <cstdint>

namespace kgen::nvvm {

inline constexpr int64_t kGroupRows = 64; ///< M of wgmma
inline constexpr int64_t kGroupWarps = 4;
inline constexpr int64_t kWgmmaDepth = 16; ///< K for 16-bit elements
inline constexpr int64_t kMostWgmmaCols = 256; ///< N
/// The swizzle permutes the 16-byte chunks of 8 rows of 128 bytes.
inline constexpr int64_t kSwizzleBytes = 128;
inline constexpr int64_t kSwizzleAtomBytes = 8 * kSwizzleBytes;

/// A row-major tile of 16-bit elements, cut into panels of 64 columns; a panel
/// is stored row by row, 128 bytes each, swizzled. A last panel that the columns
/// do not fill is stored whole.
struct PanelTile {
  int64_t rows; ///< a multiple of 8
  int64_t cols;

  static constexpr int64_t kPanelCols = kSwizzleBytes / 2;
  constexpr int64_t panels() const {
    return (cols + kPanelCols - 1) / kPanelCols;
  }
  constexpr int64_t panelBytes() const { return rows * kSwizzleBytes; }
  constexpr int64_t bytes() const { return panels() * panelBytes(); }

  /// Byte offset of an element: where TMA puts it and wgmma looks for it.
  constexpr int64_t offset(int64_t row, int64_t col) const {
    int64_t chunk = col % kPanelCols / 8;
    return col / kPanelCols * panelBytes() + row * kSwizzleBytes +
           (chunk ^ (row & 7)) * 16 + col % 8 * 2;
  }

  /// Distance of the k-th slice of 16 columns (an operand whose rows are M or N,
  /// "K-major") from the tile's start.
  constexpr int64_t columnSlice(int64_t k) const {
    constexpr int64_t slices = kPanelCols / kWgmmaDepth;
    return k / slices * panelBytes() + k % slices * kWgmmaDepth * 2;
  }
  /// The same of the k-th slice of 16 rows (an operand whose columns are N,
  /// "MN-major").
  constexpr int64_t rowSlice(int64_t k) const {
    return k * kWgmmaDepth * kSwizzleBytes;
  }
};

/// The part of a matrix descriptor that is the same for all addresses: byte
/// offsets between atoms, 128B swizzle. The start address is added in units of
/// 16 bytes (descriptorAddress).
constexpr uint64_t descriptorBits(int64_t leadingBytes, int64_t strideBytes) {
  return (uint64_t(1) << 62) | (uint64_t(strideBytes >> 4) << 32) |
         (uint64_t(leadingBytes >> 4) << 16);
}
/// Operand whose rows are M or N. Atoms follow each other down the rows; the
/// leading offset has no meaning with this swizzle.
constexpr uint64_t columnSliceDescriptor() {
  return descriptorBits(16, kSwizzleAtomBytes);
}
/// Operand whose columns are N: from panel to panel, and from 8 rows to the next.
constexpr uint64_t rowSliceDescriptor(const PanelTile &tile) {
  return descriptorBits(tile.panelBytes(), kSwizzleAtomBytes);
}
/// A tile of 16 columns whose rows are N, 32B swizzle: row after row. It starts
/// at a multiple of 256 bytes.
inline constexpr int64_t kRampRowBytes = kWgmmaDepth * 2;
constexpr uint64_t rampDescriptor() {
  return (uint64_t(3) << 62) | (uint64_t(8 * kRampRowBytes >> 4) << 32) |
         (uint64_t(1) << 16);
}
/// Shared addresses have 18 bits in a descriptor.
inline constexpr int64_t kDescriptorAddressMask = 0x3FFFF;

} // namespace kgen::nvvm

#endif // KGEN_TARGET_NVVM_WGMMALAYOUT_H
