//===- HopperMbarrierTest.cpp - mbarrier's states; setmaxnreg's pool ------===//

#include "Hopper/Mbarrier.h"
#include "Hopper/RegisterPool.h"

#include <gtest/gtest.h>

using namespace kgen::emulator;
using namespace kgen::emulator::hopper;

namespace {
constexpr Component kBarrier = 7;
Mbarrier barrier(uint32_t count) { return Mbarrier(kBarrier, count, {}); }
} // namespace

TEST(HopperMbarrier, EndsAPhaseWhenAllHaveArrived) {
  Mbarrier b = barrier(2);
  WarpTimeline warp(0);
  EXPECT_TRUE(b.parityPassed(true)) << "the phase before the first has passed";
  EXPECT_FALSE(b.parityPassed(false));
  uint64_t token = b.token();
  EXPECT_FALSE(b.arrive(warp, 1));
  EXPECT_FALSE(b.tokenPassed(token));
  EXPECT_FALSE(b.arrive(warp, 1));
  EXPECT_TRUE(b.parityPassed(false));
  EXPECT_TRUE(b.tokenPassed(token));
  EXPECT_EQ(Mbarrier::pendingOf(token), 2u);
  EXPECT_EQ(b.phase(), 1u);
}

TEST(HopperMbarrier, WaitsForTransactionsInEitherOrder) {
  Mbarrier b = barrier(1);
  WarpTimeline warp(0);
  EXPECT_FALSE(b.completeTransactions(512)) << "bytes may come first";
  EXPECT_FALSE(b.expectTransactions(1024));
  EXPECT_FALSE(b.arrive(warp, 1));
  EXPECT_EQ(b.phase(), 0u);
  EXPECT_FALSE(b.completeTransactions(512));
  EXPECT_EQ(b.phase(), 1u);
}

TEST(HopperMbarrier, HandsTheArrivalsOfEndedPhasesToWhoWaits) {
  Mbarrier b = barrier(2);
  WarpTimeline first(0), second(1), waiter(2);
  Epoch before = first.now();
  EXPECT_FALSE(b.arrive(first, 1));
  EXPECT_EQ(b.released().generic.at(0), 0u) << "the phase has not ended";
  EXPECT_FALSE(b.arrive(second, 1));
  waiter.acquire(b.released());
  EXPECT_GE(waiter.generic.at(0), before);
  EXPECT_EQ(waiter.generic.at(kBarrier), 1u);
  EXPECT_LT(waiter.generic.at(0), first.now()) << "not what came after";
}

TEST(HopperMbarrier, RelaxedArrivalsReleaseNothing) {
  Mbarrier b = barrier(1);
  EXPECT_FALSE(b.arriveRelaxed(1));
  EXPECT_EQ(b.phase(), 1u);
  EXPECT_EQ(b.released().generic.at(0), 0u);
}

TEST(HopperMbarrier, FindsArrivalsBeyondTheCount) {
  Mbarrier b = barrier(2);
  WarpTimeline warp(0);
  auto misuse = b.arrive(warp, 3);
  ASSERT_TRUE(misuse);
  EXPECT_NE(misuse->find("3 arrivals where 2 of 2"), std::string::npos);
  EXPECT_EQ(b.phase(), 0u) << "a wrong operation changes nothing";
  EXPECT_TRUE(b.arrive(warp, 0));
  EXPECT_TRUE(b.arriveRelaxed(Mbarrier::kMaxCount + 1));
}

TEST(HopperMbarrier, KeepsTransactionsWithinTheirRange) {
  Mbarrier b = barrier(1);
  EXPECT_FALSE(b.expectTransactions(Mbarrier::kMaxCount));
  EXPECT_TRUE(b.expectTransactions(1));
  Mbarrier c = barrier(1);
  EXPECT_FALSE(c.completeTransactions(Mbarrier::kMaxCount));
  EXPECT_TRUE(c.completeTransactions(1));
}

TEST(HopperMbarrier, DroppedArrivalsAreNotExpectedAgain) {
  Mbarrier b = barrier(2);
  WarpTimeline warp(0);
  EXPECT_FALSE(b.drop(1));
  EXPECT_FALSE(b.arrive(warp, 2));
  EXPECT_EQ(b.phase(), 1u);
  EXPECT_FALSE(b.arrive(warp, 1));
  EXPECT_EQ(b.phase(), 2u);
  EXPECT_TRUE(b.drop(2));
}

TEST(HopperMbarrier, TracksArrivalsAddedToOnePhase) {
  Mbarrier b = barrier(1);
  WarpTimeline warp(0);
  EXPECT_FALSE(b.addPending(1));
  EXPECT_FALSE(b.arrive(warp, 1));
  EXPECT_EQ(b.phase(), 0u);
  EXPECT_TRUE(b.wouldComplete(1));
  EXPECT_FALSE(b.arriveRelaxed(1));
  EXPECT_EQ(b.phase(), 1u);
  EXPECT_FALSE(b.wouldComplete(2));
}

TEST(HopperMbarrier, ShowsItsStateInMemoryAndInWords) {
  Mbarrier a = barrier(2), b = barrier(2);
  WarpTimeline warp(0);
  EXPECT_EQ(a.encode(), b.encode());
  EXPECT_FALSE(b.arrive(warp, 1));
  EXPECT_NE(a.encode(), b.encode());
  EXPECT_EQ(b.describe(),
            "phase 0 (parity 0): 1 of 2 arrivals and 0 bytes pending");
}

TEST(HopperRegisterPool, KnowsTheLaunchFromTheDirectives) {
  EXPECT_EQ(RegisterPool::atLaunch(168, 1, 384, 65536), 168u);
  EXPECT_EQ(RegisterPool::atLaunch(0, 1, 384, 65536), 168u);
  EXPECT_EQ(RegisterPool::atLaunch(0, 1, 128, 65536), 248u);
  EXPECT_EQ(RegisterPool::atLaunch(0, 0, 384, 65536), 0u) << "unknown";
}

TEST(HopperRegisterPool, LetsOneWarpTakeWhatAnotherGave) {
  RegisterPool pool(12, 168);
  std::string misuse;
  EXPECT_EQ(pool.increase(4, 240, misuse), RegisterPool::Result::Blocked);
  for (uint32_t warp = 0; warp < 4; ++warp)
    EXPECT_EQ(pool.decrease(warp, 24, misuse), RegisterPool::Result::Done);
  EXPECT_EQ(pool.freeRegisters(), 144u * 128u);
  for (uint32_t warp = 4; warp < 12; ++warp)
    EXPECT_EQ(pool.increase(warp, 240, misuse), RegisterPool::Result::Done);
  EXPECT_EQ(pool.freeRegisters(), 0u);
  EXPECT_EQ(pool.of(4), 240u);
}

TEST(HopperRegisterPool, RefusesWhatCanNeverBe) {
  RegisterPool pool(4, 168);
  std::string misuse;
  EXPECT_EQ(pool.decrease(0, 176, misuse), RegisterPool::Result::Misuse);
  EXPECT_EQ(pool.increase(0, 160, misuse), RegisterPool::Result::Misuse);
  RegisterPool one(1, 168);
  EXPECT_EQ(one.increase(0, 176, misuse), RegisterPool::Result::Misuse);
  EXPECT_NE(misuse.find("launched with 168"), std::string::npos);
}
