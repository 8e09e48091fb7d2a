//===- NumericTest.cpp - Rounding to the 16-bit types ----------------------===//

#include "Numeric.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace kgen;

namespace {

TEST(Numeric, everySixteenBitValueSurvivesARoundTrip) {
  for (uint32_t bits = 0; bits <= 0xffff; ++bits) {
    float half = fromF16Bits(static_cast<uint16_t>(bits));
    float brain = fromBF16Bits(static_cast<uint16_t>(bits));
    if (!std::isnan(half))
      EXPECT_EQ(toF16Bits(half), bits);
    if (!std::isnan(brain))
      EXPECT_EQ(toBF16Bits(brain), bits);
  }
}

// Between two neighbours the nearer one is taken, and the even one in the middle.
template <typename From, typename To>
void checkRounding(From fromBits, To toBits, uint32_t largest) {
  for (uint32_t bits = 0; bits < largest; ++bits) {
    double low = fromBits(static_cast<uint16_t>(bits));
    double high = fromBits(static_cast<uint16_t>(bits + 1));
    double step = high - low;
    EXPECT_EQ(toBits(static_cast<float>(low + 0.25 * step)), bits);
    EXPECT_EQ(toBits(static_cast<float>(low + 0.75 * step)), bits + 1);
    EXPECT_EQ(toBits(static_cast<float>(low + 0.5 * step)), bits % 2 ? bits + 1 : bits);
    EXPECT_EQ(toBits(static_cast<float>(-low - 0.75 * step)), (bits + 1) | 0x8000u);
  }
}

TEST(Numeric, roundsToNearestEven) {
  checkRounding(fromF16Bits, toF16Bits, 0x7bff);
  checkRounding(fromBF16Bits, toBF16Bits, 0x7f7f);
}

TEST(Numeric, specialValues) {
  float inf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(roundToF16(65504), 65504);
  EXPECT_EQ(roundToF16(65520), inf);
  EXPECT_EQ(roundToF16(-1e30f), -inf);
  EXPECT_EQ(roundToBF16(-inf), -inf);
  EXPECT_TRUE(std::isnan(roundToF16(std::nanf(""))));
  EXPECT_TRUE(std::isnan(roundToBF16(std::nanf(""))));
  EXPECT_EQ(roundToTF32(1 + 0x1p-11f), 1);
  EXPECT_EQ(roundToTF32(1 + 0x1p-10f), 1 + 0x1p-10f);
}

TEST(Numeric, encodeAndDecode) {
  std::vector<float> values = {0, -1, 0.5f, 65504};
  for (ElementType type : {ElementType::F32, ElementType::F16}) {
    std::string bytes = encodeFloats(type, values);
    EXPECT_EQ(bytes.size(), values.size() * byteSize(type));
    EXPECT_EQ(decodeFloats(type, bytes.data(), values.size()), values);
  }
}

} // namespace
