//===- AmdCheckTest.cpp - Every check, provoked
//----------------------------===//

#include "AmdHarness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kgen::emulator::amd::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Bug {
  const char *body;
  const char *code;   ///< of the finding
  const char *detail; ///< part of its text
  const char *arch = "gfx942";
};

void expectFound(const Bug &bug, const Outcome &outcome) {
  EXPECT_THAT(codeOf(outcome),
              AllOf(HasSubstr(bug.code), HasSubstr(bug.detail)))
      << bug.body;
}

const Bug kUninitialised[] = {
    {"global_load_dword v20, v50, s[8:9]", "FindingUninitialised",
     "the address, v50"},
    {"global_load_dword v20, v1, s[60:61]", "FindingUninitialised",
     "the address"},
    {"v_mov_b32_e32 v20, v50", "FindingUninitialised", "stores a value"},
    {"v_add_u32_e32 v20, v10, v50", "FindingUninitialised", "stores a value"},
    {"s_cmp_eq_u32 s60, 0\ns_cbranch_scc1 L\nL:", "FindingUninitialised",
     "the branch (scc)"},
    {"v_cmp_eq_u32_e32 vcc, v10, v50\ns_cbranch_vccz L\nL:",
     "FindingUninitialised", "the branch (vcc)"},
    {"v_cmp_eq_u32_e32 vcc, v10, v50\ns_and_saveexec_b64 s[20:21], vcc",
     "FindingUninitialised", "the exec mask"},
    {"s_mov_b64 exec, s[60:61]", "FindingUninitialised", "the exec mask"},
    {"ds_read_b32 v20, v50", "FindingUninitialised", "the LDS address"},
    {"ds_read_b32 v20, v1", "FindingUninitialised", "nobody wrote these bytes"},
    {"ds_write_b32 v1, v50\nds_read_b32 v20, v1", "FindingUninitialised",
     "stores a value"},
    {"v_mfma_f32_32x32x8_f16 a[0:15], v[10:11], v[50:51], 0",
     "FindingUninitialised", "B of the matrix product, v50"},
    {"v_mfma_f32_32x32x8_f16 a[0:15], v[10:11], v[12:13], a[0:15]",
     "FindingUninitialised", "C of the matrix product, a0"},
    {"buffer_load_dword v20, v1, s[60:63], 0 offen", "FindingUninitialised",
     "the buffer resource"},
    {"s_load_dword s20, s[0:1], 0x10\ns_waitcnt lgkmcnt(0)\n"
     "v_mov_b32_e32 v20, s20",
     "FindingUninitialised", "stores a value"},
};

TEST(AmdChecks, ValuesThatWereNeverWrittenAreFoundWhereTheyDecide) {
  for (const Bug &bug : kUninitialised)
    expectFound(bug, runBody(bug.arch, bug.body, {}, 1024));
}

TEST(AmdChecks, UndefinedBitsMayBeMovedAndMaskedOut) {
  for (const char *body :
       {"v_and_b32_e32 v20, 0, v50", "v_or_b32_e32 v20, -1, v50",
        // Half of v50 is overwritten, the other half is shifted out.
        "v_fma_mixlo_f16 v50, v10, v10, 0\nv_lshlrev_b32_e32 v20, 16, v50",
        "v_perm_b32 v20, v50, v10, v0\nv_mov_b32_e32 v20, 0",
        "s_mov_b32 s12, 0xc0c0100\nv_perm_b32 v20, v50, v10, s12",
        "v_bfi_b32 v20, 0, v50, v10", "v_cmp_eq_u32_e32 vcc, v50, v10",
        "s_mov_b64 vcc, 0\ns_nop 4\nv_cndmask_b32_e32 v20, v10, v50, vcc",
        "v_mul_f32_e32 v51, v50, v10\nds_write_b32 v1, v51",
        "v_mov_b32_e32 v50, v51\nv_mov_b32_e32 v50, 0"}) {
    Outcome outcome = runBody("gfx942", body, {}, 1024);
    EXPECT_EQ(codeOf(outcome), "no error") << body;
  }
}

const Bug kWaits[] = {
    {"global_load_dword v20, v1, s[8:9]\nv_add_u32_e32 v20, 1, v20",
     "FindingMissingWait", "no s_waitcnt vmcnt"},
    {"global_load_dword v20, v1, s[8:9]\nglobal_load_dword v22, v1, s[8:9]\n"
     "s_waitcnt vmcnt(1)\nv_add_u32_e32 v20, 1, v22",
     "FindingMissingWait", "v22 is still being written by line"},
    {"ds_write_b32 v1, v10\nds_read_b32 v20, v1\nv_add_u32_e32 v20, 1, v20",
     "FindingMissingWait", "no s_waitcnt lgkmcnt"},
    {"s_load_dword s20, s[8:9], 0x0\ns_add_u32 s20, s20, 1",
     "FindingMissingWait", "s20 is still being written"},
    // Scalar loads come back in any order: only 0 is safe.
    {"s_load_dword s20, s[8:9], 0x0\ns_load_dword s22, s[8:9], 0x4\n"
     "s_waitcnt lgkmcnt(1)\ns_add_u32 s20, s20, 1",
     "FindingMissingWait", "s20 is still being written"},
    // A register is overwritten that a load is still to write.
    {"global_load_dword v22, v1, s[8:9]\nv_mov_b32_e32 v22, 0",
     "FindingMissingWait", "v22"},
    {"ds_bpermute_b32 v22, v1, v10\nv_mov_b32_e32 v20, v22",
     "FindingMissingWait", "v22"},
    {"s_mov_b32 m0, 0\nglobal_load_lds_dword v1, s[8:9]\n"
     "v_lshlrev_b32_e32 v2, 2, v0\nds_read_b32 v20, v2",
     "FindingMissingWait", "asynchronous copy's write"},
};

TEST(AmdChecks, RegistersAreNotTouchedBeforeTheWaitThatCoversThem) {
  for (const Bug &bug : kWaits)
    expectFound(bug, runBody(bug.arch, bug.body, {}, 1024));
}

TEST(AmdChecks, CountersEndOlderInstructionsFirst) {
  for (const char *body :
       {"global_load_dword v20, v1, s[8:9]\nglobal_load_dword v22, v1, s[8:9]\n"
        "s_waitcnt vmcnt(1)\nv_add_u32_e32 v20, 1, v20",
        "ds_write_b32 v1, v10\nds_read_b32 v20, v1\nds_read_b32 v22, v1\n"
        "s_waitcnt lgkmcnt(1)\nv_add_u32_e32 v20, 1, v20",
        // Loads through one counter may target one register: they end in order.
        "global_load_dword v20, v1, s[8:9]\nglobal_load_dword v20, v1, s[8:9]"})
    EXPECT_EQ(codeOf(runBody("gfx942", body, {}, 1024)), "no error") << body;
}

const Bug kAddresses[] = {
    {"global_load_dword v20, v1, s[8:9] offset:1536", "FindingOutOfBounds",
     "bytes past the end of the allocation"},
    {"global_load_dword v20, v1, s[8:9] offset:-4", "FindingOutOfBounds",
     "lane 0 loads"},
    {"global_store_dwordx4 v1, v[10:13], s[10:11]", "FindingOutOfBounds",
     "lane 63 stores"},
    {"s_load_dword s20, s[8:9], 0x1000", "FindingOutOfBounds", "scalar load"},
    {"v_add_u32_e32 v2, 2, v1\nglobal_load_dword v20, v2, s[8:9]",
     "FindingMisaligned", "lane 0"},
    {"ds_write_b32 v1, v10 offset:1024", "FindingOutOfBounds",
     "touches LDS bytes"},
    {"v_mov_b32_e32 v2, 0x10000\nds_write_b32 v2, v10", "FindingOutOfBounds",
     "65536"},
    {"v_lshlrev_b32_e32 v2, 2, v0\nds_write_b64 v2, v[10:11]",
     "FindingMisaligned", "lane 1"},
    {"ds_write_b128 v1, v[10:13]", "FindingMisaligned", "lane 1"},
    {"s_movk_i32 m0, 0x3ff\nglobal_load_lds_dword v1, s[8:9]",
     "FindingOutOfBounds", "loads to LDS bytes"},
    {"scratch_load_dword v20, off, off offset:64", "FindingOutOfBounds",
     "private segment"},
};

TEST(AmdChecks, AccessesOutsideOrAcrossAreFound) {
  for (const Bug &bug : kAddresses)
    expectFound(bug, runBody(bug.arch, bug.body, {}, 1024));
}

/// Every lane of two waves writes its word and reads the other wave's.
std::string exchange(const char *wait, const char *barrier) {
  return "v_lshlrev_b32_e32 v1, 2, v0\n"
         "v_xor_b32_e32 v2, 0x100, v1\n"
         "ds_write_b32 v1, v0\n" +
         std::string(wait) + barrier +
         "ds_read_b32 v3, v2\ns_waitcnt lgkmcnt(0)\n"
         "global_store_dword v1, v3, s[10:11]\n";
}

TEST(AmdChecks, WavesExchangeDataThroughLdsAcrossABarrier) {
  for (uint64_t seed = 0; seed != 8; ++seed) {
    Outcome outcome =
        runWaves("gfx942", exchange("s_waitcnt lgkmcnt(0)\n", "s_barrier\n"),
                 128, 512, seed);
    ASSERT_EQ(codeOf(outcome), "no error");
    EXPECT_EQ(outcome.result[5], 64u + 5);
  }
}

TEST(AmdChecks, AMissingBarrierBetweenWavesIsARaceInEveryOrder) {
  for (uint64_t seed = 0; seed != 8; ++seed) {
    Outcome outcome = runWaves("gfx942", exchange("s_waitcnt lgkmcnt(0)\n", ""),
                               128, 512, seed);
    // Whoever runs first finds bytes that nobody wrote.
    EXPECT_THAT(codeOf(outcome),
                testing::AnyOf(HasSubstr("FindingRace"),
                               HasSubstr("FindingUninitialised")));
  }
}

TEST(AmdChecks, AMissingWaitBeforeTheBarrierIsFound) {
  Outcome outcome = runWaves("gfx942", exchange("", "s_barrier\n"), 128, 512);
  EXPECT_THAT(codeOf(outcome), AllOf(HasSubstr("FindingMissingWait"),
                                     HasSubstr("was not waited for")));
}

const Bug kBarriers[] = {
    // Wave 1 ends, wave 0 waits.
    {"v_readfirstlane_b32 s20, v0\ns_cmp_eq_u32 s20, 0\ns_cbranch_scc0 L\n"
     "s_barrier\nL:\ns_nop 0",
     "FindingDivergentBarrier", "wave"},
    // Wave 0 goes round once more.
    {"v_readfirstlane_b32 s20, v0\ns_barrier\ns_cmp_eq_u32 s20, 0\n"
     "s_cbranch_scc0 L\ns_barrier\nL:\ns_nop 0",
     "FindingDivergentBarrier", "wave"},
};

TEST(AmdChecks, WavesThatMissABarrierAreFound) {
  for (const Bug &bug : kBarriers)
    for (uint64_t seed = 0; seed != 6; ++seed)
      expectFound(bug, runWaves(bug.arch, bug.body, 128, 0, seed));
}

TEST(AmdChecks, BlocksThatStoreToOneAddressRace) {
  Outcome outcome = runWaves("gfx942",
                             "v_lshlrev_b32_e32 v1, 2, v0\n"
                             "global_store_dword v1, v0, s[10:11]",
                             64, 0, 0, 2);
  EXPECT_THAT(codeOf(outcome),
              AllOf(HasSubstr("FindingRace"), HasSubstr("which block 0")));
}

TEST(AmdChecks, ALoadOfAnotherBlocksStoreRacesInEitherOrder) {
  // Block 0 stores, block 1 loads.
  const char *body = "v_lshlrev_b32_e32 v1, 2, v0\ns_cmp_eq_u32 s2, 0\n"
                     "s_cbranch_scc0 L\n"
                     "global_store_dword v1, v0, s[10:11]\ns_endpgm\nL:\n"
                     "global_load_dword v2, v1, s[10:11]";
  bool found = false;
  for (uint64_t seed : {0u, 1u})
    found |= runWaves("gfx942", body, 64, 0, seed, 2).error.has_value();
  EXPECT_TRUE(found);
}

const Bug kHazards[] = {
    {"v_mov_b32_e32 v10, 0\n"
     "v_mfma_f32_32x32x8_f16 a[0:15], v[10:11], v[12:13], 0",
     "FindingMissingWait", "vector result read by an MFMA needs 2"},
    {"v_mfma_f32_32x32x8_f16 v[32:47], v[10:11], v[12:13], 0\n"
     "v_mov_b32_e32 v20, v33",
     "FindingMissingWait", "needs 11 wait states"},
    {"v_mfma_f32_32x32x8f16 v[32:47], v[10:11], v[12:13], 0\ns_nop 15\n"
     "s_nop 1\nglobal_store_dword v1, v33, s[10:11]",
     "FindingMissingWait", "needs 19 wait states", "gfx90a"},
    {"v_mfma_f32_16x16x16_f16 v[32:35], v[10:11], v[12:13], 0\n"
     "v_mfma_f32_16x16x16_f16 v[36:39], v[32:33], v[12:13], 0",
     "FindingMissingWait", "read as A or B needs 7"},
    {"v_mfma_f32_16x16x16_f16 v[32:35], v[10:11], v[12:13], 0\n"
     "v_mfma_f32_16x16x16_f16 v[34:37], v[10:11], v[12:13], v[34:37]",
     "FindingMissingWait", "overlapping MFMA result"},
    {"v_mfma_f32_32x32x8_f16 v[32:47], v[10:11], v[12:13], 0\n"
     "v_mov_b32_e32 v40, 0",
     "FindingMissingWait", "needs 11 wait states"},
    {"v_cmp_eq_u32_e32 vcc, v10, v12\nv_div_fmas_f32 v20, v10, v10, v10",
     "FindingMissingWait", "v_div_fmas needs 4"},
    {"v_readfirstlane_b32 s12, v10\n"
     "buffer_load_dword v20, v1, s[12:15], 0 offen",
     "FindingMissingWait", "needs 5"},
    {"v_mov_b32_e32 v22, v10\n"
     "v_mov_b32_dpp v20, v22 row_shr:1 row_mask:0xf bank_mask:0xf",
     "FindingMissingWait", "read by DPP needs 2"},
    {"v_exp_f32_e32 v22, v10\nv_add_f32_e32 v20, v22, v10",
     "FindingMissingWait", "transcendental result read needs 1"},
};

TEST(AmdChecks, WaitStatesThatTheHardwareDoesNotInsertAreDue) {
  for (const Bug &bug : kHazards)
    expectFound(bug, runBody(bug.arch, bug.body, {}, 1024));
}

TEST(AmdChecks, EnoughWaitStatesAndForwardedAccumulatorsAreFine) {
  for (const char *body :
       {"v_mfma_f32_32x32x8_f16 v[32:47], v[10:11], v[12:13], 0\ns_nop 10\n"
        "v_mov_b32_e32 v20, v33",
        "v_mfma_f32_32x32x8_f16 v[32:47], v[10:11], v[12:13], 0\n"
        "v_mfma_f32_32x32x8_f16 v[32:47], v[10:11], v[12:13], v[32:47]",
        "v_mov_b32_e32 v10, 0\ns_nop 1\n"
        "v_mfma_f32_32x32x8_f16 a[0:15], v[10:11], v[12:13], 0"})
    EXPECT_EQ(codeOf(runBody("gfx942", body, {})), "no error") << body;
}

TEST(AmdChecks, EndlessLoopsEndAtTheLimit) {
  EXPECT_THAT(codeOf(runBody("gfx942", "L:\ns_nop 0\ns_branch L", {})),
              HasSubstr("EmulatorInstructionLimit"));
}

TEST(AmdChecks, RunningOverTheEndIsFound) {
  Listing listing{plainFacts(), "s_nop 0\n"};
  GlobalMemory memory;
  void *none = nullptr;
  void *arguments[] = {&none, &none};
  EXPECT_THAT(codeOf(launchListing("gfx942", listing, arguments, memory)),
              HasSubstr("runs over the end"));
}

TEST(AmdChecks, TheSameSeedRepeatsARun) {
  std::string body = exchange("s_waitcnt lgkmcnt(0)\n", "s_barrier\n");
  Outcome first = runWaves("gfx942", body, 128, 512, 3);
  Outcome second = runWaves("gfx942", body, 128, 512, 3);
  EXPECT_EQ(first.result, second.result);
  EXPECT_EQ(first.counts.totalInstructions(),
            second.counts.totalInstructions());
}

} // namespace
} // namespace kgen::emulator::amd::test
