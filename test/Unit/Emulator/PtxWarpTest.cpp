//===- PtxWarpTest.cpp - Lanes that talk, branch and meet
//------------------===//

#include "PtxHarness.h"

#include <gtest/gtest.h>

using namespace kgen::emulator;

namespace {

using Values = std::vector<uint64_t>;

/// Lane l has %a = 100 + l.
Values onOneWarp(const std::string &code) {
  Values a;
  for (uint64_t lane = 0; lane < 32; ++lane)
    a.push_back(100 + lane);
  return evaluate({code, 32, {32}}, {a});
}

} // namespace

TEST(PtxShuffle, EachModeTakesFromItsLane) {
  auto up = onOneWarp("shfl.sync.up.b32 %d, %a, 3, 0, -1;");
  auto down = onOneWarp("shfl.sync.down.b32 %d, %a, 5, 31, -1;");
  auto butterfly = onOneWarp("shfl.sync.bfly.b32 %d, %a, 9, 31, -1;");
  auto index = onOneWarp("mul.lo.s32 %r1, %tid, 7;\n"
                         "shfl.sync.idx.b32 %d, %a, %r1, 31, -1;");
  for (uint64_t lane = 0; lane < 32; ++lane) {
    EXPECT_EQ(up[lane], 100 + (lane < 3 ? lane : lane - 3));
    EXPECT_EQ(down[lane], 100 + (lane + 5 > 31 ? lane : lane + 5));
    EXPECT_EQ(butterfly[lane], 100 + (lane ^ 9));
    EXPECT_EQ(index[lane], 100 + lane * 7 % 32);
  }
}

TEST(PtxShuffle, SegmentsKeepToThemselvesAndThePredicateSaysSo) {
  // Segments of 8: the mask of c is 0x18, its clamp 31 (down) and 0 (up).
  auto down = onOneWarp("shfl.sync.down.b32 %d|%p1, %a, 3, 0x181f, -1;\n"
                        "@!%p1 mov.b32 %d, 0;");
  auto up = onOneWarp("shfl.sync.up.b32 %d|%p1, %a, 2, 0x1800, -1;\n"
                      "@!%p1 mov.b32 %d, 0;");
  for (uint64_t lane = 0; lane < 32; ++lane) {
    EXPECT_EQ(down[lane], lane % 8 + 3 > 7 ? 0 : 100 + lane + 3);
    EXPECT_EQ(up[lane], lane % 8 < 2 ? 0 : 100 + lane - 2);
  }
}

TEST(PtxVote, WarpsAgree) {
  auto ballot = onOneWarp("setp.gt.u32 %p1, %a, 120;\n"
                          "vote.sync.ballot.b32 %d, %p1, -1;");
  auto votes = onOneWarp(R"(
    setp.lt.u32 %p1, %a, 120;
    vote.sync.any.pred %p2, %p1, -1;
    vote.sync.all.pred %p3, %p1, -1;
    vote.sync.uni.pred %p4, !%p1, -1;
    selp.b32 %d, 1, 0, %p2;
    @%p3 add.s32 %d, %d, 2;
    @%p4 add.s32 %d, %d, 4;
    setp.ge.u32 %p1, %a, 100;
    vote.sync.all.pred %p3, %p1, -1;
    @%p3 add.s32 %d, %d, 8;)");
  for (uint64_t lane = 0; lane < 32; ++lane) {
    EXPECT_EQ(ballot[lane], 0xFFE00000u);
    EXPECT_EQ(votes[lane], 1u + 8u);
  }
}

TEST(PtxVote, ReductionsAndMatchesCoverTheWarp) {
  auto sum = onOneWarp("redux.sync.add.s32 %d, %a, -1;");
  auto largest = onOneWarp("sub.s32 %r1, 110, %a;\n"
                           "redux.sync.max.s32 %d, %r1, -1;");
  auto both = onOneWarp("redux.sync.and.b32 %d, %a, -1;");
  auto any = onOneWarp("and.b32 %r1, %a, 3;\n"
                       "match.any.sync.b32 %d, %r1, -1;");
  auto all = onOneWarp("match.all.sync.b32 %d|%p1, 5, -1;\n"
                       "@%p1 xor.b32 %d, %d, 1;");
  for (uint64_t lane = 0; lane < 32; ++lane) {
    EXPECT_EQ(sum[lane], 3200u + 496u);
    EXPECT_EQ(largest[lane], 10u);
    EXPECT_EQ(both[lane], 0u);
    EXPECT_EQ(any[lane], 0x11111111u << lane % 4);
    EXPECT_EQ(all[lane], 0xFFFFFFFEu);
  }
}

// ---- branches --------------------------------------------------------------

TEST(PtxBranch, LanesPartAndMeet) {
  auto results = onOneWarp(R"(
    and.b32 %r1, %a, 1;
    setp.eq.b32 %p1, %r1, 0;
    @%p1 bra $even;
    mov.u32 %d, 5;
    bra.uni $meet;
  $even:
    mov.u32 %d, 9;
  $meet:
    vote.sync.ballot.b32 %r2, %p1, -1;
    popc.b32 %r2, %r2;
    add.s32 %d, %d, %r2;)");
  for (uint64_t lane = 0; lane < 32; ++lane)
    EXPECT_EQ(results[lane], (lane % 2 ? 5u : 9u) + 16u);
}

TEST(PtxBranch, TheMeetingPointMayStandBeforeABranch) {
  // The lanes at $late come back to $meet, where the others wait for them.
  auto results = onOneWarp(R"(
    setp.lt.u32 %p1, %a, 110;
    @%p1 bra $late;
    mov.u32 %d, 1;
  $meet:
    redux.sync.add.s32 %d, %d, -1;
    bra.uni $end;
  $late:
    mov.u32 %d, 3;
    bra.uni $meet;
  $end:)");
  EXPECT_EQ(results, Values(32, 22 * 1 + 10 * 3));
}

TEST(PtxBranch, LoopsOfDifferentLengthsEndTogether) {
  auto results = onOneWarp(R"(
    sub.s32 %r1, %a, 100;
    mov.u32 %d, 0;
  $loop:
    setp.eq.b32 %p1, %r1, 0;
    @%p1 bra $done;
    add.s32 %d, %d, %r1;
    sub.s32 %r1, %r1, 1;
    bra.uni $loop;
  $done:
    activemask.b32 %r2;
    setp.ne.b32 %p2, %r2, -1;
    @%p2 mov.u32 %d, 77777;)");
  for (uint64_t lane = 0; lane < 32; ++lane)
    EXPECT_EQ(results[lane], lane * (lane + 1) / 2);
}

TEST(PtxBranch, AnIndexChoosesTheLabel) {
  auto results = onOneWarp(R"(
    and.b32 %r1, %a, 3;
    $table: .branchtargets $zero, $one, $two, $three;
    brx.idx %r1, $table;
  $zero:
    mov.u32 %d, 10;
    bra.uni $end;
  $one:
    mov.u32 %d, 11;
    bra.uni $end;
  $two:
    mov.u32 %d, 12;
    bra.uni $end;
  $three:
    mov.u32 %d, 13;
  $end:)");
  for (uint64_t lane = 0; lane < 32; ++lane)
    EXPECT_EQ(results[lane], 10 + lane % 4);
}

TEST(PtxBranch, DivergenceIsCounted) {
  PtxKernel kernel{R"(
    setp.lt.u32 %p1, %tid, 16;
    @%p1 bra $end;
    add.s32 %r1, %tid, 1;
    add.s32 %r1, %tid, 2;
  $end:)"};
  Counts counts;
  uint64_t buffer[2] = {};
  ASSERT_TRUE(bool(kernel.run(buffer, 8, buffer + 1, 8, &counts)));
  EXPECT_EQ(counts.divergentBranches, 1u);
  EXPECT_EQ(counts.of(InstructionClass::Control), 2u); // bra and ret
  // bra: 16 of 32 lanes; two sums of 16 lanes.
  EXPECT_EQ(counts.inactiveLaneSlots, 3u * 16);
  EXPECT_EQ(counts.laneSlots, 32 * counts.totalInstructions());
}

TEST(PtxBranch, PartOfABlockMayLeaveEarly) {
  PtxKernel kernel{R"(
    add.s64 %out, %out, %at;
    setp.ge.u32 %p1, %tid, 40;
    @%p1 bra $end;
    bar.sync 0;
    st.global.u64 [%out], 7;
  $end:)"};
  kernel.threads = 100;
  uint64_t in = 0;
  Values out(100);
  auto result = kernel.run(&in, 8, out.data(), 800);
  ASSERT_TRUE(bool(result)) << result.error().message();
  for (uint64_t t = 0; t < 100; ++t)
    EXPECT_EQ(out[t], t < 40 ? 7u : 0u);
}
