//===- VectorOperation.cpp - What all lane functions share
//-----------------===//

#include "VectorOperation.h"

namespace kgen::emulator::amd {

static uint64_t flushedBits(Type type, uint64_t bits) {
  if (type == Type::F32)
    return bits & 0x7F800000 ? bits : bits & 0x80000000;
  if (type == Type::F16)
    return bits & 0x7C00 ? bits : bits & 0x8000;
  return bits & 0x7FF0000000000000 ? bits : bits & (1ull << 63);
}

static bool flushes(const Wave &wave, Type type) {
  if (type == Type::F32)
    return wave.mode.flush32;
  return (type == Type::F16 || type == Type::F64) && wave.mode.flush16And64;
}

void flushInputs(const Wave &wave, Type type, LaneValues &values) {
  if (flushes(wave, type))
    for (uint64_t &value : values)
      value = flushedBits(type, value);
}

static double decodeReal(Type type, uint64_t bits) {
  if (type == Type::F32)
    return floatOf(uint32_t(bits));
  return type == Type::F16 ? halfToFloat(uint16_t(bits))
                           : std::bit_cast<double>(bits);
}
static uint64_t encodeReal(Type type, double value) {
  if (type == Type::F32)
    return bitsOf(float(value));
  return type == Type::F16 ? toHalf(value) : std::bit_cast<uint64_t>(value);
}

void finishResult(const Wave &wave, const Instruction &i, Type type,
                  LaneValues &values) {
  bool real = type == Type::F32 || type == Type::F16 || type == Type::F64;
  if (!real)
    return;
  const Modifiers &m = i.modifiers;
  if (m.outputShift || m.clamp)
    for (uint64_t &bits : values) {
      double value = std::ldexp(decodeReal(type, bits), m.outputShift);
      if (m.clamp)
        value = std::isnan(value) ? (wave.mode.dx10Clamp ? 0.0 : value)
                                  : std::fmin(std::fmax(value, 0.0), 1.0);
      bits = encodeReal(type, value);
    }
  flushInputs(wave, type, values);
}

/// Of 16-bit operands only the part that is used.
static void loadShadows(const Wave &wave, const Instruction &i, uint32_t k,
                        LaneValues &shadows) {
  wave.laneShadows(i, k, shadows);
  Type type = i.operation->types[k];
  if (type == Type::F16 || type == Type::B16)
    for (uint64_t &shadow : shadows)
      shadow &= 0xFFFF;
}

void resultShadows(const Wave &wave, const Instruction &i,
                   const uint32_t *operands, const LaneValues *values,
                   uint32_t count, LaneValues &shadows) {
  std::array<LaneValues, 4> in;
  for (uint32_t n = 0; n != count; ++n)
    loadShadows(wave, i, operands[n], in[n]);
  ShadowFunction function = i.operation->shadow;
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    uint64_t value[4] = {}, shadow[4] = {}, any = 0;
    for (uint32_t n = 0; n != count; ++n) {
      value[n] = values[n][lane];
      any |= shadow[n] = in[n][lane];
    }
    if (!any)
      shadows[lane] = 0;
    else
      shadows[lane] = function ? function(value, shadow) : ~0ull;
  }
}

} // namespace kgen::emulator::amd
