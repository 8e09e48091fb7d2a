//===- AmdListingTest.cpp - What the listing reader refuses
//----------------===//

#include "AmdHarness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace kgen::emulator::amd::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string load(std::string text, KernelFacts facts = plainFacts(),
                 std::string_view arch = "gfx942") {
  auto program = parseListing({std::move(facts), std::move(text)},
                              **findArchitecture(arch));
  if (program)
    return "no error";
  return std::string(errorName(program.error().code())) + ": " +
         program.error().detail();
}

TEST(AmdListing, UnknownInstructionsAreNamedWithTheirLineAndAddress) {
  EXPECT_THAT(load("s_nop 0\n  v_frobnicate_b32 v0, v1 // 0x1708\n"),
              AllOf(HasSubstr("EmulatorUnsupported"),
                    HasSubstr("line 2: v_frobnicate_b32 v0, v1 // 0x1708")));
}

TEST(AmdListing, MalformedLinesAreSyntaxErrors) {
  for (const char *text :
       {"v_add_f32_e32 v0, v1", "v_add_f32_e32 v0, v[1:2], v3",
        "v_add_f32_e32 1, v1, v2", "s_add_u32 s0, s1, 0x1ffffffff",
        "s_branch NOWHERE", "", "global_load_dwordx2 v0, v1, s[2:3]",
        "ds_read_b64 v[0:3], v1", "s_nop", "s_waitcnt vmcnt",
        "v_mfma_f32_32x32x8_f16 a[0:3], v[0:1], v[2:3], 0",
        "buffer_load_dword v0, v1", "ds_bpermute_b32 v0, v1",
        "v_cndmask_b32_e64 v0, v1, v2, s3"})
    EXPECT_THAT(load(text), HasSubstr("EmulatorSyntax")) << text;
}

TEST(AmdListing, WhatIsNotEmulatedIsRefusedBeforeItRuns) {
  for (const char *text :
       {"v_add_f32_e32 v0, v1, v2 frob:3", "s_getpc_b64 s[0:1]",
        "v_mfma_f32_32x32x8_f16 a[0:15], v[0:1], v[2:3], 0 cbsz:1",
        "v_add_u16_e64 v0, v1, v2 clamp", "v_pk_add_f16 v0, v1, 1.0",
        "ds_read_b32 v0, v1 gds", "s_waitcnt vscnt(0)",
        "v_add_u32_e32 v0, src_shared_base, v1"})
    EXPECT_THAT(load(text), HasSubstr("EmulatorUnsupported")) << text;
}

TEST(AmdListing, RegistersBeyondTheAllocationAreRefused) {
  KernelFacts facts = plainFacts();
  facts.vectorRegisters = 32;
  facts.accumulationRegisters = 0;
  EXPECT_THAT(load("v_mov_b32_e32 v32, 0", facts),
              HasSubstr("FindingResource"));
  EXPECT_THAT(load("v_accvgpr_write_b32 a0, 0", facts),
              HasSubstr("FindingResource"));
  EXPECT_EQ(load("v_mov_b32_e32 v31, 0", facts), "no error");
}

TEST(AmdListing, InitialValuesThatCannotBeGivenAreRefused) {
  for (bool KernelFacts::*wanted :
       {&KernelFacts::dispatchPointer, &KernelFacts::queuePointer,
        &KernelFacts::dispatchId}) {
    KernelFacts facts = plainFacts();
    facts.*wanted = true;
    EXPECT_THAT(load("s_endpgm", facts), HasSubstr("EmulatorUnsupported"));
  }
  KernelFacts facts = plainFacts();
  facts.roundMode32 = 3;
  EXPECT_THAT(load("s_endpgm", facts), HasSubstr("rounding"));
  facts = plainFacts();
  facts.privateBytes = 1u << 30;
  EXPECT_THAT(load("s_endpgm", facts), HasSubstr("private memory"));
}

TEST(AmdListing, NvidiaArchitecturesRunNoAmdCode) {
  EXPECT_THAT(load("s_endpgm", plainFacts(), "sm_80"),
              HasSubstr(std::string(errorName(ErrorCode::EmulatorCodeObject))));
}

TEST(AmdListing, LaunchesBeyondTheLimitsAreRefused) {
  GlobalMemory memory;
  void *none = nullptr;
  void *two[] = {&none, &none};
  auto launch = [&](KernelFacts facts, std::span<void *const> arguments,
                    uint32_t threads, int64_t blocks) {
    return codeOf(launchListing("gfx942", {facts, "s_endpgm"}, arguments,
                                memory, threads, 0, blocks));
  };
  KernelFacts facts = plainFacts();
  facts.maxThreads = 256;
  EXPECT_EQ(launch(facts, two, 256, 1), "no error");
  for (std::string refused :
       {launch(facts, two, 512, 1), launch(facts, two, 0, 1),
        launch(facts, two, 64, 0), launch(facts, {}, 64, 1),
        launch(plainFacts(65537), two, 64, 1)})
    EXPECT_THAT(refused, HasSubstr("EmulatorLaunchInvalid"));
}

/// Mutated listings are refused or run; they never crash the reader.
TEST(AmdListing, MutatedLinesNeverCrashTheReader) {
  const std::string lines[] = {
      "v_fma_f32 v0, -v1, |v2|, -|v3| clamp mul:2",
      "v_pk_fma_f32 v[0:1], v[2:3], s[4:5], v[6:7] op_sel_hi:[1,0,1]",
      "buffer_load_dwordx4 v[2:5], v1, s[4:7], s3 offen offset:16 sc0 nt",
      "ds_swizzle_b32 v0, v1 offset:swizzle(BITMASK_PERM,\"00p11\")",
      "v_mov_b32_dpp v1, v0 quad_perm:[1,0,3,2] row_mask:0xf bank_mask:0xf",
      "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 4, 2), 3",
      "v_mfma_f32_16x16x16_f16 a[0:3], v[0:1], v[2:3], a[0:3]",
      "s_waitcnt vmcnt(1) lgkmcnt(0)"};
  std::mt19937 random(11);
  const std::string alphabet = "vas[]():,.|-0123456789xf _hwmo\"\n";
  for (uint32_t n = 0; n != 20000; ++n) {
    std::string text = lines[random() % std::size(lines)];
    for (uint32_t edits = 1 + random() % 3; edits != 0 && !text.empty();
         --edits) {
      size_t at = random() % text.size();
      switch (random() % 3) {
      case 0:
        text.erase(at, 1 + random() % 4);
        break;
      case 1:
        text.insert(at, 1, alphabet[random() % alphabet.size()]);
        break;
      default:
        text[at] = alphabet[random() % alphabet.size()];
      }
    }
    EXPECT_FALSE(load(text).empty());
  }
}

} // namespace
} // namespace kgen::emulator::amd::test
