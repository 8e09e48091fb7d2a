//===- HalfOperations.cpp - f16 arithmetic
//---------------------------------===//

#include "VectorOperation.h"

namespace kgen::emulator::amd {

using enum InstructionClass;

static Half larger(Half a, Half b) { return {std::fmax(a.value, b.value)}; }
static Half smaller(Half a, Half b) { return {std::fmin(a.value, b.value)}; }
static Half median(Half a, Half b, Half c) {
  return larger(smaller(a, b), smaller(larger(a, b), c));
}

static void addArithmetic(OperationTable &t) {
  t.add(vectorOperation<[](Half a, Half b) { return Half{a.value + b.value}; }>(
      "v_add_f16", Float));
  t.add(vectorOperation<[](Half a, Half b) { return Half{a.value - b.value}; }>(
      "v_sub_f16", Float));
  t.add(vectorOperation<[](Half a, Half b) { return Half{b.value - a.value}; }>(
      "v_subrev_f16", Float));
  t.add(vectorOperation<[](Half a, Half b) { return Half{a.value * b.value}; }>(
      "v_mul_f16", Float));
  t.add(vectorOperation<[](Half a, Half b) { return larger(a, b); }>(
      "v_max_f16", Float));
  t.add(vectorOperation<[](Half a, Half b) { return smaller(a, b); }>(
      "v_min_f16", Float));
  constexpr auto fused = [](Half a, Half b, Half c) {
    return Half{a.value * b.value + c.value};
  };
  t.add(vectorOperation<fused>("v_fma_f16", Float));
  t.add(vectorOperation<fused>("v_fmac_f16", Float, nullptr, true));
  t.add(vectorOperation<fused>("v_fmamk_f16", Float));
  t.add(vectorOperation<fused>("v_fmaak_f16", Float));
  t.add(vectorOperation<[](Half a, Half b, Half c) {
    return larger(larger(a, b), c);
  }>("v_max3_f16", Float));
  t.add(vectorOperation<[](Half a, Half b, Half c) {
    return smaller(smaller(a, b), c);
  }>("v_min3_f16", Float));
  t.add(vectorOperation<[](Half a, Half b, Half c) { return median(a, b, c); }>(
      "v_med3_f16", Float));
}

static void addFunctions(OperationTable &t) {
  t.add(vectorOperation<[](Half x) { return Half{std::exp2(x.value)}; }>(
      "v_exp_f16", Transcendental));
  t.add(vectorOperation<[](Half x) { return Half{std::log2(x.value)}; }>(
      "v_log_f16", Transcendental));
  t.add(vectorOperation<[](Half x) { return Half{1.0 / x.value}; }>(
      "v_rcp_f16", Transcendental));
  t.add(vectorOperation<[](Half x) { return Half{1.0 / std::sqrt(x.value)}; }>(
      "v_rsq_f16", Transcendental));
  t.add(vectorOperation<[](Half x) { return Half{std::sqrt(x.value)}; }>(
      "v_sqrt_f16", Transcendental));
  t.add(vectorOperation<[](Half x) { return Half{std::floor(x.value)}; }>(
      "v_floor_f16", Float));
  t.add(vectorOperation<[](Half x) { return Half{std::ceil(x.value)}; }>(
      "v_ceil_f16", Float));
  t.add(vectorOperation<[](Half x) { return Half{std::trunc(x.value)}; }>(
      "v_trunc_f16", Float));
  t.add(vectorOperation<[](Half x) { return Half{std::nearbyint(x.value)}; }>(
      "v_rndne_f16", Float));
  t.add(vectorOperation<[](Half x, int16_t e) {
    return Half{std::ldexp(x.value, e)};
  }>("v_ldexp_f16", Float));
}

void addHalfOperations(OperationTable &table) {
  addArithmetic(table);
  addFunctions(table);
}

} // namespace kgen::emulator::amd
