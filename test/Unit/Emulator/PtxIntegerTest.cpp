//===- PtxIntegerTest.cpp - Integer arithmetic against the host's
//----------===//

#include "PtxHarness.h"

#include <gtest/gtest.h>

#include <functional>

using namespace kgen::emulator;

namespace {

using Binary = std::function<uint64_t(uint64_t, uint64_t)>;

/// Compares "<mnemonic> %d, %a, %b;" with `expected` on all pairs.
void expectBinary(const std::string &mnemonic, uint32_t width, Binary expected,
                  uint32_t resultWidth = 0) {
  auto values = pairsOf(width == 16   ? interesting16()
                        : width == 32 ? interesting32()
                                      : interesting64());
  resultWidth = resultWidth ? resultWidth : width;
  std::string code = mnemonic + " %d, %a, %b;";
  auto results = evaluate({code, resultWidth, {width, width}}, values);
  uint64_t mask = resultWidth == 64 ? ~0ull : (1ull << resultWidth) - 1;
  for (size_t i = 0; i < results.size(); ++i)
    ASSERT_EQ(results[i], expected(values[0][i], values[1][i]) & mask)
        << mnemonic << " of " << values[0][i] << " and " << values[1][i];
}

int32_t s32(uint64_t v) { return int32_t(uint32_t(v)); }
int16_t s16(uint64_t v) { return int16_t(uint16_t(v)); }
int64_t s64(uint64_t v) { return int64_t(v); }
using Wide = __int128;

} // namespace

TEST(PtxInteger, SumsAndDifferencesWrapAround) {
  expectBinary("add.s32", 32, [](uint64_t a, uint64_t b) { return a + b; });
  expectBinary("add.u64", 64, [](uint64_t a, uint64_t b) { return a + b; });
  expectBinary("add.s16", 16, [](uint64_t a, uint64_t b) { return a + b; });
  expectBinary("sub.s32", 32, [](uint64_t a, uint64_t b) { return a - b; });
  expectBinary("sub.s64", 64, [](uint64_t a, uint64_t b) { return a - b; });
  expectBinary("sub.u16", 16, [](uint64_t a, uint64_t b) { return a - b; });
}

TEST(PtxInteger, SaturatingSumsStopAtTheEnds) {
  expectBinary("add.sat.s32", 32, [](uint64_t a, uint64_t b) {
    int64_t sum = int64_t(s32(a)) + s32(b);
    return uint64_t(
        std::min<int64_t>(std::max<int64_t>(sum, INT32_MIN), INT32_MAX));
  });
}

TEST(PtxInteger, ProductsHaveTheirHalves) {
  expectBinary("mul.lo.s32", 32, [](uint64_t a, uint64_t b) { return a * b; });
  expectBinary("mul.lo.u64", 64, [](uint64_t a, uint64_t b) { return a * b; });
  expectBinary("mul.lo.s16", 16, [](uint64_t a, uint64_t b) { return a * b; });
  expectBinary("mul.hi.u32", 32,
               [](uint64_t a, uint64_t b) { return a * b >> 32; });
  expectBinary("mul.hi.s32", 32, [](uint64_t a, uint64_t b) {
    return uint64_t(int64_t(s32(a)) * s32(b) >> 32);
  });
  expectBinary("mul.hi.u64", 64, [](uint64_t a, uint64_t b) {
    return uint64_t((unsigned __int128)(a)*b >> 64);
  });
  expectBinary("mul.hi.s64", 64, [](uint64_t a, uint64_t b) {
    return uint64_t(Wide(s64(a)) * s64(b) >> 64);
  });
}

TEST(PtxInteger, WideProductsKeepAllBits) {
  expectBinary(
      "mul.wide.u32", 32, [](uint64_t a, uint64_t b) { return a * b; }, 64);
  expectBinary(
      "mul.wide.s32", 32,
      [](uint64_t a, uint64_t b) { return uint64_t(int64_t(s32(a)) * s32(b)); },
      64);
  expectBinary(
      "mul.wide.s16", 16,
      [](uint64_t a, uint64_t b) { return uint64_t(s16(a) * s16(b)); }, 32);
}

TEST(PtxInteger, DivisionTruncatesAndByZeroIsAllOnes) {
  expectBinary("div.u32", 32,
               [](uint64_t a, uint64_t b) { return b ? a / b : ~0ull; });
  expectBinary("div.s32", 32, [](uint64_t a, uint64_t b) {
    return b ? uint64_t(int64_t(s32(a)) / s32(b)) : ~0ull;
  });
  expectBinary("div.s64", 64, [](uint64_t a, uint64_t b) {
    return b ? uint64_t(Wide(s64(a)) / s64(b)) : ~0ull;
  });
  expectBinary("rem.s32", 32, [](uint64_t a, uint64_t b) {
    return b ? uint64_t(int64_t(s32(a)) % s32(b)) : a;
  });
  expectBinary("rem.u64", 64,
               [](uint64_t a, uint64_t b) { return b ? a % b : a; });
}

TEST(PtxInteger, MinimaAndMaximaKnowTheSign) {
  expectBinary("min.s32", 32,
               [](uint64_t a, uint64_t b) { return s32(a) < s32(b) ? a : b; });
  expectBinary("max.s32", 32,
               [](uint64_t a, uint64_t b) { return s32(a) > s32(b) ? a : b; });

  // LLVM makes them of a bound below at zero.
  auto relu = [](int32_t value) {
    return uint64_t(uint32_t(std::max(value, 0)));
  };
  expectBinary("min.relu.s32", 32, [&](uint64_t a, uint64_t b) {
    return relu(std::min(int32_t(a), int32_t(b)));
  });
  expectBinary("max.relu.s32", 32, [&](uint64_t a, uint64_t b) {
    return relu(std::max(int32_t(a), int32_t(b)));
  });
  expectBinary("min.u32", 32,
               [](uint64_t a, uint64_t b) { return a < b ? a : b; });
  expectBinary("max.u64", 64,
               [](uint64_t a, uint64_t b) { return a > b ? a : b; });
  expectBinary("min.s64", 64,
               [](uint64_t a, uint64_t b) { return s64(a) < s64(b) ? a : b; });
  expectBinary("max.s16", 16,
               [](uint64_t a, uint64_t b) { return s16(a) > s16(b) ? a : b; });
}

TEST(PtxInteger, OneOperandFormsNegateAndTakeMagnitudes) {
  auto values = pairsOf(interesting32());
  auto negated = evaluate({"neg.s32 %d, %a;", 32, {32}}, values);
  auto magnitudes = evaluate({"abs.s32 %d, %a;", 32, {32}}, values);
  for (size_t i = 0; i < negated.size(); ++i) {
    int64_t a = s32(values[0][i]);
    EXPECT_EQ(negated[i], uint32_t(-a));
    EXPECT_EQ(magnitudes[i], uint32_t(a < 0 ? -a : a));
  }
}

TEST(PtxInteger, MultiplyAddTakesThreeOperands) {
  auto values = triplesOf({0, 1, 3, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 12345});
  auto low = evaluate({"mad.lo.s32 %d, %a, %b, %c;", 32, {32, 32, 32}}, values);
  auto high =
      evaluate({"mad.hi.u32 %d, %a, %b, %c;", 32, {32, 32, 32}}, values);
  auto wide =
      evaluate({"mad.wide.s32 %d, %a, %b, %c;", 64, {32, 32, 64}}, values);
  auto sad = evaluate({"sad.u32 %d, %a, %b, %c;", 32, {32, 32, 32}}, values);
  for (size_t i = 0; i < low.size(); ++i) {
    uint64_t a = values[0][i], b = values[1][i], c = values[2][i];
    EXPECT_EQ(low[i], uint32_t(a * b + c));
    EXPECT_EQ(high[i], uint32_t((a * b >> 32) + c));
    EXPECT_EQ(wide[i], uint64_t(int64_t(s32(a)) * s32(b)) + c);
    EXPECT_EQ(sad[i], uint32_t(c + (a < b ? b - a : a - b)));
  }
}

TEST(PtxInteger, DotOfBytesKnowsBothSigns) {
  auto values = triplesOf({0, 0x01020304, 0xFF80017F, 0x80808080, 0xFFFFFFFF});
  auto results =
      evaluate({"dp4a.s32.u32 %d, %a, %b, %c;", 32, {32, 32, 32}}, values);
  for (size_t i = 0; i < results.size(); ++i) {
    int64_t sum = s32(values[2][i]);
    for (int byte = 0; byte < 4; ++byte)
      sum += int64_t(int8_t(values[0][i] >> (8 * byte))) *
             uint8_t(values[1][i] >> (8 * byte));
    EXPECT_EQ(results[i], uint32_t(sum));
  }
}

// ---- bits ------------------------------------------------------------------

TEST(PtxBits, LogicWorksOnEveryWidth) {
  expectBinary("and.b32", 32, [](uint64_t a, uint64_t b) { return a & b; });
  expectBinary("or.b64", 64, [](uint64_t a, uint64_t b) { return a | b; });
  expectBinary("xor.b16", 16, [](uint64_t a, uint64_t b) { return a ^ b; });
}

TEST(PtxBits, ShiftsPastTheWidthShiftEverythingOut) {
  auto shift = [](const std::string &mnemonic, uint32_t width,
                  Binary expected) {
    auto values = pairsOf(width == 16   ? interesting16()
                          : width == 32 ? interesting32()
                                        : interesting64());
    // The amount has 32 bits.
    for (uint64_t &by : values[1])
      by &= 0xFFFFFFFF;
    auto results =
        evaluate({mnemonic + " %d, %a, %b;", width, {width, 32}}, values);
    uint64_t mask = width == 64 ? ~0ull : (1ull << width) - 1;
    for (size_t i = 0; i < results.size(); ++i)
      ASSERT_EQ(results[i], expected(values[0][i], values[1][i]) & mask)
          << mnemonic << " of " << values[0][i] << " by " << values[1][i];
  };
  shift("shl.b32", 32,
        [](uint64_t a, uint64_t n) { return n > 31 ? 0 : a << n; });
  shift("shl.b64", 64,
        [](uint64_t a, uint64_t n) { return n > 63 ? 0 : a << n; });
  shift("shl.b16", 16,
        [](uint64_t a, uint64_t n) { return n > 15 ? 0 : a << n; });
  shift("shr.u32", 32,
        [](uint64_t a, uint64_t n) { return n > 31 ? 0 : a >> n; });
  shift("shr.u16", 16,
        [](uint64_t a, uint64_t n) { return n > 15 ? 0 : a >> n; });
  shift("shr.s32", 32, [](uint64_t a, uint64_t n) {
    return uint64_t(int64_t(s32(a)) >> std::min<uint64_t>(n, 40));
  });
  shift("shr.s64", 64, [](uint64_t a, uint64_t n) {
    return uint64_t(s64(a) >> std::min<uint64_t>(n, 63));
  });
}

TEST(PtxBits, FunnelShiftsTakeTheMiddleOfTwoWords) {
  auto values = triplesOf({0, 1, 31, 32, 33, 0xDEADBEEF, 0xFFFFFFFF});
  auto left =
      evaluate({"shf.l.wrap.b32 %d, %a, %b, %c;", 32, {32, 32, 32}}, values);
  auto right =
      evaluate({"shf.r.clamp.b32 %d, %a, %b, %c;", 32, {32, 32, 32}}, values);
  for (size_t i = 0; i < left.size(); ++i) {
    uint64_t both = values[1][i] << 32 | values[0][i], by = values[2][i];
    EXPECT_EQ(left[i], uint32_t(both << (by & 31) >> 32));
    EXPECT_EQ(right[i], uint32_t(both >> std::min<uint64_t>(by, 32)));
  }
}

TEST(PtxBits, CountsAndReversals) {
  auto values = pairsOf(interesting32());
  auto ones = evaluate({"popc.b32 %d, %a;", 32, {32}}, values);
  auto zeros = evaluate({"clz.b32 %d, %a;", 32, {32}}, values);
  auto reversed = evaluate({"brev.b32 %d, %a;", 32, {32}}, values);
  auto first = evaluate({"bfind.s32 %d, %a;", 32, {32}}, values);
  for (size_t i = 0; i < ones.size(); ++i) {
    uint64_t a = values[0][i], count = 0, back = 0, top = 32;
    for (int bit = 0; bit < 32; ++bit)
      if (a >> bit & 1) {
        ++count;
        back |= 1ull << (31 - bit);
        top = 31 - uint64_t(bit);
      }
    EXPECT_EQ(ones[i], count);
    EXPECT_EQ(zeros[i], top);
    EXPECT_EQ(reversed[i], back);
    int64_t place = -1;
    for (int bit = 0; bit < 31; ++bit)
      if ((a >> bit & 1) != (a >> 31 & 1))
        place = bit;
    EXPECT_EQ(first[i], uint32_t(place)) << a;
  }
}

TEST(PtxBits, FieldsAreCutOutAndPutIn) {
  auto values = triplesOf({0, 1, 4, 31, 32, 40, 0x80F0F0F5});
  auto unsignedField =
      evaluate({"bfe.u32 %d, %a, %b, %c;", 32, {32, 32, 32}}, values);
  auto signedField =
      evaluate({"bfe.s32 %d, %a, %b, %c;", 32, {32, 32, 32}}, values);
  auto inserted =
      evaluate({"bfi.b32 %d, %a, -1, %b, %c;", 32, {32, 32, 32}}, values);
  for (size_t i = 0; i < values[0].size(); ++i) {
    // The ISA's own pseudocode, bit by bit.
    uint64_t a = values[0][i], pos = values[1][i] & 0xFF,
             len = values[2][i] & 0xFF, u = 0, f = 0xFFFFFFFF;
    uint64_t sign = len ? a >> std::min<uint64_t>(pos + len - 1, 31) & 1 : 0;
    uint64_t s = 0;
    for (uint64_t k = 0; k < 32; ++k) {
      bool inside = k < len && pos + k <= 31;
      u |= (inside ? a >> (pos + k) & 1 : 0) << k;
      s |= (inside ? a >> (pos + k) & 1 : sign) << k;
      if (k < len && pos + k < 32)
        f = (f & ~(1ull << (pos + k))) | (a >> k & 1) << (pos + k);
    }
    EXPECT_EQ(unsignedField[i], u) << a << " " << pos << " " << len;
    EXPECT_EQ(signedField[i], s) << a << " " << pos << " " << len;
    EXPECT_EQ(inserted[i], f) << a << " " << pos << " " << len;
  }
}

TEST(PtxBits, PermutePicksBytesAndSigns) {
  auto values = triplesOf(
      {0x7654, 0x3210, 0xFEDC, 0x11223344, 0x80FF7F01, 0xABCDEF98, 0xB9A8});
  auto results =
      evaluate({"prmt.b32 %d, %a, %b, %c;", 32, {32, 32, 32}}, values);
  for (size_t i = 0; i < results.size(); ++i) {
    uint64_t bytes = values[1][i] << 32 | values[0][i], expected = 0;
    for (int k = 0; k < 4; ++k) {
      uint64_t select = values[2][i] >> (4 * k) & 15;
      uint64_t byte = bytes >> (8 * (select & 7)) & 0xFF;
      if (select > 7)
        byte = byte > 127 ? 255 : 0;
      expected |= byte << (8 * k);
    }
    EXPECT_EQ(results[i], expected);
  }
}

TEST(PtxBits, TableLookUpMakesAnyFunctionOfThree) {
  auto values = triplesOf({0, 0xFFFFFFFF, 0xF0F0F0F0, 0xCCCCCCCC, 0xAAAAAAAA});
  auto results =
      evaluate({"lop3.b32 %d, %a, %b, %c, 0xE2;", 32, {32, 32, 32}}, values);
  for (size_t i = 0; i < results.size(); ++i) {
    uint32_t expected = 0;
    for (int bit = 0; bit < 32; ++bit) {
      uint32_t key = (values[0][i] >> bit & 1) << 2 |
                     (values[1][i] >> bit & 1) << 1 | (values[2][i] >> bit & 1);
      expected |= (0xE2u >> key & 1) << bit;
    }
    EXPECT_EQ(results[i], expected);
  }
}
