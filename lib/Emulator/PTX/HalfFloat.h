//===- HalfFloat.h - f16 and bf16
//------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_PTX_HALFFLOAT_H
#define KGEN_LIB_EMULATOR_PTX_HALFFLOAT_H

#include "Decoder.h"
#include "FloatRounding.h"

#include <bit>
#include <cstdint>

namespace kgen::emulator::ptx {

/// Every NaN that arithmetic makes, in both formats (PTX ISA).
inline constexpr uint16_t kHalfNan = 0x7FFF;

inline float halfToFloat(uint16_t bits) {
  // Without branches, so that loops over it become vectors: shifted into place,
  // every finite value is 2^-112 of itself.
  uint32_t magnitude = uint32_t(bits & 0x7FFF) << 13;
  float finite = std::bit_cast<float>(magnitude) * 0x1p112f;
  uint32_t result = magnitude >= 0x0F800000 ? magnitude | 0x7F800000
                                            : std::bit_cast<uint32_t>(finite);
  return std::bit_cast<float>(result | uint32_t(bits & 0x8000) << 16);
}
inline float brainToFloat(uint16_t bits) {
  return std::bit_cast<float>(uint32_t(bits) << 16);
}

/// Rounds an exact value (given as a double that holds it, or one that was
/// rounded to odd) to 11 bits with 5 of exponent. Overflow: infinity, or the
/// largest number where the mode points away from it.
uint16_t doubleToHalf(double value, Rounding mode = Rounding::Nearest);
/// The same for 8 bits with 8 of exponent.
uint16_t doubleToBrain(double value, Rounding mode = Rounding::Nearest);

inline uint16_t floatToBrain(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7FFFFFFF) > 0x7F800000)
    return kHalfNan;
  return uint16_t((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}
inline uint16_t floatToHalf(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  uint32_t sign = bits >> 16 & 0x8000, a = bits & 0x7FFFFFFF;
  // Below 2^-14 adding 0.5 lets the adder round at the subnormals' last bit.
  uint32_t subnormal =
      std::bit_cast<uint32_t>(std::bit_cast<float>(a) + 0.5f) - 0x3F000000;
  uint32_t normal = (a + 0xC8000FFF + (a >> 13 & 1)) >> 13;
  uint32_t result = a < 0x38800000 ? subnormal : normal;
  result = a >= 0x477FF000 ? 0x7C00 : result; // 65520 rounds to infinity
  return uint16_t(a > 0x7F800000 ? kHalfNan : (result | sign));
}

/// A function of one number, per half, computed in double and rounded once.
void decodeHalfFunction(Decoder &d, Instruction &i, Type type,
                        double (*function)(double));

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_PTX_HALFFLOAT_H
