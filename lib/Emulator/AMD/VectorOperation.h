//===- VectorOperation.h - Vector instructions from lane functions
//---------===//
//
// Most vector instructions do one thing in each lane. vectorOperation<f>()
// makes an Operation of a function whose parameter types say how operands are
// read: float f32, Half f16, double f64, (u)int16_t, (u)int32_t, (u)int64_t.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_AMD_VECTOROPERATION_H
#define KGEN_LIB_EMULATOR_AMD_VECTOROPERATION_H

#include "FloatFormats.h"
#include "Wave.h"

#include <utility>

namespace kgen::emulator::amd {

/// An f16 value, computed with in double and rounded once.
struct Half {
  double value;
};

template <typename T>
struct Codec;
template <typename T, Type kType, typename Bits>
struct IntegerCodec {
  static constexpr Type type = kType;
  static T decode(uint64_t bits) { return T(Bits(bits)); }
  static uint64_t encode(T value) { return Bits(value); }
};
template <>
struct Codec<uint16_t> : IntegerCodec<uint16_t, Type::B16, uint16_t> {};
template <>
struct Codec<int16_t> : IntegerCodec<int16_t, Type::B16, uint16_t> {};
template <>
struct Codec<uint32_t> : IntegerCodec<uint32_t, Type::B32, uint32_t> {};
template <>
struct Codec<int32_t> : IntegerCodec<int32_t, Type::B32, uint32_t> {};
template <>
struct Codec<uint64_t> : IntegerCodec<uint64_t, Type::B64, uint64_t> {};
template <>
struct Codec<int64_t> : IntegerCodec<int64_t, Type::I64, uint64_t> {};
template <>
struct Codec<float> {
  static constexpr Type type = Type::F32;
  static float decode(uint64_t bits) { return floatOf(uint32_t(bits)); }
  static uint64_t encode(float value) { return bitsOf(value); }
};
template <>
struct Codec<double> {
  static constexpr Type type = Type::F64;
  static double decode(uint64_t bits) { return std::bit_cast<double>(bits); }
  static uint64_t encode(double value) {
    return std::bit_cast<uint64_t>(value);
  }
};
template <>
struct Codec<Half> {
  static constexpr Type type = Type::F16;
  static Half decode(uint64_t bits) { return {halfToFloat(uint16_t(bits))}; }
  static uint64_t encode(Half value) { return toHalf(value.value); }
};

/// Flushes subnormal numbers where the mode says so.
void flushInputs(const Wave &wave, Type type, LaneValues &values);
/// omod, clamp and flushing of a result.
void finishResult(const Wave &wave, const Instruction &i, Type type,
                  LaneValues &values);
/// The undefined bits of the result in all lanes, from those of `count`
/// operands whose numbers and values are given.
void resultShadows(const Wave &wave, const Instruction &i,
                   const uint32_t *operands, const LaneValues *values,
                   uint32_t count, LaneValues &shadows);

template <typename F>
struct SignatureOf;
template <typename C, typename R, typename... A>
struct SignatureOf<R (C::*)(A...) const> {
  using Result = R;
  static constexpr size_t arity = sizeof...(A);
  static constexpr std::array<Type, sizeof...(A)> types{Codec<A>::type...};
  template <auto F, size_t... N>
  static uint64_t call(const LaneValues *in, uint32_t lane,
                       std::index_sequence<N...>) {
    return Codec<R>::encode(F(Codec<A>::decode(in[N][lane])...));
  }
};

/// The operand that is argument `n` of the lane function: sources in order,
/// then the old result.
inline uint32_t operandOf(const Operation &operation, uint32_t n,
                          uint32_t arity) {
  bool old = operation.readsResult && n + 1 == arity;
  return old ? 0 : operation.results + n;
}

template <auto F>
void executeVector(Wave &wave, const Instruction &i) {
  using S = SignatureOf<decltype(&decltype(F)::operator())>;
  constexpr Type kResult = Codec<typename S::Result>::type;
  std::array<LaneValues, S::arity> in;
  std::array<uint32_t, S::arity> operands;
  bool undefined = false;
  for (uint32_t n = 0; n != S::arity; ++n) {
    operands[n] = operandOf(*i.operation, n, S::arity);
    wave.lanes(i, operands[n], in[n]);
    flushInputs(wave, S::types[n], in[n]);
    undefined |= wave.anyUndefined(i, operands[n]);
  }
  LaneValues shadows;
  if (undefined)
    resultShadows(wave, i, operands.data(), in.data(), S::arity, shadows);
  LaneValues out;
  for (uint32_t lane = 0; lane != kLanes; ++lane)
    out[lane] = S::template call<F>(in.data(), lane,
                                    std::make_index_sequence<S::arity>());
  finishResult(wave, i, kResult, out);
  uint64_t mask = wave.writtenLanes(i);
  wave.setLanes(i, 0, out, mask);
  if (undefined)
    wave.setLaneShadows(i, 0, shadows, mask);
}

/// `readsResult`: the function's last argument is the old result.
template <auto F>
Operation vectorOperation(std::string name, InstructionClass instructionClass,
                          ShadowFunction shadow = nullptr,
                          bool readsResult = false) {
  using S = SignatureOf<decltype(&decltype(F)::operator())>;
  Operation operation;
  operation.name = std::move(name);
  operation.execute = executeVector<F>;
  operation.instructionClass = instructionClass;
  operation.pipe = instructionClass == InstructionClass::Transcendental
                       ? Pipe::Transcendental
                       : Pipe::Vector;
  operation.readsResult = readsResult;
  operation.shadow = shadow;
  operation.types[0] = Codec<typename S::Result>::type;
  for (uint32_t n = 0; n != S::arity; ++n)
    operation.types[operandOf(operation, n, S::arity)] = S::types[n];
  return operation;
}

} // namespace kgen::emulator::amd

#endif // KGEN_LIB_EMULATOR_AMD_VECTOROPERATION_H
