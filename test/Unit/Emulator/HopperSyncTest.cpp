//===- HopperSyncTest.cpp - mbarriers, clusters, elections, one by one ----===//

#include "HopperSnippet.h"

#include <gtest/gtest.h>

using namespace kgen;
using namespace kgen::emulator;
using namespace kgen::emulator::test;
using enum kgen::ErrorCode;

static uint32_t number(ErrorCode code) { return uint32_t(code); }

/// Lane 0 of warp 0 initialises a barrier for `count`; all see it.
static std::string barrierFor(const std::string &count) {
  return "setp.eq.u32 %p0, %tid, 0;\n"
         "@%p0 mbarrier.init.shared.b64 [%smem], " +
         count + ";\n@%p0 fence.mbarrier_init.release.cluster;\nbar.sync 0;\n";
}

static const char *const kWait =
    "wait: mbarrier.try_wait.parity.shared.b64 %p1, [%smem], 0;\n"
    "@!%p1 bra wait;\n";

// ---- mbarrier --------------------------------------------------------------

TEST(HopperMbarrierOps, OrdersAWriteBeforeAReadOfAnotherWarp) {
  std::string body = barrierFor("32") +
                     "setp.eq.u32 %p2, %warp, 0;\n@!%p2 bra reader;\n"
                     "st.shared.u32 [%smem+1024], 7;\n"
                     "mbarrier.arrive.shared.b64 %d0, [%smem];\nbra end;\n"
                     "reader:\n" +
                     kWait +
                     "ld.shared.u32 %r0, [%smem+1024];\n"
                     "st.global.u32 [%out], %r0;\nend:";
  for (uint64_t seed = 0; seed < 4; ++seed) {
    Snippet snippet(body);
    ASSERT_EQ(snippet.threads(64).finding(seed), 0u) << snippet.last->message();
    EXPECT_EQ(snippet.output<uint32_t>(0), 7u);
  }
  // A relaxed arrival orders nothing.
  size_t at = body.find("arrive.shared");
  std::string relaxed = body;
  relaxed.replace(at, 6, "arrive.relaxed.cta");
  EXPECT_EQ(Snippet(relaxed).threads(64).finding(), number(FindingRace));
}

TEST(HopperMbarrierOps, GivesStatesThatTellPhases) {
  Snippet snippet(barrierFor("2") +
                  "@!%p0 bra end;\n"
                  "mbarrier.arrive.shared.b64 %d0, [%smem];\n"
                  "mbarrier.pending_count.b64 %r0, %d0;\n"
                  "st.global.u32 [%out], %r0;\n"
                  "mbarrier.test_wait.shared.b64 %p2, [%smem], %d0;\n"
                  "selp.u32 %r1, 1, 0, %p2;\nst.global.u32 [%out+4], %r1;\n"
                  "mbarrier.arrive.shared.b64 _, [%smem];\n"
                  "mbarrier.test_wait.shared.b64 %p2, [%smem], %d0;\n"
                  "selp.u32 %r1, 1, 0, %p2;\nst.global.u32 [%out+8], %r1;\n"
                  "end:");
  ASSERT_EQ(snippet.finding(), 0u) << snippet.last->message();
  EXPECT_EQ(snippet.output<uint32_t>(0), 2u);
  EXPECT_EQ(snippet.output<uint32_t>(1), 0u);
  EXPECT_EQ(snippet.output<uint32_t>(2), 1u);
}

TEST(HopperMbarrierOps, FindsMisuse) {
  const std::pair<const char *, ErrorCode> cases[] = {
      {"mbarrier.arrive.shared.b64 _, [%smem];", FindingBarrierMisuse},
      {"@%p0 mbarrier.init.shared.b64 [%smem], 0;", FindingBarrierMisuse},
      {"@%p0 mbarrier.init.shared.b64 [%smem], 1048576;", FindingBarrierMisuse},
      {"@%p0 mbarrier.init.shared.b64 [%smem+4], 1;", FindingMisaligned},
      {"@%p0 mbarrier.init.shared.b64 [%smem], 1;\n"
       "@%p0 st.shared.u64 [%smem], %d1;\n"
       "@%p0 mbarrier.arrive.shared.b64 _, [%smem];",
       FindingBarrierMisuse},
      {"@%p0 mbarrier.init.shared.b64 [%smem], 1;\n"
       "@%p0 mbarrier.inval.shared.b64 [%smem];\n"
       "@%p0 mbarrier.arrive.shared.b64 _, [%smem];",
       FindingBarrierMisuse},
      {"@%p0 mbarrier.init.shared.b64 [%smem], 1;\n"
       "@%p0 mbarrier.arrive.noComplete.shared.b64 %d0, [%smem], 1;",
       FindingBarrierMisuse},
      {"@%p0 mbarrier.init.shared.b64 [%smem], 1;\n"
       "@%p0 mbarrier.expect_tx.relaxed.cta.shared.b64 [%smem], 1048576;",
       FindingBarrierMisuse},
      {"@%p0 mbarrier.arrive.shared.b64 _, [%smem+65536];", FindingOutOfBounds},
  };
  for (const auto &[body, code] : cases) {
    Snippet snippet("setp.eq.u32 %p0, %tid, 0;\nmov.u64 %d1, 0;\n" +
                    std::string(body));
    EXPECT_EQ(snippet.finding(), number(code))
        << body << "\n"
        << (snippet.last ? snippet.last->message() : "nothing found");
  }
}

TEST(HopperMbarrierOps, MayBeInvalidatedAndInitialisedAgain) {
  Snippet snippet("setp.eq.u32 %p0, %tid, 0;\n"
                  "@%p0 mbarrier.init.shared.b64 [%smem], 1;\n"
                  "@%p0 mbarrier.inval.shared.b64 [%smem];\n"
                  "@%p0 mbarrier.init.shared.b64 [%smem], 2;\n"
                  "@%p0 mbarrier.arrive_drop.shared.b64 _, [%smem], 1;\n"
                  "@%p0 mbarrier.arrive.shared.b64 _, [%smem];\n"
                  "@%p0 mbarrier.test_wait.parity.shared.b64 %p1, [%smem], 0;\n"
                  "@!%p0 bra end;\nselp.u32 %r0, 1, 0, %p1;\n"
                  "st.global.u32 [%out], %r0;\nend:");
  ASSERT_EQ(snippet.finding(), 0u) << snippet.last->message();
  EXPECT_EQ(snippet.output<uint32_t>(0), 1u);
}

TEST(HopperMbarrierOps, AWaitThatNothingCanEndIsADeadlock) {
  Snippet snippet(barrierFor("1") + kWait);
  EXPECT_EQ(snippet.finding(), number(FindingDeadlock));
  EXPECT_NE(snippet.last->detail().find("1 of 1 arrivals"), std::string::npos)
      << snippet.last->detail();
}

TEST(HopperMbarrierOps, TracksCpAsync) {
  for (bool noinc : {false, true}) {
    std::string arrive = noinc ? "cp.async.mbarrier.arrive.noinc.shared.b64"
                               : "cp.async.mbarrier.arrive.shared.b64";
    std::string body =
        barrierFor(noinc ? "32" : "1") +
        "setp.eq.u32 %p2, %warp, 0;\n@!%p2 bra reader;\n"
        "shl.b32 %r0, %tid, 4;\ncvt.u64.u32 %d0, %r0;\n"
        "add.u64 %d0, %d0, %in;\nadd.u32 %r0, %r0, %smem;\n"
        "cp.async.cg.shared.global [%r0+1024], [%d0], 16;\n" +
        arrive + " [%smem];\n" +
        (noinc ? "" : "@%p0 mbarrier.arrive.shared.b64 _, [%smem];\n") +
        "bra end;\nreader:\n" + kWait +
        "shl.b32 %r1, %lane, 2;\nadd.u32 %r1, %r1, %smem;\n"
        "ld.shared.u32 %r2, [%r1+1024];\ncvt.u64.u32 %d2, %lane;\n"
        "shl.b64 %d2, %d2, 2;\nadd.u64 %d2, %d2, %out;\n"
        "st.global.u32 [%d2], %r2;\nend:";
    for (uint64_t seed = 0; seed < 4; ++seed) {
      Snippet snippet(body);
      for (uint32_t i = 0; i < 128; ++i)
        snippet.input<uint32_t>(i, i * 3);
      ASSERT_EQ(snippet.threads(64).finding(seed), 0u)
          << snippet.last->message();
      EXPECT_EQ(snippet.output<uint32_t>(31), 93u);
    }
  }
}

// ---- votes of warpgroups ---------------------------------------------------

/// Three warpgroups, each with a barrier of its own, vote eight times. Thread
/// 40 + g of group g says no in round 3 + g. Each thread stores its rounds'
/// results.
static const char *const kVotes =
    "shr.u32 %r0, %tid, 7;\nand.b32 %r1, %tid, 127;\nsub.u32 %r1, %r1, %r0;\n"
    "setp.ne.u32 %p3, %r1, 40;\n"
    "add.u32 %r2, %r0, 7;\nadd.u32 %r8, %r0, 3;\n"
    "mov.u32 %r3, 0;\nmov.u32 %r4, 0;\n"
    "round:\nsetp.ne.u32 %p0, %r3, %r8;\nor.pred %p0, %p0, %p3;\n"
    "bar.red.and.pred %p1, %r2, 128, %p0;\n"
    "selp.u32 %r6, 1, 0, %p1;\nshl.b32 %r6, %r6, %r3;\nor.b32 %r4, %r4, %r6;\n"
    "add.u32 %r3, %r3, 1;\nsetp.lt.u32 %p2, %r3, 8;\n@%p2 bra round;\n"
    "shl.b32 %r7, %tid, 2;\ncvt.u64.u32 %d0, %r7;\nadd.u64 %d0, %out, %d0;\n"
    "st.global.u32 [%d0], %r4;";

TEST(HopperVotes, AreOfTheGroupAndTheRound) {
  for (uint64_t seed = 0; seed < 8; ++seed) {
    Snippet snippet(kVotes);
    ASSERT_EQ(snippet.threads(384).finding(seed), 0u)
        << snippet.last->message();
    for (uint32_t t = 0; t < 384; ++t)
      ASSERT_EQ(snippet.output<uint32_t>(t), 0xffu ^ 1u << (3 + t / 128)) << t;
  }
}

TEST(HopperVotes, AskForThreadsThatCome) {
  auto finding = [](const char *part, const char *other) {
    std::string body = kVotes;
    body.replace(body.find(part), std::string(part).size(), other);
    return Snippet(body).threads(384).finding();
  };
  EXPECT_EQ(finding("128, %p0", "160, %p0"), number(FindingDeadlock));
  EXPECT_EQ(finding("128, %p0", "100, %p0"), number(FindingBarrierMisuse));
  // One warp of each group ends without a vote.
  EXPECT_EQ(finding("round:",
                    "and.b32 %r9, %warp, 3;\nsetp.eq.u32 %p4, %r9, 2;\n"
                    "@%p4 exit;\nround:"),
            number(FindingDeadlock));
}

// ---- clusters --------------------------------------------------------------

static const char *const kClusterSync =
    "barrier.cluster.arrive.release.aligned;\n"
    "barrier.cluster.wait.acquire.aligned;\n";

/// Each block writes its rank into the next block's shared memory.
static std::string ringOfBlocks(const std::string &sync) {
  return "mov.u32 %r0, %cluster_ctarank;\nxor.b32 %r1, %r0, 1;\n"
         "mapa.shared::cluster.u32 %r2, %smem, %r1;\n"
         "shl.b32 %r3, %tid, 2;\nadd.u32 %r2, %r2, %r3;\n"
         "st.shared::cluster.u32 [%r2], %r0;\n" +
         sync +
         "add.u32 %r4, %smem, %r3;\nld.shared.u32 %r5, [%r4];\n"
         "getctarank.shared::cluster.u32 %r6, %r2;\n"
         "shl.b32 %r7, %r0, 1;\nshl.b32 %r7, %r7, 2;\n"
         "cvt.u64.u32 %d0, %r7;\nadd.u64 %d0, %d0, %out;\n"
         "setp.eq.u32 %p0, %tid, 0;\n@%p0 st.global.u32 [%d0], %r5;\n"
         "@%p0 st.global.u32 [%d0+4], %r6;\n" +
         kClusterSync;
}

TEST(HopperCluster, BlocksReachEachOthersSharedMemory) {
  for (uint64_t seed = 0; seed < 4; ++seed) {
    Snippet snippet(ringOfBlocks(kClusterSync));
    ASSERT_EQ(snippet.cluster(2).threads(64).finding(seed), 0u)
        << snippet.last->message();
    for (uint32_t rank = 0; rank < 2; ++rank) {
      EXPECT_EQ(snippet.output<uint32_t>(rank * 2), 1 - rank);
      EXPECT_EQ(snippet.output<uint32_t>(rank * 2 + 1), 1 - rank);
    }
  }
}

TEST(HopperCluster, ARelaxedBarrierOrdersNoData) {
  Snippet snippet(ringOfBlocks("barrier.cluster.arrive.relaxed.aligned;\n"
                               "barrier.cluster.wait.aligned;\n"));
  EXPECT_EQ(snippet.cluster(2).finding(), number(FindingRace));
  Snippet without(ringOfBlocks(""));
  uint32_t found = without.cluster(2).finding();
  EXPECT_TRUE(found == number(FindingRace) ||
              found == number(FindingUninitialised));
}

TEST(HopperCluster, FindsMisuseOfTheBarrier) {
  EXPECT_EQ(Snippet("barrier.cluster.wait;").finding(),
            number(FindingBarrierMisuse));
  EXPECT_EQ(
      Snippet("barrier.cluster.arrive;\nbarrier.cluster.arrive;").finding(),
      number(FindingBarrierMisuse));
  EXPECT_EQ(Snippet("barrier.cluster.arrive;").finding(),
            number(FindingBarrierMisuse))
      << "ended without the wait";
  EXPECT_EQ(Snippet("mov.u32 %r0, %cluster_ctarank;\n"
                    "setp.eq.u32 %p0, %r0, 0;\n@%p0 bra wait;\n"
                    "spin: bra spin;\nwait:\nbarrier.cluster.arrive;\n"
                    "barrier.cluster.wait;")
                .cluster(2)
                .finding(),
            number(EmulatorInstructionLimit));
}

TEST(HopperCluster, ThreadsThatHaveExitedAreNotWaitedFor) {
  Snippet snippet("setp.ge.u32 %p0, %tid, 32;\n@%p0 bra end;\n"
                  "barrier.cluster.arrive;\nbarrier.cluster.wait;\nend:");
  for (uint64_t seed = 0; seed < 8; ++seed)
    EXPECT_EQ(snippet.threads(64).cluster(2).finding(seed), 0u)
        << snippet.last->message();
}

TEST(HopperCluster, RanksLieInTheCluster) {
  EXPECT_EQ(
      Snippet("mapa.shared::cluster.u32 %r2, %smem, 2;").cluster(2).finding(),
      number(FindingOperand));
  EXPECT_EQ(Snippet("mov.u64 %d0, 4096;\nmapa.u64 %d1, %d0, 0;").finding(),
            number(FindingOperand));
}

// ---- elections, registers --------------------------------------------------

TEST(HopperElect, ChoosesOneLaneOfTheMembers) {
  Snippet snippet("elect.sync %r0|%p0, -1;\nselp.u32 %r1, 1, 0, %p0;\n"
                  "redux.sync.add.u32 %r2, %r1, -1;\n"
                  "@%p0 st.global.u32 [%out], %r2;\n"
                  "sub.u32 %r3, %lane, %r0;\n"
                  "@%p0 st.global.u32 [%out+4], %r3;");
  ASSERT_EQ(snippet.finding(), 0u) << snippet.last->message();
  EXPECT_EQ(snippet.output<uint32_t>(0), 1u);
  EXPECT_EQ(snippet.output<uint32_t>(1), 0u);
}

TEST(HopperElect, MustNotBeRunByStrangers) {
  EXPECT_EQ(Snippet("elect.sync _|%p0, 15;").finding(), number(FindingOperand));
}

TEST(HopperRegisters, KeepToTheCountsOfTheIsa) {
  for (const char *count : {"16", "264", "100"})
    EXPECT_EQ(
        Snippet("setmaxnreg.dec.sync.aligned.u32 " + std::string(count) + ";")
            .finding(),
        number(EmulatorSyntax))
        << count;
  EXPECT_EQ(Snippet("setmaxnreg.inc.sync.aligned.u32 240;")
                .threads(128)
                .directives(".maxnreg 168\n")
                .finding(),
            number(FindingResource));
  EXPECT_EQ(
      Snippet("setmaxnreg.inc.sync.aligned.u32 240;").threads(128).finding(),
      0u)
      << "without register directives ptxas ignores it";
  EXPECT_EQ(Snippet("setp.eq.u32 %p0, %warp, 1;\n"
                    "@%p0 setmaxnreg.dec.sync.aligned.u32 24;")
                .threads(128)
                .directives(".maxnreg 168\n")
                .finding(),
            number(FindingDivergentBarrier))
      << "one warp of four";
}

TEST(HopperGridDependency, IsAccepted) {
  EXPECT_EQ(Snippet("griddepcontrol.wait;\ngriddepcontrol.launch_dependents;")
                .finding(),
            0u);
}
