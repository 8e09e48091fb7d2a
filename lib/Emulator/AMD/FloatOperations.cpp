//===- FloatOperations.cpp - f32 and f64 arithmetic
//------------------------===//
//
// Transcendental functions are computed in double and rounded once: the
// hardware's are within one unit in the last place of that. They flush
// subnormal arguments and results (CDNA3 ISA guide, V_EXP_F32 and its like).
//
//===----------------------------------------------------------------------===//

#include "VectorOperation.h"

#include <numbers>

namespace kgen::emulator::amd {

using enum InstructionClass;

static bool isSignalling(float value) {
  uint32_t bits = bitsOf(value);
  return (bits & 0x7FC00000) == 0x7F800000 && (bits & 0x3FFFFF) != 0;
}

/// IEEE mode: the other operand of a quiet NaN, a quiet NaN for a signalling
/// one; +0 is greater than -0.
static float maximum(float a, float b) {
  if (isSignalling(a) || isSignalling(b))
    return std::nanf("");
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) ? b : a;
  if (a == b)
    return std::signbit(a) ? b : a;
  return a > b ? a : b;
}
static float minimum(float a, float b) {
  if (isSignalling(a) || isSignalling(b))
    return std::nanf("");
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) ? b : a;
  if (a == b)
    return std::signbit(a) ? a : b;
  return a < b ? a : b;
}
static float median(float a, float b, float c) {
  if (std::isnan(a) || std::isnan(b) || std::isnan(c))
    return minimum(minimum(a, b), c);
  return std::fmax(std::fmin(a, b), std::fmin(std::fmax(a, b), c));
}
/// gfx950's IEEE 754-2019 maximum and minimum: NaN wins.
static float maximum2019(float a, float b) {
  return std::isnan(a) || std::isnan(b) ? std::nanf("") : maximum(a, b);
}
static float minimum2019(float a, float b) {
  return std::isnan(a) || std::isnan(b) ? std::nanf("") : minimum(a, b);
}
/// 0 times anything is 0.
static float legacyProduct(float a, float b) {
  return a == 0 || b == 0 ? 0.0f : a * b;
}

template <auto F>
static float transcendental(float x) {
  return flushed(float(F(double(flushed(x)))));
}

static void addArithmetic(OperationTable &t) {
  t.add(vectorOperation<[](float a, float b) { return a + b; }>("v_add_f32",
                                                                Float));
  t.add(vectorOperation<[](float a, float b) { return a - b; }>("v_sub_f32",
                                                                Float));
  t.add(vectorOperation<[](float a, float b) { return b - a; }>("v_subrev_f32",
                                                                Float));
  t.add(vectorOperation<[](float a, float b) { return a * b; }>("v_mul_f32",
                                                                Float));
  t.add(vectorOperation<[](float a, float b) { return legacyProduct(a, b); }>(
      "v_mul_legacy_f32", Float));
  t.add(vectorOperation<[](float a, float b) { return maximum(a, b); }>(
      "v_max_f32", Float));
  t.add(vectorOperation<[](float a, float b) { return minimum(a, b); }>(
      "v_min_f32", Float));
  t.add(vectorOperation<[](float a, float b, float c) {
    return maximum(maximum(a, b), c);
  }>("v_max3_f32", Float));
  t.add(vectorOperation<[](float a, float b, float c) {
    return minimum(minimum(a, b), c);
  }>("v_min3_f32", Float));
  t.add(vectorOperation<[](float a, float b, float c) {
    return median(a, b, c);
  }>("v_med3_f32", Float));
  t.add(vectorOperation<[](float a, float b, float c) {
    return maximum2019(maximum2019(a, b), c);
  }>("v_maximum3_f32", Float));
  t.add(vectorOperation<[](float a, float b, float c) {
    return minimum2019(minimum2019(a, b), c);
  }>("v_minimum3_f32", Float));
}

static void addFused(OperationTable &t) {
  constexpr auto fused = [](float a, float b, float c) {
    return std::fma(a, b, c);
  };
  constexpr auto unfused = [](float a, float b, float c) { return a * b + c; };
  t.add(vectorOperation<fused>("v_fma_f32", Float));
  t.add(vectorOperation<fused>("v_fmac_f32", Float, nullptr, true));
  // The constant stands where it is multiplied, or added.
  t.add(vectorOperation<fused>("v_fmamk_f32", Float));
  t.add(vectorOperation<fused>("v_fmaak_f32", Float));
  t.add(vectorOperation<unfused>("v_mad_f32", Float));
  t.add(vectorOperation<unfused>("v_mac_f32", Float, nullptr, true));
  t.add(vectorOperation<unfused>("v_madmk_f32", Float));
  t.add(vectorOperation<unfused>("v_madak_f32", Float));
}

static void addTranscendental(OperationTable &t) {
  t.add(vectorOperation<[](float x) {
    return transcendental<[](double v) { return std::exp2(v); }>(x);
  }>("v_exp_f32", Transcendental));
  t.add(vectorOperation<[](float x) {
    return transcendental<[](double v) { return std::log2(v); }>(x);
  }>("v_log_f32", Transcendental));
  t.add(vectorOperation<[](float x) {
    return transcendental<[](double v) { return 1.0 / v; }>(x);
  }>("v_rcp_f32", Transcendental));
  t.add(vectorOperation<[](float x) {
    return transcendental<[](double v) { return 1.0 / v; }>(x);
  }>("v_rcp_iflag_f32", Transcendental));
  t.add(vectorOperation<[](float x) {
    return transcendental<[](double v) { return 1.0 / std::sqrt(v); }>(x);
  }>("v_rsq_f32", Transcendental));
  t.add(vectorOperation<[](float x) {
    return transcendental<[](double v) { return std::sqrt(v); }>(x);
  }>("v_sqrt_f32", Transcendental));
  // Arguments in turns, within 256 of them.
  t.add(vectorOperation<[](float x) {
    return float(std::sin(2 * std::numbers::pi * double(x)));
  }>("v_sin_f32", Transcendental));
  t.add(vectorOperation<[](float x) {
    return float(std::cos(2 * std::numbers::pi * double(x)));
  }>("v_cos_f32", Transcendental));
}

static void addRounding(OperationTable &t) {
  t.add(vectorOperation<[](float x) { return std::floor(x); }>("v_floor_f32",
                                                               Float));
  t.add(vectorOperation<[](float x) { return std::ceil(x); }>("v_ceil_f32",
                                                              Float));
  t.add(vectorOperation<[](float x) { return std::trunc(x); }>("v_trunc_f32",
                                                               Float));
  t.add(vectorOperation<[](float x) { return std::nearbyint(x); }>(
      "v_rndne_f32", Float));
  t.add(vectorOperation<[](float x) {
    return std::fmin(x - std::floor(x), 0x1.fffffep-1f);
  }>("v_fract_f32", Float));
  t.add(vectorOperation<[](float x, int32_t e) { return std::ldexp(x, e); }>(
      "v_ldexp_f32", Float));
  t.add(vectorOperation<[](float x) {
    int e = 0;
    return std::isfinite(x) ? std::frexp(x, &e) : x;
  }>("v_frexp_mant_f32", Float));
  t.add(vectorOperation<[](float x) {
    int e = 0;
    if (std::isfinite(x))
      (void)std::frexp(x, &e);
    return int32_t(e);
  }>("v_frexp_exp_i32_f32", Float));
}

static void addDouble(OperationTable &t) {
  constexpr auto fused = [](double a, double b, double c) {
    return std::fma(a, b, c);
  };
  t.add(vectorOperation<[](double a, double b) { return a + b; }>("v_add_f64",
                                                                  Float));
  t.add(vectorOperation<[](double a, double b) { return a * b; }>("v_mul_f64",
                                                                  Float));
  t.add(vectorOperation<[](double a, double b) { return std::fmax(a, b); }>(
      "v_max_f64", Float));
  t.add(vectorOperation<[](double a, double b) { return std::fmin(a, b); }>(
      "v_min_f64", Float));
  t.add(vectorOperation<fused>("v_fma_f64", Float));
  t.add(vectorOperation<fused>("v_fmac_f64", Float, nullptr, true));
  t.add(vectorOperation<[](double x) { return std::floor(x); }>("v_floor_f64",
                                                                Float));
  t.add(vectorOperation<[](double x) { return std::trunc(x); }>("v_trunc_f64",
                                                                Float));
  t.add(vectorOperation<[](double x) { return std::nearbyint(x); }>(
      "v_rndne_f64", Float));
  t.add(vectorOperation<[](double x, int32_t e) { return std::ldexp(x, e); }>(
      "v_ldexp_f64", Float));
}

void addFloatOperations(OperationTable &table) {
  addArithmetic(table);
  addFused(table);
  addTranscendental(table);
  addRounding(table);
  addDouble(table);
}

} // namespace kgen::emulator::amd
