//===- NarrowFloat.h - The tensor core's other number formats -------------===//
//
// Exact widenings to f32 (OCP 8-bit Floating Point Specification for e4m3 and
// e5m2). f16 and bf16 are in PTX/HalfFloat.h.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_NARROWFLOAT_H
#define KGEN_LIB_EMULATOR_HOPPER_NARROWFLOAT_H

#include "../PTX/HalfFloat.h"

#include <cmath>

namespace kgen::emulator::hopper {

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

inline float widenE5M2(uint8_t bits) {
  return ptx::halfToFloat(uint16_t(bits << 8));
}

} // namespace kgen::emulator::hopper

#endif // KGEN_LIB_EMULATOR_HOPPER_NARROWFLOAT_H
