//===- KernelFeaturesTest.cpp - Counts in the cost model ------------------===//

#include "TestProblems.h"
#include "kgen/Schedule/CostModel.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

using namespace kgen;
using namespace kgen::test;
using testing::HasSubstr;

namespace {

const ProblemSizes kSizes{.batch = 4, .seqQ = 4096, .seqKV = 4096};

HardwareModel machine(const char *key) { return *findHardware(key); }

double secondsOf(const KernelFeatures &features, const HardwareModel &hardware,
                 std::string_view pipe) {
  for (const PipeTime &time : pipeTimes(features, hardware))
    if (time.pipe == pipe)
      return time.seconds;
  ADD_FAILURE() << hardware.key << " has no pipe " << pipe;
  return -1;
}

TEST(KernelFeatures, TakeTheMachinesRates) {
  HardwareModel h100 = machine("h100");
  KernelFeatures features;
  features.tensorFlops = h100.matrixTflops16 * 1e12;
  features.transcendental = 1e9;
  EXPECT_DOUBLE_EQ(secondsOf(features, h100, "tensor"), 1);
  EXPECT_DOUBLE_EQ(secondsOf(features, h100, "exp2"),
                   32 / (h100.exp2GopsPerProcessor * 132));
}

TEST(KernelFeatures, BankConflictsKeepSharedMemoryBusy) {
  HardwareModel h100 = machine("h100");
  KernelFeatures features;
  features.sharedBytes = 128e9;
  double without = secondsOf(features, h100, "shared memory");
  features.bankConflictCycles = 1e9;
  EXPECT_DOUBLE_EQ(secondsOf(features, h100, "shared memory"), 2 * without);
}

TEST(KernelFeatures, IntegersHaveAPipeOfTheirOwnOnNvidiaOnly) {
  KernelFeatures features;
  features.integer = features.floating = 1e9;
  EXPECT_GT(secondsOf(features, machine("a100"), "integer"), 0);
  HardwareModel amd = machine("mi300x");
  KernelFeatures floats;
  floats.floating = 1e9;
  EXPECT_DOUBLE_EQ(secondsOf(features, amd, "vector"),
                   2 * secondsOf(floats, amd, "vector"));
}

TEST(KernelFeatures, TheBusiestPipeComesFirst) {
  HardwareModel h100 = machine("h100");
  KernelFeatures features;
  features.tensorFlops = 1e12;
  features.instructions = 1e6;
  std::vector<PipeTime> times = pipeTimes(features, h100);
  EXPECT_EQ(times.front().pipe, "tensor");
  EXPECT_EQ(busiestPipeSeconds(features, h100), times.front().seconds);
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end(),
                             [](const PipeTime &a, const PipeTime &b) {
                               return a.seconds > b.seconds;
                             }));
}

TEST(KernelFeatures, SayWhichPipeIsBusiest) {
  HardwareModel h100 = machine("h100");
  KernelFeatures features;
  features.sharedBytes = 128 * h100.clockGhz * 1e9 * 132;       // 1 s
  features.tensorFlops = 0.5 * h100.matrixTflops16 * 1e12;      // 0.5 s
  features.instructions = 0.05 * 4 * h100.clockGhz * 1e9 * 132; // not named
  EXPECT_EQ(describePipes(features, h100),
            "busiest pipe shared memory; of it tensor 50 %");
  EXPECT_EQ(describePipes(KernelFeatures(), h100), "");
}

TEST(KernelFeatures, AreNotForCpus) {
  KernelFeatures features;
  features.floating = 1e9;
  EXPECT_TRUE(pipeTimes(features, hostCpu()).empty());
  EXPECT_EQ(busiestPipeSeconds(features, hostCpu()), 0);
  EXPECT_EQ(describePipes(features, hostCpu()), "");
}

TEST(KernelFeatures, EachHasAKeyOfItsOwn) {
  KernelFeatures features;
  std::set<std::string> keys;
  size_t count = 0;
  forEachFeature(features, [&](const char *key, double &number) {
    keys.insert(key);
    number = static_cast<double>(++count);
  });
  EXPECT_EQ(keys.size(), count);
  EXPECT_EQ(count * sizeof(double), sizeof features); // none was forgotten
}

/// A kernel with the work that the model guesses, times these factors: found by
/// asking the model for what 1 means.
KernelFeatures countedWork(const Problem &problem, const Schedule &schedule,
                           const CostFactors &factors) {
  const double lanes = 32;
  double tiles = std::ceil(4096.0 / static_cast<double>(schedule.tileQ));
  double blocks = tiles * 16 * 4;
  double steps = std::ceil(4096.0 / static_cast<double>(schedule.tileKV));
  double pairs = static_cast<double>(schedule.tileQ * schedule.tileKV) * steps;
  double dims = static_cast<double>(problem.headDimQK + problem.headDimV);
  double rescale =
      static_cast<double>(schedule.tileQ * problem.headDimV) * steps;
  double feed =
      static_cast<double>(schedule.warps * schedule.tileKV) * steps * dims * 2;
  if (schedule.qOperand == OperandPlace::Shared)
    feed += 2 * static_cast<double>(schedule.tileQ * problem.headDimQK) * steps;
  if (schedule.pOperand == OperandPlace::Shared)
    feed += 4 * pairs;
  KernelFeatures features;
  features.transcendental = factors.exp2 * blocks * pairs / lanes;
  double vector = factors.vector * blocks * (5 * pairs + rescale) / lanes;
  features.integer = vector / 2;
  features.floating = vector / 4;
  features.conversion = vector / 4;
  features.sharedBytes = factors.shared * blocks * feed / 2;
  features.bankConflictCycles = factors.shared * blocks * feed / 2 / 128;
  return features;
}

TEST(Calibration, FindsTheFactorsOfTheCountedWork) {
  HardwareModel h100 = machine("h100");
  Problem problem = plainProblem(128);
  CostFactors factors{.exp2 = 1.25, .vector = 3, .shared = 0.5};
  std::vector<CountedSchedule> counted;
  for (const Schedule &schedule : legalSchedules(problem, h100))
    if (counted.size() < 9)
      counted.push_back({schedule, countedWork(problem, schedule, factors)});
  CostFactors found = calibrate(problem, kSizes, h100, counted);
  EXPECT_NEAR(found.exp2, 1.25, 1e-9);
  EXPECT_NEAR(found.vector, 3, 1e-9);
  EXPECT_NEAR(found.shared, 0.5, 1e-9);
}

TEST(Calibration, OneOddKernelDoesNotMoveIt) {
  HardwareModel h100 = machine("h100");
  Problem problem = plainProblem(128);
  Schedule schedule = *defaultSchedule(problem, h100);
  KernelFeatures usual = countedWork(problem, schedule, {.vector = 2});
  KernelFeatures odd = countedWork(problem, schedule, {.vector = 1000});
  CostFactors found =
      calibrate(problem, kSizes, h100,
                {{schedule, usual}, {schedule, odd}, {schedule, usual}});
  EXPECT_NEAR(found.vector, 2, 1e-9);
  EXPECT_NEAR(calibrate(problem, kSizes, h100, {{schedule, odd}}).vector, 8,
              1e-9);
}

TEST(Calibration, IsNeutralWithoutCountsAndOnACpu) {
  Problem problem = plainProblem(128);
  HardwareModel h100 = machine("h100");
  EXPECT_EQ(calibrate(problem, kSizes, h100, {}), CostFactors());
  Schedule schedule = *defaultSchedule(problem, h100);
  KernelFeatures some = countedWork(problem, schedule, {.vector = 2});
  EXPECT_EQ(calibrate(problem, kSizes, hostCpu(), {{schedule, some}}),
            CostFactors());
  EXPECT_EQ(calibrate(problem, kSizes, h100, {{schedule, KernelFeatures()}}),
            CostFactors());
}

TEST(Calibration, ScalesThePartsOfTheEstimate) {
  HardwareModel h100 = machine("h100");
  Problem problem = plainProblem(128);
  Schedule schedule = *defaultSchedule(problem, h100);
  CostEstimate plain = estimateCost(problem, kSizes, schedule, h100);
  CostEstimate scaled = estimateCost(problem, kSizes, schedule, h100,
                                     {.exp2 = 2, .vector = 3, .shared = 100});
  EXPECT_DOUBLE_EQ(scaled.exp2Seconds, 2 * plain.exp2Seconds);
  EXPECT_DOUBLE_EQ(scaled.vectorSeconds, 3 * plain.vectorSeconds);
  EXPECT_GT(scaled.matrixSeconds, plain.matrixSeconds);
  EXPECT_DOUBLE_EQ(scaled.memorySeconds, plain.memorySeconds);
}

/// Many warps read K and V more often from shared memory. Where counts say that
/// this costs more than guessed, fewer warps must win.
TEST(Calibration, TurnsAnOrderThatCountsContradict) {
  HardwareModel h100 = machine("h100");
  Problem problem = plainProblem(64);
  std::vector<Schedule> legal = legalSchedules(problem, h100);
  auto cheapest = [&](const CostFactors &factors) {
    return *std::min_element(
        legal.begin(), legal.end(), [&](const Schedule &a, const Schedule &b) {
          return estimateCost(problem, kSizes, a, h100, factors).seconds <
                 estimateCost(problem, kSizes, b, h100, factors).seconds;
        });
  };
  auto feed = [](const Schedule &s) {
    return static_cast<double>(s.warps) / static_cast<double>(s.tileQ);
  };
  EXPECT_LE(feed(cheapest({.shared = 8})), feed(cheapest({.shared = 0.125})));
  EXPECT_NE(cheapest({.shared = 8}), cheapest({.shared = 0.125}));
}

} // namespace
