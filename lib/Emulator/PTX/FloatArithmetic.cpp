//===- FloatArithmetic.cpp - f32 and f64
//-----------------------------------===//
//
// PTX ISA, "Floating Point Instructions". add, sub, mul, fma and div round once
// (div.approx and div.full, too: real units err by up to 2 ulp). NaN results of
// f32 are the canonical one.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "FloatRounding.h"
#include "Lanes.h"

namespace kgen::emulator::ptx {

template <typename T, Arithmetic operation>
static T compute(T a, T b) {
  switch (operation) {
  case Arithmetic::Add:
    return a + b;
  case Arithmetic::Sub:
    return a - b;
  case Arithmetic::Mul:
    return a * b;
  default:
    return a / b;
  }
}

template <typename T, Arithmetic operation, bool ftz, bool sat>
static T binary(T a, T b) {
  if constexpr (ftz) {
    a = flush(a);
    b = flush(b);
  }
  T result = compute<T, operation>(a, b);
  if constexpr (ftz)
    result = flush(result);
  if constexpr (sat)
    return saturate(result);
  return canonical(result);
}

template <Arithmetic operation, Rounding mode>
static float binaryDirected(float a, float b) {
  if constexpr (operation == Arithmetic::Mul)
    return canonical(round({double(a) * double(b), 0}, mode));
  return canonical(
      roundSum(a, operation == Arithmetic::Sub ? -double(b) : b, mode));
}

// ---- fma -------------------------------------------------------------------

template <typename T, bool ftz, bool sat>
static T fused(T a, T b, T c) {
  if constexpr (ftz) {
    a = flush(a);
    b = flush(b);
    c = flush(c);
  }
  T result;
  if constexpr (sizeof(T) == 4)
    result = roundNearest(exactFma(a, b, c));
  else
    result = std::fma(a, b, c);
  if constexpr (ftz)
    result = flush(result);
  if constexpr (sat)
    return saturate(result);
  return canonical(result);
}

template <Rounding mode>
static float fusedDirected(float a, float b, float c) {
  return canonical(roundSum(double(a) * double(b), c, mode));
}

#if defined(__x86_64__)
/// Attention kernels consist of fma: processors that have the instruction use
/// it. (The rest of the emulator is compiled for any x86-64.)
__attribute__((target("avx2,fma"))) static void
fuseRows(float *result, const float *a, const float *b, const float *c) {
#pragma clang loop vectorize(assume_safety)
  for (uint32_t lane = 0; lane < kLanes; ++lane)
    result[lane] = canonical(__builtin_fmaf(a[lane], b[lane], c[lane]));
}

static void executeFuseRows(Warp &w, const Instruction &i) {
  if (w.lanes() != kAllLanes)
    return Elementwise<fused<float, false, false>>::execute(w, i);
  auto floats = [&](uint32_t slot) {
    return reinterpret_cast<float *>(w.row(i.slot[slot]));
  };
  fuseRows(floats(0), floats(1), floats(2), floats(3));
  w.setDefined(i.slot[0], w.definedLanes(i.slot[1]) &
                              w.definedLanes(i.slot[2]) &
                              w.definedLanes(i.slot[3]));
}

static Execute fastFuse() {
  static const bool hasFma =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return hasFma ? &executeFuseRows : kElementwise<fused<float, false, false>>;
}
#else
static Execute fastFuse() { return kElementwise<fused<float, false, false>>; }
#endif

// ---- min, max, abs, neg ----------------------------------------------------

template <typename T>
using BitsOf = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
template <typename T>
static constexpr BitsOf<T> kSign = BitsOf<T>(1) << (8 * sizeof(T) - 1);

template <typename T>
static T absolute(T a) {
  return std::bit_cast<T>(BitsOf<T>(std::bit_cast<BitsOf<T>>(a) & ~kSign<T>));
}
template <typename T>
static T negate(T a) {
  return std::bit_cast<T>(BitsOf<T>(std::bit_cast<BitsOf<T>>(a) ^ kSign<T>));
}
template <typename T>
static T nan() {
  if constexpr (sizeof(T) == 4)
    return std::bit_cast<float>(kCanonicalNan);
  else
    return std::numeric_limits<double>::quiet_NaN();
}

/// -0 is less than +0. Without .NaN a number wins over a NaN.
template <typename T, bool isMax, bool propagateNan>
static T extremum(T a, T b) {
  bool aNegative = (std::bit_cast<BitsOf<T>>(a) & kSign<T>) != 0;
  bool takeA =
      isMax ? a > b || (a == b && !aNegative) : a < b || (a == b && aNegative);
  T result = takeA ? a : b;
  bool aNan = a != a, bNan = b != b;
  if constexpr (propagateNan)
    return aNan || bNan ? nan<T>() : result;
  result = aNan ? b : result;
  result = bNan ? a : result;
  return aNan && bNan ? nan<T>() : result;
}

template <typename T, bool isMax, bool propagateNan, bool ftz, bool xorSign>
static T minMax(T a, T b) {
  if constexpr (ftz) {
    a = flush(a);
    b = flush(b);
  }
  if constexpr (xorSign) {
    BitsOf<T> sign =
        (std::bit_cast<BitsOf<T>>(a) ^ std::bit_cast<BitsOf<T>>(b)) & kSign<T>;
    T result = extremum<T, isMax, propagateNan>(absolute(a), absolute(b));
    return result != result
               ? result
               : std::bit_cast<T>(std::bit_cast<BitsOf<T>>(result) | sign);
  }
  return extremum<T, isMax, propagateNan>(a, b);
}

template <typename T, bool isNegate>
static T flushedSign(T a) {
  a = flush(a);
  return isNegate ? negate(a) : absolute(a);
}

// ---- decoding --------------------------------------------------------------

namespace {

struct Modifiers {
  Rounding rounding = Rounding::Nearest;
  bool ftz = false, sat = false;
};

} // namespace

static Modifiers takeModifiers(Decoder &d) {
  Modifiers m;
  int rounding = d.takeOneOf({"rn", "rz", "rm", "rp"});
  m.rounding = rounding < 0 ? Rounding::Nearest : Rounding(rounding);
  m.ftz = d.take("ftz");
  m.sat = d.take("sat");
  return m;
}

template <typename T, Arithmetic operation>
static Execute pickBinary(const Modifiers &m) {
  if (m.ftz)
    return m.sat ? kElementwise<binary<T, operation, true, true>>
                 : kElementwise<binary<T, operation, true, false>>;
  return m.sat ? kElementwise<binary<T, operation, false, true>>
               : kElementwise<binary<T, operation, false, false>>;
}

template <Arithmetic operation>
static Execute pickDirected(Rounding rounding) {
  switch (rounding) {
  case Rounding::Zero:
    return kElementwise<binaryDirected<operation, Rounding::Zero>>;
  case Rounding::Down:
    return kElementwise<binaryDirected<operation, Rounding::Down>>;
  default:
    return kElementwise<binaryDirected<operation, Rounding::Up>>;
  }
}

template <Arithmetic operation>
static void decodeBinary(Decoder &d, Instruction &i) {
  Modifiers m;
  if (operation == Arithmetic::Div)
    d.takeOneOf({"approx", "full"});
  m = takeModifiers(d);
  Type type = d.type();
  if (m.rounding == Rounding::Nearest)
    return finishElementwise(d, i,
                             forFloat(type,
                                      [&]<typename T>() -> Execute {
                                        return pickBinary<T, operation>(m);
                                      }),
                             type, 2, InstructionClass::Float);
  if (operation == Arithmetic::Div || type != Type::F32 || m.ftz || m.sat)
    return d.unsupported("this rounding of this operation and type");
  finishElementwise(d, i, pickDirected<operation>(m.rounding), type, 2,
                    InstructionClass::Float);
}

static Execute pickFused(const Modifiers &m) {
  switch (m.rounding) {
  case Rounding::Zero:
    return kElementwise<fusedDirected<Rounding::Zero>>;
  case Rounding::Down:
    return kElementwise<fusedDirected<Rounding::Down>>;
  case Rounding::Up:
    return kElementwise<fusedDirected<Rounding::Up>>;
  case Rounding::Nearest:
    break;
  }
  if (m.ftz)
    return m.sat ? kElementwise<fused<float, true, true>>
                 : kElementwise<fused<float, true, false>>;
  return m.sat ? kElementwise<fused<float, false, true>> : fastFuse();
}

static void decodeFused(Decoder &d, Instruction &i) {
  Modifiers m = takeModifiers(d);
  Type type = d.type();
  bool directed = m.rounding != Rounding::Nearest;
  if (directed && (type != Type::F32 || m.ftz || m.sat))
    return d.unsupported("this rounding of this operation and type");
  Execute execute = type == Type::F32 ? pickFused(m)
                    : type == Type::F64
                        ? kElementwise<fused<double, false, false>>
                        : nullptr;
  finishElementwise(d, i, execute, type, 3, InstructionClass::Float);
}

template <typename T, bool isMax>
static Execute pickMinMax(bool propagateNan, bool ftz, bool xorSign) {
  if (xorSign)
    return propagateNan ? kElementwise<minMax<T, isMax, true, false, true>>
                        : kElementwise<minMax<T, isMax, false, false, true>>;
  if (propagateNan)
    return ftz ? kElementwise<minMax<T, isMax, true, true, false>>
               : kElementwise<minMax<T, isMax, true, false, false>>;
  return ftz ? kElementwise<minMax<T, isMax, false, true, false>>
             : kElementwise<minMax<T, isMax, false, false, false>>;
}

static void decodeMinMax(Decoder &d, Instruction &i, bool isMax) {
  bool ftz = d.take("ftz"), propagateNan = d.take("NaN");
  bool xorSign = d.take("xorsign");
  if (xorSign && !d.take("abs"))
    d.malformed(".xorsign needs .abs");
  if (xorSign && ftz)
    return d.unsupported(".ftz with .xorsign");
  Type type = d.type();
  finishElementwise(
      d, i,
      forFloat(type,
               [&]<typename T>() -> Execute {
                 return isMax
                            ? pickMinMax<T, true>(propagateNan, ftz, xorSign)
                            : pickMinMax<T, false>(propagateNan, ftz, xorSign);
               }),
      type, 2, InstructionClass::Float);
}

static void decodeSign(Decoder &d, Instruction &i, bool isNegate) {
  bool ftz = d.take("ftz");
  Type type = d.type();
  finishElementwise(
      d, i,
      forFloat(type,
               [&]<typename T>() -> Execute {
                 if (ftz)
                   return isNegate ? kElementwise<flushedSign<T, true>>
                                   : kElementwise<flushedSign<T, false>>;
                 return isNegate ? kElementwise<negate<T>>
                                 : kElementwise<absolute<T>>;
               }),
      type, 1, InstructionClass::Float);
}

void decodeFloatArithmetic(Decoder &d, Instruction &i, Arithmetic operation) {
  switch (operation) {
  case Arithmetic::Add:
    return decodeBinary<Arithmetic::Add>(d, i);
  case Arithmetic::Sub:
    return decodeBinary<Arithmetic::Sub>(d, i);
  case Arithmetic::Mul:
    return decodeBinary<Arithmetic::Mul>(d, i);
  case Arithmetic::Div:
    return decodeBinary<Arithmetic::Div>(d, i);
  case Arithmetic::Mad:
  case Arithmetic::Fma:
    return decodeFused(d, i);
  case Arithmetic::Min:
  case Arithmetic::Max:
    return decodeMinMax(d, i, operation == Arithmetic::Max);
  case Arithmetic::Abs:
  case Arithmetic::Neg:
    return decodeSign(d, i, operation == Arithmetic::Neg);
  }
}

} // namespace kgen::emulator::ptx
