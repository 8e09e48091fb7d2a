//===- TensorMap.h - Tensor maps of the emulated device -------------------===//
//
// A tensor map (CUtensorMap) is 128 opaque bytes that cuTensorMapEncodeTiled
// fills and TMA instructions read. The real driver's encoding is not
// documented, so that the emulated device has one of its own; encodeTensorMap
// takes the parameters of the driver's function and refuses what it documents
// as invalid (CUDA Driver API, "Tensor Map Object Management").
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_TENSORMAP_H
#define KGEN_LIB_EMULATOR_HOPPER_TENSORMAP_H

#include "Swizzle.h"
#include "kgen/Support/Error.h"

#include <array>
#include <cstdint>

namespace kgen::emulator::hopper {

inline constexpr uint32_t kTensorMapBytes = 128;
inline constexpr uint32_t kMaxTensorRank = 5;

/// CUtensorMapDataType's numbers.
enum class TensorType : uint8_t {
  U8,
  U16,
  U32,
  S32,
  U64,
  S64,
  F16,
  F32,
  F64,
  BF16,
  F32Ftz,
  TF32,
  TF32Ftz,
};
uint32_t bytesOf(TensorType type);
bool isFloat(TensorType type);
/// The quiet NaN that fills out-of-bounds elements, by its low bytes.
uint64_t nanBits(TensorType type);

/// What a map says. Dimension 0 is the innermost.
struct TensorMap {
  TensorType type = TensorType::F16;
  uint32_t rank = 1;
  uint64_t address = 0;
  std::array<uint64_t, kMaxTensorRank> dims{1, 1, 1, 1, 1};  ///< elements
  std::array<uint64_t, kMaxTensorRank> strides{};            ///< bytes
  std::array<uint32_t, kMaxTensorRank> box{1, 1, 1, 1, 1};   ///< elements
  std::array<uint32_t, kMaxTensorRank> steps{1, 1, 1, 1, 1}; ///< elements
  Swizzle swizzle = Swizzle::None;
  bool nanFill = false; ///< out-of-bounds elements are NaN, not zero

  /// Elements that one copy moves along `dim`: the box, thinned by its step.
  uint32_t copied(uint32_t dim) const {
    return (box[dim] + steps[dim] - 1) / steps[dim];
  }
  /// Bytes of one copy in shared memory; also what it counts on an mbarrier.
  uint32_t boxBytes() const;
  /// "bf16 2-D tensor 128 x 512, box 64 x 128, 128-byte swizzle", for reports.
  std::string describe() const;
};

/// The parameters of cuTensorMapEncodeTiled, with the driver's numbers for its
/// enumerations. `strides` has rank - 1 entries; the others have rank.
struct TensorMapParameters {
  uint32_t type = 0;
  uint32_t rank = 0;
  uint64_t address = 0;
  const uint64_t *dims = nullptr;
  const uint64_t *strides = nullptr;
  const uint32_t *box = nullptr;
  const uint32_t *elementStrides = nullptr;
  uint32_t interleave = 0;
  uint32_t swizzle = 0;
  uint32_t l2Promotion = 0;
  uint32_t fill = 0;
};

/// Writes 128 bytes to `map`, which must be 64-byte aligned. Fails with
/// InvalidArgument (a limit of the driver, named) or EmulatorUnsupported
/// (interleaved and packed forms).
Expected<void> encodeTensorMap(void *map,
                               const TensorMapParameters &parameters);

/// Reads the bytes that encodeTensorMap wrote. Fails with FindingOperand for
/// any others, and never reads past 128 bytes.
Expected<TensorMap> decodeTensorMap(const void *map);

} // namespace kgen::emulator::hopper

#endif // KGEN_LIB_EMULATOR_HOPPER_TENSORMAP_H
