//===- Numeric.cpp - Narrow float types, bit by bit ------------------------===//

#include "Numeric.h"

#include "Parallel.h"

#include <cstring>

namespace kgen {

// Elements below which a second thread does not pay.
static constexpr int64_t kGrain = 1 << 18;

std::string encodeFloats(ElementType type, const std::vector<float> &values) {
  std::string bytes(values.size() * byteSize(type), '\0');
  if (type == ElementType::F32) {
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
  }
  bool isBF16 = type == ElementType::BF16;
  parallelFor(values.size(), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      uint16_t bits = isBF16 ? toBF16Bits(values[i]) : toF16Bits(values[i]);
      std::memcpy(bytes.data() + 2 * i, &bits, 2);
    }
  });
  return bytes;
}

std::vector<float> decodeFloats(ElementType type, const void *bytes,
                                size_t count) {
  std::vector<float> values(count);
  if (type == ElementType::F32) {
    std::memcpy(values.data(), bytes, count * sizeof(float));
    return values;
  }
  bool isBF16 = type == ElementType::BF16;
  const char *from = static_cast<const char *>(bytes);
  parallelFor(count, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      uint16_t bits;
      std::memcpy(&bits, from + 2 * i, 2);
      values[i] = isBF16 ? fromBF16Bits(bits) : fromF16Bits(bits);
    }
  });
  return values;
}

} // namespace kgen
