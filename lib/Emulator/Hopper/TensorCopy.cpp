//===- TensorCopy.cpp - Which bytes a bulk tensor copy moves --------------===//

#include "TensorCopy.h"
#include "../PTX/HalfFloat.h"

#include <algorithm>
#include <cstring>

namespace kgen::emulator::hopper {

namespace {

/// Sets the row's inside part for coordinates `at` of its first element.
void clip(const TensorMap &map, const std::array<int64_t, kMaxTensorRank> &at,
          TileRow &row) {
  uint64_t address = map.address;
  for (uint32_t dim = 1; dim < map.rank; ++dim) {
    if (at[dim] < 0 || uint64_t(at[dim]) >= map.dims[dim])
      return;
    address += uint64_t(at[dim]) * map.strides[dim];
  }
  int64_t size = bytesOf(map.type);
  int64_t begin = std::clamp<int64_t>(-at[0], 0, map.box[0]);
  int64_t end =
      std::clamp<int64_t>(int64_t(map.dims[0]) - at[0], begin, map.box[0]);
  row.insideBegin = uint32_t(begin * size);
  row.insideEnd = uint32_t(end * size);
  row.global = address + uint64_t((at[0] + begin) * size);
}

template <typename T>
T combined(T old, T value, Reduction reduction) {
  switch (reduction) {
  case Reduction::Add:
    return T(old + value);
  case Reduction::Min:
    return std::min(old, value);
  case Reduction::Max:
    return std::max(old, value);
  case Reduction::None:
    break;
  }
  return value;
}

template <typename T>
void reduceNumber(uint8_t *target, const uint8_t *source, Reduction reduction) {
  T old, value;
  std::memcpy(&old, target, sizeof(T));
  std::memcpy(&value, source, sizeof(T));
  value = combined(old, value, reduction);
  std::memcpy(target, &value, sizeof(T));
}

/// The 16-bit floating-point types: computed in f32, rounded once.
template <float (*widen)(uint16_t), uint16_t (*narrow)(float)>
void reduceNarrow(uint8_t *target, const uint8_t *source, Reduction reduction) {
  uint16_t old, value;
  std::memcpy(&old, target, 2);
  std::memcpy(&value, source, 2);
  value = narrow(combined(widen(old), widen(value), reduction));
  std::memcpy(target, &value, 2);
}

void reduceElement(TensorType type, uint8_t *target, const uint8_t *source,
                   Reduction reduction) {
  switch (type) {
  case TensorType::U8:
    return reduceNumber<uint8_t>(target, source, reduction);
  case TensorType::U16:
    return reduceNumber<uint16_t>(target, source, reduction);
  case TensorType::U32:
    return reduceNumber<uint32_t>(target, source, reduction);
  case TensorType::S32:
    return reduceNumber<int32_t>(target, source, reduction);
  case TensorType::U64:
    return reduceNumber<uint64_t>(target, source, reduction);
  case TensorType::S64:
    return reduceNumber<int64_t>(target, source, reduction);
  case TensorType::F16:
    return reduceNarrow<ptx::halfToFloat, ptx::floatToHalf>(target, source,
                                                            reduction);
  case TensorType::BF16:
    return reduceNarrow<ptx::brainToFloat, ptx::floatToBrain>(target, source,
                                                              reduction);
  case TensorType::F64:
    return reduceNumber<double>(target, source, reduction);
  case TensorType::F32:
  case TensorType::F32Ftz:
  case TensorType::TF32:
  case TensorType::TF32Ftz:
    return reduceNumber<float>(target, source, reduction);
  }
}

} // namespace

void forEachRow(const TensorMap &map, std::span<const int32_t> coordinates,
                const std::function<void(const TileRow &)> &visit) {
  uint32_t rowBytes = map.copied(0) * bytesOf(map.type);
  std::array<uint32_t, kMaxTensorRank> index{};
  for (uint32_t offset = 0;; offset += rowBytes) {
    std::array<int64_t, kMaxTensorRank> at{};
    for (uint32_t dim = 0; dim < map.rank; ++dim)
      at[dim] = int64_t(coordinates[dim]) + index[dim] * map.steps[dim];
    TileRow row;
    row.sharedOffset = offset;
    row.bytes = rowBytes;
    clip(map, at, row);
    visit(row);
    uint32_t dim = 1;
    while (dim < map.rank && ++index[dim] == map.copied(dim))
      index[dim++] = 0;
    if (dim >= map.rank)
      return;
  }
}

Expected<void> checkTile(const TensorMap &map, uint32_t sharedAddress) {
  if (sharedAddress % 128 != 0)
    return Error(ErrorCode::FindingMisaligned,
                 "the tile's address in shared memory, " +
                     std::to_string(sharedAddress) +
                     ", is not a multiple of 128 bytes");
  uint32_t inner = map.box[0] * bytesOf(map.type);
  if (map.swizzle != Swizzle::None && inner != swizzleSpan(map.swizzle))
    return Error(ErrorCode::EmulatorUnsupported,
                 "a box of " + std::to_string(inner) +
                     " inner bytes with a swizzle of " +
                     std::to_string(swizzleSpan(map.swizzle)) +
                     ": only boxes as wide as their swizzle are emulated");
  return {};
}

void loadTile(const TensorMap &map, std::span<const int32_t> coordinates,
              uint8_t *shared, uint32_t sharedAddress) {
  uint32_t size = bytesOf(map.type);
  uint64_t fill = map.nanFill ? nanBits(map.type) : 0;
  std::array<uint8_t, 256 * 8> bytes;
  forEachRow(map, coordinates, [&](const TileRow &row) {
    for (uint32_t i = 0; i < row.bytes; i += size)
      std::memcpy(&bytes[i], &fill, size);
    if (row.insideEnd > row.insideBegin)
      std::memcpy(&bytes[row.insideBegin],
                  reinterpret_cast<const void *>(row.global),
                  row.insideEnd - row.insideBegin);
    for (uint32_t i = 0; i < row.bytes; i += kChunkBytes)
      std::memcpy(
          shared + swizzled(map.swizzle, sharedAddress + row.sharedOffset + i),
          &bytes[i], kChunkBytes);
  });
}

void storeTile(const TensorMap &map, std::span<const int32_t> coordinates,
               const uint8_t *shared, uint32_t sharedAddress,
               Reduction reduction) {
  uint32_t size = bytesOf(map.type);
  forEachRow(map, coordinates, [&](const TileRow &row) {
    for (uint32_t i = row.insideBegin; i < row.insideEnd; i += size) {
      uint32_t from =
          swizzled(map.swizzle, sharedAddress + row.sharedOffset + i);
      auto *to = reinterpret_cast<uint8_t *>(row.global + i - row.insideBegin);
      if (reduction == Reduction::None)
        std::memcpy(to, shared + from, size);
      else
        reduceElement(map.type, to, shared + from, reduction);
    }
  });
}

} // namespace kgen::emulator::hopper
