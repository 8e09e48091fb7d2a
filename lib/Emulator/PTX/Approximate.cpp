//===- Approximate.cpp - ex2, lg2, rcp, sqrt, sin, tanh, ...
//---------------===//
//
// What the special function units compute approximately is computed here in
// double precision and rounded to nearest. Real units err by up to: ex2 2 ulp,
// lg2 2^-22 absolute in (0.5, 2) and 2 ulp beyond, rcp 1 ulp, rsqrt 2^-22.9,
// sqrt 2^-23, sin and cos 2^-20.9 absolute in [-pi, pi], tanh 2^-11 relative
// (PTX ISA, each instruction's page). Outside the specification .rn forms of
// rcp and sqrt, nothing here can agree with hardware bit by bit.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "FloatRounding.h"
#include "HalfFloat.h"
#include "Lanes.h"

#include <cmath>

namespace kgen::emulator::ptx {

/// 2^x with a relative error below 1e-11: x = n + f, |f| <= 1/2, and the Taylor
/// series of e^(f ln 2). No branches, so that all lanes go at once.
static double exp2Fast(double x) {
  constexpr double kShift = 0x1.8p52; // its last bit counts ones
  // Beyond, the float is 0 or infinite; NaN passes through the comparisons.
  double clamped = x < -160 ? -160.0 : x > 140 ? 140.0 : x;
  double shifted = clamped + kShift;
  double t = (clamped - (shifted - kShift)) * 0x1.62e42fefa39efp-1;
  double p = 1.0 / 3628800;
  p = p * t + 1.0 / 362880;
  p = p * t + 1.0 / 40320;
  p = p * t + 1.0 / 5040;
  p = p * t + 1.0 / 720;
  p = p * t + 1.0 / 120;
  p = p * t + 1.0 / 24;
  p = p * t + 1.0 / 6;
  p = p * t + 0.5;
  p = p * t + 1;
  p = p * t + 1;
  uint64_t scale = (std::bit_cast<uint64_t>(shifted) + 1023) << 52;
  return p * std::bit_cast<double>(scale);
}

static double exp2Of(double x) { return exp2Fast(x); }
static double log2Of(double x) { return std::log2(x); }
static double reciprocal(double x) { return 1 / x; }
static double reciprocalRoot(double x) { return 1 / std::sqrt(x); }
static double squareRoot(double x) { return std::sqrt(x); }
static double sine(double x) { return std::sin(x); }
static double cosine(double x) { return std::cos(x); }
static double tangentH(double x) { return std::tanh(x); }

template <auto F, bool ftz>
static float throughDouble(float x) {
  if constexpr (ftz)
    x = flush(x);
  float result = float(F(double(x)));
  return canonical(ftz ? flush(result) : result);
}

static float exactReciprocal(float x) { return canonical(1 / x); }
static float exactRoot(float x) { return canonical(std::sqrt(x)); }

template <auto F>
static void decodeFunction(Decoder &d, Instruction &i) {
  if (!d.take("approx"))
    return d.unsupported("only .approx is");
  bool ftz = d.take("ftz");
  Type type = d.type();
  if (isHalf(type))
    return decodeHalfFunction(d, i, type, F);
  if (type != Type::F32)
    return d.unsupported("the type ." + std::string(spelling(type)));
  finishElementwise(d, i,
                    ftz ? kElementwise<throughDouble<F, true>>
                        : kElementwise<throughDouble<F, false>>,
                    type, 1, InstructionClass::Transcendental);
}

/// rcp and sqrt also come correctly rounded (.rn), for f32 and f64.
template <auto Approximate, auto Exact>
static void decodeExactOrNot(Decoder &d, Instruction &i) {
  if (!d.take("rn"))
    return decodeFunction<Approximate>(d, i);
  bool ftz = d.take("ftz");
  Type type = d.type();
  if (type == Type::F64)
    return finishElementwise(d, i, kElementwise<Approximate>, type, 1,
                             InstructionClass::Transcendental);
  if (type != Type::F32)
    return d.unsupported("the type ." + std::string(spelling(type)));
  // Double precision holds more than twice the bits, so that rounding its
  // quotient or root again gives the correctly rounded one.
  finishElementwise(d, i,
                    ftz ? kElementwise<throughDouble<Approximate, true>>
                        : kElementwise<Exact>,
                    type, 1, InstructionClass::Transcendental);
}

std::span<const InstructionForm> approximateForms() {
  static constexpr InstructionForm kForms[] = {
      {"ex2", decodeFunction<exp2Of>},
      {"lg2", decodeFunction<log2Of>},
      {"rsqrt", decodeFunction<reciprocalRoot>},
      {"sin", decodeFunction<sine>},
      {"cos", decodeFunction<cosine>},
      {"tanh", decodeFunction<tangentH>},
      {"rcp", decodeExactOrNot<reciprocal, exactReciprocal>},
      {"sqrt", decodeExactOrNot<squareRoot, exactRoot>},
  };
  return kForms;
}

} // namespace kgen::emulator::ptx
