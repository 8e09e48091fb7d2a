//===- WgmmaDescriptor.h - Matrices in shared memory ----------------------===//
//
// The 64-bit matrix descriptor (PTX ISA, "Matrix Descriptor Format") and where
// it puts the elements of an operand. The layouts are those of CUTLASS'
// canonical GMMA layouts (mma_traits_sm90_gmma.hpp), in bytes; the 128-byte
// swizzle in both majors was confirmed on an H100.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_WGMMADESCRIPTOR_H
#define KGEN_LIB_EMULATOR_HOPPER_WGMMADESCRIPTOR_H

#include "Swizzle.h"
#include "WgmmaShape.h"

#include <cstdint>

namespace kgen::emulator::hopper {

/// bits 0-13 start address / 16, 16-29 leading and 32-45 stride dimension byte
/// offset / 16, 49-51 base offset, 62-63 layout.
struct WgmmaDescriptor {
  uint32_t start = 0;         ///< bytes
  uint32_t leadingOffset = 0; ///< bytes
  uint32_t strideOffset = 0;  ///< bytes
  uint32_t baseOffset = 0;
  Swizzle swizzle = Swizzle::None;

  static WgmmaDescriptor decode(uint64_t bits);
  uint64_t encode() const;
};

/// Which index of the operand runs through memory: K for "K-major" (A row-major
/// [M][K], B column-major [N][K]), M or N for "MN-major" (the transposed ones).
enum class Major : uint8_t { K, MN };

/// Address in shared memory of the element (mn, k) of an operand, swizzled.
uint32_t operandAddress(const WgmmaDescriptor &descriptor, Major major,
                        uint32_t elementBytes, uint32_t mn, uint32_t k);

} // namespace kgen::emulator::hopper

#endif // KGEN_LIB_EMULATOR_HOPPER_WGMMADESCRIPTOR_H
