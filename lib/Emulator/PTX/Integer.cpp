//===- Integer.cpp - Integer arithmetic
//------------------------------------===//
//
// PTX ISA, "Integer Arithmetic Instructions". Sums and products wrap around;
// what the ISA leaves undefined (division by zero) gives all ones, as NVIDIA's
// GPUs do.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Lanes.h"

#include <algorithm>
#include <limits>

namespace kgen::emulator::ptx {

// Products are formed unsigned: int16_t would be promoted to int and uint16_t,
// too, whose product may overflow it.
template <typename T>
using Unsigned = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

template <typename T>
static T addValues(T a, T b) {
  return T(Unsigned<T>(a) + Unsigned<T>(b));
}
template <typename T>
static T subtract(T a, T b) {
  return T(Unsigned<T>(a) - Unsigned<T>(b));
}
template <typename T>
static T mulLow(T a, T b) {
  return T(Unsigned<T>(a) * Unsigned<T>(b));
}
template <typename T>
static T mulHigh(T a, T b) {
  if constexpr (sizeof(T) == 8) {
    using Double =
        std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>;
    return T((Double(a) * Double(b)) >> 64);
  } else {
    using Double = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>;
    return T((Double(a) * Double(b)) >> (8 * sizeof(T)));
  }
}
/// 16 to 32 and 32 to 64 bits.
template <typename T>
struct WideOf;
template <>
struct WideOf<int16_t> {
  using Type = int32_t;
};
template <>
struct WideOf<uint16_t> {
  using Type = uint32_t;
};
template <>
struct WideOf<int32_t> {
  using Type = int64_t;
};
template <>
struct WideOf<uint32_t> {
  using Type = uint64_t;
};
template <typename T>
using Wide = typename WideOf<T>::Type;

template <typename T>
static Wide<T> mulWide(T a, T b) {
  return Wide<T>(a) * Wide<T>(b);
}
template <typename T>
static T madLow(T a, T b, T c) {
  return addValues(mulLow(a, b), c);
}
template <typename T>
static T madHigh(T a, T b, T c) {
  return addValues(mulHigh(a, b), c);
}
template <typename T>
static Wide<T> madWide(T a, T b, Wide<T> c) {
  return addValues<Wide<T>>(mulWide(a, b), c);
}
template <typename T>
static T divide(T a, T b) {
  if (b == 0)
    return T(~T(0));
  if constexpr (std::is_signed_v<T>)
    if (b == T(-1))
      return subtract(T(0), a); // the least number, too
  return T(a / b);
}
template <typename T>
static T remainderOf(T a, T b) {
  if (b == 0)
    return a;
  if constexpr (std::is_signed_v<T>)
    if (b == T(-1))
      return 0;
  return T(a % b);
}
template <typename T>
static T minimum(T a, T b) {
  return std::min(a, b);
}
template <typename T>
static T maximum(T a, T b) {
  return std::max(a, b);
}
/// min.relu and max.relu.
static int32_t minimumOrZero(int32_t a, int32_t b) {
  return std::max(std::min(a, b), 0);
}
static int32_t maximumOrZero(int32_t a, int32_t b) {
  return std::max(std::max(a, b), 0);
}
template <typename T>
static T negate(T a) {
  return subtract(T(0), a);
}
template <typename T>
static T absolute(T a) {
  if constexpr (std::is_signed_v<T>)
    return a < 0 ? negate(a) : a;
  else
    return a;
}
static int32_t clampTo32(int64_t value) {
  return int32_t(std::clamp<int64_t>(value, std::numeric_limits<int32_t>::min(),
                                     std::numeric_limits<int32_t>::max()));
}
static int32_t addSaturating(int32_t a, int32_t b) {
  return clampTo32(int64_t(a) + b);
}
static int32_t subtractSaturating(int32_t a, int32_t b) {
  return clampTo32(int64_t(a) - b);
}
template <typename T>
static T sumOfDifferences(T a, T b, T c) {
  return addValues(c, a < b ? subtract(b, a) : subtract(a, b));
}

/// mul and mad: .lo, .hi, .wide.
static void decodeProduct(Decoder &d, Instruction &i, bool add) {
  int part = d.takeOneOf({"lo", "hi", "wide"});
  Type type = d.type();
  if (part < 0)
    return d.malformed("lacks .lo, .hi or .wide");
  Execute execute = forInteger(type, [&]<typename T>() -> Execute {
    if (part == 0)
      return add ? kElementwise<madLow<T>> : kElementwise<mulLow<T>>;
    if (part == 1)
      return add ? kElementwise<madHigh<T>> : kElementwise<mulHigh<T>>;
    if constexpr (sizeof(T) < 8)
      return add ? kElementwise<madWide<T>> : kElementwise<mulWide<T>>;
    return nullptr;
  });
  if (part != 2 || !execute)
    return finishElementwise(d, i, execute, type, add ? 3 : 2,
                             InstructionClass::Integer);
  Type wide = bytesOf(type) == 2 ? Type::B32 : Type::B64;
  d.expectOperands(add ? 4 : 3, add ? 4 : 3);
  i.slot[0] = d.destination(0, wide);
  i.slot[1] = d.source(1, type);
  i.slot[2] = d.source(2, type);
  if (add)
    i.slot[3] = d.source(3, wide);
  i.execute = execute;
  i.instructionClass = InstructionClass::Integer;
}

void decodeIntegerArithmetic(Decoder &d, Instruction &i, Arithmetic operation) {
  if (operation == Arithmetic::Mul || operation == Arithmetic::Mad)
    return decodeProduct(d, i, operation == Arithmetic::Mad);
  bool isExtreme = operation == Arithmetic::Min || operation == Arithmetic::Max;
  bool saturate = d.take("sat"), relu = isExtreme && d.take("relu");
  Type type = d.type();
  if (saturate) {
    bool isAdd = operation == Arithmetic::Add;
    if (type != Type::S32 || (!isAdd && operation != Arithmetic::Sub))
      return d.malformed(".sat is for add.s32 and sub.s32");
    return finishElementwise(d, i,
                             isAdd ? kElementwise<addSaturating>
                                   : kElementwise<subtractSaturating>,
                             type, 2, InstructionClass::Integer);
  }
  if (relu) {
    bool isMin = operation == Arithmetic::Min;
    if (type != Type::S32)
      return d.malformed(".relu is for min.s32 and max.s32");
    return finishElementwise(
        d, i, isMin ? kElementwise<minimumOrZero> : kElementwise<maximumOrZero>,
        type, 2, InstructionClass::Integer);
  }
  size_t sources = 2;
  Execute execute = forInteger(type, [&]<typename T>() -> Execute {
    switch (operation) {
    case Arithmetic::Add:
      return kElementwise<addValues<T>>;
    case Arithmetic::Sub:
      return kElementwise<subtract<T>>;
    case Arithmetic::Div:
      return kElementwise<divide<T>>;
    case Arithmetic::Min:
      return kElementwise<minimum<T>>;
    case Arithmetic::Max:
      return kElementwise<maximum<T>>;
    case Arithmetic::Abs:
      sources = 1;
      return kElementwise<absolute<T>>;
    case Arithmetic::Neg:
      sources = 1;
      return kElementwise<negate<T>>;
    default:
      return nullptr;
    }
  });
  finishElementwise(d, i, execute, type, sources, InstructionClass::Integer);
}

static void decodeRemainder(Decoder &d, Instruction &i) {
  Type type = d.type();
  finishElementwise(d, i,
                    forInteger(type,
                               []<typename T>() -> Execute {
                                 return kElementwise<remainderOf<T>>;
                               }),
                    type, 2, InstructionClass::Integer);
}

static void decodeSad(Decoder &d, Instruction &i) {
  Type type = d.type();
  finishElementwise(d, i,
                    forInteger(type,
                               []<typename T>() -> Execute {
                                 return kElementwise<sumOfDifferences<T>>;
                               }),
                    type, 3, InstructionClass::Integer);
}

template <typename T>
static T byteOf(uint32_t word, uint32_t index) {
  return T(word >> (8 * index));
}
template <typename A, typename B>
static uint32_t dotBytes(uint32_t a, uint32_t b, uint32_t c) {
  for (uint32_t byte = 0; byte < 4; ++byte)
    c += uint32_t(int32_t(byteOf<A>(a, byte)) * int32_t(byteOf<B>(b, byte)));
  return c;
}

static void decodeDotBytes(Decoder &d, Instruction &i) {
  Type a = d.type(), b = d.type();
  bool signedA = a == Type::S32, signedB = b == Type::S32;
  Execute execute = signedA
                        ? (signedB ? kElementwise<dotBytes<int8_t, int8_t>>
                                   : kElementwise<dotBytes<int8_t, uint8_t>>)
                        : (signedB ? kElementwise<dotBytes<uint8_t, int8_t>>
                                   : kElementwise<dotBytes<uint8_t, uint8_t>>);
  if ((!signedA && a != Type::U32) || (!signedB && b != Type::U32))
    return d.malformed("takes .u32 and .s32");
  finishElementwise(d, i, execute, Type::B32, 3, InstructionClass::Integer);
}

std::span<const InstructionForm> integerForms() {
  static constexpr InstructionForm kForms[] = {
      {"rem", decodeRemainder},
      {"sad", decodeSad},
      {"dp4a", decodeDotBytes},
  };
  return kForms;
}

} // namespace kgen::emulator::ptx
