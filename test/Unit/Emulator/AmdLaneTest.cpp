//===- AmdLaneTest.cpp - DPP, SDWA, packed math, exchange
//------------------===//

#include "AMD/FloatFormats.h"
#include "AmdHarness.h"

#include <bit>
#include <gtest/gtest.h>

namespace kgen::emulator::amd::test {
namespace {

Lanes numbered(uint32_t base) {
  Lanes lanes;
  for (uint32_t lane = 0; lane != 64; ++lane)
    lanes[lane] = base + lane;
  return lanes;
}

/// Lane `lane` shall hold what `source` names: a lane's number plus 100, or
/// 7 where the move leaves the old value, or 0.
struct Move {
  const char *controls;
  int (*source)(int lane); ///< -1: the old value; -2: 0
};

const Move kMoves[] = {
    {"quad_perm:[1,0,3,2] row_mask:0xf bank_mask:0xf",
     [](int l) { return l ^ 1; }},
    {"row_shl:1 row_mask:0xf bank_mask:0xf",
     [](int l) { return l % 16 == 15 ? -1 : l + 1; }},
    {"row_shr:3 row_mask:0xf bank_mask:0xf bound_ctrl:1",
     [](int l) { return l % 16 < 3 ? -2 : l - 3; }},
    {"row_ror:4 row_mask:0xf bank_mask:0xf",
     [](int l) { return l / 16 * 16 + (l + 12) % 16; }},
    {"row_mirror row_mask:0xf bank_mask:0xf",
     [](int l) { return l / 16 * 16 + 15 - l % 16; }},
    {"row_half_mirror row_mask:0xf bank_mask:0xf",
     [](int l) { return l / 8 * 8 + 7 - l % 8; }},
    {"row_newbcast:5 row_mask:0xf bank_mask:0xf",
     [](int l) { return l / 16 * 16 + 5; }},
    {"row_bcast:15 row_mask:0xa bank_mask:0xf",
     [](int l) { return l / 16 % 2 == 0 ? -1 : l / 16 * 16 - 1; }},
    {"row_bcast:31 row_mask:0xc bank_mask:0xf",
     [](int l) { return l < 32 ? -1 : 31; }},
    {"wave_shr:1 row_mask:0xf bank_mask:0xf",
     [](int l) { return l == 0 ? -1 : l - 1; }},
    {"quad_perm:[0,0,0,0] row_mask:0xf bank_mask:0x5",
     [](int l) { return l / 4 % 2 ? -1 : l / 4 * 4; }},
};

TEST(AmdLanes, DppMovesComeFromTheDocumentedLanes) {
  for (const Move &move : kMoves) {
    Outcome outcome = runBody("gfx942",
                              "v_mov_b32_e32 v20, 7\ns_nop 1\n"
                              "v_mov_b32_dpp v20, v10 " +
                                  std::string(move.controls),
                              {numbered(100), {}, {}});
    ASSERT_EQ(codeOf(outcome), "no error") << move.controls;
    for (int lane = 0; lane != 64; ++lane) {
      int source = move.source(lane);
      uint64_t want = source == -1 ? 7 : source == -2 ? 0 : 100 + source;
      EXPECT_EQ(outcome.result[lane], want) << move.controls << " " << lane;
    }
  }
}

TEST(AmdLanes, SdwaTakesAndWritesPartsOfRegisters) {
  std::array<Lanes, 3> in{randomBits(1), randomBits(2), broadcast(0)};
  Outcome outcome =
      runBody("gfx942",
              "v_mov_b32_e32 v20, -1\n"
              "v_add_u32_sdwa v20, v10, v12 dst_sel:WORD_1 "
              "dst_unused:UNUSED_PRESERVE src0_sel:WORD_1 src1_sel:BYTE_2\n"
              "v_add_u32_sdwa v21, sext(v10), v12 dst_sel:DWORD "
              "dst_unused:UNUSED_PAD src0_sel:BYTE_1 src1_sel:DWORD",
              in);
  ASSERT_EQ(codeOf(outcome), "no error");
  for (uint32_t lane = 0; lane != 64; ++lane) {
    auto a = uint32_t(in[0][lane]), b = uint32_t(in[1][lane]);
    uint32_t low = ((a >> 16) + (b >> 16 & 0xFF)) << 16 | 0xFFFF;
    uint32_t high = uint32_t(int32_t(int8_t(a >> 8))) + b;
    EXPECT_EQ(outcome.result[lane], uint64_t(high) << 32 | low) << lane;
  }
}

TEST(AmdLanes, PackedFloatsChooseTheirOperandsRegisters) {
  std::array<Lanes, 3> in;
  for (uint32_t lane = 0; lane != 64; ++lane) {
    in[0][lane] = uint64_t(bitsOf(2.0f + float(lane))) << 32 | bitsOf(1.0f);
    in[1][lane] = uint64_t(bitsOf(20.0f)) << 32 | bitsOf(10.0f);
    in[2][lane] = uint64_t(bitsOf(200.0f)) << 32 | bitsOf(100.0f);
  }
  auto expect = [&](const char *text, auto low, auto high) {
    Outcome outcome = runBody("gfx942", text, in);
    ASSERT_EQ(codeOf(outcome), "no error") << text;
    for (uint32_t lane = 0; lane != 64; ++lane) {
      float x = 2.0f + float(lane);
      EXPECT_EQ(floatOf(uint32_t(outcome.result[lane])), low(x)) << text;
      EXPECT_EQ(floatOf(uint32_t(outcome.result[lane] >> 32)), high(x)) << text;
    }
  };
  expect(
      "v_pk_fma_f32 v[20:21], v[10:11], v[12:13], v[14:15]",
      [](float) { return 110.0f; }, [](float x) { return x * 20 + 200; });
  expect(
      "v_pk_mul_f32 v[20:21], v[10:11], v[12:13] op_sel:[1,0] "
      "op_sel_hi:[0,1] neg_lo:[0,1]",
      [](float x) { return -10 * x; }, [](float) { return 20.0f; });
  expect(
      "v_pk_add_f32 v[20:21], v[10:11], v[12:13] op_sel_hi:[1,0]",
      [](float) { return 11.0f; }, [](float x) { return x + 10; });
  expect(
      "v_pk_mov_b32 v[20:21], v[10:11], v[12:13] op_sel:[1,0]",
      [](float x) { return x; }, [](float) { return 10.0f; });
}

TEST(AmdLanes, PackedHalvesAndIntegersWorkOnBothHalves) {
  std::array<Lanes, 3> in{randomBits(1), randomBits(2), randomBits(3)};
  Outcome integers =
      runBody("gfx942",
              "v_pk_add_u16 v20, v10, v12\n"
              "v_pk_max_i16 v21, v10, v12 op_sel:[0,1] op_sel_hi:[1,0]",
              in);
  ASSERT_EQ(codeOf(integers), "no error");
  for (uint32_t lane = 0; lane != 64; ++lane) {
    auto a = uint32_t(in[0][lane]), b = uint32_t(in[1][lane]);
    uint32_t sum =
        uint32_t(uint16_t((a >> 16) + (b >> 16))) << 16 | uint16_t(a + b);
    auto low = std::max(int16_t(a), int16_t(b >> 16));
    auto high = std::max(int16_t(a >> 16), int16_t(b));
    uint32_t largest = uint32_t(uint16_t(high)) << 16 | uint16_t(low);
    EXPECT_EQ(integers.result[lane], uint64_t(largest) << 32 | sum) << lane;
  }
  Lanes halves;
  for (uint32_t lane = 0; lane != 64; ++lane)
    halves[lane] = uint32_t(toHalf(0.25 * lane)) << 16 | toHalf(3.0);
  Outcome products = runBody(
      "gfx942",
      "v_pk_fma_f16 v20, v10, v10, 1.0 op_sel_hi:[1,1,0] neg_hi:[1,0,0]",
      {halves, {}, {}});
  ASSERT_EQ(codeOf(products), "no error");
  for (uint32_t lane = 0; lane != 64; ++lane)
    EXPECT_EQ(products.result[lane],
              uint32_t(toHalf(1 - 0.0625 * lane * lane)) << 16 | toHalf(10.0))
        << lane;
}

TEST(AmdLanes, LanesAreReadAndWrittenThroughScalars) {
  Outcome outcome = runBody("gfx942",
                            "v_readlane_b32 s20, v10, 37\n"
                            "s_mov_b32 s21, 5\ns_nop 3\n"
                            "v_readlane_b32 s22, v10, s21\ns_nop 3\n"
                            "v_writelane_b32 v20, s20, 9\n"
                            "v_writelane_b32 v20, s22, 10\n"
                            "s_mov_b64 exec, 0xff00\n"
                            "v_readfirstlane_b32 s23, v10\n"
                            "s_mov_b64 exec, -1\ns_nop 3\n"
                            "v_mov_b32_e32 v21, s23",
                            {numbered(100), {}, {}});
  ASSERT_EQ(codeOf(outcome), "no error");
  EXPECT_EQ(outcome.result[9], 108ull << 32 | 137);
  EXPECT_EQ(outcome.result[10], 108ull << 32 | 105);
  EXPECT_EQ(outcome.result[11], 108ull << 32);
}

TEST(AmdLanes, MbcntNumbersTheLanesOfAMask) {
  Outcome outcome = runBody("gfx942",
                            "v_mbcnt_lo_u32_b32 v20, -1, 0\n"
                            "v_mbcnt_hi_u32_b32 v20, -1, v20",
                            {});
  ASSERT_EQ(codeOf(outcome), "no error");
  for (uint32_t lane = 0; lane != 64; ++lane)
    EXPECT_EQ(outcome.result[lane], lane);
}

TEST(AmdLanes, Gfx950SwapsRowsBetweenTwoRegisters) {
  for (uint32_t row : {16u, 32u}) {
    Outcome outcome =
        runBody("gfx950",
                "v_mov_b32_e32 v20, v10\nv_mov_b32_e32 v21, v12\n"
                "v_permlane" +
                    std::to_string(row) + "_swap_b32_e32 v20, v21",
                {numbered(100), numbered(200), {}});
    ASSERT_EQ(codeOf(outcome), "no error");
    for (uint32_t lane = 0; lane != 64; ++lane) {
      bool odd = lane & row;
      uint64_t first = odd ? 200 + lane - row : 100 + lane;
      uint64_t second = odd ? 200 + lane : 100 + lane + row;
      EXPECT_EQ(outcome.result[lane], second << 32 | first) << lane;
    }
  }
}

TEST(AmdLanes, PermutesThroughTheLdsCrossbarFollowAddresses) {
  Lanes address;
  for (uint32_t lane = 0; lane != 64; ++lane)
    address[lane] = 4 * ((lane * 7 + 3) % 64);
  std::array<Lanes, 3> in{numbered(100), address, {}};
  Outcome outcome = runBody("gfx942",
                            "ds_bpermute_b32 v20, v12, v10\n"
                            "ds_permute_b32 v21, v12, v10",
                            in);
  ASSERT_EQ(codeOf(outcome), "no error");
  for (uint32_t lane = 0; lane != 64; ++lane) {
    EXPECT_EQ(outcome.result[lane] & 0xFFFFFFFF, 100 + (lane * 7 + 3) % 64);
    EXPECT_EQ(outcome.result[(lane * 7 + 3) % 64] >> 32, 100 + lane);
  }
}

TEST(AmdLanes, SwizzlePatternsMeanTheirLanes) {
  struct Pattern {
    const char *text;
    uint32_t (*source)(uint32_t);
  };
  const Pattern patterns[] = {
      {"swizzle(SWAP,16)", [](uint32_t l) { return l ^ 16; }},
      {"swizzle(QUAD_PERM,3,2,1,0)", [](uint32_t l) { return l ^ 3; }},
      {"swizzle(REVERSE,8)", [](uint32_t l) { return l ^ 7; }},
      {"swizzle(BROADCAST,4,2)", [](uint32_t l) { return (l & ~3u) | 2; }},
      {"swizzle(BITMASK_PERM,\"0p1ip\")",
       [](uint32_t l) { return (l & 32) | (((l & 11) | 4) ^ 2); }},
      {"0x401f", [](uint32_t l) { return l ^ 16; }},
  };
  for (const Pattern &pattern : patterns) {
    Outcome outcome = runBody(
        "gfx942", "ds_swizzle_b32 v20, v10 offset:" + std::string(pattern.text),
        {numbered(100), {}, {}});
    ASSERT_EQ(codeOf(outcome), "no error") << pattern.text;
    for (uint32_t lane = 0; lane != 64; ++lane)
      EXPECT_EQ(outcome.result[lane], 100 + pattern.source(lane))
          << pattern.text << " " << lane;
  }
}

} // namespace
} // namespace kgen::emulator::amd::test
