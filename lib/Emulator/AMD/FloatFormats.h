//===- FloatFormats.h - Half precision and bfloat16 as bits
//----------------===//
#ifndef KGEN_LIB_EMULATOR_AMD_FLOATFORMATS_H
#define KGEN_LIB_EMULATOR_AMD_FLOATFORMATS_H

#include <bit>
#include <cmath>
#include <cstdint>

namespace kgen::emulator::amd {

inline float floatOf(uint32_t bits) { return std::bit_cast<float>(bits); }
inline uint32_t bitsOf(float value) { return std::bit_cast<uint32_t>(value); }

/// Exact.
inline float halfToFloat(uint16_t half) {
  uint32_t sign = uint32_t(half & 0x8000) << 16;
  uint32_t magnitude = half & 0x7FFF;
  if (magnitude >= 0x7C00) // infinity, NaN
    return floatOf(sign | 0x7F800000 | (magnitude & 0x3FF) << 13);
  if (magnitude >= 0x400)
    return floatOf(sign | ((magnitude << 13) + (112u << 23)));
  float value = float(magnitude) * 0x1p-24f; // subnormal or zero
  return floatOf(sign | bitsOf(value));
}

/// To nearest even, from a value of any precision up to double.
inline uint16_t toHalf(double value) {
  uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  double magnitude = std::fabs(value);
  if (std::isnan(value))
    return sign | 0x7E00;
  if (magnitude >= 65520.0) // halfway to the next after the largest, 65504
    return sign | 0x7C00;
  int exponent = 0;
  if (magnitude >= 0x1p-14)
    exponent = std::ilogb(magnitude);
  else
    exponent = -14; // subnormals share the spacing of the smallest normals
  // In units of the last place; rint rounds to nearest even by default.
  double units = std::rint(std::ldexp(magnitude, 10 - exponent));
  uint32_t scaled = uint32_t(units);
  // A carry into the next binade adds up correctly.
  uint32_t base = exponent == -14 ? 0 : uint32_t(exponent + 14) << 10;
  return uint16_t(sign | (base + scaled));
}

inline float bf16ToFloat(uint16_t bits) {
  return floatOf(uint32_t(bits) << 16);
}

/// To nearest even; NaNs stay NaNs.
inline uint16_t toBf16(float value) {
  uint32_t bits = bitsOf(value);
  if (std::isnan(value))
    return uint16_t(bits >> 16 | 0x40);
  return uint16_t((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

/// Zero of the same sign for a subnormal number.
inline float flushed(float value) {
  return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value)
                                                : value;
}
inline bool isHalfSubnormal(uint16_t half) {
  return (half & 0x7C00) == 0 && (half & 0x3FF) != 0;
}
inline bool isBf16Subnormal(uint16_t bits) {
  return (bits & 0x7F80) == 0 && (bits & 0x7F) != 0;
}

} // namespace kgen::emulator::amd

#endif // KGEN_LIB_EMULATOR_AMD_FLOATFORMATS_H
