//===- PackedOperations.cpp - Two results in one instruction (VOP3P)
//-------===//
//
// op_sel chooses each operand's half for the low result, op_sel_hi for the high
// one; neg_lo and neg_hi negate what they chose.
//
//===----------------------------------------------------------------------===//

#include "VectorOperation.h"

#include <algorithm>

namespace kgen::emulator::amd {

using enum InstructionClass;

namespace {

/// Sources with their undefined bits.
struct Sources {
  std::array<LaneValues, 3> values, shadows;
  bool undefined = false;
};

void load(Wave &wave, const Instruction &i, uint32_t count, Sources &in) {
  for (uint32_t n = 0; n != count; ++n) {
    wave.lanes(i, 1 + n, in.values[n]);
    in.undefined |= wave.anyUndefined(i, 1 + n);
  }
  if (in.undefined)
    for (uint32_t n = 0; n != count; ++n)
      wave.laneShadows(i, 1 + n, in.shadows[n]);
}

void store(Wave &wave, const Instruction &i, const LaneValues &out,
           const LaneValues &shadows, bool undefined) {
  uint64_t mask = wave.writtenLanes(i);
  wave.setLanes(i, 0, out, mask);
  if (undefined)
    wave.setLaneShadows(i, 0, shadows, mask);
}

/// The low or high part of operand `n`, `bits` wide, as op_sel chooses.
uint64_t part(const Modifiers &m, uint64_t value, uint32_t n, bool high,
              uint32_t bits) {
  bool upper = (high ? m.opSelHi : m.opSel) >> n & 1;
  return value >> (upper ? bits : 0) & ((1ull << bits) - 1);
}
uint64_t negation(const Modifiers &m, uint32_t n, bool high, uint32_t bits) {
  return uint64_t((high ? m.negHi : m.negLo) >> n & 1) << (bits - 1);
}

/// F works on one part: 16 bits (Half, integers) or 32 (float).
template <auto F, uint32_t kBits>
void executePacked(Wave &wave, const Instruction &i) {
  using S = SignatureOf<decltype(&decltype(F)::operator())>;
  constexpr Type kType = Codec<typename S::Result>::type;
  constexpr uint32_t kCount = S::arity;
  const Modifiers &m = i.modifiers;
  Sources in;
  load(wave, i, kCount, in);
  LaneValues out{}, shadows{};
  for (bool high : {false, true}) {
    std::array<LaneValues, kCount> parts;
    LaneValues result;
    for (uint32_t n = 0; n != kCount; ++n) {
      for (uint32_t lane = 0; lane != kLanes; ++lane)
        parts[n][lane] = part(m, in.values[n][lane], n, high, kBits) ^
                         negation(m, n, high, kBits);
      flushInputs(wave, S::types[n], parts[n]);
    }
    for (uint32_t lane = 0; lane != kLanes; ++lane)
      result[lane] = S::template call<F>(parts.data(), lane,
                                         std::make_index_sequence<kCount>());
    finishResult(wave, i, kType, result);
    uint64_t ones = (1ull << kBits) - 1;
    for (uint32_t lane = 0; lane != kLanes; ++lane) {
      uint64_t bad = 0;
      for (uint32_t n = 0; in.undefined && n != kCount; ++n)
        bad |= part(m, in.shadows[n][lane], n, high, kBits);
      out[lane] |= result[lane] << (high ? kBits : 0);
      shadows[lane] |= (bad ? ones : 0) << (high ? kBits : 0);
    }
  }
  store(wave, i, out, shadows, in.undefined);
}

template <auto F>
Operation packed16(std::string name, InstructionClass instructionClass) {
  using S = SignatureOf<decltype(&decltype(F)::operator())>;
  Operation operation;
  operation.name = std::move(name);
  operation.execute = executePacked<F, 16>;
  operation.instructionClass = instructionClass;
  bool real = S::types[0] == Type::F16;
  for (uint32_t n = 0; n != S::arity + 1; ++n)
    operation.types[n] = real ? Type::PackedF16 : Type::Packed16;
  return operation;
}
template <auto F>
Operation packed32(std::string name) {
  using S = SignatureOf<decltype(&decltype(F)::operator())>;
  Operation operation;
  operation.name = std::move(name);
  operation.execute = executePacked<F, 32>;
  operation.instructionClass = Float;
  for (uint32_t n = 0; n != S::arity + 1; ++n)
    operation.types[n] = Type::PackedF32;
  return operation;
}

/// v_pk_mov_b32: op_sel says which register of each pair.
void executePackedMove(Wave &wave, const Instruction &i) {
  Sources in;
  load(wave, i, 2, in);
  const Modifiers &m = i.modifiers;
  LaneValues out, shadows{};
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    out[lane] = part(m, in.values[1][lane], 1, false, 32) << 32 |
                part(m, in.values[0][lane], 0, false, 32);
    if (in.undefined)
      shadows[lane] = part(m, in.shadows[1][lane], 1, false, 32) << 32 |
                      part(m, in.shadows[0][lane], 0, false, 32);
  }
  store(wave, i, out, shadows, in.undefined);
}

/// Operand `n` of v_fma_mix: op_sel_hi set: the f16 half that op_sel names;
/// else f32.
double mixed(const Instruction &i, uint64_t bits, uint32_t n) {
  const Modifiers &m = i.modifiers;
  double value = m.opSelHi >> n & 1
                     ? halfToFloat(uint16_t(part(m, bits, n, false, 16)))
                     : floatOf(uint32_t(bits));
  if (i.operands[1 + n].absolute)
    value = std::fabs(value);
  return i.operands[1 + n].negate ? -value : value;
}
bool mixedUndefined(const Instruction &i, uint64_t shadow, uint32_t n) {
  const Modifiers &m = i.modifiers;
  return (m.opSelHi >> n & 1 ? part(m, shadow, n, false, 16) : shadow) != 0;
}

enum class MixResult { Whole, Low, High };

template <MixResult kResult>
void executeMix(Wave &wave, const Instruction &i) {
  Sources in;
  load(wave, i, 3, in);
  constexpr Type kType = kResult == MixResult::Whole ? Type::F32 : Type::F16;
  LaneValues out, shadows{};
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    float value = std::fma(float(mixed(i, in.values[0][lane], 0)),
                           float(mixed(i, in.values[1][lane], 1)),
                           float(mixed(i, in.values[2][lane], 2)));
    out[lane] = kType == Type::F32 ? bitsOf(value) : toHalf(value);
    for (uint32_t n = 0; in.undefined && n != 3; ++n)
      if (mixedUndefined(i, in.shadows[n][lane], n))
        shadows[lane] = kType == Type::F32 ? ~0u : 0xFFFF;
  }
  finishResult(wave, i, kType, out);
  if constexpr (kResult != MixResult::Whole) {
    // The other half of the register stays.
    constexpr uint32_t kShift = kResult == MixResult::High ? 16 : 0;
    Unit unit = i.operands[0].unit;
    for (uint32_t lane = 0; lane != kLanes; ++lane) {
      uint32_t keep = ~(0xFFFFu << kShift);
      out[lane] = (wave.vector(unit, lane) & keep) | out[lane] << kShift;
      shadows[lane] = (wave.vectorShadow(unit, lane) & keep) | shadows[lane]
                                                                   << kShift;
    }
    in.undefined |= wave.undefinedMask(unit) != 0;
  }
  store(wave, i, out, shadows, in.undefined);
}

/// Products of two pairs and an f32 sum. Element: 0 f16, 1 bf16.
template <bool kBf16>
void executeDot2(Wave &wave, const Instruction &i) {
  bool accumulates = i.operands.size() == 3; // v_dot2c: onto the result
  Sources in;
  load(wave, i, accumulates ? 2 : 3, in);
  if (accumulates)
    wave.lanes(i, 0, in.values[2]);
  bool undefined = in.undefined || (accumulates && wave.anyUndefined(i, 0));
  const Modifiers &m = i.modifiers;
  LaneValues out, shadows;
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    double sum = floatOf(uint32_t(in.values[2][lane]));
    for (bool high : {false, true}) {
      double product = 1;
      for (uint32_t n = 0; n != 2; ++n) {
        auto bits = uint16_t(part(m, in.values[n][lane], n, high, 16) ^
                             negation(m, n, high, 16));
        product *= kBf16 ? bf16ToFloat(bits) : halfToFloat(bits);
      }
      sum += product;
    }
    out[lane] = bitsOf(float(sum));
    shadows[lane] = undefined ? ~0ull : 0;
  }
  finishResult(wave, i, Type::F32, out);
  store(wave, i, out, shadows, undefined);
}

Operation special(std::string name, Handler execute, std::array<Type, 6> types,
                  bool readsResult = false) {
  Operation operation;
  operation.name = std::move(name);
  operation.execute = execute;
  operation.instructionClass = Float;
  operation.types = types;
  operation.readsResult = readsResult;
  return operation;
}

void addHalves(OperationTable &t) {
  t.add(packed16<[](Half a, Half b) { return Half{a.value + b.value}; }>(
      "v_pk_add_f16", Float));
  t.add(packed16<[](Half a, Half b) { return Half{a.value * b.value}; }>(
      "v_pk_mul_f16", Float));
  t.add(packed16<[](Half a, Half b, Half c) {
    return Half{a.value * b.value + c.value};
  }>("v_pk_fma_f16", Float));
  t.add(packed16<[](Half a, Half b) {
    return Half{std::fmin(a.value, b.value)};
  }>("v_pk_min_f16", Float));
  t.add(packed16<[](Half a, Half b) {
    return Half{std::fmax(a.value, b.value)};
  }>("v_pk_max_f16", Float));
}

void addIntegers(OperationTable &t) {
  using U = uint16_t;
  using I = int16_t;
  t.add(packed16<[](U a, U b) { return U(a + b); }>("v_pk_add_u16", Integer));
  t.add(packed16<[](U a, U b) { return U(a + b); }>("v_pk_add_i16", Integer));
  t.add(packed16<[](U a, U b) { return U(a - b); }>("v_pk_sub_u16", Integer));
  t.add(packed16<[](U a, U b) { return U(a - b); }>("v_pk_sub_i16", Integer));
  t.add(packed16<[](U a, U b) { return U(uint32_t(a) * b); }>("v_pk_mul_lo_u16",
                                                              Integer));
  t.add(packed16<[](U a, U b, U c) { return U(uint32_t(a) * b + c); }>(
      "v_pk_mad_u16", Integer));
  t.add(packed16<[](U a, U b) { return std::max(a, b); }>("v_pk_max_u16",
                                                          Integer));
  t.add(packed16<[](I a, I b) { return std::max(a, b); }>("v_pk_max_i16",
                                                          Integer));
  t.add(packed16<[](U a, U b) { return std::min(a, b); }>("v_pk_min_u16",
                                                          Integer));
  t.add(packed16<[](I a, I b) { return std::min(a, b); }>("v_pk_min_i16",
                                                          Integer));
  t.add(packed16<[](U by, U x) { return U(x << (by & 15)); }>(
      "v_pk_lshlrev_b16", Integer));
  t.add(packed16<[](U by, U x) { return U(x >> (by & 15)); }>(
      "v_pk_lshrrev_b16", Integer));
  t.add(packed16<[](U by, I x) { return I(x >> (by & 15)); }>(
      "v_pk_ashrrev_i16", Integer));
}

void addMixed(OperationTable &t) {
  constexpr std::array<Type, 6> kWhole{Type::F32, Type::Mixed, Type::Mixed,
                                       Type::Mixed};
  constexpr std::array<Type, 6> kPart{Type::B32, Type::Mixed, Type::Mixed,
                                      Type::Mixed};
  for (std::string prefix : {"v_fma_mix", "v_mad_mix"}) {
    t.add(special(prefix + "_f32", executeMix<MixResult::Whole>, kWhole));
    t.add(special(prefix + "lo_f16", executeMix<MixResult::Low>, kPart, true));
    t.add(special(prefix + "hi_f16", executeMix<MixResult::High>, kPart, true));
  }
  constexpr std::array<Type, 6> kDot{Type::F32, Type::PackedF16,
                                     Type::PackedF16, Type::F32};
  constexpr std::array<Type, 6> kDotBf16{Type::F32, Type::Packed16,
                                         Type::Packed16, Type::F32};
  t.add(special("v_dot2_f32_f16", executeDot2<false>, kDot));
  t.add(special("v_dot2_f32_bf16", executeDot2<true>, kDotBf16));
  constexpr std::array<Type, 6> kOnto{Type::F32, Type::PackedF16,
                                      Type::PackedF16};
  constexpr std::array<Type, 6> kOntoBf16{Type::F32, Type::Packed16,
                                          Type::Packed16};
  t.add(special("v_dot2c_f32_f16", executeDot2<false>, kOnto, true));
  t.add(special("v_dot2c_f32_bf16", executeDot2<true>, kOntoBf16, true));
}

} // namespace

void addPackedOperations(OperationTable &t) {
  addHalves(t);
  addIntegers(t);
  addMixed(t);
  t.add(packed32<[](float a, float b) { return a + b; }>("v_pk_add_f32"));
  t.add(packed32<[](float a, float b) { return a * b; }>("v_pk_mul_f32"));
  t.add(packed32<[](float a, float b, float c) { return std::fma(a, b, c); }>(
      "v_pk_fma_f32"));
  Operation move = special("v_pk_mov_b32", executePackedMove,
                           {Type::PackedF32, Type::PackedF32, Type::PackedF32});
  move.instructionClass = Integer;
  t.add(move);
}

} // namespace kgen::emulator::amd
