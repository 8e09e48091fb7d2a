//===- FloatRounding.h - Roundings that C++ does not offer
//-----------------===//
//
// IEEE 754 results without touching the processor's rounding mode: an exact
// value is held as the unevaluated sum of two doubles and rounded once.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_PTX_FLOATROUNDING_H
#define KGEN_LIB_EMULATOR_PTX_FLOATROUNDING_H

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace kgen::emulator::ptx {

enum class Rounding : uint8_t { Nearest, Zero, Down, Up };

/// What NVIDIA's FP32 units give for every NaN (PTX ISA, floating point).
inline constexpr uint32_t kCanonicalNan = 0x7FFFFFFF;

inline float canonical(float value) {
  return value != value ? std::bit_cast<float>(kCanonicalNan) : value;
}
inline double canonical(double value) { return value; }

/// .ftz: a subnormal becomes a zero of its sign.
inline float flush(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  return bits & 0x7F800000 ? value : std::bit_cast<float>(bits & 0x80000000);
}
inline double flush(double value) { return value; }
/// So that code for all types can be compiled; integers have no subnormals.
template <typename T>
requires std::is_integral_v<T> T flush(T value) { return value; }

/// .sat: into [0, 1]; NaN becomes 0.
template <typename T>
inline T saturate(T value) {
  return value > T(0) ? (value < T(1) ? value : T(1)) : T(0);
}

/// high + low, exactly; |low| is at most half a unit in high's last place.
struct ExactSum {
  double high = 0, low = 0;
};
/// Knuth's two-sum.
inline ExactSum twoSum(double a, double b) {
  double sum = a + b;
  double part = sum - a;
  double error = (a - (sum - part)) + (b - part);
  return {sum, std::isfinite(sum) ? error : 0};
}

/// A double that rounds to every format of at most 51 bits as the exact value
/// does (rounding to odd: Boldo and Melquiond, 2008).
inline double roundToOdd(ExactSum exact) {
  uint64_t bits = std::bit_cast<uint64_t>(exact.high);
  if (exact.low != 0 && !(bits & 1)) {
    // Towards low: away from zero if both have one sign.
    bool away = (exact.low > 0) == (exact.high > 0);
    bits += away ? 1 : -1;
  }
  return std::bit_cast<double>(bits);
}

/// The nearest float, ties to even.
inline float roundNearest(ExactSum exact) { return float(roundToOdd(exact)); }

inline float roundDirected(ExactSum exact, Rounding mode) {
  float nearest = float(exact.high);
  if (std::isnan(exact.high) || std::isinf(exact.high))
    return nearest;
  double error = exact.high - double(nearest); // exact, or infinite
  if (error == 0)
    error = exact.low;
  if (error == 0)
    return nearest;
  bool negative = exact.high < 0;
  bool wantDown =
      mode == Rounding::Down || (mode == Rounding::Zero && !negative);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (wantDown && error < 0)
    return std::nextafterf(nearest, -kInfinity);
  if (!wantDown && error > 0)
    return std::nextafterf(nearest, kInfinity);
  return nearest;
}

inline float round(ExactSum exact, Rounding mode) {
  return mode == Rounding::Nearest ? roundNearest(exact)
                                   : roundDirected(exact, mode);
}

inline ExactSum exactFma(float a, float b, float c) {
  return twoSum(double(a) * double(b), c);
}

/// a + b. A sum that is exactly 0 is -0 when rounding down, unless both are +0.
inline float roundSum(double a, double b, Rounding mode) {
  ExactSum exact = twoSum(a, b);
  if (exact.high == 0 && mode == Rounding::Down &&
      (std::signbit(a) || std::signbit(b)))
    return -0.0f;
  return round(exact, mode);
}

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_PTX_FLOATROUNDING_H
