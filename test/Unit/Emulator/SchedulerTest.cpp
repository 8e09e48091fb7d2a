//===- SchedulerTest.cpp - Interleaving, waiting, deadlock
//-----------------===//

#include "Core/Scheduler.h"

#include <gtest/gtest.h>

using namespace kgen;
using namespace kgen::emulator;

namespace {

/// Takes `steps` steps and notes its name at each.
struct Walker : Agent {
  char name;
  int steps;
  std::string &trace;
  Walker(char name, int steps, std::string &trace)
      : name(name), steps(steps), trace(trace) {}
  StepResult run(uint32_t quantum) override {
    for (uint32_t i = 0; i < quantum && steps > 0; ++i, --steps)
      trace += name;
    return steps ? StepResult::Running : StepResult::Finished;
  }
  std::string waitsFor() const override { return "nothing"; }
};

/// Ends once `flag` is set.
struct Waiter : Agent {
  const bool &flag;
  explicit Waiter(const bool &flag) : flag(flag) {}
  StepResult run(uint32_t) override {
    return flag ? StepResult::Finished : StepResult::Blocked;
  }
  std::string waitsFor() const override { return "the flag"; }
};

std::string interleave(uint64_t seed) {
  std::string trace;
  Walker a('a', 2000, trace), b('b', 2000, trace);
  FaultSink faults;
  Agent *agents[] = {&a, &b};
  Scheduler(seed, faults).run(agents);
  EXPECT_FALSE(faults.raised());
  EXPECT_EQ(trace.size(), 4000u);
  return trace;
}

TEST(Scheduler, OneSeedGivesOneInterleaving) {
  EXPECT_EQ(interleave(7), interleave(7));
  EXPECT_NE(interleave(7), interleave(8));
}

TEST(Scheduler, NobodyRunsAlone) {
  std::string trace = interleave(1);
  EXPECT_NE(trace.find("ab"), std::string::npos);
  EXPECT_NE(trace.find("ba"), std::string::npos);
}

TEST(Scheduler, ADeferredCompletionWakesAWaiter) {
  bool flag = false;
  Waiter waiter(flag);
  FaultSink faults;
  Scheduler scheduler(1, faults);
  scheduler.defer([&] { flag = true; });
  Agent *agents[] = {&waiter};
  scheduler.run(agents);
  EXPECT_FALSE(faults.raised());
}

TEST(Scheduler, ADeferredCompletionHappensEvenIfNobodyWaits) {
  FaultSink faults;
  Scheduler scheduler(1, faults);
  bool flag = false;
  scheduler.defer([&] { flag = true; });
  scheduler.run({});
  EXPECT_TRUE(flag);
}

TEST(Scheduler, ADeadlockSaysWhoWaitsForWhat) {
  bool flag = false;
  std::string trace;
  Walker walker('w', 3, trace);
  Waiter waiter(flag);
  FaultSink faults;
  Agent *agents[] = {&walker, &waiter};
  Scheduler(3, faults).run(agents);
  ASSERT_TRUE(faults.raised());
  EXPECT_EQ(faults.error()->code(), ErrorCode::FindingDeadlock);
  EXPECT_EQ(faults.error()->detail(),
            "no warp can go on\n  warp 1 waits for the flag");
}

TEST(FaultSink, TheFirstFaultIsKept) {
  FaultSink faults;
  faults.raise(ErrorCode::FindingRace, "first");
  faults.raise(ErrorCode::FindingDeadlock, "second");
  EXPECT_EQ(faults.error()->code(), ErrorCode::FindingRace);
  EXPECT_EQ(faults.error()->detail(), "first");
}

} // namespace
