//===- PtxFloatTest.cpp - Floating point against the host's
//----------------===//

#include "PtxHarness.h"

#include <gtest/gtest.h>

#include <bit>
#include <cfenv>
#include <cmath>
#include <functional>

using namespace kgen::emulator;

namespace {

constexpr uint32_t kNan = 0x7FFFFFFF;

float f(uint64_t bits) { return std::bit_cast<float>(uint32_t(bits)); }
uint32_t b(float value) {
  return std::isnan(value) ? kNan : std::bit_cast<uint32_t>(value);
}
float flushed(float value) {
  return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value)
                                                : value;
}

/// The host's result in another rounding mode. The compiler must not move the
/// operation out of it.
template <typename F>
float inMode(int mode, F compute) {
  std::fesetround(mode);
  volatile float result = compute();
  std::fesetround(FE_TONEAREST);
  return result;
}

using Binary = std::function<float(float, float)>;
void expectBinary(const std::string &mnemonic, Binary expected) {
  auto values = pairsOf(interestingFloats());
  std::string code = mnemonic + " %d, %a, %b;";
  auto results = evaluate({code, 32, {32, 32}}, values);
  for (size_t i = 0; i < results.size(); ++i)
    ASSERT_EQ(results[i], b(expected(f(values[0][i]), f(values[1][i]))))
        << mnemonic << " of " << f(values[0][i]) << " and " << f(values[1][i]);
}

const std::vector<uint64_t> kFused = {
    0x00000000, 0x80000000, 0x00000001, 0x3F800000, 0xBF800001,
    0x3F7FFFFF, 0x4B000001, 0x7F7FFFFF, 0x7F800000, 0x33800001};

} // namespace

TEST(PtxFloat, ArithmeticRoundsToNearest) {
  expectBinary("add.f32", [](float a, float b) { return a + b; });
  expectBinary("sub.rn.f32", [](float a, float b) { return a - b; });
  expectBinary("mul.f32", [](float a, float b) { return a * b; });
  expectBinary("div.rn.f32", [](float a, float b) { return a / b; });
}

TEST(PtxFloat, OtherRoundingsAreTheHosts) {
  struct {
    const char *word;
    int mode;
  } modes[] = {{"rz", FE_TOWARDZERO}, {"rm", FE_DOWNWARD}, {"rp", FE_UPWARD}};
  for (auto [word, mode] : modes) {
    expectBinary("add." + std::string(word) + ".f32", [=](float a, float b) {
      volatile float x = a, y = b;
      return inMode(mode, [&] { return x + y; });
    });
    expectBinary("mul." + std::string(word) + ".f32", [=](float a, float b) {
      volatile float x = a, y = b;
      return inMode(mode, [&] { return x * y; });
    });
  }
}

TEST(PtxFloat, FlushToZeroTakesSubnormalsAway) {
  expectBinary("add.ftz.f32", [](float a, float b) {
    return flushed(flushed(a) + flushed(b));
  });
  expectBinary("mul.ftz.f32", [](float a, float b) {
    return flushed(flushed(a) * flushed(b));
  });
}

TEST(PtxFloat, SaturationEndsInZeroToOne) {
  auto values = pairsOf(interestingFloats());
  auto results = evaluate({"add.sat.f32 %d, %a, %b;", 32, {32, 32}}, values);
  for (size_t i = 0; i < results.size(); ++i) {
    float sum = f(values[0][i]) + f(values[1][i]);
    float expected = !(sum > 0) ? 0 : sum > 1 ? 1 : sum;
    EXPECT_EQ(f(results[i]), expected);
  }
}

TEST(PtxFloat, FusedMultiplyAddRoundsOnce) {
  auto values = triplesOf(kFused);
  auto results =
      evaluate({"fma.rn.f32 %d, %a, %b, %c;", 32, {32, 32, 32}}, values);
  auto down =
      evaluate({"fma.rm.f32 %d, %a, %b, %c;", 32, {32, 32, 32}}, values);
  // A guarded one: not all lanes, so that the other code runs.
  auto some = evaluate({"mov.b32 %d, 0; setp.ne.b32 %p1, %tid, 3;\n"
                        "@%p1 fma.rn.f32 %d, %a, %b, %c;",
                        32,
                        {32, 32, 32}},
                       values);
  for (size_t i = 0; i < results.size(); ++i) {
    volatile float x = f(values[0][i]), y = f(values[1][i]),
                   z = f(values[2][i]);
    EXPECT_EQ(results[i], b(std::fma(x, y, z))) << x << " " << y << " " << z;
    EXPECT_EQ(down[i],
              b(inMode(FE_DOWNWARD, [&] { return std::fma(x, y, z); })))
        << x << " " << y << " " << z;
    if (i != 3)
      EXPECT_EQ(some[i], results[i]);
  }
}

TEST(PtxFloat, MinimaPreferNumbersToNan) {
  auto pick = [](bool isMax, float a, float b) {
    if (std::isnan(a))
      return b;
    if (std::isnan(b))
      return a;
    if (a == b)
      return std::signbit(a) != isMax ? a : b; // -0 is the smaller
    return (a < b) != isMax ? a : b;
  };
  expectBinary("min.f32", [&](float a, float b) { return pick(false, a, b); });
  expectBinary("max.f32", [&](float a, float b) { return pick(true, a, b); });
  expectBinary("max.NaN.f32", [&](float a, float b) {
    return std::isnan(a) || std::isnan(b) ? NAN : pick(true, a, b);
  });
  expectBinary("min.xorsign.abs.f32", [&](float a, float b) {
    float magnitude = pick(false, std::fabs(a), std::fabs(b));
    bool negative = std::signbit(a) != std::signbit(b);
    return negative ? -magnitude : magnitude;
  });
}

TEST(PtxFloat, SignsAreBits) {
  auto values = pairsOf(interestingFloats());
  auto negated = evaluate({"neg.f32 %d, %a;", 32, {32}}, values);
  auto magnitude = evaluate({"abs.f32 %d, %a;", 32, {32}}, values);
  auto copied = evaluate({"copysign.f32 %d, %a, %b;", 32, {32, 32}}, values);
  for (size_t i = 0; i < negated.size(); ++i) {
    uint64_t x = values[0][i], y = values[1][i];
    EXPECT_EQ(negated[i], x ^ 0x80000000);
    EXPECT_EQ(magnitude[i], x & 0x7FFFFFFF);
    EXPECT_EQ(copied[i], (x & 0x80000000) | (y & 0x7FFFFFFF));
  }
}

TEST(PtxFloat, DoublesAreDoubles) {
  std::vector<uint64_t> numbers;
  for (double value : {0.0, -0.0, 1.0, -1.5, 1e300, 3e-310, 0.1, 1e-300})
    numbers.push_back(std::bit_cast<uint64_t>(value));
  auto values = triplesOf(numbers);
  auto fused =
      evaluate({"fma.rn.f64 %d, %a, %b, %c;", 64, {64, 64, 64}}, values);
  auto quotient = evaluate({"div.rn.f64 %d, %a, %b;", 64, {64, 64}}, values);
  for (size_t i = 0; i < fused.size(); ++i) {
    double x = std::bit_cast<double>(values[0][i]),
           y = std::bit_cast<double>(values[1][i]),
           z = std::bit_cast<double>(values[2][i]);
    EXPECT_EQ(std::bit_cast<double>(fused[i]), std::fma(x, y, z));
    if (y != 0)
      EXPECT_EQ(std::bit_cast<double>(quotient[i]), x / y);
  }
}

// ---- approximations --------------------------------------------------------

namespace {

/// Within one unit in the last place of the host's double.
void expectFunction(const std::string &mnemonic, double (*function)(double)) {
  std::vector<uint64_t> inputs = interestingFloats();
  for (int k = 0; k < 900; ++k)
    inputs.push_back(b(float(std::sin(k * 1.7) * (k % 9 ? 20.0 : 140.0))));
  inputs.resize(928);
  auto results = evaluate({mnemonic + " %d, %a;", 32, {32}}, {inputs});
  for (size_t i = 0; i < inputs.size(); ++i) {
    float expected = float(function(f(inputs[i])));
    if (std::isnan(expected) || std::isinf(expected) || expected == 0) {
      EXPECT_EQ(results[i], b(expected)) << mnemonic << " of " << f(inputs[i]);
      continue;
    }
    EXPECT_NEAR(
        double(f(results[i])), double(expected),
        std::fabs(double(std::nextafter(expected, INFINITY)) - expected))
        << mnemonic << " of " << f(inputs[i]);
  }
}

} // namespace

TEST(PtxFloat, ApproximateFunctionsAreTheRoundedExactOnes) {
  expectFunction("ex2.approx.f32", [](double x) { return std::exp2(x); });
  expectFunction("lg2.approx.f32", [](double x) { return std::log2(x); });
  expectFunction("rcp.approx.f32", [](double x) { return 1 / x; });
  expectFunction("rsqrt.approx.f32", [](double x) { return 1 / std::sqrt(x); });
  expectFunction("sqrt.approx.f32", [](double x) { return std::sqrt(x); });
  expectFunction("sin.approx.f32", [](double x) { return std::sin(x); });
  expectFunction("cos.approx.f32", [](double x) { return std::cos(x); });
  expectFunction("tanh.approx.f32", [](double x) { return std::tanh(x); });
}

TEST(PtxFloat, RoundedReciprocalsAndRootsAreExact) {
  std::vector<uint64_t> inputs = interestingFloats();
  auto reciprocals = evaluate({"rcp.rn.f32 %d, %a;", 32, {32}}, {inputs});
  auto roots = evaluate({"sqrt.rn.f32 %d, %a;", 32, {32}}, {inputs});
  for (size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_EQ(reciprocals[i], b(1 / f(inputs[i])));
    EXPECT_EQ(roots[i], b(std::sqrt(f(inputs[i]))));
  }
}

// ---- comparisons -----------------------------------------------------------

TEST(PtxCompare, EveryFloatComparisonKnowsNan) {
  auto values = pairsOf(interestingFloats());
  struct {
    const char *word;
    bool (*holds)(float, float);
  } comparisons[] = {
      {"eq", [](float a, float b) { return a == b; }},
      {"ne", [](float a, float b) { return a < b || a > b; }},
      {"lt", [](float a, float b) { return a < b; }},
      {"le", [](float a, float b) { return a <= b; }},
      {"gt", [](float a, float b) { return a > b; }},
      {"ge", [](float a, float b) { return a >= b; }},
      {"equ", [](float a, float b) { return !(a < b || a > b); }},
      {"neu", [](float a, float b) { return a != b; }},
      {"ltu", [](float a, float b) { return !(a >= b); }},
      {"leu", [](float a, float b) { return !(a > b); }},
      {"gtu", [](float a, float b) { return !(a <= b); }},
      {"geu", [](float a, float b) { return !(a < b); }},
      {"num", [](float a, float b) { return a == a && b == b; }},
      {"nan", [](float a, float b) { return a != a || b != b; }},
  };
  for (auto [word, holds] : comparisons) {
    std::string code = "setp." + std::string(word) +
                       ".f32 %p1, %a, %b; selp.b32 %d, 7, 9, %p1;";
    auto results = evaluate({code, 32, {32, 32}}, values);
    for (size_t i = 0; i < results.size(); ++i)
      ASSERT_EQ(results[i], holds(f(values[0][i]), f(values[1][i])) ? 7u : 9u)
          << word << " of " << f(values[0][i]) << " and " << f(values[1][i]);
  }
}

TEST(PtxCompare, IntegersCompareSignedAndUnsigned) {
  auto values = pairsOf(interesting64());
  auto isSigned = evaluate(
      {"setp.lt.s64 %p1, %a, %b; selp.b32 %d, 1, 0, %p1;", 32, {64, 64}},
      values);
  auto isUnsigned = evaluate(
      {"setp.hi.u64 %p1, %a, %b; selp.b32 %d, 1, 0, %p1;", 32, {64, 64}},
      values);
  for (size_t i = 0; i < isSigned.size(); ++i) {
    EXPECT_EQ(isSigned[i], int64_t(values[0][i]) < int64_t(values[1][i]));
    EXPECT_EQ(isUnsigned[i], values[0][i] > values[1][i]);
  }
}

TEST(PtxCompare, ResultsCombineWithAPredicateAndItsOpposite) {
  auto values = pairsOf(interesting32());
  auto results = evaluate({R"(
    setp.gt.u32 %p3, %a, 100;
    setp.lt.and.s32 %p1|%p2, %a, %b, !%p3;
    selp.b32 %r1, 1, 0, %p1;
    selp.b32 %r2, 2, 0, %p2;
    add.s32 %d, %r1, %r2;)",
                           32,
                           {32, 32}},
                          values);
  for (size_t i = 0; i < results.size(); ++i) {
    bool less = int32_t(values[0][i]) < int32_t(values[1][i]);
    bool small = values[0][i] <= 100;
    EXPECT_EQ(results[i], (less && small) + 2u * (!less && small));
  }
}

TEST(PtxCompare, PredicatesHaveLogicOfTheirOwn) {
  auto values = pairsOf({0, 1});
  auto results = evaluate({R"(
    setp.ne.b32 %p1, %a, 0;
    setp.ne.b32 %p2, %b, 0;
    and.pred %p3, %p1, %p2;
    or.pred %p4, %p1, %p2;
    xor.pred %p5, %p1, %p2;
    not.pred %p6, %p1;
    selp.b32 %d, 1, 0, %p3;
    @%p4 add.s32 %d, %d, 2;
    @%p5 add.s32 %d, %d, 4;
    @!%p6 add.s32 %d, %d, 8;)",
                           32,
                           {32, 32}},
                          values);
  EXPECT_EQ(results, (std::vector<uint64_t>{0, 2 + 4, 2 + 4 + 8, 1 + 2 + 8}));
}

TEST(PtxCompare, SetSelectAndTestGiveValues) {
  std::vector<uint64_t> inputs = interestingFloats();
  auto set =
      evaluate({"set.gt.f32.f32 %d, %a, 0f3F000000;", 32, {32}}, {inputs});
  auto mask = evaluate({"set.le.u32.s32 %d, %a, 1;", 32, {32}}, {inputs});
  auto sign = evaluate({"slct.b32.s32 %d, 5, 6, %a;", 32, {32}}, {inputs});
  auto finite =
      evaluate({"testp.finite.f32 %p1, %a; selp.b32 %d, 1, 0, %p1;", 32, {32}},
               {inputs});
  auto subnormal = evaluate(
      {"testp.subnormal.f32 %p1, %a; selp.b32 %d, 1, 0, %p1;", 32, {32}},
      {inputs});
  for (size_t i = 0; i < inputs.size(); ++i) {
    float a = f(inputs[i]);
    EXPECT_EQ(f(set[i]), a > 0.5f ? 1.0f : 0.0f);
    EXPECT_EQ(mask[i], int32_t(inputs[i]) <= 1 ? 0xFFFFFFFFu : 0u);
    EXPECT_EQ(sign[i], int32_t(inputs[i]) >= 0 ? 5u : 6u);
    EXPECT_EQ(finite[i], std::isfinite(a));
    EXPECT_EQ(subnormal[i], std::fpclassify(a) == FP_SUBNORMAL);
  }
}
