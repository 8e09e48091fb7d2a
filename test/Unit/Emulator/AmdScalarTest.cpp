//===- AmdScalarTest.cpp - Scalar instructions, branches, masks
//------------===//

#include "AmdHarness.h"

#include <gtest/gtest.h>

namespace kgen::emulator::amd::test {
namespace {

struct Case {
  const char *text; ///< leaves its result in s[20:21]
  uint64_t expected;
};

/// s[12:13] and s[14:15] hold the two inputs.
constexpr uint64_t kA = 0x00000003'FFFFFFF0, kB = 0x00000001'00000025;

uint64_t evaluate(const char *text) {
  std::string body = "s_mov_b32 s12, 0xfffffff0\ns_mov_b32 s13, 3\n"
                     "s_mov_b32 s14, 37\ns_mov_b32 s15, 1\n"
                     "s_mov_b64 s[20:21], 0\n" +
                     std::string(text) +
                     "\nv_mov_b32_e32 v20, s20\nv_mov_b32_e32 v21, s21\n";
  Outcome outcome = runBody("gfx942", body, {});
  EXPECT_EQ(codeOf(outcome), "no error") << text;
  return outcome.result[7];
}

const Case kCases[] = {
    {"s_add_u32 s20, s12, s14\ns_addc_u32 s21, s13, s15", kA + kB},
    {"s_sub_u32 s20, s14, s12\ns_subb_u32 s21, s15, s13", kB - kA},
    {"s_mul_i32 s20, s12, s14", uint32_t(kA) * uint32_t(kB)},
    {"s_mul_hi_u32 s20, s12, s14", uint64_t(uint32_t(kA)) * 37 >> 32},
    {"s_mul_hi_i32 s20, s12, s14", 0xFFFFFFFF},
    {"s_lshl_b64 s[20:21], s[12:13], 7", kA << 7},
    {"s_lshr_b64 s[20:21], s[12:13], s14", kA >> 37},
    {"s_ashr_i32 s20, s12, 3", 0xFFFFFFFE},
    {"s_and_b64 s[20:21], s[12:13], s[14:15]", kA &kB},
    {"s_andn2_b64 s[20:21], s[12:13], s[14:15]", kA & ~kB},
    {"s_or_b32 s20, s14, 64", 37 | 64},
    {"s_bfe_u32 s20, s12, 0x80002", 0xFC},
    {"s_bfe_i32 s20, s12, 0x40004", 0xFFFFFFFF},
    {"s_bcnt1_i32_b64 s20, s[12:13]", 30},
    {"s_ff1_i32_b32 s20, s12", 4},
    {"s_flbit_i32_b32 s20, s14", 26},
    {"s_brev_b32 s20, s14", 0xA4000000},
    {"s_min_u32 s20, s12, s14", 37},
    {"s_min_i32 s20, s12, s14", 0xFFFFFFF0},
    {"s_movk_i32 s20, 0xff80", 0xFFFFFF80},
    {"s_mov_b32 s20, 5\ns_mulk_i32 s20, 0x10", 80},
    {"s_mov_b32 s20, 5\ns_addk_i32 s20, 0xfffe", 3},
    {"s_sext_i32_i8 s20, s12", 0xFFFFFFF0},
    {"s_pack_ll_b32_b16 s20, s14, s12", 0xFFF00025},
    {"s_lshl2_add_u32 s20, s14, 3", 37 * 4 + 3},
    {"s_absdiff_i32 s20, s14, s12", 53},
    {"s_cmp_lt_i32 s12, s14\ns_cselect_b32 s20, 1, 2", 1},
    {"s_cmp_lt_u32 s12, s14\ns_cselect_b32 s20, 1, 2", 2},
    {"s_cmp_eq_u64 s[12:13], s[12:13]\ns_cselect_b64 s[20:21], -1, 0", ~0ull},
    {"s_cmpk_lt_i32 s12, 0xfff8\ns_cselect_b32 s20, 1, 2", 1},
    {"s_cmpk_gt_u32 s12, 0xfff8\ns_cselect_b32 s20, 1, 2", 1},
    {"s_bitcmp1_b32 s14, 5\ns_cselect_b32 s20, 1, 2", 1},
    {"s_cmp_gt_u32 s14, 64\ns_cbranch_scc1 L\ns_mov_b32 s20, 9\nL:", 9},
    {"s_mov_b64 vcc, 0\ns_cbranch_vccz L\ns_mov_b32 s20, 9\nL:\ns_nop 0", 0},
    {"s_branch L\ns_mov_b32 s20, 9\nL:\ns_mov_b32 s21, 1", 1ull << 32},
};

TEST(AmdScalar, InstructionsAgreeWithTheHost) {
  for (const Case &c : kCases)
    EXPECT_EQ(evaluate(c.text), c.expected) << c.text;
}

TEST(AmdScalar, AddReportsSignedOverflowInScc) {
  EXPECT_EQ(evaluate("s_mov_b32 s12, 0x7fffffff\ns_add_i32 s20, s12, 1\n"
                     "s_cselect_b32 s21, 1, 2"),
            0x1'80000000u);
  EXPECT_EQ(evaluate("s_sub_i32 s20, s14, 1\ns_cselect_b32 s21, 1, 2"),
            2ull << 32 | 36);
}

TEST(AmdScalar, TheExecMaskSwitchesLanesOffAndOnAgain) {
  // if (lane < 32) v20 = 1; else v20 = 2; then everybody adds 16.
  Outcome outcome = runBody("gfx942",
                            "v_cmp_gt_u32_e32 vcc, 32, v0\n"
                            "s_and_saveexec_b64 s[20:21], vcc\n"
                            "v_mov_b32_e32 v20, 1\n"
                            "s_xor_b64 s[20:21], exec, s[20:21]\n"
                            "s_mov_b64 exec, s[20:21]\n"
                            "v_mov_b32_e32 v20, 2\n"
                            "s_mov_b64 exec, -1\n"
                            "v_add_u32_e32 v20, 16, v20",
                            {});
  ASSERT_EQ(codeOf(outcome), "no error");
  for (uint32_t lane = 0; lane != 64; ++lane)
    EXPECT_EQ(outcome.result[lane], lane < 32 ? 17u : 18u);
  EXPECT_EQ(outcome.counts.divergentBranches, 1u);
  EXPECT_GT(outcome.counts.inactiveLaneSlots, 0u);
}

TEST(AmdScalar, ComparisonsWriteOneBitALane) {
  std::array<Lanes, 3> in{randomBits(1), randomBits(2), broadcast(0)};
  struct Relation {
    const char *text;
    bool (*holds)(uint64_t, uint64_t);
  };
  const Relation relations[] = {
      {"v_cmp_lt_u32_e64 s[20:21], v10, v12",
       [](uint64_t a, uint64_t b) { return uint32_t(a) < uint32_t(b); }},
      {"v_cmp_ge_i32_e64 s[20:21], v10, v12",
       [](uint64_t a, uint64_t b) { return int32_t(a) >= int32_t(b); }},
      {"v_cmp_gt_i64_e64 s[20:21], v[10:11], v[12:13]",
       [](uint64_t a, uint64_t b) { return int64_t(a) > int64_t(b); }},
      {"v_cmp_le_u64_e64 s[20:21], v[10:11], v[12:13]",
       [](uint64_t a, uint64_t b) { return a <= b; }},
      {"v_cmp_ne_u16_e64 s[20:21], v10, v12",
       [](uint64_t a, uint64_t b) { return uint16_t(a) != uint16_t(b); }},
  };
  for (const Relation &relation : relations) {
    Outcome outcome = runBody("gfx942",
                              std::string(relation.text) +
                                  "\ns_nop 4\nv_mov_b32_e32 v20, s20\n"
                                  "v_mov_b32_e32 v21, s21",
                              in);
    ASSERT_EQ(codeOf(outcome), "no error") << relation.text;
    uint64_t bits = 0;
    for (uint32_t lane = 0; lane != 64; ++lane)
      bits |= uint64_t(relation.holds(in[0][lane], in[1][lane])) << lane;
    EXPECT_EQ(outcome.result[3], bits) << relation.text;
  }
}

TEST(AmdScalar, UnorderedComparisonsOfFloatsKnowNan) {
  std::array<Lanes, 3> in{broadcast(0x7FC00000), broadcast(0x3F800000),
                          broadcast(0)};
  for (auto [text, set] :
       {std::pair{"v_cmp_u_f32_e32 vcc, v10, v12", true},
        std::pair{"v_cmp_lt_f32_e32 vcc, v10, v12", false},
        std::pair{"v_cmp_nlt_f32_e32 vcc, v10, v12", true},
        std::pair{"v_cmp_neq_f32_e32 vcc, v10, v12", true},
        std::pair{"v_cmp_lg_f32_e32 vcc, v10, v12", false},
        std::pair{"v_cmp_class_f32_e64 vcc, v10, 3", true}}) {
    Outcome outcome = runBody(
        "gfx942",
        std::string(text) + "\ns_nop 4\nv_cndmask_b32_e64 v20, 0, 1, vcc", in);
    EXPECT_EQ(outcome.result[9], set ? 1u : 0u) << text << codeOf(outcome);
  }
}

TEST(AmdScalar, ArgumentsWorkgroupsAndPreloadedArgumentsArriveInScalars) {
  Listing listing{plainFacts(), "v_mov_b32_e32 v3, s6\n"
                                "v_lshlrev_b32_e32 v5, 2, v0\n"
                                "global_store_dword v5, v3, s[2:3]\n"
                                "s_endpgm\n"};
  // s[0:1] the segment, s[2:5] the two pointers, s6.. the workgroup.
  listing.facts.preloadCount = 4;
  listing.facts.userRegisters = 6;
  std::array<uint32_t, 64> first, second{};
  first.fill(1);
  GlobalMemory memory;
  memory.adopt(first.data(), sizeof first);
  void *a = first.data(), *b = second.data();
  void *arguments[] = {&a, &b};
  Outcome outcome =
      launchListing("gfx942", listing, arguments, memory, 64, 0, 1);
  ASSERT_EQ(codeOf(outcome), "no error");
  EXPECT_EQ(first[63], 0u); // workgroup 0 of x
}

} // namespace
} // namespace kgen::emulator::amd::test
