//===- Lanes.h - A function of scalars, applied to all lanes
//---------------===//
#ifndef KGEN_LIB_EMULATOR_PTX_LANES_H
#define KGEN_LIB_EMULATOR_PTX_LANES_H

#include "Warp.h"

#include <bit>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

namespace kgen::emulator::ptx {

/// The values of one operand as T. Integers shorter than a row are kept
/// zero-extended.
template <typename T>
class Values {
public:
  static constexpr bool kWide = sizeof(T) == 8;
  using Word = std::conditional_t<kWide, uint64_t, uint32_t>;

  Values(Warp &warp, uint32_t row) {
    if constexpr (kWide)
      words = warp.wide(row);
    else
      words = warp.row(row);
  }
  T operator[](uint32_t lane) const {
    if constexpr (std::is_floating_point_v<T>)
      return std::bit_cast<T>(words[lane]);
    else
      return T(words[lane]);
  }
  void set(uint32_t lane, T value) {
    if constexpr (std::is_floating_point_v<T>)
      words[lane] = std::bit_cast<Word>(value);
    else
      words[lane] = Word(std::make_unsigned_t<T>(value));
  }

private:
  Word *words;
};

/// A mask of the lanes where f(lane) holds, without branches.
template <typename F>
uint32_t maskOf(F f) {
  alignas(8) uint8_t flags[kLanes];
#pragma clang loop vectorize(assume_safety)
  for (uint32_t lane = 0; lane < kLanes; ++lane)
    flags[lane] = f(lane);
  uint32_t mask = 0;
  for (uint32_t byte = 0; byte < 4; ++byte) {
    // Byte k holds bit k of the group: the product gathers them at the top.
    uint64_t group = 0;
    for (uint32_t k = 0; k < 8; ++k)
      group |= uint64_t(flags[8 * byte + k]) << (8 * k);
    mask |= uint32_t((group * 0x0102040810204080ull) >> 56) << (8 * byte);
  }
  return mask;
}

template <auto F>
struct Elementwise;

/// slot[0] = F(slot[1], slot[2], ...) in each lane. The result is defined where
/// all operands are.
template <typename R, typename... A, R (*F)(A...)>
struct Elementwise<F> {
  static void execute(Warp &warp, const Instruction &i) {
    run(warp, i, std::index_sequence_for<A...>{});
  }

private:
  template <size_t... I>
  static void run(Warp &warp, const Instruction &i, std::index_sequence<I...>) {
    Values<R> result(warp, i.slot[0]);
    std::tuple<Values<A>...> operands{Values<A>(warp, i.slot[1 + I])...};
    forLanes(warp.lanes(), [&](uint32_t lane) {
      result.set(lane, F(std::get<I>(operands)[lane]...));
    });
    warp.setDefined(i.slot[0], (warp.definedLanes(i.slot[1 + I]) & ...));
  }
};

template <auto F>
inline constexpr Execute kElementwise = &Elementwise<F>::execute;

/// Calls f.operator()<T>() with the C++ type of an integer type; b types are
/// unsigned. Null for other types.
template <typename F>
Execute forInteger(Type type, F f) {
  switch (type) {
  case Type::U16:
  case Type::B16:
    return f.template operator()<uint16_t>();
  case Type::U32:
  case Type::B32:
    return f.template operator()<uint32_t>();
  case Type::U64:
  case Type::B64:
    return f.template operator()<uint64_t>();
  case Type::S16:
    return f.template operator()<int16_t>();
  case Type::S32:
    return f.template operator()<int32_t>();
  case Type::S64:
    return f.template operator()<int64_t>();
  default:
    return nullptr;
  }
}

template <typename F>
Execute forFloat(Type type, F f) {
  switch (type) {
  case Type::F32:
    return f.template operator()<float>();
  case Type::F64:
    return f.template operator()<double>();
  default:
    return nullptr;
  }
}

/// Sets slots 0 to `sources`, all of `type`, and the class; refuses the type if
/// `execute` is null.
inline void finishElementwise(Decoder &d, Instruction &i, Execute execute,
                              Type type, size_t sources,
                              InstructionClass instructionClass) {
  if (!execute)
    return d.unsupported("the type ." + std::string(spelling(type)));
  d.expectOperands(1 + sources, 1 + sources);
  i.slot[0] = d.destination(0, type);
  for (size_t s = 1; s <= sources; ++s)
    i.slot[s] = d.source(s, type);
  i.execute = execute;
  i.instructionClass = instructionClass;
}

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_PTX_LANES_H
