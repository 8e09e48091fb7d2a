//===- ScalarOperation.h - Scalar instructions from functions
//--------------===//
#ifndef KGEN_LIB_EMULATOR_AMD_SCALAROPERATION_H
#define KGEN_LIB_EMULATOR_AMD_SCALAROPERATION_H

#include "VectorOperation.h"

namespace kgen::emulator::amd {

/// What a scalar instruction does with scc.
enum class Scc : uint8_t {
  Untouched,
  NonZero, ///< written: whether the result is not 0
  Written, ///< the function writes it
  Read,
  ReadWritten,
};
inline constexpr bool readsScc(Scc scc) {
  return scc == Scc::Read || scc == Scc::ReadWritten;
}
inline constexpr bool writesScc(Scc scc) {
  return scc != Scc::Untouched && scc != Scc::Read;
}

/// Functions take `bool &scc` first, and return void when they only set it.
template <typename F>
struct ScalarSignature;
template <typename C, typename R, typename... A>
struct ScalarSignature<R (C::*)(bool &, A...) const> {
  using Result = R;
  static constexpr uint32_t arity = sizeof...(A);
  static constexpr std::array<Type, sizeof...(A)> types{Codec<A>::type...};
  template <auto F, size_t... N>
  static R call(bool &scc, const uint64_t *in, std::index_sequence<N...>) {
    return F(scc, Codec<A>::decode(in[N])...);
  }
};

template <auto F, Scc kEffect>
void executeScalar(Wave &wave, const Instruction &i) {
  using S = ScalarSignature<decltype(&decltype(F)::operator())>;
  using R = typename S::Result;
  std::array<uint64_t, 4> in{}, shadows{};
  uint64_t any = 0;
  for (uint32_t n = 0; n != S::arity; ++n) {
    uint32_t k = operandOf(*i.operation, n, S::arity);
    uint32_t registers = registersOf(S::types[n]);
    in[n] = wave.scalar(i.operands[k], registers);
    any |= shadows[n] = wave.scalarShadow(i.operands[k], registers);
  }
  bool scc = wave.scc(), undefined = any != 0;
  if (readsScc(kEffect))
    undefined |= wave.unitShadow(kScc) != 0;
  constexpr auto kIndices = std::make_index_sequence<S::arity>();
  if constexpr (std::is_void_v<R>) {
    S::template call<F>(scc, in.data(), kIndices);
  } else {
    uint64_t result =
        Codec<R>::encode(S::template call<F>(scc, in.data(), kIndices));
    uint64_t shadow = !undefined ? 0
                      : i.operation->shadow && any
                          ? i.operation->shadow(in.data(), shadows.data())
                          : ~0ull;
    // Undefined bits that another operand decides do not count.
    if (i.operation->shadow && shadow == 0)
      undefined = false;
    if (kEffect == Scc::NonZero) {
      scc = result != 0;
      // A defined one settles it.
      undefined = shadow != 0 && (result & ~shadow) == 0;
    }
    wave.setScalar(i.operands[0], result, shadow);
  }
  if (writesScc(kEffect))
    wave.setScc(scc, undefined);
}

template <auto F, Scc kEffect = Scc::Untouched>
Operation scalarOperation(std::string name, ShadowFunction shadow = nullptr,
                          bool readsResult = false) {
  using S = ScalarSignature<decltype(&decltype(F)::operator())>;
  Operation operation;
  operation.name = std::move(name);
  operation.execute = executeScalar<F, kEffect>;
  operation.instructionClass = InstructionClass::Scalar;
  operation.pipe = Pipe::Scalar;
  operation.readsScc = readsScc(kEffect);
  operation.writesScc = writesScc(kEffect);
  operation.readsResult = readsResult;
  operation.shadow = shadow;
  if constexpr (std::is_void_v<typename S::Result>)
    operation.results = 0;
  else
    operation.types[0] = Codec<typename S::Result>::type;
  for (uint32_t n = 0; n != S::arity; ++n)
    operation.types[operandOf(operation, n, S::arity)] = S::types[n];
  return operation;
}

} // namespace kgen::emulator::amd

#endif // KGEN_LIB_EMULATOR_AMD_SCALAROPERATION_H
