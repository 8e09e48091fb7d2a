//===- HalfArithmetic.cpp - f16, bf16 and their pairs
//----------------------===//
//
// Every operation is exact in a pair of doubles and rounded once.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "HalfFloat.h"
#include "Lanes.h"

namespace kgen::emulator::ptx {

/// A format: F16 or BF16.
template <bool isBrain>
struct Format {
  static double decode(uint16_t bits) {
    return isBrain ? brainToFloat(bits) : halfToFloat(bits);
  }
  static uint16_t encode(double value) {
    return isBrain ? doubleToBrain(value) : doubleToHalf(value);
  }
  static constexpr uint16_t kExponent = isBrain ? 0x7F80 : 0x7C00;
  static bool isNan(uint16_t bits) { return (bits & 0x7FFF) > kExponent; }
  static uint16_t flushed(uint16_t bits) {
    return bits & kExponent ? bits : bits & 0x8000;
  }
};

enum class Clamp : uint8_t { None, Saturate, Relu };

template <bool isBrain, bool ftz, Clamp clamp>
static uint16_t finish(ExactSum exact) {
  double value = roundToOdd(exact);
  if constexpr (clamp == Clamp::Saturate)
    value = saturate(value);
  if constexpr (clamp == Clamp::Relu)
    value = value < 0 ? 0.0 : value;
  uint16_t bits = Format<isBrain>::encode(value);
  return ftz ? Format<isBrain>::flushed(bits) : bits;
}

template <bool isBrain, Arithmetic operation, bool ftz, Clamp clamp>
static uint16_t fusedHalf(uint16_t a, uint16_t b, uint16_t c) {
  using F = Format<isBrain>;
  if constexpr (ftz) {
    a = F::flushed(a);
    b = F::flushed(b);
    c = F::flushed(c);
  }
  double x = F::decode(a), y = F::decode(b);
  switch (operation) {
  case Arithmetic::Add:
    return finish<isBrain, ftz, clamp>(twoSum(x, y));
  case Arithmetic::Sub:
    return finish<isBrain, ftz, clamp>(twoSum(x, -y));
  case Arithmetic::Mul:
    return finish<isBrain, ftz, clamp>({x * y, 0});
  default:
    return finish<isBrain, ftz, clamp>(twoSum(x * y, F::decode(c)));
  }
}

template <bool isBrain, bool isMax, bool propagateNan, bool xorSign>
static uint16_t minMaxHalf(uint16_t a, uint16_t b, uint16_t) {
  using F = Format<isBrain>;
  uint16_t sign = (a ^ b) & 0x8000;
  if constexpr (xorSign) {
    a &= 0x7FFF;
    b &= 0x7FFF;
  }
  bool aNan = F::isNan(a), bNan = F::isNan(b);
  if ((aNan && bNan) || (propagateNan && (aNan || bNan)))
    return kHalfNan;
  double x = F::decode(a), y = F::decode(b);
  bool aNegative = a & 0x8000;
  bool takeA =
      isMax ? x > y || (x == y && !aNegative) : x < y || (x == y && aNegative);
  uint16_t result = aNan ? b : bNan ? a : takeA ? a : b;
  return xorSign ? result | sign : result;
}

template <bool isNegate>
static uint16_t signHalf(uint16_t a, uint16_t, uint16_t) {
  return isNegate ? a ^ 0x8000 : a & 0x7FFF;
}

using HalfOperation = uint16_t (*)(uint16_t, uint16_t, uint16_t);

template <HalfOperation F>
static uint32_t onPair(uint32_t a, uint32_t b, uint32_t c) {
  uint32_t low = F(uint16_t(a), uint16_t(b), uint16_t(c));
  uint32_t high = F(uint16_t(a >> 16), uint16_t(b >> 16), uint16_t(c >> 16));
  return high << 16 | low;
}

/// Both forms of one operation.
struct HalfExecutes {
  Execute single = nullptr, pair = nullptr;
};

template <HalfOperation F>
static constexpr HalfExecutes kBoth = {kElementwise<F>,
                                       kElementwise<onPair<F>>};

// ---- decoding --------------------------------------------------------------

template <bool isBrain, Arithmetic operation>
static HalfExecutes pickFusedHalf(bool ftz, Clamp clamp) {
  if (clamp == Clamp::Saturate)
    return ftz ? kBoth<fusedHalf<isBrain, operation, true, Clamp::Saturate>>
               : kBoth<fusedHalf<isBrain, operation, false, Clamp::Saturate>>;
  if (clamp == Clamp::Relu)
    return ftz ? kBoth<fusedHalf<isBrain, operation, true, Clamp::Relu>>
               : kBoth<fusedHalf<isBrain, operation, false, Clamp::Relu>>;
  return ftz ? kBoth<fusedHalf<isBrain, operation, true, Clamp::None>>
             : kBoth<fusedHalf<isBrain, operation, false, Clamp::None>>;
}

template <bool isBrain>
static HalfExecutes pickOperation(Arithmetic operation, bool ftz, Clamp clamp) {
  switch (operation) {
  case Arithmetic::Add:
    return pickFusedHalf<isBrain, Arithmetic::Add>(ftz, clamp);
  case Arithmetic::Sub:
    return pickFusedHalf<isBrain, Arithmetic::Sub>(ftz, clamp);
  case Arithmetic::Mul:
    return pickFusedHalf<isBrain, Arithmetic::Mul>(ftz, clamp);
  default:
    return pickFusedHalf<isBrain, Arithmetic::Fma>(ftz, clamp);
  }
}

template <bool isBrain, bool isMax>
static HalfExecutes pickMinMaxHalf(bool propagateNan, bool xorSign) {
  if (xorSign)
    return propagateNan ? kBoth<minMaxHalf<isBrain, isMax, true, true>>
                        : kBoth<minMaxHalf<isBrain, isMax, false, true>>;
  return propagateNan ? kBoth<minMaxHalf<isBrain, isMax, true, false>>
                      : kBoth<minMaxHalf<isBrain, isMax, false, false>>;
}

static HalfExecutes decodeMinMaxHalf(Decoder &d, bool isMax, bool isBrain) {
  if (d.take("ftz"))
    d.unsupported(".ftz of min and max");
  bool propagateNan = d.take("NaN"), xorSign = d.take("xorsign");
  if (xorSign && !d.take("abs"))
    d.malformed(".xorsign needs .abs");
  if (isBrain)
    return isMax ? pickMinMaxHalf<true, true>(propagateNan, xorSign)
                 : pickMinMaxHalf<true, false>(propagateNan, xorSign);
  return isMax ? pickMinMaxHalf<false, true>(propagateNan, xorSign)
               : pickMinMaxHalf<false, false>(propagateNan, xorSign);
}

static HalfExecutes decodeRounded(Decoder &d, Arithmetic operation,
                                  bool isBrain) {
  d.take("rn");
  bool ftz = d.take("ftz"), sat = d.take("sat"), relu = d.take("relu");
  Clamp clamp = sat ? Clamp::Saturate : relu ? Clamp::Relu : Clamp::None;
  if (operation == Arithmetic::Div || operation == Arithmetic::Mad)
    d.malformed("has no such type");
  return isBrain ? pickOperation<true>(operation, ftz, clamp)
                 : pickOperation<false>(operation, ftz, clamp);
}

void decodeHalfArithmetic(Decoder &d, Instruction &i, Arithmetic operation) {
  Type type = parseType(d.wordsLeft().back());
  d.dropWord(d.wordsLeft().size() - 1);
  bool isBrain = type == Type::BF16 || type == Type::BF16x2;
  bool isPair = type == Type::F16x2 || type == Type::BF16x2;
  HalfExecutes executes;
  size_t sources = 2;
  switch (operation) {
  case Arithmetic::Min:
  case Arithmetic::Max:
    executes = decodeMinMaxHalf(d, operation == Arithmetic::Max, isBrain);
    break;
  case Arithmetic::Abs:
  case Arithmetic::Neg:
    if (d.take("ftz"))
      return d.unsupported(".ftz of abs and neg");
    sources = 1;
    executes = operation == Arithmetic::Neg ? kBoth<signHalf<true>>
                                            : kBoth<signHalf<false>>;
    break;
  default:
    sources = operation == Arithmetic::Fma ? 3 : 2;
    executes = decodeRounded(d, operation, isBrain);
  }
  finishElementwise(d, i, isPair ? executes.pair : executes.single, type,
                    sources, InstructionClass::Float);
  // All operations take three operands; the missing ones read the first.
  for (size_t s = sources + 1; s <= 3; ++s)
    i.slot[s] = i.slot[1];
}

// ---- functions -------------------------------------------------------------

namespace {

struct FunctionPayload : Payload {
  double (*function)(double) = nullptr;
};

} // namespace

template <bool isBrain, bool isPair>
static void executeFunction(Warp &w, const Instruction &i) {
  using F = Format<isBrain>;
  auto function = static_cast<const FunctionPayload &>(*i.payload).function;
  const uint32_t *source = w.row(i.slot[1]);
  uint32_t *result = w.row(i.slot[0]);
  forLanes(w.lanes(), [&](uint32_t lane) {
    uint32_t bits = source[lane];
    uint32_t low = F::encode(function(F::decode(uint16_t(bits))));
    uint32_t high =
        isPair ? F::encode(function(F::decode(uint16_t(bits >> 16)))) : 0;
    result[lane] = high << 16 | low;
  });
  w.setDefined(i.slot[0], w.definedLanes(i.slot[1]));
}

void decodeHalfFunction(Decoder &d, Instruction &i, Type type,
                        double (*function)(double)) {
  auto payload = std::make_shared<FunctionPayload>();
  payload->function = function;
  i.payload = payload;
  Execute execute = type == Type::F16     ? executeFunction<false, false>
                    : type == Type::F16x2 ? executeFunction<false, true>
                    : type == Type::BF16  ? executeFunction<true, false>
                                          : executeFunction<true, true>;
  finishElementwise(d, i, execute, type, 1, InstructionClass::Transcendental);
}

} // namespace kgen::emulator::ptx
