//===- TensorMap.cpp - Tensor maps of the emulated device -----------------===//

#include "TensorMap.h"

#include <cstring>
#include <string>

namespace kgen::emulator::hopper {

namespace {

/// "kgentmap" in memory order: tells our maps from any other bytes.
constexpr uint64_t kMagic = 0x70616d746e65676bull;
constexpr uint64_t kMaxDim = 1ull << 32;
constexpr uint64_t kMaxStride = 1ull << 40;
constexpr uint32_t kMaxBox = 256;
constexpr uint32_t kMaxStep = 8;

/// The 128 bytes. Dimensions are kept less one, so that 2^32 fits.
struct EncodedMap {
  uint64_t magic;
  uint64_t address;
  uint64_t strides[kMaxTensorRank - 1];
  uint32_t lastIndex[kMaxTensorRank];
  uint16_t box[kMaxTensorRank];
  uint8_t steps[kMaxTensorRank];
  uint8_t type, rank, swizzle, nanFill;
  uint8_t reserved[33];
  uint64_t checksum; ///< of the bytes before it
};
static_assert(sizeof(EncodedMap) == kTensorMapBytes);

/// FNV-1a, to find a map whose bytes were overwritten.
uint64_t checksum(const EncodedMap &map) {
  uint64_t hash = 0xcbf29ce484222325ull;
  auto *bytes = reinterpret_cast<const unsigned char *>(&map);
  for (size_t i = 0; i < offsetof(EncodedMap, checksum); ++i)
    hash = (hash ^ bytes[i]) * 0x100000001b3ull;
  return hash;
}

Error invalid(std::string detail) {
  return Error(ErrorCode::InvalidArgument, "tensor map: " + std::move(detail));
}
Error unsupported(std::string detail) {
  return Error(ErrorCode::EmulatorUnsupported,
               "tensor map: " + std::move(detail));
}
std::string indexed(const char *name, uint32_t i, uint64_t value) {
  return std::string(name) + "[" + std::to_string(i) + "] is " +
         std::to_string(value);
}

Expected<void> checkKinds(const TensorMapParameters &p) {
  if (p.rank < 1 || p.rank > kMaxTensorRank)
    return invalid("the rank is " + std::to_string(p.rank) + ", not 1 to 5");
  if (p.type > uint32_t(TensorType::TF32Ftz))
    return unsupported("data type " + std::to_string(p.type) +
                       "; packed four- and six-bit types are not emulated");
  if (p.interleave != 0)
    return unsupported("interleave " + std::to_string(p.interleave) +
                       "; only CU_TENSOR_MAP_INTERLEAVE_NONE is emulated");
  if (p.swizzle > uint32_t(Swizzle::Bytes128))
    return unsupported("swizzle " + std::to_string(p.swizzle) +
                       "; none, 32B, 64B and 128B are emulated");
  if (p.l2Promotion > 3)
    return invalid("L2 promotion " + std::to_string(p.l2Promotion) +
                   " is not defined");
  if (p.fill > 1)
    return invalid("fill " + std::to_string(p.fill) + " is not defined");
  if (p.fill == 1 && !isFloat(TensorType(p.type)))
    return invalid("NaN fill needs a floating-point data type");
  return {};
}

Expected<void> checkTensor(const TensorMapParameters &p) {
  if (!p.dims || !p.box || !p.elementStrides || (p.rank > 1 && !p.strides))
    return invalid("a null array");
  if (p.address == 0 || p.address % 16 != 0)
    return invalid("the global address is not a multiple of 16 bytes");
  for (uint32_t i = 0; i < p.rank; ++i)
    if (p.dims[i] == 0 || p.dims[i] > kMaxDim)
      return invalid(indexed("globalDim", i, p.dims[i]) + ", not 1 to 2^32");
  for (uint32_t i = 0; i + 1 < p.rank; ++i)
    if (p.strides[i] % 16 != 0 || p.strides[i] >= kMaxStride)
      return invalid(indexed("globalStrides", i, p.strides[i]) +
                     ", not a multiple of 16 below 2^40");
  return {};
}

Expected<void> checkBox(const TensorMapParameters &p) {
  for (uint32_t i = 0; i < p.rank; ++i) {
    if (p.box[i] == 0 || p.box[i] > kMaxBox)
      return invalid(indexed("boxDim", i, p.box[i]) + ", not 1 to 256");
    if (p.elementStrides[i] == 0 || p.elementStrides[i] > kMaxStep)
      return invalid(indexed("elementStrides", i, p.elementStrides[i]) +
                     ", not 1 to 8");
  }
  uint32_t inner = p.box[0] * bytesOf(TensorType(p.type));
  if (inner % kChunkBytes != 0)
    return invalid("the inner box has " + std::to_string(inner) +
                   " bytes, not a multiple of 16");
  Swizzle swizzle = Swizzle(p.swizzle);
  if (swizzle != Swizzle::None && inner > swizzleSpan(swizzle))
    return invalid("the inner box has " + std::to_string(inner) +
                   " bytes, more than the swizzle's " +
                   std::to_string(swizzleSpan(swizzle)));
  return {};
}

Expected<void> check(const TensorMapParameters &p) {
  if (auto kinds = checkKinds(p); !kinds)
    return kinds;
  if (auto tensor = checkTensor(p); !tensor)
    return tensor;
  return checkBox(p);
}

} // namespace

uint32_t bytesOf(TensorType type) {
  switch (type) {
  case TensorType::U8:
    return 1;
  case TensorType::U16:
  case TensorType::F16:
  case TensorType::BF16:
    return 2;
  case TensorType::U64:
  case TensorType::S64:
  case TensorType::F64:
    return 8;
  default:
    return 4;
  }
}

bool isFloat(TensorType type) { return type >= TensorType::F16; }

uint64_t nanBits(TensorType type) {
  switch (type) {
  case TensorType::F16:
  case TensorType::BF16:
    return 0x7fff;
  case TensorType::F64:
    return 0x7fffffffffffffffull;
  default:
    return 0x7fffffff;
  }
}

uint32_t TensorMap::boxBytes() const {
  uint32_t bytes = bytesOf(type);
  for (uint32_t i = 0; i < rank; ++i)
    bytes *= copied(i);
  return bytes;
}

std::string TensorMap::describe() const {
  auto list = [&](const auto &values) {
    std::string text;
    for (uint32_t i = 0; i < rank; ++i)
      text += (i ? " x " : "") + std::to_string(values[i]);
    return text;
  };
  std::string text = std::to_string(rank) + "-D tensor " + list(dims) + " of " +
                     std::to_string(bytesOf(type)) + "-byte elements, box " +
                     list(box);
  if (swizzle != Swizzle::None)
    text += ", " + std::to_string(swizzleSpan(swizzle)) + "-byte swizzle";
  return text;
}

Expected<void> encodeTensorMap(void *map, const TensorMapParameters &p) {
  if (!map || reinterpret_cast<uint64_t>(map) % 64 != 0)
    return invalid("the map's own address is not a multiple of 64 bytes");
  if (auto valid = check(p); !valid)
    return valid;
  EncodedMap encoded{};
  encoded.magic = kMagic;
  encoded.address = p.address;
  encoded.type = uint8_t(p.type);
  encoded.rank = uint8_t(p.rank);
  encoded.swizzle = uint8_t(p.swizzle);
  encoded.nanFill = uint8_t(p.fill);
  for (uint32_t i = 0; i < p.rank; ++i) {
    encoded.lastIndex[i] = uint32_t(p.dims[i] - 1);
    encoded.box[i] = uint16_t(p.box[i]);
    // Without interleave TMA has no step along the innermost dimension.
    encoded.steps[i] = i == 0 ? 1 : uint8_t(p.elementStrides[i]);
    if (i > 0)
      encoded.strides[i - 1] = p.strides[i - 1];
  }
  encoded.checksum = checksum(encoded);
  std::memcpy(map, &encoded, sizeof encoded);
  return {};
}

Expected<TensorMap> decodeTensorMap(const void *map) {
  EncodedMap encoded;
  std::memcpy(&encoded, map, sizeof encoded);
  if (encoded.magic != kMagic)
    return Error(ErrorCode::FindingOperand,
                 "these 128 bytes are no tensor map of the emulated device");
  if (encoded.checksum != checksum(encoded))
    return Error(ErrorCode::FindingOperand,
                 "the tensor map was overwritten after it was encoded");
  TensorMap result;
  result.type = TensorType(encoded.type);
  result.rank = encoded.rank;
  result.address = encoded.address;
  result.swizzle = Swizzle(encoded.swizzle);
  result.nanFill = encoded.nanFill != 0;
  for (uint32_t i = 0; i < result.rank; ++i) {
    result.dims[i] = uint64_t(encoded.lastIndex[i]) + 1;
    result.box[i] = encoded.box[i];
    result.steps[i] = encoded.steps[i];
    result.strides[i] = i == 0 ? bytesOf(result.type) : encoded.strides[i - 1];
  }
  return result;
}

} // namespace kgen::emulator::hopper
