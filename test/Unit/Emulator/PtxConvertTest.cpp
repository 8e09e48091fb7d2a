//===- PtxConvertTest.cpp - Conversions and 16-bit floats
//------------------===//

#include "PtxHarness.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <functional>

using namespace kgen::emulator;

namespace {

float f(uint64_t bits) { return std::bit_cast<float>(uint32_t(bits)); }
uint32_t b(float value) { return std::bit_cast<uint32_t>(value); }

/// A 16-bit float of 1 + exponent + fraction bits, decoded from the definition.
double decode(uint16_t bits, int exponentBits) {
  int fractionBits = 15 - exponentBits;
  int exponent = bits >> fractionBits & ((1 << exponentBits) - 1);
  int fraction = bits & ((1 << fractionBits) - 1);
  int bias = (1 << (exponentBits - 1)) - 1;
  double magnitude;
  if (exponent == (1 << exponentBits) - 1)
    magnitude = fraction ? NAN : INFINITY;
  else if (exponent == 0)
    magnitude = std::ldexp(fraction, 1 - bias - fractionBits);
  else
    magnitude =
        std::ldexp(1 + std::ldexp(fraction, -fractionBits), exponent - bias);
  return bits & 0x8000 ? -magnitude : magnitude;
}
double half(uint64_t bits) { return decode(uint16_t(bits), 5); }
double brain(uint64_t bits) { return decode(uint16_t(bits), 8); }

/// The nearest of all numbers of the format, ties to the even encoding, by
/// bisection over the encodings.
uint16_t nearest(double value, int exponentBits) {
  if (std::isnan(value))
    return 0x7FFF;
  uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  double magnitude = std::fabs(value);
  uint16_t infinity =
      uint16_t(((1 << exponentBits) - 1) << (15 - exponentBits));
  uint16_t low = 0, high = infinity;
  while (low + 1 < high) {
    uint16_t middle = uint16_t((low + high) / 2);
    (decode(middle, exponentBits) <= magnitude ? low : high) = middle;
  }
  // The first number beyond the range takes infinity's place in the rounding.
  double above = high == infinity ? 2 * decode(low, exponentBits) -
                                        decode(uint16_t(low - 1), exponentBits)
                                  : decode(high, exponentBits);
  double toLow = magnitude - decode(low, exponentBits),
         toHigh = above - magnitude;
  bool takeHigh = toHigh < toLow || (toHigh == toLow && (high & 1) == 0);
  return sign | (takeHigh ? high : low);
}

std::vector<uint64_t> manyFloats() {
  std::vector<uint64_t> inputs = interestingFloats();
  for (uint64_t special :
       {0x477FE000u, 0x477FEFFFu, 0x477FF000u, 0x38800000u, 0x387FC000u,
        0x33000000u, 0x33000001u, 0x33C00000u, 0x3F801000u, 0x3F803000u,
        0x3F808000u, 0x3F818000u, 0x7F7F8000u, 0x7F7F7FFFu, 0x00008000u})
    inputs.push_back(special);
  for (uint32_t k = 0; inputs.size() < 1000; ++k)
    inputs.push_back((k * 2654435761u) ^ (k << 7));
  return inputs;
}

std::vector<uint64_t> halves() {
  return {0x0000, 0x8000, 0x0001, 0x03FF, 0x0400, 0x3C00, 0xBC00,
          0x3C01, 0x3800, 0x4248, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00,
          0x7E00, 0x5640, 0x1400, 0x9401, 0x3555, 0x6C00};
}

} // namespace

TEST(PtxConvert, FloatsBecomeTheNearestHalf) {
  std::vector<uint64_t> inputs = manyFloats();
  auto f16 = evaluate({"cvt.rn.f16.f32 %d, %a;", 16, {32}}, {inputs});
  auto bf16 = evaluate({"cvt.rn.bf16.f32 %d, %a;", 16, {32}}, {inputs});
  auto pair =
      evaluate({"cvt.rn.f16x2.f32 %d, %a, 0f3F800000;", 32, {32}}, {inputs});
  auto brains =
      evaluate({"cvt.rn.bf16x2.f32 %d, 0f40000000, %a;", 32, {32}}, {inputs});
  for (size_t i = 0; i < inputs.size(); ++i) {
    uint16_t asHalf = nearest(f(inputs[i]), 5),
             asBrain = nearest(f(inputs[i]), 8);
    ASSERT_EQ(f16[i], asHalf) << f(inputs[i]);
    ASSERT_EQ(bf16[i], asBrain) << f(inputs[i]);
    ASSERT_EQ(pair[i], uint32_t(asHalf) << 16 | 0x3C00);
    ASSERT_EQ(brains[i], 0x40000000u | asBrain);
  }
}

TEST(PtxConvert, TowardsZeroReluAndFiniteAreModifiers) {
  std::vector<uint64_t> inputs = manyFloats();
  auto zero = evaluate({"cvt.rz.f16.f32 %d, %a;", 16, {32}}, {inputs});
  auto relu = evaluate({"cvt.rn.relu.bf16.f32 %d, %a;", 16, {32}}, {inputs});
  auto finite =
      evaluate({"cvt.rn.satfinite.f16.f32 %d, %a;", 16, {32}}, {inputs});
  for (size_t i = 0; i < inputs.size(); ++i) {
    float a = f(inputs[i]);
    if (!std::isnan(a) && !std::isinf(a))
      EXPECT_LE(std::fabs(half(zero[i])), std::fabs(a));
    if (std::fabs(a) < 65504 && std::fabs(a) > 1e-7)
      EXPECT_LT(std::fabs(half(zero[i]) - a),
                std::max(std::fabs(double(a)) * 0x1p-10, 0x1p-24));
    EXPECT_EQ(relu[i], std::isnan(a) ? 0x7FFF : a < 0 ? 0 : nearest(a, 8)) << a;
    if (std::fabs(a) >= 65520)
      EXPECT_EQ(finite[i], a < 0 ? 0xFBFFu : 0x7BFFu) << a;
  }
}

TEST(PtxConvert, HalvesBecomeFloatsExactly) {
  std::vector<uint64_t> inputs;
  for (uint64_t k = 0; k < 1024; ++k)
    inputs.push_back(k * 64 + k % 61);
  auto f16 = evaluate({"cvt.f32.f16 %d, %a;", 32, {16}}, {inputs});
  auto bf16 = evaluate({"cvt.f32.bf16 %d, %a;", 32, {16}}, {inputs});
  for (size_t i = 0; i < inputs.size(); ++i) {
    double x = half(inputs[i]), y = brain(inputs[i]);
    EXPECT_EQ(f16[i], std::isnan(x) ? 0x7FFFFFFF : b(float(x)));
    EXPECT_EQ(bf16[i], std::isnan(y) ? 0x7FFFFFFF : b(float(y)));
  }
}

TEST(PtxConvert, FloatsBecomeIntegersWithinTheRange) {
  std::vector<uint64_t> inputs = manyFloats();
  inputs.insert(inputs.end(), {b(2.5f), b(3.5f), b(-2.5f), b(2147483648.0f),
                               b(-2147483904.0f), b(4294967296.0f)});
  auto nearestInt = evaluate({"cvt.rni.s32.f32 %d, %a;", 32, {32}}, {inputs});
  auto truncated = evaluate({"cvt.rzi.u32.f32 %d, %a;", 32, {32}}, {inputs});
  auto down = evaluate({"cvt.rmi.s64.f32 %d, %a;", 64, {32}}, {inputs});
  auto whole = evaluate({"cvt.rpi.f32.f32 %d, %a;", 32, {32}}, {inputs});
  auto clamp = [](double v, double low, double high) {
    return std::isnan(v) ? 0.0 : v < low ? low : v > high ? high : v;
  };
  for (size_t i = 0; i < inputs.size(); ++i) {
    double a = f(inputs[i]);
    EXPECT_EQ(nearestInt[i],
              uint32_t(int64_t(
                  clamp(std::nearbyint(a), -2147483648.0, 2147483647.0))))
        << a;
    EXPECT_EQ(truncated[i], uint64_t(clamp(std::trunc(a), 0, 4294967295.0)))
        << a;
    if (std::fabs(a) < 9e18)
      EXPECT_EQ(int64_t(down[i]), int64_t(std::floor(a))) << a;
    if (!std::isnan(a))
      EXPECT_EQ(f(whole[i]), float(std::ceil(a))) << a;
  }
}

TEST(PtxConvert, IntegersBecomeFloatsRounded) {
  std::vector<uint64_t> inputs = interesting64();
  auto fromSigned = evaluate({"cvt.rn.f32.s64 %d, %a;", 32, {64}}, {inputs});
  auto fromUnsigned = evaluate({"cvt.rn.f32.u64 %d, %a;", 32, {64}}, {inputs});
  auto towardsZero = evaluate({"cvt.rz.f32.u64 %d, %a;", 32, {64}}, {inputs});
  auto from32 = evaluate(
      {"cvt.u32.u64 %r1, %a; cvt.rn.f32.s32 %d, %r1;", 32, {64}}, {inputs});
  auto asHalf = evaluate(
      {"cvt.u16.u64 %h1, %a; cvt.rn.f16.u16 %d, %h1;", 16, {64}}, {inputs});
  for (size_t i = 0; i < inputs.size(); ++i) {
    uint64_t a = inputs[i];
    EXPECT_EQ(f(fromSigned[i]), float(int64_t(a)));
    EXPECT_EQ(f(fromUnsigned[i]), float(a));
    EXPECT_LE((__int128)f(towardsZero[i]), (__int128)a);
    EXPECT_GE(std::nextafter(f(towardsZero[i]), INFINITY), float(a));
    EXPECT_EQ(f(from32[i]), float(int32_t(a)));
    EXPECT_EQ(asHalf[i], nearest(uint16_t(a), 5));
  }
}

TEST(PtxConvert, IntegersAreCutExtendedAndClamped) {
  std::vector<uint64_t> inputs = interesting64();
  auto cut = evaluate({"cvt.u16.u64 %d, %a;", 16, {64}}, {inputs});
  auto extended = evaluate(
      {"cvt.u32.u64 %r1, %a; cvt.s64.s32 %d, %r1;", 64, {64}}, {inputs});
  auto zeroed = evaluate(
      {"cvt.u32.u64 %r1, %a; cvt.u64.u32 %d, %r1;", 64, {64}}, {inputs});
  auto byte = evaluate({"cvt.u32.u64 %r1, %a; cvt.s32.s8 %d, %r1;", 32, {64}},
                       {inputs});
  auto clamped = evaluate({"cvt.sat.u8.s64 %d, %a;", 32, {64}}, {inputs});
  for (size_t i = 0; i < inputs.size(); ++i) {
    uint64_t a = inputs[i];
    EXPECT_EQ(cut[i], uint16_t(a));
    EXPECT_EQ(extended[i], uint64_t(int64_t(int32_t(a))));
    EXPECT_EQ(zeroed[i], uint32_t(a));
    EXPECT_EQ(byte[i], uint32_t(int32_t(int8_t(a))));
    int64_t s = int64_t(a);
    EXPECT_EQ(clamped[i], uint64_t(s < 0 ? 0 : s > 255 ? 255 : s));
  }
}

TEST(PtxConvert, Tf32KeepsTenBits) {
  std::vector<uint64_t> inputs = manyFloats();
  auto results = evaluate({"cvt.rna.tf32.f32 %d, %a;", 32, {32}}, {inputs});
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (std::isnan(f(inputs[i])))
      continue;
    EXPECT_EQ(results[i] & 0x1FFF, 0u);
    if (std::isfinite(f(results[i])))
      EXPECT_LE(std::fabs(double(f(results[i])) - f(inputs[i])),
                std::max(std::fabs(f(inputs[i])) * 0x1p-11, 0x1p-137))
          << f(inputs[i]);
  }
}

// ---- 16-bit arithmetic -----------------------------------------------------

namespace {

using Binary = std::function<double(double, double)>;

void expectHalves(const std::string &operation, Binary expected) {
  auto values = pairsOf(halves());
  for (bool isBrain : {false, true}) {
    std::string type = isBrain ? ".bf16" : ".f16";
    auto single =
        evaluate({operation + type + " %d, %a, %b;", 16, {16, 16}}, values);
    // The pair (a, b) with (b, a).
    std::string code = "mov.b32 %r1, {%a, %b}; mov.b32 %r2, {%b, %a};\n" +
                       operation + type + "x2 %d, %r1, %r2;";
    auto pair = evaluate({code, 32, {16, 16}}, values);
    for (size_t i = 0; i < single.size(); ++i) {
      auto value = [&](uint64_t v) { return isBrain ? brain(v) : half(v); };
      double x = value(values[0][i]), y = value(values[1][i]);
      uint16_t ab = nearest(expected(x, y), isBrain ? 8 : 5);
      uint16_t ba = nearest(expected(y, x), isBrain ? 8 : 5);
      ASSERT_EQ(single[i], ab) << operation << type << " " << x << " " << y;
      ASSERT_EQ(pair[i], uint32_t(ba) << 16 | ab);
    }
  }
}

} // namespace

TEST(PtxHalf, ArithmeticRoundsOnce) {
  // Sums and products of these numbers are exact in double.
  expectHalves("add", [](double a, double b) { return a + b; });
  expectHalves("sub", [](double a, double b) { return a - b; });
  expectHalves("mul", [](double a, double b) { return a * b; });
}

TEST(PtxHalf, FusedMultiplyAddSeesTheTiniestAddend) {
  // 1.5 * (1 + 2^-10) is a tie of f16; 2^-24 more breaks it upwards.
  std::vector<std::vector<uint64_t>> values = {
      {0x3E00, 0x3E00, 0x3E00}, {0x3C01, 0x3C01, 0x3C01}, {0, 1, 0x8001}};
  auto results =
      evaluate({"fma.rn.f16 %d, %a, %b, %c;", 16, {16, 16, 16}}, values);
  EXPECT_EQ(results, (std::vector<uint64_t>{0x3E02, 0x3E02, 0x3E01}));
  auto relu = evaluate(
      {"neg.f16 %h1, %a; fma.rn.relu.f16 %d, %h1, %b, %c;", 16, {16, 16, 16}},
      values);
  EXPECT_EQ(relu, (std::vector<uint64_t>{0, 0, 0}));
}

TEST(PtxHalf, MinimaKnowNanAndNegativeZero) {
  auto values = pairsOf(halves());
  auto smaller = evaluate({"min.f16 %d, %a, %b;", 16, {16, 16}}, values);
  auto larger = evaluate({"max.NaN.bf16 %d, %a, %b;", 16, {16, 16}}, values);
  for (size_t i = 0; i < smaller.size(); ++i) {
    uint64_t a = values[0][i], c = values[1][i];
    double x = half(a), y = half(c);
    uint64_t expected = std::isnan(x)   ? (std::isnan(y) ? 0x7FFF : c)
                        : std::isnan(y) ? a
                        : x == y        ? (std::signbit(x) ? a : c)
                                        : (x < y ? a : c);
    EXPECT_EQ(smaller[i], expected) << x << " " << y;
    x = brain(a);
    y = brain(c);
    expected = std::isnan(x) || std::isnan(y) ? 0x7FFF
               : x == y                       ? (std::signbit(x) ? c : a)
                                              : (x > y ? a : c);
    EXPECT_EQ(larger[i], expected) << x << " " << y;
  }
}

TEST(PtxHalf, ComparisonsAndFunctionsDecodeTheFormat) {
  auto values = pairsOf(halves());
  auto less = evaluate(
      {"setp.lt.f16 %p1, %a, %b; selp.b16 %d, 1, 0, %p1;", 16, {16, 16}},
      values);
  auto exp2 = evaluate({"ex2.approx.f16 %d, %a;", 16, {16}}, values);
  auto tanh = evaluate({"tanh.approx.bf16 %d, %a;", 16, {16}}, values);
  for (size_t i = 0; i < less.size(); ++i) {
    double x = half(values[0][i]), y = half(values[1][i]);
    EXPECT_EQ(less[i], x < y);
    EXPECT_EQ(exp2[i], nearest(std::exp2(x), 5)) << x;
    double z = brain(values[0][i]);
    EXPECT_EQ(tanh[i], nearest(std::tanh(z), 8)) << z;
  }
}

// ---- moves -----------------------------------------------------------------

TEST(PtxMove, VectorsArePackedAndUnpacked) {
  std::vector<uint64_t> inputs = interesting64();
  auto swapped = evaluate({R"(
    mov.b64 {%r1, %r2}, %a;
    mov.b64 %d, {%r2, %r1};)",
                           64,
                           {64}},
                          {inputs});
  auto reversed = evaluate({R"(
    mov.b64 {%h1, %h2, %h3, %h4}, %a;
    mov.b64 %d, {%h4, %h3, %h2, %h1};)",
                            64,
                            {64}},
                           {inputs});
  auto high = evaluate({R"(
    mov.b64 {_, %r1}, %a;
    mov.b32 {%h1, %h2}, %r1;
    mov.b32 %d, {%h2, %h1};)",
                        32,
                        {64}},
                       {inputs});
  for (size_t i = 0; i < inputs.size(); ++i) {
    uint64_t a = inputs[i];
    EXPECT_EQ(swapped[i], a << 32 | a >> 32);
    EXPECT_EQ(reversed[i], (a & 0xFFFF) << 48 | (a >> 16 & 0xFFFF) << 32 |
                               (a >> 32 & 0xFFFF) << 16 | a >> 48);
    EXPECT_EQ(high[i], (a >> 48) | (a >> 32 & 0xFFFF) << 16);
  }
}

TEST(PtxMove, ImmediatesTakeTheTypeOfTheInstruction) {
  std::vector<std::vector<uint64_t>> one = {{0}};
  auto value = [&](const char *code, uint32_t width) {
    return evaluate({code, width, {32}}, one)[0];
  };
  EXPECT_EQ(value("mov.u32 %d, -1;", 32), 0xFFFFFFFFu);
  EXPECT_EQ(value("mov.b16 %d, -2;", 16), 0xFFFEu);
  EXPECT_EQ(value("mov.u64 %d, -3;", 64), ~2ull);
  EXPECT_EQ(value("mov.f32 %d, 0f3FC00000;", 32), 0x3FC00000u);
  EXPECT_EQ(value("mov.f32 %d, 1.5;", 32), 0x3FC00000u);
  EXPECT_EQ(value("mov.f64 %d, 0d3FF8000000000000;", 64), 0x3FF8000000000000u);
  EXPECT_EQ(value("add.f64 %d, 0f3FC00000, 0d0000000000000000;", 64),
            0x3FF8000000000000u);
}

TEST(PtxMove, SpecialRegistersNameTheThread) {
  std::vector<std::vector<uint64_t>> threads = {std::vector<uint64_t>(70)};
  auto special = [&](const char *name) {
    return evaluate({std::string("mov.u32 %d, ") + name + ";", 32, {32}},
                    threads);
  };
  auto lane = special("%laneid"), warp = special("%warpid"),
       count = special("%ntid.x"), less = special("%lanemask_lt");
  for (uint64_t t = 0; t < 70; ++t) {
    EXPECT_EQ(lane[t], t % 32);
    EXPECT_EQ(warp[t], t / 32);
    EXPECT_EQ(count[t], 70u);
    EXPECT_EQ(less[t], (1ull << t % 32) - 1);
  }
}
