//===- ConversionOperations.cpp - Between number formats
//-------------------===//

#include "VectorOperation.h"

#include <algorithm>
#include <limits>

namespace kgen::emulator::amd {

using enum InstructionClass;

/// Towards zero, within the range of the result; NaN gives 0.
template <typename T>
static T toInteger(double value) {
  if (std::isnan(value))
    return 0;
  double low = double(std::numeric_limits<T>::min());
  double high = double(std::numeric_limits<T>::max());
  return T(std::clamp(std::trunc(value), low, high));
}

static uint16_t towardsZero(float value) {
  uint16_t half = toHalf(value);
  if (std::isfinite(value) && std::fabs(halfToFloat(half)) > std::fabs(value))
    --half; // the magnitude's predecessor; infinity becomes the largest
  return half;
}
static uint32_t pack(uint16_t low, uint16_t high) {
  return uint32_t(high) << 16 | low;
}
static uint16_t normalised(float value, double scale, bool isSigned) {
  double bounded = std::clamp(double(value), isSigned ? -1.0 : 0.0, 1.0);
  return uint16_t(int32_t(std::nearbyint(bounded * scale)));
}
static uint64_t packShadow(const uint64_t *, const uint64_t *s) {
  return (s[0] ? 0xFFFFull : 0) | (s[1] ? 0xFFFF0000ull : 0);
}

static void addFromIntegers(OperationTable &t) {
  t.add(vectorOperation<[](int32_t x) { return float(x); }>("v_cvt_f32_i32",
                                                            Conversion));
  t.add(vectorOperation<[](uint32_t x) { return float(x); }>("v_cvt_f32_u32",
                                                             Conversion));
  t.add(vectorOperation<[](int32_t x) { return double(x); }>("v_cvt_f64_i32",
                                                             Conversion));
  t.add(vectorOperation<[](uint32_t x) { return double(x); }>("v_cvt_f64_u32",
                                                              Conversion));
  t.add(vectorOperation<[](uint16_t x) { return Half{double(x)}; }>(
      "v_cvt_f16_u16", Conversion));
  t.add(vectorOperation<[](int16_t x) { return Half{double(x)}; }>(
      "v_cvt_f16_i16", Conversion));
  t.add(vectorOperation<[](uint32_t x) { return float(x & 0xFF); }>(
      "v_cvt_f32_ubyte0", Conversion));
  t.add(vectorOperation<[](uint32_t x) { return float(x >> 8 & 0xFF); }>(
      "v_cvt_f32_ubyte1", Conversion));
  t.add(vectorOperation<[](uint32_t x) { return float(x >> 16 & 0xFF); }>(
      "v_cvt_f32_ubyte2", Conversion));
  t.add(vectorOperation<[](uint32_t x) { return float(x >> 24); }>(
      "v_cvt_f32_ubyte3", Conversion));
}

static void addToIntegers(OperationTable &t) {
  t.add(vectorOperation<[](float x) { return toInteger<int32_t>(x); }>(
      "v_cvt_i32_f32", Conversion));
  t.add(vectorOperation<[](float x) { return toInteger<uint32_t>(x); }>(
      "v_cvt_u32_f32", Conversion));
  t.add(vectorOperation<[](double x) { return toInteger<int32_t>(x); }>(
      "v_cvt_i32_f64", Conversion));
  t.add(vectorOperation<[](double x) { return toInteger<uint32_t>(x); }>(
      "v_cvt_u32_f64", Conversion));
  t.add(vectorOperation<[](Half x) { return toInteger<uint16_t>(x.value); }>(
      "v_cvt_u16_f16", Conversion));
  t.add(vectorOperation<[](Half x) { return toInteger<int16_t>(x.value); }>(
      "v_cvt_i16_f16", Conversion));
  t.add(vectorOperation<[](float x) {
    return toInteger<int32_t>(std::floor(double(x)));
  }>("v_cvt_flr_i32_f32", Conversion));
  t.add(vectorOperation<[](float x) {
    return toInteger<int32_t>(std::floor(double(x) + 0.5));
  }>("v_cvt_rpi_i32_f32", Conversion));
}

static void addBetweenFloats(OperationTable &t) {
  t.add(vectorOperation<[](float x) { return Half{double(x)}; }>(
      "v_cvt_f16_f32", Conversion));
  t.add(vectorOperation<[](Half x) { return float(x.value); }>("v_cvt_f32_f16",
                                                               Conversion));
  t.add(vectorOperation<[](float x) { return double(x); }>("v_cvt_f64_f32",
                                                           Conversion));
  t.add(vectorOperation<[](double x) { return float(x); }>("v_cvt_f32_f64",
                                                           Conversion));
  // gfx950; the 16 bits of a bf16 argument count as an integer.
  t.add(vectorOperation<[](uint16_t x) { return bf16ToFloat(x); }>(
      "v_cvt_f32_bf16", Conversion));
}

static void addPairs(OperationTable &t) {
  t.add(vectorOperation<[](float a, float b) {
    return pack(towardsZero(a), towardsZero(b));
  }>("v_cvt_pkrtz_f16_f32", Conversion, packShadow));
  t.add(vectorOperation<[](float a, float b) {
    return pack(toHalf(a), toHalf(b));
  }>("v_cvt_pk_f16_f32", Conversion, packShadow));
  t.add(vectorOperation<[](float a, float b) {
    return pack(toBf16(a), toBf16(b));
  }>("v_cvt_pk_bf16_f32", Conversion, packShadow));
  t.add(vectorOperation<[](float a, float b) {
    return pack(normalised(a, 32767, true), normalised(b, 32767, true));
  }>("v_cvt_pknorm_i16_f32", Conversion, packShadow));
  t.add(vectorOperation<[](float a, float b) {
    return pack(normalised(a, 65535, false), normalised(b, 65535, false));
  }>("v_cvt_pknorm_u16_f32", Conversion, packShadow));
  t.add(vectorOperation<[](uint32_t a, uint32_t b) {
    return pack(uint16_t(std::min(a, 65535u)), uint16_t(std::min(b, 65535u)));
  }>("v_cvt_pk_u16_u32", Conversion, packShadow));
  t.add(vectorOperation<[](int32_t a, int32_t b) {
    return pack(uint16_t(std::clamp(a, -32768, 32767)),
                uint16_t(std::clamp(b, -32768, 32767)));
  }>("v_cvt_pk_i16_i32", Conversion, packShadow));
}

void addConversionOperations(OperationTable &table) {
  addFromIntegers(table);
  addToIntegers(table);
  addBetweenFloats(table);
  addPairs(table);
}

} // namespace kgen::emulator::amd
