//===- Compare.cpp - setp, set, selp, slct, testp, copysign
//----------------===//

#include "Families.h"
#include "HalfFloat.h"
#include "Lanes.h"

#include <cmath>

namespace kgen::emulator::ptx {

namespace {

enum class Comparison : uint8_t {
  Eq,
  Ne,
  Lt,
  Le,
  Gt,
  Ge,
  // Floats: true if a NaN is there.
  Equ,
  Neu,
  Ltu,
  Leu,
  Gtu,
  Geu,
  Num,
  Nan,
};
enum class Combine : uint8_t { None, And, Or, Xor };

/// modifier of setp and set.
struct SetModifier {
  static uint32_t pack(Combine combine, bool negated) {
    return uint32_t(combine) | uint32_t(negated) << 4;
  }
  static Combine combine(uint32_t m) { return Combine(m & 3); }
  static bool negated(uint32_t m) { return m >> 4 & 1; }
};

} // namespace

template <typename T, Comparison c>
static bool compare(T a, T b) {
  bool unordered = a != a || b != b;
  switch (c) {
  case Comparison::Eq:
    return a == b;
  case Comparison::Ne:
    return a != b && !unordered;
  case Comparison::Lt:
    return a < b;
  case Comparison::Le:
    return a <= b;
  case Comparison::Gt:
    return a > b;
  case Comparison::Ge:
    return a >= b;
  case Comparison::Equ:
    return a == b || unordered;
  case Comparison::Neu:
    return a != b;
  case Comparison::Ltu:
    return a < b || unordered;
  case Comparison::Leu:
    return a <= b || unordered;
  case Comparison::Gtu:
    return a > b || unordered;
  case Comparison::Geu:
    return a >= b || unordered;
  case Comparison::Num:
    return !unordered;
  case Comparison::Nan:
    return unordered;
  }
}

/// Halves are compared as floats.
struct Half {
  static float value(uint16_t bits) { return halfToFloat(bits); }
};
struct Brain {
  static float value(uint16_t bits) { return brainToFloat(bits); }
};

template <typename T, Comparison c, bool ftz>
static uint32_t compareAt(Warp &w, const Instruction &i, uint32_t a,
                          uint32_t b) {
  if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, Brain>) {
    const uint32_t *x = w.row(a), *y = w.row(b);
    return maskOf([&](uint32_t lane) {
      return compare<float, c>(T::value(uint16_t(x[lane])),
                               T::value(uint16_t(y[lane])));
    });
  } else {
    Values<T> x(w, a), y(w, b);
    return maskOf([&](uint32_t lane) {
      return ftz ? compare<T, c>(flush(x[lane]), flush(y[lane]))
                 : compare<T, c>(x[lane], y[lane]);
    });
  }
}

/// slot: p, q (second result), a, b, c (predicate to combine with).
template <typename T, Comparison c, bool ftz>
static void executeSetPredicate(Warp &w, const Instruction &i) {
  uint32_t result = compareAt<T, c, ftz>(w, i, i.slot[2], i.slot[3]);
  uint32_t defined = w.definedLanes(i.slot[2]) & w.definedLanes(i.slot[3]);
  uint32_t opposite = ~result;
  Combine combine = SetModifier::combine(i.modifier);
  if (combine != Combine::None) {
    uint32_t other = w.predicate(i.slot[4]);
    if (SetModifier::negated(i.modifier))
      other = ~other;
    uint32_t otherDefined = w.predicateDefined(i.slot[4]);
    auto join = [&](uint32_t x) {
      return combine == Combine::And  ? x & other
             : combine == Combine::Or ? x | other
                                      : x ^ other;
    };
    // A defined operand that decides alone makes the result defined.
    uint32_t decided = 0;
    if (combine == Combine::And)
      decided = (defined & ~result) | (otherDefined & ~other);
    if (combine == Combine::Or)
      decided = (defined & result) | (otherDefined & other);
    result = join(result);
    opposite = join(opposite);
    defined = (defined & otherDefined) | decided;
  }
  w.setPredicate(i.slot[0], result, defined);
  if (i.slot[1] != ~0u)
    w.setPredicate(i.slot[1], opposite, defined);
}

/// set: all ones or 1.0f instead of a predicate. slot: d, a, b.
template <typename T, Comparison c, bool ftz>
static void executeSet(Warp &w, const Instruction &i) {
  uint32_t result = compareAt<T, c, ftz>(w, i, i.slot[1], i.slot[2]);
  uint32_t *d = w.row(i.slot[0]);
  forLanes(w.lanes(), [&](uint32_t lane) {
    d[lane] = result >> lane & 1 ? i.modifier : 0;
  });
  w.setDefined(i.slot[0],
               w.definedLanes(i.slot[1]) & w.definedLanes(i.slot[2]));
}

// ---- picking an instantiation ----------------------------------------------

template <typename T, bool ftz, bool isSet, Comparison c>
static Execute one() {
  return isSet ? executeSet<T, c, ftz> : executeSetPredicate<T, c, ftz>;
}

template <typename T, bool ftz, bool isSet>
static Execute pickComparison(Comparison c) {
  static constexpr Execute (*kTable[])() = {
      one<T, ftz, isSet, Comparison::Eq>,  one<T, ftz, isSet, Comparison::Ne>,
      one<T, ftz, isSet, Comparison::Lt>,  one<T, ftz, isSet, Comparison::Le>,
      one<T, ftz, isSet, Comparison::Gt>,  one<T, ftz, isSet, Comparison::Ge>,
      one<T, ftz, isSet, Comparison::Equ>, one<T, ftz, isSet, Comparison::Neu>,
      one<T, ftz, isSet, Comparison::Ltu>, one<T, ftz, isSet, Comparison::Leu>,
      one<T, ftz, isSet, Comparison::Gtu>, one<T, ftz, isSet, Comparison::Geu>,
      one<T, ftz, isSet, Comparison::Num>, one<T, ftz, isSet, Comparison::Nan>,
  };
  return kTable[size_t(c)]();
}

template <bool isSet>
static Execute pickByType(Type type, Comparison c, bool ftz) {
  if (type == Type::F32)
    return ftz ? pickComparison<float, true, isSet>(c)
               : pickComparison<float, false, isSet>(c);
  if (type == Type::F64)
    return pickComparison<double, false, isSet>(c);
  if (type == Type::F16)
    return pickComparison<Half, false, isSet>(c);
  if (type == Type::BF16)
    return pickComparison<Brain, false, isSet>(c);
  if (c > Comparison::Ge)
    return nullptr;
  return forInteger(type, [&]<typename T>() -> Execute {
    return pickComparison<T, false, isSet>(c);
  });
}

/// The unsigned spellings lo, ls, hi, hs mean lt, le, gt, ge.
static std::optional<Comparison> takeComparison(Decoder &d) {
  int c = d.takeOneOf({"eq", "ne", "lt", "le", "gt", "ge", "equ", "neu", "ltu",
                       "leu", "gtu", "geu", "num", "nan"});
  if (c >= 0)
    return Comparison(c);
  c = d.takeOneOf({"lo", "ls", "hi", "hs"});
  if (c >= 0)
    return Comparison(c + 2);
  d.malformed("names no comparison");
  return std::nullopt;
}

static void decodeSetPredicate(Decoder &d, Instruction &i) {
  std::optional<Comparison> c = takeComparison(d);
  if (!c)
    return;
  int combine = d.takeOneOf({"and", "or", "xor"});
  bool ftz = d.take("ftz");
  Type type = d.type();
  d.expectOperands(combine < 0 ? 3 : 4, combine < 0 ? 3 : 4);
  i.execute = pickByType<false>(type, *c, ftz);
  if (!i.execute)
    return d.unsupported("this comparison of this type");
  const Operand &result = d.operand(0);
  bool isPair = result.kind == OperandKind::Pair;
  i.slot[0] = d.predicateDestination(isPair ? result.elements[0] : result);
  i.slot[1] = isPair ? d.predicateDestination(result.elements[1]) : ~0u;
  i.slot[2] = d.source(1, type);
  i.slot[3] = d.source(2, type);
  bool negated = false;
  if (combine >= 0)
    i.slot[4] = d.predicateSource(d.operand(3), &negated);
  i.modifier = SetModifier::pack(Combine(combine + 1), negated);
  i.instructionClass =
      isFloat(type) ? InstructionClass::Float : InstructionClass::Integer;
}

static void decodeSet(Decoder &d, Instruction &i) {
  std::optional<Comparison> c = takeComparison(d);
  if (!c)
    return;
  bool ftz = d.take("ftz");
  Type to = d.type(), type = d.type();
  if (to != Type::U32 && to != Type::S32 && to != Type::F32)
    return d.unsupported("the type ." + std::string(spelling(to)));
  d.expectOperands(3, 3);
  i.execute = pickByType<true>(type, *c, ftz);
  if (!i.execute)
    return d.unsupported("this comparison of this type");
  i.slot = {d.destination(0, to), d.source(1, type), d.source(2, type)};
  i.modifier = to == Type::F32 ? std::bit_cast<uint32_t>(1.0f) : ~0u;
  i.instructionClass = InstructionClass::Integer;
}

// ---- selection -------------------------------------------------------------

/// Definedness is that of the value taken. slot: d, a, b, p.
template <typename T>
static void executeSelect(Warp &w, const Instruction &i) {
  Values<T> d(w, i.slot[0]), a(w, i.slot[1]), b(w, i.slot[2]);
  uint32_t p = w.predicate(i.slot[3]);
  forLanes(w.lanes(), [&](uint32_t lane) {
    d.set(lane, p >> lane & 1 ? a[lane] : b[lane]);
  });
  w.setDefined(i.slot[0], w.predicateDefined(i.slot[3]) &
                              ((w.definedLanes(i.slot[1]) & p) |
                               (w.definedLanes(i.slot[2]) & ~p)));
}

static void decodeSelect(Decoder &d, Instruction &i) {
  Type type = d.type();
  d.expectOperands(4, 4);
  i.execute = bytesOf(type) == 8 ? executeSelect<uint64_t>
              : bytesOf(type)    ? executeSelect<uint32_t>
                                 : nullptr;
  if (!i.execute || bytesOf(type) > 8)
    return d.unsupported("the type ." + std::string(spelling(type)));
  bool negated = false;
  i.slot = {d.destination(0, type), d.source(1, type), d.source(2, type),
            d.predicateSource(d.operand(3), &negated)};
  if (negated)
    std::swap(i.slot[1], i.slot[2]);
  i.instructionClass = InstructionClass::Integer;
}

template <typename T>
static T selectBySign(T a, T b, int32_t c) {
  return c >= 0 ? a : b;
}
template <typename T>
static T selectByFloat(T a, T b, float c) {
  return c >= 0 ? a : b; // -0 counts as 0, NaN takes b
}

static void decodeSelectBySign(Decoder &d, Instruction &i) {
  bool ftz = d.take("ftz");
  Type type = d.type(), by = d.type();
  bool wide = bytesOf(type) == 8;
  if (ftz || bytesOf(type) < 4 || (by != Type::S32 && by != Type::F32))
    return d.unsupported("these types");
  d.expectOperands(4, 4);
  if (by == Type::S32)
    i.execute = wide ? kElementwise<selectBySign<uint64_t>>
                     : kElementwise<selectBySign<uint32_t>>;
  else
    i.execute = wide ? kElementwise<selectByFloat<uint64_t>>
                     : kElementwise<selectByFloat<uint32_t>>;
  i.slot = {d.destination(0, type), d.source(1, type), d.source(2, type),
            d.source(3, by)};
  i.instructionClass = InstructionClass::Integer;
}

// ---- testp, copysign -------------------------------------------------------

template <typename T>
static bool classOf(T a, uint32_t which) {
  switch (which) {
  case 0:
    return std::isfinite(a);
  case 1:
    return std::isinf(a);
  case 2:
    return a == a;
  case 3:
    return a != a;
  case 4:
    return std::isnormal(a) || a == 0;
  default:
    return std::fpclassify(a) == FP_SUBNORMAL;
  }
}

template <typename T>
static void executeTest(Warp &w, const Instruction &i) {
  Values<T> a(w, i.slot[1]);
  uint32_t mask =
      maskOf([&](uint32_t lane) { return classOf(a[lane], i.modifier); });
  w.setPredicate(i.slot[0], mask, w.definedLanes(i.slot[1]));
}

static void decodeTest(Decoder &d, Instruction &i) {
  int which = d.takeOneOf(
      {"finite", "infinite", "number", "notanumber", "normal", "subnormal"});
  Type type = d.type();
  if (which < 0 || !isFloat(type))
    return d.malformed("names no class of f32 or f64");
  d.expectOperands(2, 2);
  i.slot[0] = d.predicateDestination(d.operand(0));
  i.slot[1] = d.source(1, type);
  i.modifier = uint32_t(which);
  i.execute = type == Type::F32 ? executeTest<float> : executeTest<double>;
  i.instructionClass = InstructionClass::Float;
}

/// The sign of a, the magnitude of b.
template <typename T>
static T copySign(T a, T b) {
  constexpr T kSign = T(1) << (8 * sizeof(T) - 1);
  return (a & kSign) | (b & ~kSign);
}

static void decodeCopySign(Decoder &d, Instruction &i) {
  Type type = d.type();
  finishElementwise(d, i,
                    type == Type::F32   ? kElementwise<copySign<uint32_t>>
                    : type == Type::F64 ? kElementwise<copySign<uint64_t>>
                                        : nullptr,
                    type, 2, InstructionClass::Float);
}

std::span<const InstructionForm> compareForms() {
  static constexpr InstructionForm kForms[] = {
      {"setp", decodeSetPredicate}, {"set", decodeSet},
      {"selp", decodeSelect},       {"slct", decodeSelectBySign},
      {"testp", decodeTest},        {"copysign", decodeCopySign},
  };
  return kForms;
}

} // namespace kgen::emulator::ptx
