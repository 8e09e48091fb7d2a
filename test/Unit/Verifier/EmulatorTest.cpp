//===- EmulatorTest.cpp - Verdicts of the emulator itself ------------------===//
//
// Hand-written PTX through runtime, verifier and libkgen_emulator: the kernels
// break a rule of the machine, and the verdict must say which.
//
//===----------------------------------------------------------------------===//

#include "RuntimeDevice.h"
#include "TestArtifact.h"
#include "Verification.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

extern "C" void kgen_emulator_set_library(const char *path);

using namespace kgen;
using namespace kgen::test;
using testing::HasSubstr;

#ifdef KGEN_EMULATOR_PATH
namespace {

/// A kernel with the test kernels' twelve parameters around `body`.
std::string kernelOf(const std::string &body) {
  std::string text = ".version 7.8\n.target sm_80\n.address_size 64\n.visible .entry k(\n";
  for (int i = 0; i < 12; ++i)
    text += "  .param .u64 p" + std::to_string(i) + (i < 11 ? ",\n" : ")\n");
  return text + ".reqntid 64, 1, 1\n{\n"
                "  .reg .pred %p<4>;\n  .reg .b32 %r<8>;\n  .reg .b64 %d<8>;\n"
                "  .shared .align 16 .b8 slots[256];\n" +
         body + "  ret;\n}\n";
}

/// Every thread stores its slot and loads its neighbour's; `between` orders them.
std::string neighbourExchange(const std::string &between) {
  return kernelOf("  mov.u32 %r1, %tid.x;\n"
                  "  mov.u32 %r2, slots;\n"
                  "  shl.b32 %r3, %r1, 2;\n"
                  "  add.s32 %r4, %r2, %r3;\n"
                  "  st.shared.b32 [%r4], %r1;\n" +
                  between +
                  "  xor.b32 %r5, %r3, 128;\n" // a thread of the other warp
                  "  add.s32 %r6, %r2, %r5;\n"
                  "  ld.shared.b32 %r7, [%r6];\n");
}

class Emulator : public testing::Test {
protected:
  void SetUp() override {
    kgen_emulator_set_library(KGEN_EMULATOR_PATH);
    auto opened = openRuntimeDevice("emulated:sm_80");
    ASSERT_TRUE(opened) << opened.error().message();
    device = *std::move(opened);
  }
  void TearDown() override { kgen_emulator_set_library(nullptr); }

  Verdict verify(const std::string &ptx) {
    auto kernel = device->load({"", makePtxArtifact("k", ptx)});
    EXPECT_TRUE(kernel) << kernel.error().message();
    if (!kernel)
      return errorVerdict(kernel.error());
    return verifyKernel(*device, cache, {kernel->get(), testKernelProblem(), testKernelSizes()},
                        VerifyOptions());
  }

  std::unique_ptr<Device> device;
  CaseCache cache;
};

TEST_F(Emulator, aRaceIsARejectionThatNamesBothAccesses) {
  Verdict verdict = verify(neighbourExchange(""));
  EXPECT_EQ(verdict.status, VerdictStatus::Rejected) << toString(verdict);
  EXPECT_EQ(verdict.code, ErrorCode::EmulatorFinding);
  // The load may come before the store, and is then of nothing.
  EXPECT_THAT(verdict.reason, testing::AnyOf(HasSubstr("[KG9023]"), HasSubstr("[KG9020]")));
  EXPECT_THAT(verdict.reason, HasSubstr("ld.shared"));
  EXPECT_THAT(verdict.reason, HasSubstr("interleaving seed 0"));
}

TEST_F(Emulator, withItsBarrierTheSameKernelIsOnlyWrong) {
  Verdict verdict = verify(neighbourExchange("  bar.sync 0;\n"));
  EXPECT_EQ(verdict.code, ErrorCode::OutputNotWritten) << toString(verdict);
}

TEST_F(Emulator, anAccessOutOfBoundsIsARejection) {
  Verdict verdict = verify(kernelOf("  ld.param.u64 %d1, [p0];\n"
                                    "  cvta.to.global.u64 %d2, %d1;\n"
                                    "  ld.global.b32 %r1, [%d2 + 1073741824];\n"));
  EXPECT_EQ(verdict.code, ErrorCode::EmulatorFinding) << toString(verdict);
  EXPECT_THAT(verdict.reason, HasSubstr("[KG9021]"));
}

TEST_F(Emulator, codeThatItCannotReadIsAnError) {
  auto kernel = device->load({"", makePtxArtifact("k", kernelOf("  frobnicate.b32 %r1;\n"))});
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.error().code(), ErrorCode::ArtifactUnreadable);
  EXPECT_THAT(kernel.error().message(), HasSubstr("frobnicate"));
}

} // namespace
#endif // KGEN_EMULATOR_PATH
