//===- PtxLaunchTest.cpp - Loading, launching, refusing
//--------------------===//

#include "PtxHarness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace kgen;
using namespace kgen::emulator;
using testing::AllOf;
using testing::HasSubstr;

namespace {

std::string loadFailure(const std::string &text, std::string_view kernel = "",
                        std::string_view arch = "sm_80") {
  auto program = loadPtx(text, kernel, **findArchitecture(arch));
  return program ? "no error" : program.error().message();
}

std::string moduleOf(const std::string &kernels,
                     const std::string &target = "sm_80") {
  return ".version 8.0\n.target " + target + "\n.address_size 64\n" + kernels;
}

constexpr const char *kEmpty = ".visible .entry a() { ret; }\n";

} // namespace

TEST(PtxLoad, WhatIsNotEmulatedIsRefusedWithItsLine) {
  EXPECT_THAT(PtxKernel{"tex.1d.v4.s32.s32 {%r1, %r2, %r3, %r4}, [%x1, {%r5}];"}
                  .failure(),
              HasSubstr("[KG900"));
  PtxKernel kernel{"add.s32 %r1, %tid, 1;\nvset.s32.u32.lt %r1, %tid, %tid;"};
  EXPECT_THAT(kernel.failure(),
              AllOf(HasSubstr("[KG9002]"), HasSubstr("line 16: vset")));
  kernel.body = "add.magic.s32 %r1, %tid, 1;";
  EXPECT_THAT(kernel.failure(),
              AllOf(HasSubstr("[KG9002]"), HasSubstr("magic")));
  kernel.body = "mov.u32 %r1, %clock;";
  EXPECT_THAT(kernel.failure(),
              AllOf(HasSubstr("[KG9002]"), HasSubstr("%clock")));
  kernel.body = "fma.rz.ftz.f32 %r1, %r1, %r1, %r1;";
  EXPECT_THAT(kernel.failure(), HasSubstr("[KG9002]"));
}

TEST(PtxLoad, OperandsOfTheWrongFormAreSyntaxErrors) {
  for (const char *body :
       {"add.s32 %r1, %tid;", "add.s32 %x1, %tid, 1;", "add.s64 %x1, %tid, 1;",
        "setp.lt.s32 %r1, %tid, 1;", "mul.s32 %r1, %tid, 1;",
        "ld.global.v2.b32 %r1, [%in];",
        "cp.async.cg.shared.global [0], [%in], 8;", "bar.sync;",
        "shfl.sync.b32 %r1, %tid, 0, 31, -1;", "selp.b32 %r1, %tid, 1, %r2;"})
    EXPECT_THAT(PtxKernel{body}.failure(), HasSubstr("[KG9001]")) << body;
}

TEST(PtxLoad, HopperInstructionsNeedHopper) {
  EXPECT_THAT(PtxKernel{"mbarrier.init.shared.b64 [0], 1;"}.failure(),
              HasSubstr("[KG9002]"));
}

TEST(PtxLoad, KernelsAreFoundByName) {
  std::string two =
      moduleOf(std::string(kEmpty) + ".visible .entry b() { ret; }");
  EXPECT_EQ(loadFailure(two, "b"), "no error");
  EXPECT_EQ(loadFailure(moduleOf(kEmpty)), "no error");
  EXPECT_THAT(loadFailure(two),
              AllOf(HasSubstr("[KG9004]"), HasSubstr("a, b")));
  EXPECT_THAT(loadFailure(two, "c"), HasSubstr("[KG9004]"));
}

TEST(PtxLoad, TargetsFitTheArchitecture) {
  EXPECT_EQ(loadFailure(moduleOf(kEmpty, "sm_70"), "", "sm_80"), "no error");
  EXPECT_EQ(loadFailure(moduleOf(kEmpty, "sm_80"), "", "sm_90a"), "no error");
  EXPECT_EQ(loadFailure(moduleOf(kEmpty, "sm_90a"), "", "sm_90a"), "no error");
  EXPECT_THAT(loadFailure(moduleOf(kEmpty, "sm_90a"), "", "sm_90"),
              HasSubstr("[KG9002]"));
  EXPECT_THAT(loadFailure(moduleOf(kEmpty, "sm_90"), "", "sm_80"),
              HasSubstr("[KG9002]"));
}

// ---- launches --------------------------------------------------------------

TEST(PtxLaunch, LimitsAreKept) {
  auto refused = [](PtxKernel kernel, const char *what) {
    EXPECT_THAT(kernel.failure(),
                AllOf(HasSubstr("[KG9006]"), HasSubstr(what)));
  };
  PtxKernel kernel;
  kernel.threads = 0;
  refused(kernel, "0 threads");
  kernel.threads = 1025;
  refused(kernel, "1024");
  kernel.threads = 64;
  kernel.directives = ".reqntid 32";
  refused(kernel, ".reqntid asks for 32");
  kernel.directives = ".maxntid 32, 1, 1";
  refused(kernel, ".maxntid allows 32");
  kernel.directives = "";
  kernel.dynamicSharedBytes = 200000;
  refused(kernel, "200000 dynamic");
  kernel.dynamicSharedBytes = 0;
  kernel.grid = {1, 0, 1};
  refused(kernel, "0 blocks");
  kernel.grid = {1, 65536, 1};
  refused(kernel, "65536 blocks");
}

TEST(PtxLaunch, ArgumentsAreCounted) {
  auto program = loadPtx(PtxKernel{}.text(), "", **findArchitecture("sm_80"));
  ASSERT_TRUE(bool(program));
  GlobalMemory memory;
  Counts counts;
  Launch launch;
  uint64_t value = 0;
  void *arguments[] = {&value, nullptr};
  auto failure = [&](size_t given) {
    launch.arguments = std::span<void *const>(arguments, given);
    auto result = (*program)->launch(launch, memory, counts);
    return result ? "no error" : result.error().message();
  };
  EXPECT_THAT(failure(1), AllOf(HasSubstr("[KG9006]"),
                                HasSubstr("1 arguments for 2 parameters")));
  EXPECT_THAT(failure(2), AllOf(HasSubstr("[KG9006]"), HasSubstr("null")));
  arguments[1] = &value;
  EXPECT_EQ(failure(2), "no error");
}

TEST(PtxLaunch, EveryBlockKnowsItsPlace) {
  PtxKernel kernel{R"(
    mov.u32 %r1, %ctaid.x;
    mov.u32 %r2, %ctaid.y;
    mov.u32 %r3, %ctaid.z;
    mov.u32 %r4, %nctaid.x;
    mov.u32 %r5, %nctaid.y;
    mad.lo.s32 %r6, %r3, %r5, %r2;
    mad.lo.s32 %r6, %r6, %r4, %r1;
    mul.wide.u32 %x1, %r6, 4;
    add.s64 %x1, %out, %x1;
    shl.b32 %r7, %r3, 8;
    or.b32 %r7, %r7, %r2;
    shl.b32 %r7, %r7, 8;
    or.b32 %r7, %r7, %r1;
    st.global.u32 [%x1], %r7;)"};
  kernel.threads = 1;
  kernel.grid = {3, 4, 2};
  for (kernel.seed = 0; kernel.seed < 2; ++kernel.seed) {
    uint32_t in = 0;
    std::vector<uint32_t> out(24);
    ASSERT_TRUE(bool(kernel.run(&in, 4, out.data(), 96)));
    for (uint32_t block = 0; block < 24; ++block)
      EXPECT_EQ(out[block], block % 3 | block / 3 % 4 << 8 | block / 12 << 16);
  }
}

TEST(PtxLaunch, TheSameSeedRepeatsARun) {
  // Warps take tickets in the order of their interleaving.
  PtxKernel kernel{R"(
    .reg .b32 %n;
    mov.u32 %n, 0;
  $again:
    atom.global.add.u32 %r1, [%in], 1;
    mul.wide.u32 %x1, %r1, 4;
    add.s64 %x1, %out, %x1;
    st.global.u32 [%x1], %tid;
    add.s32 %n, %n, 1;
    setp.lt.u32 %p1, %n, 100;
    @%p1 bra $again;)"};
  kernel.threads = 128;
  auto order = [&](uint64_t seed) {
    kernel.seed = seed;
    uint32_t tickets = 0;
    std::vector<uint32_t> out(12800);
    auto result = kernel.run(&tickets, 4, out.data(), 4 * out.size());
    EXPECT_TRUE(bool(result)) << result.error().message();
    return out;
  };
  EXPECT_EQ(order(4), order(4));
  EXPECT_NE(order(4), order(6));
}

TEST(PtxLaunch, TheTextIsCountedBeforeItRuns) {
  PtxKernel kernel{"add.s32 %r1, %tid, 1;\nex2.approx.f32 %r2, %r2;\n"
                   "cvt.rn.f32.s32 %r3, %r1;\nbar.sync 0;"};
  kernel.globals = ".shared .align 4 .b8 tile[64];";
  kernel.body += "\nst.shared.u32 [tile], %r1;";
  auto program = loadPtx(kernel.text(), "", **findArchitecture("sm_80"));
  ASSERT_TRUE(bool(program));
  StaticCounts counts = (*program)->staticCounts();
  auto of = [&](InstructionClass c) { return counts.instructions[size_t(c)]; };
  EXPECT_EQ(of(InstructionClass::Transcendental), 1u);
  EXPECT_EQ(of(InstructionClass::Conversion), 1u);
  EXPECT_EQ(of(InstructionClass::Barrier), 1u);
  EXPECT_EQ(of(InstructionClass::SharedMemory), 1u);
  EXPECT_EQ(of(InstructionClass::Control), 1u);
  EXPECT_EQ(counts.total, 10u);
  EXPECT_EQ(counts.staticSharedBytes, 64u);
}
