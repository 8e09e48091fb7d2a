//===- PtxFindingTest.cpp - Every rule, broken once
//------------------------===//

#include "PtxHarness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace kgen::emulator;
using testing::AllOf;
using testing::HasSubstr;

namespace {

std::string failureOf(const std::string &body, uint32_t threads = 32) {
  PtxKernel kernel{body};
  kernel.threads = threads;
  // Variables take their room only in kernels that name them.
  if (body.find("tile") != std::string::npos)
    kernel.globals = ".shared .align 16 .b8 tile[1024];";
  else
    kernel.dynamicSharedBytes = 1024;
  return kernel.failure();
}

} // namespace

// ---- undefined values ------------------------------------------------------

TEST(PtxFinding, UndefinedRegistersAreFoundWhereTheyMatter) {
  EXPECT_THAT(failureOf("st.global.u32 [%out], %r5;"),
              AllOf(HasSubstr("[KG9020]"), HasSubstr("%r5"),
                    HasSubstr("lanes 0-31"),
                    HasSubstr("st.global.u32 [%out], %r5")));
  EXPECT_THAT(failureOf("ld.global.u32 %r1, [%x3];"), HasSubstr("[KG9020]"));
  EXPECT_THAT(failureOf("@%p3 add.s32 %r1, %tid, 1;"),
              AllOf(HasSubstr("[KG9020]"), HasSubstr("%p3")));
  EXPECT_THAT(failureOf("bar.sync %r7;"), HasSubstr("[KG9020]"));
  EXPECT_THAT(
      failureOf("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 "
                "{%r1, %r2, %r3, %r4}, {%r5, %r6}, {%r7}, {%r8, %r9, %r10, "
                "%r11};"),
      AllOf(HasSubstr("[KG9020]"), HasSubstr("element of A")));
}

TEST(PtxFinding, UndefinednessIsInherited) {
  EXPECT_THAT(failureOf("add.s32 %r2, %r1, 3;\nxor.b32 %r3, %r2, %tid;\n"
                        "st.global.u32 [%out], %r3;"),
              AllOf(HasSubstr("[KG9020]"), HasSubstr("%r3")));
  EXPECT_THAT(failureOf("setp.lt.s32 %p1, %r1, 3;\n@%p1 bra $end;\n$end:"),
              HasSubstr("[KG9020]"));
  // Computed, but never used where it matters: fine.
  EXPECT_EQ(failureOf("add.s32 %r2, %r1, 3;\nmul.lo.s32 %r2, %r2, %r2;"),
            "no error");
}

TEST(PtxFinding, OnlyTheLanesThatWereNotWrittenCount) {
  EXPECT_THAT(failureOf("setp.ge.u32 %p1, %tid, 4;\n@%p1 mov.u32 %r1, 7;\n"
                        "st.global.u32 [%out], %r1;"),
              HasSubstr("lanes 0-3"));
  EXPECT_EQ(failureOf("setp.ge.u32 %p1, %tid, 4;\n@%p1 mov.u32 %r1, 7;\n"
                      "@%p1 st.global.u32 [%out], %r1;"),
            "no error");
  // selp takes the defined side.
  EXPECT_EQ(failureOf("setp.ge.u32 %p1, %tid, 0;\n"
                      "selp.b32 %r2, %tid, %r1, %p1;\n"
                      "st.global.u32 [%out], %r2;"),
            "no error");
}

TEST(PtxFinding, SharedMemoryRemembersUndefinedValues) {
  EXPECT_EQ(failureOf("st.shared.u32 [tile], %r1;"), "no error");
  EXPECT_THAT(failureOf("st.shared.u32 [tile], %r1;\n"
                        "ld.shared.u32 %r2, [tile];\n"
                        "st.global.u32 [%out], %r2;"),
              AllOf(HasSubstr("[KG9020]"), HasSubstr("%r2")));
  EXPECT_THAT(failureOf("ld.shared.u32 %r2, [tile+8];"),
              AllOf(HasSubstr("[KG9020]"), HasSubstr("nobody wrote"),
                    HasSubstr("byte 8")));
}

TEST(PtxFinding, ElementsOfAVectorAreUndefinedOneByOne) {
  for (std::string space : {"shared", "local"}) {
    std::string code = ".local .align 8 .b8 stack[8];\n"
                       "mov.b64 %x1, 0;\nmov.u64 %x2, stack;\n"
                       "st.$.v2.b32 [%x1], {%tid, %r1};\n"
                       "ld.$.v2.b32 {%r2, %r3}, [%x1];\n"
                       "st.global.b32 [%out], ";
    for (size_t at; (at = code.find('$')) != std::string::npos;)
      code.replace(at, 1, space);
    EXPECT_EQ(failureOf(code + "%r2;"), "no error");
    EXPECT_THAT(failureOf(code + "%r3;"),
                AllOf(HasSubstr("[KG9020]"), HasSubstr("%r3")));
  }
}

TEST(PtxFinding, ShufflesFromAbsentLanesAreUndefined) {
  EXPECT_THAT(failureOf("setp.lt.u32 %p1, %tid, 16;\n"
                        "@%p1 shfl.sync.bfly.b32 %r1, %tid, 16, 31, 0xffff;\n"
                        "@%p1 st.global.u32 [%out], %r1;"),
              HasSubstr("[KG9020]"));
}

TEST(PtxFinding, LocalMemoryStartsUndefined) {
  EXPECT_THAT(failureOf(".local .align 4 .b8 stack[8];\n"
                        "ld.local.u32 %r1, [stack];\n"
                        "st.global.u32 [%out], %r1;"),
              HasSubstr("[KG9020]"));
}

// ---- addresses -------------------------------------------------------------

TEST(PtxFinding, AccessesStayInsideTheirAllocation) {
  EXPECT_THAT(failureOf("ld.global.u32 %r1, [%in+4096];"),
              AllOf(HasSubstr("[KG9021]"), HasSubstr("4096 bytes"),
                    HasSubstr("block (0,0,0), warp 0, line ")));
  EXPECT_THAT(failureOf("mov.b64 %x1, 64;\nst.global.u32 [%x1], %tid;"),
              HasSubstr("[KG9021]"));
  EXPECT_THAT(failureOf("st.shared.u32 [tile+1024], %tid;"),
              AllOf(HasSubstr("[KG9021]"), HasSubstr("1024")));
  EXPECT_THAT(failureOf(".local .align 4 .b8 stack[8];\n"
                        "st.local.u32 [stack+8], %tid;"),
              HasSubstr("[KG9021]"));
  EXPECT_THAT(failureOf("ld.param.u64 %x1, [p_out+8];"), HasSubstr("[KG9021]"));
  EXPECT_THAT(failureOf("red.global.add.u32 [%out+4096], 1;"),
              HasSubstr("[KG9021]"));
}

TEST(PtxFinding, VectorsAreAlignedAsAWhole) {
  EXPECT_THAT(failureOf("ld.global.v4.b32 {%r1, %r2, %r3, %r4}, [%in+8];"),
              AllOf(HasSubstr("[KG9022]"), HasSubstr("multiple of 16")));
  EXPECT_THAT(failureOf("st.shared.u32 [tile+2], %tid;"),
              HasSubstr("[KG9022]"));
  EXPECT_THAT(failureOf("cp.async.cg.shared.global [tile+8], [%in], 16;"),
              HasSubstr("[KG9022]"));
  EXPECT_THAT(failureOf("mov.b32 %r1, 8;\n"
                        "ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r2}, "
                        "[%r1];"),
              HasSubstr("[KG9022]"));
}

// ---- races -----------------------------------------------------------------

TEST(PtxFinding, WarpsNeedABarrierBetweenStoreAndLoad) {
  std::string code = "shl.b32 %r1, %tid, 2;\n"
                     "st.shared.u32 [%r1], %tid;\n"
                     "$barrier\n"
                     "xor.b32 %r2, %r1, 128;\n"
                     "ld.shared.u32 %r3, [%r2];";
  auto with = [&](const std::string &barrier) {
    std::string body = code;
    return failureOf(body.replace(body.find("$barrier"), 8, barrier), 64);
  };
  EXPECT_EQ(with("bar.sync 0;"), "no error");
  EXPECT_EQ(with("barrier.cta.sync.aligned 4;"), "no error");
  // Which of the two is found depends on who comes first.
  EXPECT_THAT(with(""),
              testing::AnyOf(HasSubstr("[KG9023]"), HasSubstr("[KG9020]")));
  EXPECT_THAT(with("fence.acq_rel.cta;"),
              testing::AnyOf(HasSubstr("[KG9023]"), HasSubstr("[KG9020]")));
}

TEST(PtxFinding, ABufferIsReusedOnlyAfterABarrier) {
  // Both warps read what warp 0 wrote; warp 0 overwrites it at once.
  EXPECT_THAT(failureOf(R"(
    setp.ge.u32 %p1, %tid, 32;
    shl.b32 %r1, %tid, 2;
    @!%p1 st.shared.u32 [%r1], %tid;
    bar.sync 0;
    and.b32 %r2, %r1, 127;
    ld.shared.u32 %r3, [%r2];
    @!%p1 st.shared.u32 [%r1], %r3;)",
                        64),
              AllOf(HasSubstr("[KG9023]"), HasSubstr("ld.shared.u32 %r3"),
                    HasSubstr("st.shared.u32 [%r1], %r3")));
}

TEST(PtxFinding, BlocksMustNotWriteOneAnothersOutput) {
  PtxKernel kernel{"st.global.u32 [%out], 1;"};
  kernel.grid = {2, 1, 1};
  EXPECT_THAT(kernel.failure(),
              AllOf(HasSubstr("[KG9023]"), HasSubstr("block (1,0,0)"),
                    HasSubstr("block 0 stored there")));
  kernel.seed = 1; // the other order
  EXPECT_THAT(kernel.failure(), HasSubstr("block (0,0,0)"));
  kernel.body = "mov.u32 %r1, %ctaid.x;\nsetp.eq.u32 %p1, %r1, 0;\n"
                "@%p1 st.global.u32 [%out], 1;\n"
                "@!%p1 ld.global.u32 %r2, [%out];";
  kernel.seed = 0;
  EXPECT_THAT(kernel.failure(), HasSubstr("[KG9023]"));
}

// ---- who takes part --------------------------------------------------------

TEST(PtxFinding, CollectivesNeedTheirLanesTogether) {
  // Half the warp waits at one shuffle, the other half at another.
  EXPECT_THAT(failureOf(R"(
    setp.lt.u32 %p1, %tid, 16;
    @%p1 bra $other;
    shfl.sync.idx.b32 %r1, %tid, 0, 31, -1;
    bra.uni $end;
  $other:
    shfl.sync.idx.b32 %r2, %tid, 0, 31, -1;
  $end:)"),
              AllOf(HasSubstr("[KG9028]"), HasSubstr("lanes 16-31 at"),
                    HasSubstr("lanes 0-15 at"),
                    HasSubstr("shfl.sync.idx.b32 %r2")));
  EXPECT_THAT(failureOf(R"(
    setp.lt.u32 %p1, %tid, 16;
    @%p1 bar.sync 0;
    bar.sync 0;)"),
              HasSubstr("[KG9028]"));
}

TEST(PtxFinding, AMatrixProductNeedsAWholeWarp) {
  std::string mma = "mov.b32 %r5, 0;\n"
                    "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 "
                    "{%r1, %r2, %r3, %r4}, {%r5, %r5}, {%r5}, "
                    "{%r5, %r5, %r5, %r5};";
  EXPECT_EQ(failureOf(mma), "no error");
  EXPECT_THAT(failureOf(mma, 31),
              AllOf(HasSubstr("[KG9028]"), HasSubstr("lanes 31")));
  EXPECT_THAT(failureOf("setp.eq.u32 %p1, %tid, 5;\n@%p1 exit;\n" + mma),
              AllOf(HasSubstr("[KG9028]"), HasSubstr("lanes 5")));
}

TEST(PtxFinding, WhoeverShufflesIsInTheMemberMask) {
  EXPECT_THAT(failureOf("shfl.sync.idx.b32 %r1, %tid, 0, 31, 0xff;"),
              AllOf(HasSubstr("[KG9030]"), HasSubstr("member mask")));
  EXPECT_THAT(failureOf("vote.sync.ballot.b32 %r1, %p1, 1;"),
              HasSubstr("[KG9030]"));
}

// ---- barriers --------------------------------------------------------------

TEST(PtxFinding, BarrierCountsAreWholeWarpsAndAgree) {
  EXPECT_THAT(failureOf("bar.sync 1, 40;", 64),
              AllOf(HasSubstr("[KG9027]"), HasSubstr("40")));
  EXPECT_THAT(failureOf("bar.sync 1, 96;", 64), HasSubstr("[KG9027]"));
  EXPECT_THAT(failureOf("setp.lt.u32 %p1, %tid, 32;\n"
                        "@%p1 bra $less;\n"
                        "bar.sync 1, 96;\nbra.uni $end;\n"
                        "$less:\nbar.sync 1, 64;\n$end:",
                        96),
              AllOf(HasSubstr("[KG9027]"), HasSubstr("64"), HasSubstr("96")));
  EXPECT_THAT(failureOf("bar.arrive 1, 64;\nbar.sync 1, 64;"),
              HasSubstr("[KG9027]"));
  EXPECT_THAT(failureOf("bar.sync 16;"), HasSubstr("[KG9030]"));
}

TEST(PtxFinding, AWarpThatArrivesTwiceIsFound) {
  EXPECT_THAT(failureOf("setp.lt.u32 %p1, %tid, 32;\n"
                        "@!%p1 bra $end;\n"
                        "bar.arrive 1, 64;\nbar.arrive 1, 64;\n$end:",
                        64),
              AllOf(HasSubstr("[KG9027]"), HasSubstr("second time")));
}

TEST(PtxFinding, ADeadlockSaysWhoWaitsForWhat) {
  EXPECT_THAT(failureOf("setp.lt.u32 %p1, %tid, 32;\n"
                        "@%p1 bra $end;\n"
                        "bar.sync 2, 64;\n$end:",
                        64),
              AllOf(HasSubstr("[KG9029]"), HasSubstr("warp 1 waits for"),
                    HasSubstr("barrier 2 (32 of 64 threads have arrived)"),
                    HasSubstr("bar.sync 2, 64")));
}

TEST(PtxFinding, EndlessLoopsMeetTheLimit) {
  EXPECT_THAT(failureOf("$loop:\nadd.s32 %r1, %tid, 1;\nbra.uni $loop;"),
              AllOf(HasSubstr("[KG9007]"), HasSubstr("1000000")));
}

TEST(PtxFinding, ATrapIsAFinding) {
  EXPECT_THAT(failureOf("trap;"), HasSubstr("[KG9030]"));
}
