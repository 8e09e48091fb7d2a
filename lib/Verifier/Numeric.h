//===- Numeric.h - Narrow float types, bit by bit --------------------------===//
//
// Conversions between f32 and the 16-bit types, round to nearest even. Written
// out so that the verifier depends on no compiler's half type and shares no
// conversion with the kernels it judges.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_VERIFIER_NUMERIC_H
#define KGEN_LIB_VERIFIER_NUMERIC_H

#include "kgen/Schedule/Problem.h"

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

namespace kgen {

inline uint16_t toBF16Bits(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u)
    return static_cast<uint16_t>((bits >> 16) | 0x40u); // quiet NaN
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

inline float fromBF16Bits(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

inline uint16_t toF16Bits(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  uint32_t sign = (bits >> 16) & 0x8000u;
  bits &= 0x7fffffffu;
  if (bits > 0x7f800000u)
    return static_cast<uint16_t>(sign | 0x7e00u);
  if (bits >= 0x477ff000u) // 65520 and above round to infinity
    return static_cast<uint16_t>(sign | 0x7c00u);
  if (bits < 0x38800000u) { // below 2^-14: add so that the f16 ulp is the f32 ulp
    float shifted = std::bit_cast<float>(bits) + 0.5f;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000u));
  }
  uint32_t rounded = bits + 0xfffu + ((bits >> 13) & 1u);
  return static_cast<uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
}

inline float fromF16Bits(uint16_t half) {
  uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  uint32_t rest = half & 0x7fffu;
  if (rest >= 0x7c00u)
    return std::bit_cast<float>(sign | 0x7f800000u | ((rest & 0x3ffu) << 13));
  if (rest >= 0x400u)
    return std::bit_cast<float>(sign | ((rest << 13) + 0x38000000u));
  float subnormal = static_cast<float>(rest) * 0x1p-24f;
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(subnormal));
}

inline float roundToBF16(float value) { return fromBF16Bits(toBF16Bits(value)); }
inline float roundToF16(float value) { return fromF16Bits(toF16Bits(value)); }

/// f32 with ten explicit mantissa bits: what a tf32 product sees.
inline float roundToTF32(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7f800000u) == 0x7f800000u)
    return value;
  return std::bit_cast<float>((bits + 0xfffu + ((bits >> 13) & 1u)) & ~0x1fffu);
}

/// Rounds to what `type` (F32, F16, BF16) can hold.
inline float roundTo(ElementType type, float value) {
  if (type == ElementType::BF16)
    return roundToBF16(value);
  return type == ElementType::F16 ? roundToF16(value) : value;
}

/// Bytes in memory of `values` as elements of F32, F16 or BF16.
std::string encodeFloats(ElementType type, const std::vector<float> &values);
/// The inverse; `bytes` holds `count` elements.
std::vector<float> decodeFloats(ElementType type, const void *bytes,
                                size_t count);

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_NUMERIC_H
