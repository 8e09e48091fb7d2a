//===- TensorCopy.h - Which bytes a bulk tensor copy moves ----------------===//
//
// A tile-mode copy walks the box row by row (rows of the innermost dimension).
// In shared memory the rows lie densely, chunks of 16 bytes permuted by the
// map's swizzle; in global memory what lies outside the tensor does not exist:
// loads fill it, stores leave it out.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_TENSORCOPY_H
#define KGEN_LIB_EMULATOR_HOPPER_TENSORCOPY_H

#include "TensorMap.h"

#include <functional>
#include <span>

namespace kgen::emulator::hopper {

/// One row of the box.
struct TileRow {
  uint32_t sharedOffset = 0; ///< bytes from the tile's begin, before swizzling
  uint32_t bytes = 0;        ///< of the whole row
  /// The part inside the tensor: bytes [insideBegin, insideEnd) of the row, at
  /// `global` in device memory. Empty when begin == end.
  uint32_t insideBegin = 0;
  uint32_t insideEnd = 0;
  uint64_t global = 0;
};

/// The rows of the box whose first element is at `coordinates` (rank entries,
/// innermost first; they may be negative), in order of shared memory.
void forEachRow(const TensorMap &map, std::span<const int32_t> coordinates,
                const std::function<void(const TileRow &)> &visit);

/// What the instruction asks of its operands: a 128-byte aligned place in
/// shared memory and a box as wide as the swizzle. `sharedAddress` is an offset
/// in shared memory.
Expected<void> checkTile(const TensorMap &map, uint32_t sharedAddress);

/// Copies a box from device memory into `shared`, at `sharedAddress` of it.
/// Every row's inside part must be readable.
void loadTile(const TensorMap &map, std::span<const int32_t> coordinates,
              uint8_t *shared, uint32_t sharedAddress);

/// How a store combines with what is there.
enum class Reduction : uint8_t { None, Add, Min, Max };

/// Copies (or adds) a box into device memory. Add, Min and Max take F16, BF16,
/// F32, F64 (Add) and the integer types.
void storeTile(const TensorMap &map, std::span<const int32_t> coordinates,
               const uint8_t *shared, uint32_t sharedAddress,
               Reduction reduction);

} // namespace kgen::emulator::hopper

#endif // KGEN_LIB_EMULATOR_HOPPER_TENSORCOPY_H
