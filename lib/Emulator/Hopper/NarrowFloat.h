//===- NarrowFloat.h - The tensor core's number formats -------------------===//
//
// Exact widenings to f32, and narrowings that round to nearest, ties to even
// (IEEE 754; OCP 8-bit Floating Point Specification for e4m3 and e5m2).
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_NARROWFLOAT_H
#define KGEN_LIB_EMULATOR_HOPPER_NARROWFLOAT_H

#include <bit>
#include <cmath>
#include <cstdint>

namespace kgen::emulator::hopper {

inline float widenBF16(uint16_t bits) {
  return std::bit_cast<float>(uint32_t(bits) << 16);
}

inline uint16_t narrowBF16(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if (std::isnan(value))
    return 0x7fff;
  return uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

inline float widenF16(uint16_t bits) {
  uint32_t sign = uint32_t(bits & 0x8000) << 16;
  uint32_t exponent = bits >> 10 & 31, mantissa = bits & 1023;
  if (exponent == 31)
    return std::bit_cast<float>(sign | 0x7f800000 | mantissa << 13);
  if (exponent == 0) {
    float small = float(mantissa) * 0x1p-24f;
    return sign ? -small : small;
  }
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
}

inline uint16_t narrowF16(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  uint16_t sign = uint16_t(bits >> 16 & 0x8000);
  if (std::isnan(value))
    return 0x7fff;
  float magnitude = std::fabs(value);
  if (magnitude >= 65520.0f)
    return sign | 0x7c00;
  if (magnitude < 0x1p-14f) // subnormal: the unit is 2^-24
    return sign | uint16_t(std::nearbyint(magnitude * 0x1p24f));
  bits = std::bit_cast<uint32_t>(magnitude);
  bits += 0xfff + (bits >> 13 & 1);
  return sign | uint16_t((bits >> 13) - (112 << 10));
}

/// Tensor cores read f32 registers and memory as tf32: the low 13 bits are
/// ignored (PTX ISA, "tf32").
inline float widenTF32(uint32_t bits) {
  return std::bit_cast<float>(bits & 0xffffe000);
}

inline float widenE4M3(uint8_t bits) {
  uint32_t exponent = bits >> 3 & 15, mantissa = bits & 7;
  float value = exponent == 15 && mantissa == 7 ? NAN
                : exponent == 0
                    ? float(mantissa) * 0x1p-9f
                    : std::ldexp(float(8 + mantissa), int(exponent) - 10);
  return bits & 0x80 ? -value : value;
}

inline float widenE5M2(uint8_t bits) { return widenF16(uint16_t(bits << 8)); }

} // namespace kgen::emulator::hopper

#endif // KGEN_LIB_EMULATOR_HOPPER_NARROWFLOAT_H
