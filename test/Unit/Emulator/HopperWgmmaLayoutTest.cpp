//===- HopperWgmmaLayoutTest.cpp - Operands and fragments of wgmma --------===//

#include "Hopper/NarrowFloat.h"
#include "Hopper/WgmmaProduct.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <set>
#include <vector>

using namespace kgen::emulator::hopper;

TEST(HopperWgmmaDescriptor, KeepsEveryField) {
  for (Swizzle swizzle :
       {Swizzle::None, Swizzle::Bytes32, Swizzle::Bytes64, Swizzle::Bytes128}) {
    WgmmaDescriptor d{0x3fff0, 0x10, 1024, 5, swizzle};
    WgmmaDescriptor back = WgmmaDescriptor::decode(d.encode());
    EXPECT_EQ(back.start, d.start);
    EXPECT_EQ(back.leadingOffset, d.leadingOffset);
    EXPECT_EQ(back.strideOffset, d.strideOffset);
    EXPECT_EQ(back.baseOffset, d.baseOffset);
    EXPECT_EQ(back.swizzle, d.swizzle);
  }
  EXPECT_EQ((WgmmaDescriptor{1024, 16, 1024, 0, Swizzle::Bytes128}.encode()),
            1ull << 62 | 64ull << 32 | 1ull << 16 | 64)
      << "the layout that ran on an H100";
}

TEST(HopperWgmmaDescriptor, FindsKMajorRowsInTheSwizzledTile) {
  // What the 128-byte swizzle of TMA makes of rows of 64 bf16.
  WgmmaDescriptor d{2048, 16, 1024, 0, Swizzle::Bytes128};
  for (uint32_t row = 0; row < 64; ++row)
    for (uint32_t k = 0; k < 16; ++k)
      EXPECT_EQ(operandAddress(d, Major::K, 2, row, k),
                2048 + row * 128 + ((k / 8) ^ row % 8) * 16 + k % 8 * 2);
  // The next 16 columns: the start moves by 32 bytes, inside the pattern.
  d.start += 32;
  EXPECT_EQ(operandAddress(d, Major::K, 2, 3, 0),
            2048u + 3 * 128 + (2 ^ 3) * 16);
}

TEST(HopperWgmmaDescriptor, FindsMnMajorBlocksOfTheSpan) {
  WgmmaDescriptor d{0, 16384, 1024, 0, Swizzle::Bytes128};
  for (uint32_t n = 0; n < 128; ++n)
    for (uint32_t k = 0; k < 16; ++k)
      EXPECT_EQ(operandAddress(d, Major::MN, 2, n, k),
                n / 64 * 16384 + k * 128 + ((n % 64 / 8) ^ k % 8) * 16 +
                    n % 8 * 2);
}

TEST(HopperWgmmaDescriptor, FindsPlainCoreMatrices) {
  WgmmaDescriptor d{0, 128, 256, 0, Swizzle::None};
  EXPECT_EQ(operandAddress(d, Major::K, 2, 9, 3), 256u + 16 + 6);
  EXPECT_EQ(operandAddress(d, Major::K, 2, 0, 8), 128u);
  EXPECT_EQ(operandAddress(d, Major::MN, 2, 9, 3), 256u + 3 * 16 + 2);
  EXPECT_EQ(operandAddress(d, Major::MN, 2, 0, 8), 128u);
}

TEST(HopperWgmmaDescriptor, ChunksCoverEveryElementOnce) {
  for (Major major : {Major::K, Major::MN})
    for (Swizzle swizzle : {Swizzle::None, Swizzle::Bytes32, Swizzle::Bytes64,
                            Swizzle::Bytes128}) {
      // Blocks far enough apart that no two elements share a place.
      WgmmaDescriptor d{0, 4096, 16384, 0, swizzle};
      std::set<uint32_t> chunks, elements;
      forEachChunk(d, major, OperandType::BF16, 16, 0, 64,
                   [&](uint32_t at) { EXPECT_TRUE(chunks.insert(at).second); });
      for (uint32_t mn = 0; mn < 64; ++mn)
        for (uint32_t k = 0; k < 16; ++k) {
          uint32_t at = operandAddress(d, major, 2, mn, k);
          EXPECT_TRUE(elements.insert(at).second);
          EXPECT_TRUE(chunks.count(at & ~15u));
        }
      EXPECT_EQ(chunks.size(), 64u * 16 * 2 / 16);
    }
}

TEST(HopperWgmmaShape, ReadsShapesAndRefusesWrongOnes) {
  WgmmaShape shape;
  EXPECT_TRUE(parseShape("m64n176k16", OperandType::BF16, shape));
  EXPECT_EQ(shape.columns, 176u);
  EXPECT_EQ(shape.accumulatorRegisters(), 88u);
  EXPECT_TRUE(parseShape("m64n256k8", OperandType::TF32, shape));
  EXPECT_TRUE(parseShape("m64n8k32", OperandType::E4M3, shape));
  for (const char *wrong : {"m64n12k16", "m64n264k16", "m64n0k16", "m64n64k8",
                            "m64n64", "m16n8k16", "m64n64k16x"})
    EXPECT_FALSE(parseShape(wrong, OperandType::F16, shape)) << wrong;
}

TEST(HopperWgmmaShape, LanesHoldTheFragmentsOfThePtxFigures) {
  std::set<std::pair<uint32_t, uint32_t>> places;
  for (uint32_t lane = 0; lane < 32; ++lane)
    for (uint32_t i = 0; i < 64; ++i) {
      Element e = accumulatorElement(lane, i);
      EXPECT_LT(e.row, 16u);
      EXPECT_LT(e.column, 128u);
      EXPECT_TRUE(places.insert({e.row, e.column}).second);
    }
  // Figures "WGMMA .m64nNk16 register fragment layout": T5's d2, d3 are row 9,
  // columns 2 and 3; d4 is row 1, column 10.
  EXPECT_EQ(accumulatorElement(5, 3).row, 9u);
  EXPECT_EQ(accumulatorElement(5, 3).column, 3u);
  EXPECT_EQ(accumulatorElement(5, 4).row, 1u);
  EXPECT_EQ(accumulatorElement(5, 4).column, 10u);
  places.clear();
  for (uint32_t bytes : {1u, 2u, 4u}) {
    places.clear();
    for (uint32_t lane = 0; lane < 32; ++lane)
      for (uint32_t q = 0; q < 4; ++q)
        for (uint32_t part = 0; part < 4 / bytes; ++part) {
          Element e = operandElement(lane, q, part, bytes);
          EXPECT_LT(e.column, 32 / bytes);
          EXPECT_TRUE(places.insert({e.row, e.column}).second);
        }
  }
  EXPECT_EQ(operandElement(5, 1, 1, 2).row, 9u);
  EXPECT_EQ(operandElement(5, 2, 1, 2).column, 11u);
}

TEST(HopperWgmmaProduct, MultipliesExactlyWhatTheOperandsSay) {
  WgmmaShape shape;
  ASSERT_TRUE(parseShape("m64n24k16", OperandType::BF16, shape));
  auto operands = std::make_unique<WgmmaOperands>();
  auto result = std::make_unique<WarpProduct>();
  for (uint32_t m = 0; m < kWarpRows; ++m)
    for (uint32_t k = 0; k < 16; ++k)
      operands->a[m][k] = float(int(m) - int(k));
  for (uint32_t k = 0; k < 16; ++k)
    for (uint32_t n = 0; n < 24; ++n)
      operands->b[k][n] = float(k * n) + 0.5f;
  multiply(shape, *operands, *result);
  for (uint32_t m = 0; m < kWarpRows; ++m)
    for (uint32_t n = 0; n < 24; ++n) {
      double expected = 0;
      for (int k = 0; k < 16; ++k)
        expected += double(int(m) - k) * (double(k * int(n)) + 0.5);
      EXPECT_EQ((*result)[m][n], expected);
    }
}

TEST(HopperWgmmaProduct, ReadsOperandsThroughTheirDescriptors) {
  std::vector<uint8_t> shared(8192);
  WgmmaDescriptor d{1024, 0, 1024, 0, Swizzle::Bytes128};
  for (uint32_t n = 0; n < 16; ++n)
    for (uint32_t k = 0; k < 16; ++k) {
      uint16_t value = kgen::emulator::ptx::floatToHalf(float(n * 16 + k));
      std::memcpy(&shared[operandAddress(d, Major::K, 2, n, k)], &value, 2);
    }
  uint32_t count = 0;
  readOperand(d, Major::K, OperandType::F16, 16, 8, 8, shared.data(),
              [&](uint32_t n, uint32_t k, float value) {
                EXPECT_EQ(value, float(n * 16 + k));
                ++count;
              });
  EXPECT_EQ(count, 128u);
}
