//===- AmdArithmeticTest.cpp - Vector instructions against the host
//--------===//

#include "AMD/FloatFormats.h"
#include "AmdHarness.h"

#include <algorithm>
#include <bit>
#include <gtest/gtest.h>

namespace kgen::emulator::amd::test {
namespace {

enum class As { Bits, F32, F64, F16, F32Within1 };

using Function = uint64_t (*)(uint64_t a, uint64_t b, uint64_t c);
struct Case {
  const char *text;
  As as;
  Function expected;
  const char *arch = "gfx942";
};

float f(uint64_t bits) { return floatOf(uint32_t(bits)); }
uint64_t b(float value) { return bitsOf(value); }
double d(uint64_t bits) { return std::bit_cast<double>(bits); }
uint64_t b(double value) { return std::bit_cast<uint64_t>(value); }
float h(uint64_t bits) { return halfToFloat(uint16_t(bits)); }
using U = uint32_t;
using I = int32_t;

bool agrees(As as, uint64_t got, uint64_t want) {
  if (got == want)
    return true;
  switch (as) {
  case As::Bits:
    return false;
  case As::F32:
    return std::isnan(f(got)) && std::isnan(f(want));
  case As::F64:
    return std::isnan(d(got)) && std::isnan(d(want));
  case As::F16:
    return std::isnan(h(got)) && std::isnan(h(want));
  case As::F32Within1:
    return (std::isnan(f(got)) && std::isnan(f(want))) ||
           std::llabs(int64_t(got) - int64_t(want)) <= 1;
  }
  return false;
}

void check(const Case &c, const std::array<Lanes, 3> &in) {
  Outcome outcome = runBody(c.arch, c.text, in);
  ASSERT_EQ(codeOf(outcome), "no error") << c.text;
  for (uint32_t lane = 0; lane != 64; ++lane) {
    uint64_t want = c.expected(in[0][lane], in[1][lane], in[2][lane]);
    ASSERT_TRUE(agrees(c.as, outcome.result[lane], want))
        << c.text << " lane " << lane << std::hex << ": " << in[0][lane] << ", "
        << in[1][lane] << ", " << in[2][lane] << " gave "
        << outcome.result[lane] << ", expected " << want;
  }
}

float flush(float x) { return flushed(x); }

const Case kFloats[] = {
    {"v_add_f32_e32 v20, v10, v12", As::F32,
     [](uint64_t x, uint64_t y, uint64_t) { return b(f(x) + f(y)); }},
    {"v_sub_f32_e32 v20, v10, v12", As::F32,
     [](uint64_t x, uint64_t y, uint64_t) { return b(f(x) - f(y)); }},
    {"v_subrev_f32_e32 v20, v10, v12", As::F32,
     [](uint64_t x, uint64_t y, uint64_t) { return b(f(y) - f(x)); }},
    {"v_mul_f32_e64 v20, -v10, |v12|", As::F32,
     [](uint64_t x, uint64_t y, uint64_t) {
       return b(-f(x) * std::fabs(f(y)));
     }},
    {"v_add_f32_e64 v20, v10, v12 clamp", As::F32,
     [](uint64_t x, uint64_t y, uint64_t) {
       float sum = f(x) + f(y);
       return b(std::isnan(sum) ? 0.0f : std::min(std::max(sum, 0.0f), 1.0f));
     }},
    {"v_mul_f32_e64 v20, v10, 0.5 mul:4", As::F32,
     [](uint64_t x, uint64_t, uint64_t) { return b(f(x) * 0.5f * 4.0f); }},
    {"v_fma_f32 v20, v10, -v12, v14", As::F32,
     [](uint64_t x, uint64_t y, uint64_t z) {
       return b(std::fma(f(x), -f(y), f(z)));
     }},
    {"v_mov_b32_e32 v20, v14\nv_fmac_f32_e32 v20, v10, v12", As::F32,
     [](uint64_t x, uint64_t y, uint64_t z) {
       return b(std::fma(f(x), f(y), f(z)));
     }},
    {"v_fmamk_f32 v20, v10, 0x40490fdb, v12", As::F32,
     [](uint64_t x, uint64_t y, uint64_t) {
       return b(std::fma(f(x), f(0x40490fdb), f(y)));
     }},
    {"v_fmaak_f32 v20, v10, v12, 0x40490fdb", As::F32,
     [](uint64_t x, uint64_t y, uint64_t) {
       return b(std::fma(f(x), f(y), f(0x40490fdb)));
     }},
    {"v_max_f32_e32 v20, v10, v12", As::F32,
     [](uint64_t x, uint64_t y, uint64_t) {
       if (f(x) == f(y))
         return std::signbit(f(x)) ? y : x;
       return b(std::fmax(f(x), f(y)));
     }},
    {"v_min3_f32 v20, v10, v12, v14", As::F32,
     [](uint64_t x, uint64_t y, uint64_t z) {
       float least = std::fmin(std::fmin(f(x), f(y)), f(z));
       bool negativeZero =
           least == 0 && (x == 1u << 31 || y == 1u << 31 || z == 1u << 31);
       return negativeZero ? uint64_t(1u << 31) : b(least);
     }},
    {"v_exp_f32_e32 v20, v10", As::F32Within1,
     [](uint64_t x, uint64_t, uint64_t) {
       return b(flush(float(std::exp2(double(flush(f(x)))))));
     }},
    {"v_log_f32_e32 v20, v10", As::F32Within1,
     [](uint64_t x, uint64_t, uint64_t) {
       return b(float(std::log2(double(flush(f(x))))));
     }},
    {"v_rcp_f32_e32 v20, v10", As::F32Within1,
     [](uint64_t x, uint64_t, uint64_t) {
       return b(flush(float(1.0 / double(flush(f(x))))));
     }},
    {"v_sqrt_f32_e32 v20, v10", As::F32Within1,
     [](uint64_t x, uint64_t, uint64_t) {
       return b(float(std::sqrt(double(flush(f(x))))));
     }},
    {"v_rsq_f32_e32 v20, v10", As::F32Within1,
     [](uint64_t x, uint64_t, uint64_t) {
       return b(float(1.0 / std::sqrt(double(flush(f(x))))));
     }},
    {"v_ldexp_f32 v20, v10, 3", As::F32,
     [](uint64_t x, uint64_t, uint64_t) { return b(f(x) * 8.0f); }},
    {"v_rndne_f32_e32 v20, v10", As::F32,
     [](uint64_t x, uint64_t, uint64_t) { return b(std::nearbyint(f(x))); }},
    {"v_floor_f32_e32 v20, v10", As::F32,
     [](uint64_t x, uint64_t, uint64_t) { return b(std::floor(f(x))); }},
    {"v_cvt_f16_f32_e32 v20, v10", As::F16,
     [](uint64_t x, uint64_t, uint64_t) { return uint64_t(toHalf(f(x))); }},
    {"v_cvt_f64_f32_e32 v[20:21], v10", As::F64,
     [](uint64_t x, uint64_t, uint64_t) { return b(double(f(x))); }},
    {"v_cvt_i32_f32_e32 v20, v10", As::Bits,
     [](uint64_t x, uint64_t, uint64_t) -> uint64_t {
       double v = std::trunc(double(f(x)));
       if (std::isnan(v))
         return 0;
       return U(I(std::clamp(v, -2147483648.0, 2147483647.0)));
     }},
    {"v_fma_mix_f32 v20, v10, -v12, |v14|", As::F32,
     [](uint64_t x, uint64_t y, uint64_t z) {
       return b(std::fma(f(x), -f(y), std::fabs(f(z))));
     }},
};

TEST(AmdArithmetic, FloatInstructionsAgreeWithTheHost) {
  for (const Case &c : kFloats)
    check(c, {randomFloats(1), randomFloats(2), randomFloats(5)});
}

const Case kIntegers[] = {
    {"v_add_u32_e64 v20, v10, v12 clamp", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t) -> uint64_t {
       return std::min<uint64_t>(uint64_t(U(x)) + U(y), 0xFFFFFFFF);
     }},
    {"v_sub_u32_e64 v20, v10, v12 clamp", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t) -> uint64_t {
       return U(x) > U(y) ? U(x) - U(y) : 0;
     }},
    {"v_subrev_u32_e64 v20, v10, v12 clamp", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t) -> uint64_t {
       return U(y) > U(x) ? U(y) - U(x) : 0;
     }},
    {"v_add_u32_e32 v20, v10, v12", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t) { return uint64_t(U(x + y)); }},
    {"v_subrev_u32_e32 v20, v10, v12", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t) { return uint64_t(U(y - x)); }},
    {"v_add3_u32 v20, v10, v12, v14", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t z) { return uint64_t(U(x + y + z)); }},
    {"v_lshl_add_u64 v[20:21], v[10:11], 2, v[14:15]", As::Bits,
     [](uint64_t x, uint64_t, uint64_t z) { return (x << 2) + z; }},
    {"v_add_lshl_u32 v20, v10, v12, 3", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t) { return uint64_t(U(x + y) << 3); }},
    {"v_mul_lo_u32 v20, v10, v12", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t) { return uint64_t(U(x) * U(y)); }},
    {"v_mul_hi_u32 v20, v10, v12", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t) {
       return uint64_t(U(x)) * U(y) >> 32;
     }},
    {"v_mul_hi_i32 v20, v10, v12", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t) {
       return uint64_t(U(int64_t(I(x)) * I(y) >> 32));
     }},
    {"v_mad_u32_u24 v20, v10, v12, v14", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t z) {
       return uint64_t(U((x & 0xFFFFFF) * (y & 0xFFFFFF) + z));
     }},
    {"v_mad_u64_u32 v[20:21], s[20:21], v10, v12, v[14:15]", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t z) {
       return uint64_t(U(x)) * U(y) + z;
     }},
    {"v_mad_i64_i32 v[20:21], s[20:21], v10, v12, v[14:15]", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t z) {
       return uint64_t(int64_t(I(x)) * I(y)) + z;
     }},
    {"v_bfe_u32 v20, v10, 5, 9", As::Bits,
     [](uint64_t x, uint64_t, uint64_t) { return x >> 5 & 0x1FF; }},
    {"v_bfe_i32 v20, v10, 5, 9", As::Bits,
     [](uint64_t x, uint64_t, uint64_t) {
       return uint64_t(U(I(U(x >> 5) << 23) >> 23));
     }},
    {"v_bfi_b32 v20, v10, v12, v14", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t z) {
       return uint64_t(U((x & y) | (~x & z)));
     }},
    {"v_and_or_b32 v20, v10, v12, v14", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t z) {
       return uint64_t(U((x & y) | z));
     }},
    {"v_lshl_or_b32 v20, v10, 7, v14", As::Bits,
     [](uint64_t x, uint64_t, uint64_t z) {
       return uint64_t(U(U(x) << 7 | z));
     }},
    {"v_alignbit_b32 v20, v10, v12, 5", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t) {
       return uint64_t(U(x << 32 >> 5 | U(y) >> 5));
     }},
    {"v_perm_b32 v20, v10, v12, s12", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t) {
       // s12 = 0x070c0203: bytes 7 (of the first), zero, 2, 3 (of the second)
       return (x >> 24 & 0xFF) << 24 | (y >> 16 & 0xFF) << 8 | (y >> 24 & 0xFF);
     }},
    {"v_lshlrev_b64 v[20:21], 9, v[10:11]", As::Bits,
     [](uint64_t x, uint64_t, uint64_t) { return x << 9; }},
    {"v_lshrrev_b64 v[20:21], v12, v[10:11]", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t) { return x >> (y & 63); }},
    {"v_ashrrev_i32_e32 v20, v12, v10", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t) {
       return uint64_t(U(I(x) >> (y & 31)));
     }},
    {"v_med3_u32 v20, v10, v12, v14", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t z) {
       U v[] = {U(x), U(y), U(z)};
       std::sort(v, v + 3);
       return uint64_t(v[1]);
     }},
    {"v_bfrev_b32_e32 v20, v10", As::Bits,
     [](uint64_t x, uint64_t, uint64_t) {
       uint64_t reversed = 0;
       for (uint32_t n = 0; n != 32; ++n)
         reversed |= (x >> n & 1) << (31 - n);
       return reversed;
     }},
    {"v_mov_b64_e32 v[20:21], v[10:11]", As::Bits,
     [](uint64_t x, uint64_t, uint64_t) { return x; }},
    {"v_mov_b64_e32 v[20:21], 0x80", As::Bits,
     [](uint64_t, uint64_t, uint64_t) { return uint64_t(0x80); }},
    {"v_mov_b64_e32 v[20:21], -1", As::Bits,
     [](uint64_t, uint64_t, uint64_t) { return uint64_t(~0ull); }},
    {"v_mov_b64_e32 v[20:21], 1.0", As::Bits,
     [](uint64_t, uint64_t, uint64_t) { return b(1.0); }},
    {"v_cvt_f32_u32_e32 v20, v10", As::F32,
     [](uint64_t x, uint64_t, uint64_t) { return b(float(U(x))); }},
    {"v_cvt_f32_i32_e32 v20, v10", As::F32,
     [](uint64_t x, uint64_t, uint64_t) { return b(float(I(x))); }},
    {"v_cvt_f32_ubyte2_e32 v20, v10", As::F32,
     [](uint64_t x, uint64_t, uint64_t) { return b(float(x >> 16 & 0xFF)); }},
    {"v_bitop3_b32 v20, v10, v12, v14 bitop3:0xe2", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t z) {
       // Bit n of the table for (x, y, z) = n: here y ? x : z.
       return uint64_t(U((x & y) | (~y & z)));
     },
     "gfx950"},
};

TEST(AmdArithmetic, IntegerInstructionsAgreeWithTheHost) {
  for (const Case &c : kIntegers) {
    Case with = c;
    std::string text = "s_mov_b32 s12, 0x70c0203\n" + std::string(c.text);
    with.text = text.c_str();
    check(with, {randomBits(3), randomBits(4), randomBits(5)});
  }
}

const Case kHalves[] = {
    {"v_add_f16_e32 v20, v10, v12", As::F16,
     [](uint64_t x, uint64_t y, uint64_t) {
       return uint64_t(toHalf(double(h(x)) + h(y)));
     }},
    {"v_mul_f16_e32 v20, v10, v12", As::F16,
     [](uint64_t x, uint64_t y, uint64_t) {
       return uint64_t(toHalf(double(h(x)) * h(y)));
     }},
    {"v_fma_f16 v20, v10, v12, -v14", As::F16,
     [](uint64_t x, uint64_t y, uint64_t z) {
       return uint64_t(toHalf(double(h(x)) * h(y) - h(z)));
     }},
    {"v_cvt_f32_f16_e32 v20, v10", As::F32,
     [](uint64_t x, uint64_t, uint64_t) { return b(h(x)); }},
    {"v_pack_b32_f16 v20, v10, v12", As::Bits,
     [](uint64_t x, uint64_t y, uint64_t) { return x | y << 16; }},
    {"v_fma_mix_f32 v20, v10, v12, v14 op_sel_hi:[1,1,1]", As::F32,
     [](uint64_t x, uint64_t y, uint64_t z) {
       return b(std::fma(h(x), h(y), h(z)));
     }},
};

TEST(AmdArithmetic, HalfInstructionsAgreeWithTheHost) {
  for (const Case &c : kHalves)
    check(c, {randomHalves(1), randomHalves(2), randomHalves(5)});
}

TEST(AmdArithmetic, MixedProductsWriteOneHalf) {
  std::array<Lanes, 3> in{randomFloats(1), randomFloats(2), randomFloats(5)};
  Outcome outcome = runBody("gfx942",
                            "v_fma_mixlo_f16 v20, v10, v12, 0\n"
                            "v_fma_mixhi_f16 v20, v10, 2.0, v14",
                            in);
  ASSERT_EQ(codeOf(outcome), "no error");
  for (uint32_t lane = 0; lane != 64; ++lane) {
    uint64_t low = toHalf(f(in[0][lane]) * f(in[1][lane]));
    uint64_t high = toHalf(std::fma(f(in[0][lane]), 2.0f, f(in[2][lane])));
    EXPECT_TRUE(agrees(As::F16, outcome.result[lane] & 0xFFFF, low)) << lane;
    EXPECT_TRUE(agrees(As::F16, outcome.result[lane] >> 16, high)) << lane;
  }
}

TEST(AmdArithmetic, ConversionsToBf16AndHalfPairsOfGfx950RoundToNearestEven) {
  std::array<Lanes, 3> in{randomFloats(1), randomFloats(2), randomFloats(5)};
  in[0][40] = 0x3F808000, in[0][41] = 0x3F818000; // ties
  Outcome outcome = runBody(
      "gfx950",
      "v_cvt_pk_bf16_f32 v20, v10, -v12\nv_cvt_pk_f16_f32 v21, v10, v12", in);
  ASSERT_EQ(codeOf(outcome), "no error");
  EXPECT_EQ(outcome.result[40] & 0xFFFF, 0x3F80u);
  EXPECT_EQ(outcome.result[41] & 0xFFFF, 0x3F82u);
  for (uint32_t lane = 0; lane != 64; ++lane) {
    uint64_t low = toBf16(f(in[0][lane])), high = toBf16(-f(in[1][lane]));
    uint64_t half =
        uint64_t(toHalf(f(in[1][lane]))) << 16 | toHalf(f(in[0][lane]));
    EXPECT_EQ(outcome.result[lane], half << 32 | high << 16 | low) << lane;
  }
}

/// LLVM's sequence for a correctly rounded quotient.
TEST(AmdArithmetic, TheDivisionSequenceRoundsCorrectly) {
  const char *divide = "v_div_scale_f32 v2, s[20:21], v12, v12, v10\n"
                       "v_div_scale_f32 v3, vcc, v10, v12, v10\n"
                       "v_rcp_f32_e32 v4, v2\ns_nop 3\n"
                       "v_fma_f32 v5, -v2, v4, 1.0\n"
                       "v_fmac_f32_e32 v4, v5, v4\n"
                       "v_mul_f32_e32 v5, v3, v4\n"
                       "v_fma_f32 v6, -v2, v5, v3\n"
                       "v_fmac_f32_e32 v5, v6, v4\n"
                       "v_fma_f32 v2, -v2, v5, v3\n"
                       "v_div_fmas_f32 v2, v2, v4, v5\n"
                       "v_div_fixup_f32 v20, v2, v12, v10\n";
  for (uint64_t seed = 1; seed != 40; ++seed) {
    // All exponents, not only usual ones.
    std::array<Lanes, 3> in{randomBits(seed), randomBits(seed + 100),
                            broadcast(0)};
    if (seed % 2)
      in = {randomFloats(seed), randomFloats(seed + 1), broadcast(0)};
    Outcome outcome = runBody("gfx942", divide, in);
    ASSERT_EQ(codeOf(outcome), "no error");
    for (uint32_t lane = 0; lane != 64; ++lane)
      ASSERT_TRUE(agrees(As::F32, outcome.result[lane],
                         b(f(in[0][lane]) / f(in[1][lane]))))
          << f(in[0][lane]) << " / " << f(in[1][lane]) << " gave "
          << f(outcome.result[lane]);
  }
}

TEST(AmdArithmetic, SubnormalsAreFlushedWhereTheModeSaysSo) {
  std::array<Lanes, 3> in{broadcast(bitsOf(1e-40f)), broadcast(bitsOf(0.0f)),
                          broadcast(0)};
  Outcome kept = runBody("gfx942", "v_add_f32_e32 v20, v10, v12", in);
  EXPECT_EQ(kept.result[0], bitsOf(1e-40f));
  Outcome gone = runBody("gfx942",
                         "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 4, 2), 0\n"
                         "v_add_f32_e32 v20, v10, v12",
                         in);
  ASSERT_EQ(codeOf(gone), "no error");
  EXPECT_EQ(gone.result[0], 0u);
}

} // namespace
} // namespace kgen::emulator::amd::test
