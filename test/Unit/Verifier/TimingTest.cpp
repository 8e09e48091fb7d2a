//===- TimingTest.cpp - Medians, floors and kernels with a memory ----------===//

#include "HostDevice.h"
#include "Mutants.h"
#include "Timing.h"
#include "Verification.h"

#include <gtest/gtest.h>

using namespace kgen;

namespace {

TEST(Timing, summariseGivesMedianAndSpread) {
  Timing timing = summarise({5, 1, 2, 4, 3}, {1500, 1700, 1600});
  EXPECT_DOUBLE_EQ(timing.medianMs, 3);
  EXPECT_DOUBLE_EQ(timing.madMs, 1);
  EXPECT_DOUBLE_EQ(timing.minMs, 1);
  EXPECT_DOUBLE_EQ(timing.p10Ms, 1.4);
  EXPECT_DOUBLE_EQ(timing.p90Ms, 4.6);
  EXPECT_EQ(timing.samples, 5);
  EXPECT_EQ(timing.smClockMhz, 1600);
  EXPECT_FALSE(summarise({1}, {}).smClockMhz.has_value());
}

TEST(Timing, belowTheFloorIsNoTime) {
  Timing timing = summarise({1, 1, 1}, {});
  EXPECT_TRUE(checkFloor(timing, 0.9e-3));
  Expected<void> impossible = checkFloor(timing, 1.1e-3);
  ASSERT_FALSE(impossible);
  EXPECT_EQ(impossible.error().code(), ErrorCode::FasterThanMachine);
}

class TimedKernel : public testing::Test {
protected:
  TimedKernel() : subject(plainMutantProblem(ElementType::BF16)) {
    subject.sizes = {1, 16, 32, {}};
    options.neighbours = false;
    options.families = {InputFamily::Normal};
    options.time = true;
    options.timeSeconds = 0.02;
  }
  Subject of(LoadedKernel &kernel) { return {&kernel, subject.problem, subject.sizes}; }

  HostDevice device;
  CaseCache cache;
  MutantProblem subject;
  VerifyOptions options;
};

TEST_F(TimedKernel, fasterThanTheMachineIsAnError) {
  auto kernel = makeMutant(subject, {}, Fault::None);
  options.floorSeconds = 1000;
  Verdict verdict = verifyKernel(device, cache, of(*kernel), options);
  EXPECT_EQ(verdict.status, VerdictStatus::Error);
  EXPECT_EQ(verdict.code, ErrorCode::FasterThanMachine);
  EXPECT_FALSE(verdict.timing.has_value());
}

// Right as long as it is checked, wrong after a few launches more.
TEST_F(TimedKernel, outputIsCheckedAgainAfterTheTimedLoop) {
  auto honest = makeMutant(subject, {}, Fault::None);
  int launches = 0;
  HostKernel kernel([&](const std::vector<KernelArgument> &arguments) -> Expected<void> {
    if (Expected<void> done = honest->launch(arguments); !done)
      return done;
    if (++launches > 5)
      static_cast<char *>(arguments[3].data)[0] ^= 1;
    return {};
  });
  Verdict verdict = verifyKernel(device, cache, of(kernel), options);
  EXPECT_EQ(verdict.status, VerdictStatus::Rejected);
  EXPECT_EQ(verdict.code, ErrorCode::ChangedAfterTiming) << toString(verdict);
  EXPECT_FALSE(verdict.timing.has_value());
}

TEST_F(TimedKernel, candidateAndIncumbentAreTimedInTurn) {
  auto kernel = makeMutant(subject, {}, Fault::None);
  int calls = 0;
  HostKernel twice([&](const std::vector<KernelArgument> &arguments) -> Expected<void> {
    ++calls;
    for (int i = 0; i < 7; ++i)
      if (Expected<void> done = kernel->launch(arguments); !done)
        return done;
    return kernel->launch(arguments);
  });
  Subject incumbent = of(twice);
  Verdict verdict = verifyKernel(device, cache, of(*kernel), options, &incumbent);
  ASSERT_TRUE(verdict.accepted()) << toString(verdict);
  ASSERT_TRUE(verdict.pair.has_value());
  EXPECT_GT(calls, 9);
  EXPECT_GE(verdict.pair->bursts, 3);
  EXPECT_LT(verdict.pair->ratio, 0.7) << "the incumbent does the work eight times";
  EXPECT_EQ(verdict.timing->medianMs, verdict.pair->candidate.medianMs);
}

TEST_F(TimedKernel, pairOfDifferentProblemsIsRefused) {
  auto kernel = makeMutant(subject, {}, Fault::None);
  Subject other = of(*kernel);
  other.sizes.seqQ = 32;
  Expected<PairTiming> pair = timeInTurn(device, cache, of(*kernel), other, {});
  ASSERT_FALSE(pair);
  EXPECT_EQ(pair.error().code(), ErrorCode::InvalidVerifyRequest);
}

TEST_F(TimedKernel, oneOracleRunServesManyCandidates) {
  auto kernel = makeMutant(subject, {}, Fault::None);
  ASSERT_TRUE(verifyKernel(device, cache, of(*kernel), options).accepted());
  int64_t misses = cache.misses();
  ASSERT_TRUE(verifyKernel(device, cache, of(*kernel), options).accepted());
  EXPECT_EQ(cache.misses(), misses);
  options.seed = 2;
  ASSERT_TRUE(verifyKernel(device, cache, of(*kernel), options).accepted());
  EXPECT_GT(cache.misses(), misses);
}

TEST_F(TimedKernel, launchFailureIsAnErrorVerdict) {
  HostKernel kernel([](const std::vector<KernelArgument> &) -> Expected<void> {
    return Error(ErrorCode::KernelLaunchFailed, "too many threads");
  });
  Verdict verdict = verifyKernel(device, cache, of(kernel), options);
  EXPECT_EQ(verdict.status, VerdictStatus::Error);
  EXPECT_EQ(verdict.code, ErrorCode::KernelLaunchFailed);
}

class FullDevice : public HostDevice {
public:
  Expected<void *> allocate(size_t bytes) override {
    return Error(ErrorCode::VerifierOutOfMemory, std::to_string(bytes) + " bytes");
  }
};

TEST_F(TimedKernel, fullDeviceIsAnErrorVerdict) {
  auto kernel = makeMutant(subject, {}, Fault::None);
  FullDevice full;
  Verdict verdict = verifyKernel(full, cache, of(*kernel), options);
  EXPECT_EQ(verdict.status, VerdictStatus::Error);
  EXPECT_EQ(verdict.code, ErrorCode::VerifierOutOfMemory);
}

TEST_F(TimedKernel, badOptionsAreRefused) {
  auto kernel = makeMutant(subject, {}, Fault::None);
  options.repeats = 0;
  EXPECT_EQ(verifyKernel(device, cache, of(*kernel), options).code,
            ErrorCode::InvalidVerifyRequest);
  options.repeats = 1;
  subject.sizes.seqKV = 0;
  EXPECT_EQ(verifyKernel(device, cache, of(*kernel), options).code,
            ErrorCode::InvalidVerifyRequest);
}

} // namespace
