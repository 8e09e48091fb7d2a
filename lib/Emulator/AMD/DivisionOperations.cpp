//===- DivisionOperations.cpp - The steps of an exact f32 division
//---------===//
//
// v_div_scale, v_div_fmas and v_div_fixup as the CDNA3 ISA guide's pseudocode
// has them. The factor of v_div_fmas is the one that undoes v_div_scale: 2^64
// either way, by the size of the quotient.
//
//===----------------------------------------------------------------------===//

#include "VectorOperation.h"

namespace kgen::emulator::amd {

using enum InstructionClass;

namespace {

struct Scaled {
  float value;
  bool flag;
};

int biasedExponent(float x) { return int(bitsOf(x) >> 23 & 0xFF); }
bool isSubnormal(float x) { return std::fpclassify(x) == FP_SUBNORMAL; }

/// `x` is the denominator or the numerator: the one to scale.
Scaled scale(float x, float denominator, float numerator) {
  if (denominator == 0 || numerator == 0)
    return {std::nanf(""), false};
  bool isDenominator = x == denominator, isNumerator = x == numerator;
  float up = std::ldexp(x, 64);
  float reciprocal = 1.0f / denominator, quotient = numerator / denominator;
  if (biasedExponent(numerator) - biasedExponent(denominator) >= 96)
    return {isDenominator ? up : x, true};
  if (isSubnormal(denominator))
    return {up, false};
  // The guide's text scales up here, too, which would overflow any denominator
  // with a subnormal reciprocal; only down gives the right quotient.
  if (isSubnormal(reciprocal) && isSubnormal(quotient))
    return {isDenominator ? std::ldexp(x, -64) : x, true};
  if (isSubnormal(reciprocal))
    return {std::ldexp(x, -64), false};
  if (isSubnormal(quotient))
    return {isNumerator ? up : x, true};
  if (biasedExponent(numerator) <= 23)
    return {up, false};
  return {x, false};
}

float fixup(float quotient, float denominator, float numerator) {
  float sign = std::signbit(denominator) != std::signbit(numerator) ? -1 : 1;
  if (std::isnan(numerator) || std::isnan(denominator))
    return numerator + denominator;
  bool bothZero = denominator == 0 && numerator == 0;
  if (bothZero || (std::isinf(denominator) && std::isinf(numerator)))
    return -std::nanf("");
  if (denominator == 0 || std::isinf(numerator))
    return sign * HUGE_VALF;
  if (std::isinf(denominator) || numerator == 0)
    return std::copysign(0.0f, sign);
  if (biasedExponent(numerator) - biasedExponent(denominator) < -150)
    return std::copysign(0.0f, sign);
  // The steps overflowed on the way; so does the quotient.
  if (std::isnan(quotient))
    return sign * HUGE_VALF;
  return std::copysign(quotient, sign);
}

void executeScale(Wave &wave, const Instruction &i) {
  std::array<LaneValues, 3> in;
  uint64_t undefined = 0;
  for (uint32_t n = 0; n != 3; ++n) {
    wave.lanes(i, 2 + n, in[n]);
    if (!wave.anyUndefined(i, 2 + n))
      continue;
    LaneValues shadows;
    wave.laneShadows(i, 2 + n, shadows);
    for (uint32_t lane = 0; lane != kLanes; ++lane)
      undefined |= uint64_t(shadows[lane] != 0) << lane;
  }
  LaneValues out, shadows;
  uint64_t flags = 0;
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    Scaled scaled =
        scale(floatOf(uint32_t(in[0][lane])), floatOf(uint32_t(in[1][lane])),
              floatOf(uint32_t(in[2][lane])));
    out[lane] = bitsOf(scaled.value);
    flags |= uint64_t(scaled.flag) << lane;
    shadows[lane] = undefined >> lane & 1 ? ~0ull : 0;
  }
  uint64_t mask = wave.writtenLanes(i);
  wave.setLanes(i, 0, out, mask);
  if (undefined & mask)
    wave.setLaneShadows(i, 0, shadows, mask);
  wave.setPair(i.operands[1].unit, flags & mask, undefined & mask);
}

void executeFmas(Wave &wave, const Instruction &i) {
  std::array<LaneValues, 3> in;
  std::array<uint32_t, 3> operands{1, 2, 3};
  uint64_t flags = wave.pairValue(kVcc), undefined = wave.pairShadow(kVcc);
  bool anyUndefined = undefined != 0;
  for (uint32_t n = 0; n != 3; ++n) {
    wave.lanes(i, operands[n], in[n]);
    anyUndefined |= wave.anyUndefined(i, operands[n]);
  }
  LaneValues out, shadows;
  if (anyUndefined)
    resultShadows(wave, i, operands.data(), in.data(), 3, shadows);
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    float c = floatOf(uint32_t(in[2][lane]));
    float a = floatOf(uint32_t(in[0][lane])),
          b = floatOf(uint32_t(in[1][lane]));
    float value = std::fma(a, b, c);
    // Rounded once, behind the scaling: the quotient may be subnormal.
    if (flags >> lane & 1)
      value = float(std::ldexp(std::fma(double(a), double(b), double(c)),
                               biasedExponent(c) > 127 ? 64 : -64));
    out[lane] = bitsOf(value);
    if (undefined >> lane & 1)
      shadows[lane] = ~0ull;
  }
  finishResult(wave, i, Type::F32, out);
  uint64_t mask = wave.writtenLanes(i);
  wave.setLanes(i, 0, out, mask);
  if (anyUndefined)
    wave.setLaneShadows(i, 0, shadows, mask);
}

} // namespace

void addDivisionOperations(OperationTable &t) {
  Operation operation;
  operation.name = "v_div_scale_f32";
  operation.execute = executeScale;
  operation.instructionClass = Float;
  operation.results = 2;
  operation.types = {Type::F32, Type::Lanes, Type::F32, Type::F32, Type::F32};
  t.add(operation);
  operation.name = "v_div_fmas_f32";
  operation.execute = executeFmas;
  operation.results = 1;
  operation.readsVcc = true;
  operation.types = {Type::F32, Type::F32, Type::F32, Type::F32};
  t.add(operation);
  t.add(
      vectorOperation<[](float q, float d, float n) { return fixup(q, d, n); }>(
          "v_div_fixup_f32", Float));
}

} // namespace kgen::emulator::amd
