//===- WgmmaProduct.h - One warp's part of a wgmma ------------------------===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_WGMMAPRODUCT_H
#define KGEN_LIB_EMULATOR_HOPPER_WGMMAPRODUCT_H

#include "WgmmaDescriptor.h"

#include <array>

namespace kgen::emulator::hopper {

/// The warp's rows of A and all of B, widened. f32 holds every operand type.
struct WgmmaOperands {
  std::array<std::array<float, kMaxDepth>, kWarpRows> a;
  std::array<std::array<float, kMaxColumns>, kMaxDepth> b;
};

/// Widens one element that lies at `bytes`.
float widen(OperandType type, const uint8_t *bytes);

/// Reads one operand through its descriptor: calls set(mn, k, value) for mn in
/// [first, first + count) and k below the depth. All addresses must lie in
/// `shared` (see forEachChunk).
template <typename Set>
void readOperand(const WgmmaDescriptor &descriptor, Major major,
                 OperandType type, uint32_t depth, uint32_t first,
                 uint32_t count, const uint8_t *shared, Set set) {
  uint32_t size = bytesOf(type);
  for (uint32_t mn = first; mn != first + count; ++mn)
    for (uint32_t k = 0; k != depth; ++k)
      set(mn, k,
          widen(type, shared + operandAddress(descriptor, major, size, mn, k)));
}

/// Calls visit(address) for each 16-byte chunk of shared memory that holds
/// elements of rows (columns) [first, first + count) of an operand. `count` is
/// a multiple of 8 and, MN-major, `first` too.
template <typename Visit>
void forEachChunk(const WgmmaDescriptor &descriptor, Major major,
                  OperandType type, uint32_t depth, uint32_t first,
                  uint32_t count, Visit visit) {
  uint32_t size = bytesOf(type), perChunk = kChunkBytes / size;
  uint32_t mnStep = major == Major::MN ? perChunk : 1;
  uint32_t kStep = major == Major::MN ? 1 : perChunk;
  for (uint32_t mn = first; mn < first + count; mn += mnStep)
    for (uint32_t k = 0; k < depth; k += kStep)
      visit(operandAddress(descriptor, major, size, mn, k));
}

/// result[row][column] = sum over k of a b. Products are exact and sums nearly
/// so (f64); the caller adds the accumulator and rounds once. The hardware's
/// own summation order and its truncation of small addends are not documented.
using WarpProduct = std::array<std::array<double, kMaxColumns>, kWarpRows>;
void multiply(const WgmmaShape &shape, const WgmmaOperands &operands,
              WarpProduct &result);

} // namespace kgen::emulator::hopper

#endif // KGEN_LIB_EMULATOR_HOPPER_WGMMAPRODUCT_H
