//===- Conversions.cpp - cvt
//-----------------------------------------------===//
//
// PTX ISA, "cvt". Floats are converted through double, which holds every f16,
// bf16 and f32; integers of 64 bits through an exact sum of two doubles.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "HalfFloat.h"
#include "Lanes.h"

#include <cmath>
#include <limits>

namespace kgen::emulator::ptx {

namespace {

/// modifier of conversions.
struct ConvertModifier {
  Rounding rounding = Rounding::Nearest;
  bool toIntegral = false; ///< rni, rzi, rmi, rpi
  bool ftz = false, sat = false, relu = false, finite = false;
  bool shortRegister = false; ///< the destination has 16 bits

  uint32_t pack() const {
    return uint32_t(rounding) | uint32_t(toIntegral) << 2 | uint32_t(ftz) << 3 |
           uint32_t(sat) << 4 | uint32_t(relu) << 5 | uint32_t(finite) << 6 |
           uint32_t(shortRegister) << 7;
  }
  static ConvertModifier unpack(uint32_t bits) {
    return {Rounding(bits & 3),  bool(bits >> 2 & 1), bool(bits >> 3 & 1),
            bool(bits >> 4 & 1), bool(bits >> 5 & 1), bool(bits >> 6 & 1),
            bool(bits >> 7 & 1)};
  }
};

struct HalfTag {};
struct BrainTag {};

} // namespace

// ---- reading and writing ---------------------------------------------------

/// Lane values of integers of 8 to 64 bits, floats and halves.
template <typename T>
static auto load(Warp &w, uint32_t row, uint32_t lane) {
  if constexpr (std::is_same_v<T, HalfTag>)
    return double(halfToFloat(uint16_t(w.row(row)[lane])));
  else if constexpr (std::is_same_v<T, BrainTag>)
    return double(brainToFloat(uint16_t(w.row(row)[lane])));
  else
    return Values<T>(w, row)[lane];
}

/// A result wider than its type in its register is extended by its sign.
template <typename T>
static void store(Warp &w, uint32_t row, uint32_t lane, T value,
                  bool shortRegister) {
  if constexpr (sizeof(T) == 8) {
    w.wide(row)[lane] = uint64_t(value);
  } else {
    uint32_t bits = uint32_t(int64_t(value));
    w.row(row)[lane] = shortRegister ? bits & 0xFFFF : bits;
  }
}

// ---- to integers -----------------------------------------------------------

template <typename R, typename A>
static R clampInteger(A a) {
  using Limits = std::numeric_limits<R>;
  if (std::cmp_less(a, Limits::min()))
    return Limits::min();
  if (std::cmp_greater(a, Limits::max()))
    return Limits::max();
  return R(a);
}

template <typename R, typename A, bool sat>
static void executeIntegers(Warp &w, const Instruction &i) {
  bool shortRegister = i.modifier;
  forLanes(w.lanes(), [&](uint32_t lane) {
    A a = load<A>(w, i.slot[1], lane);
    R r;
    if constexpr (sat)
      r = clampInteger<R>(a);
    else
      r = R(a);
    store<R>(w, i.slot[0], lane, r, shortRegister);
  });
  w.setDefined(i.slot[0], w.definedLanes(i.slot[1]));
}

static double toIntegral(double value, Rounding mode) {
  switch (mode) {
  case Rounding::Nearest:
    return std::nearbyint(value); // the default mode is ties to even
  case Rounding::Zero:
    return std::trunc(value);
  case Rounding::Down:
    return std::floor(value);
  case Rounding::Up:
    return std::ceil(value);
  }
  return value;
}

/// Out of range gives the nearest number there is; NaN gives 0.
template <typename R>
static R integerOf(double value) {
  using Limits = std::numeric_limits<R>;
  if (value != value)
    return 0;
  if (value <= double(Limits::min()))
    return Limits::min();
  // Exact for every R: the first number beyond the range is a power of two.
  double beyond = std::ldexp(1.0, Limits::digits);
  return value >= beyond ? Limits::max() : R(value);
}

template <typename R, typename A>
static void executeFloatToInteger(Warp &w, const Instruction &i) {
  ConvertModifier m = ConvertModifier::unpack(i.modifier);
  forLanes(w.lanes(), [&](uint32_t lane) {
    auto a = load<A>(w, i.slot[1], lane);
    if (m.ftz)
      a = flush(a);
    store<R>(w, i.slot[0], lane, integerOf<R>(toIntegral(a, m.rounding)),
             m.shortRegister);
  });
  w.setDefined(i.slot[0], w.definedLanes(i.slot[1]));
}

// ---- to floats -------------------------------------------------------------

template <typename A>
static ExactSum exactly(A value) {
  if constexpr (std::is_integral_v<A> && sizeof(A) == 8) {
    double high = double(value);
    return {high, double(__int128(value) - __int128(high))};
  } else {
    return {double(value), 0};
  }
}

/// The bits of a result; ftz, sat, relu and satfinite applied.
template <typename R>
static uint64_t encodeFloat(ExactSum exact, const ConvertModifier &m) {
  if (m.sat)
    exact = {saturate(exact.high), 0};
  if (m.relu && exact.high < 0)
    exact = {0, 0};
  if constexpr (std::is_same_v<R, double>) {
    return std::bit_cast<uint64_t>(exact.high);
  } else if constexpr (std::is_same_v<R, float>) {
    float value = canonical(round(exact, m.rounding));
    return std::bit_cast<uint32_t>(m.ftz ? flush(value) : value);
  } else {
    constexpr bool isHalf = std::is_same_v<R, HalfTag>;
    uint16_t bits = isHalf ? doubleToHalf(roundToOdd(exact), m.rounding)
                           : doubleToBrain(roundToOdd(exact), m.rounding);
    constexpr uint16_t kInfinity = isHalf ? 0x7C00 : 0x7F80;
    return m.finite && (bits & 0x7FFF) == kInfinity ? bits - 1u : bits;
  }
}

template <typename R, typename A>
static void executeToFloat(Warp &w, const Instruction &i) {
  ConvertModifier m = ConvertModifier::unpack(i.modifier);
  forLanes(w.lanes(), [&](uint32_t lane) {
    auto a = load<A>(w, i.slot[1], lane);
    if (m.ftz)
      a = flush(a);
    ExactSum exact = exactly(a);
    if constexpr (!std::is_integral_v<decltype(a)>)
      if (m.toIntegral)
        exact = {toIntegral(a, m.rounding), 0};
    uint64_t bits = encodeFloat<R>(exact, m);
    if constexpr (std::is_same_v<R, double>)
      w.wide(i.slot[0])[lane] = bits;
    else
      w.row(i.slot[0])[lane] = uint32_t(bits);
  });
  w.setDefined(i.slot[0], w.definedLanes(i.slot[1]));
}

// The conversions that attention kernels are full of.
static uint32_t packHalves(float high, float low) {
  return uint32_t(floatToHalf(high)) << 16 | floatToHalf(low);
}
static uint32_t packBrains(float high, float low) {
  return uint32_t(floatToBrain(high)) << 16 | floatToBrain(low);
}
static float int32ToFloat(int32_t a) { return float(a); }
static float uint32ToFloat(uint32_t a) { return float(a); }
static float widenHalf(uint16_t a) { return canonical(halfToFloat(a)); }
static float widenBrain(uint16_t a) { return canonical(brainToFloat(a)); }
static uint16_t narrowHalf(float a) { return floatToHalf(a); }
static uint16_t narrowBrain(float a) { return floatToBrain(a); }

/// cvt.rn.f16x2.f32 d, a, b with modifiers: a becomes the high half.
template <typename R>
static void executePackFloats(Warp &w, const Instruction &i) {
  ConvertModifier m = ConvertModifier::unpack(i.modifier);
  forLanes(w.lanes(), [&](uint32_t lane) {
    uint64_t high = encodeFloat<R>(exactly(load<float>(w, i.slot[1], lane)), m);
    uint64_t low = encodeFloat<R>(exactly(load<float>(w, i.slot[2], lane)), m);
    w.row(i.slot[0])[lane] = uint32_t(high << 16 | low);
  });
  w.setDefined(i.slot[0],
               w.definedLanes(i.slot[1]) & w.definedLanes(i.slot[2]));
}

/// tf32 keeps 10 bits of fraction; ties go away from zero (.rna) or to even.
template <bool away>
static uint32_t toTf32(uint32_t bits) {
  if ((bits & 0x7F800000) == 0x7F800000)
    return (bits & 0x7FFFFFFF) > 0x7F800000 ? kCanonicalNan : bits;
  uint32_t rest = away ? 0x1000 : 0x0FFF + (bits >> 13 & 1);
  return (bits + rest) & ~0x1FFFu;
}

// ---- decoding --------------------------------------------------------------

template <typename F>
static Execute forAnyInteger(Type type, F f) {
  switch (type) {
  case Type::U8:
  case Type::B8:
    return f.template operator()<uint8_t>();
  case Type::S8:
    return f.template operator()<int8_t>();
  default:
    return forInteger(type, f);
  }
}

template <typename F>
static Execute forAnyFloat(Type type, F f) {
  switch (type) {
  case Type::F16:
    return f.template operator()<HalfTag>();
  case Type::BF16:
    return f.template operator()<BrainTag>();
  default:
    return forFloat(type, f);
  }
}

static Execute pickIntegers(Type to, Type from, bool sat) {
  return forAnyInteger(to, [&]<typename R>() -> Execute {
    return forAnyInteger(from, [&]<typename A>() -> Execute {
      return sat ? executeIntegers<R, A, true> : executeIntegers<R, A, false>;
    });
  });
}

static Execute pickFast(Type to, Type from) {
  if (to == Type::F32 && from == Type::S32)
    return kElementwise<int32ToFloat>;
  if (to == Type::F32 && from == Type::U32)
    return kElementwise<uint32ToFloat>;
  if (to == Type::F32 && from == Type::F16)
    return kElementwise<widenHalf>;
  if (to == Type::F32 && from == Type::BF16)
    return kElementwise<widenBrain>;
  if (to == Type::F16 && from == Type::F32)
    return kElementwise<narrowHalf>;
  if (to == Type::BF16 && from == Type::F32)
    return kElementwise<narrowBrain>;
  return nullptr;
}

static Execute pickConversion(Type to, Type from, const ConvertModifier &m) {
  bool toFloat = isFloat(to) || isHalf(to);
  bool fromFloat = isFloat(from) || isHalf(from);
  if (!toFloat && !fromFloat)
    return pickIntegers(to, from, m.sat);
  if (!toFloat)
    return forAnyInteger(to, [&]<typename R>() -> Execute {
      return forAnyFloat(from, [&]<typename A>() -> Execute {
        return executeFloatToInteger<R, A>;
      });
    });
  if (m.pack() == 0)
    if (Execute fast = pickFast(to, from))
      return fast;
  return forAnyFloat(to, [&]<typename R>() -> Execute {
    if (fromFloat)
      return forAnyFloat(
          from, [&]<typename A>() -> Execute { return executeToFloat<R, A>; });
    return forAnyInteger(
        from, [&]<typename A>() -> Execute { return executeToFloat<R, A>; });
  });
}

static ConvertModifier takeModifiers(Decoder &d) {
  ConvertModifier m;
  int rounding =
      d.takeOneOf({"rn", "rz", "rm", "rp", "rni", "rzi", "rmi", "rpi"});
  if (rounding >= 0) {
    m.rounding = Rounding(rounding & 3);
    m.toIntegral = rounding >= 4;
  }
  m.ftz = d.take("ftz");
  m.finite = d.take("satfinite");
  m.sat = d.take("sat");
  m.relu = d.take("relu");
  return m;
}

static void decodePackFloats(Decoder &d, Instruction &i, Type to,
                             const ConvertModifier &m) {
  bool isHalf = to == Type::F16x2;
  d.expectOperands(3, 3);
  i.slot = {d.destination(0, to), d.source(1, Type::F32),
            d.source(2, Type::F32)};
  if (m.pack() == 0)
    i.execute = isHalf ? kElementwise<packHalves> : kElementwise<packBrains>;
  else
    i.execute =
        isHalf ? executePackFloats<HalfTag> : executePackFloats<BrainTag>;
}

static void decodeTf32(Decoder &d, Instruction &i) {
  bool away = d.take("rna");
  if (!away && !d.take("rn"))
    return d.unsupported("this rounding to tf32");
  if (d.type() != Type::F32)
    d.malformed("only f32 becomes tf32");
  finishElementwise(
      d, i, away ? kElementwise<toTf32<true>> : kElementwise<toTf32<false>>,
      Type::B32, 1, InstructionClass::Conversion);
}

static void decodeConvert(Decoder &d, Instruction &i) {
  i.instructionClass = InstructionClass::Conversion;
  if (d.take("tf32"))
    return decodeTf32(d, i);
  ConvertModifier m = takeModifiers(d);
  Type to = d.type(), from = d.type();
  if (to == Type::F16x2 || to == Type::BF16x2) {
    if (from != Type::F32)
      return d.unsupported("this source of a pair");
    i.modifier = m.pack();
    return decodePackFloats(d, i, to, m);
  }
  i.execute = pickConversion(to, from, m);
  if (!i.execute)
    return d.unsupported("this conversion");
  d.expectOperands(2, 2);
  i.slot[0] = d.destination(0, to, true);
  i.slot[1] = d.source(1, from, true);
  if (d.isWide(i.slot[1]) != (bytesOf(from) == 8) ||
      (d.isWide(i.slot[0]) != (bytesOf(to) == 8) &&
       d.operand(0).kind == OperandKind::Register))
    return d.unsupported("a register of 64 bits for a shorter type");
  Type registerType = to;
  d.isRegister(d.operand(0), &registerType);
  m.shortRegister = bytesOf(registerType) <= 2;
  bool integers = !(isFloat(to) || isHalf(to) || isFloat(from) || isHalf(from));
  i.modifier = integers ? m.shortRegister : m.pack();
}

std::span<const InstructionForm> conversionForms() {
  static constexpr InstructionForm kForms[] = {{"cvt", decodeConvert}};
  return kForms;
}

} // namespace kgen::emulator::ptx
