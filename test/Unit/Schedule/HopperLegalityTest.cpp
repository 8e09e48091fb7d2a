#include "TestProblems.h"
#include "kgen/Schedule/Legality.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace kgen;
using namespace kgen::test;
using testing::HasSubstr;

namespace {

HardwareModel hopper() { return *findHardware("sm_90a"); }

Schedule legalDefault(const Problem &problem) {
  auto schedule = defaultSchedule(problem, hopper());
  EXPECT_TRUE(static_cast<bool>(schedule)) << schedule.error().message();
  return *schedule;
}

/// The first broken rule of the default after a change.
template <typename ChangeT>
Violation broken(const Problem &problem, ChangeT change) {
  Schedule schedule = legalDefault(problem);
  change(schedule);
  auto violations = checkLegality(problem, schedule, hopper());
  EXPECT_FALSE(violations.empty()) << toString(schedule);
  return violations.empty() ? Violation{ErrorCode::JsonSyntax, "", 0, 0, ""}
                            : violations[0];
}

TEST(HopperLegality, DefaultsHaveAProducerAtEveryHeadDim) {
  for (int64_t headDim = 16; headDim <= 256; headDim += 16)
    for (const Problem &problem : {plainProblem(headDim), causalProblem(headDim)}) {
      Schedule schedule = legalDefault(problem);
      EXPECT_EQ(schedule.producer, ProducerKind::Tma) << headDim;
      EXPECT_EQ(schedule.tileQ, 64 * schedule.consumerWarpgroups);
      EXPECT_TRUE(checkLegality(problem, schedule, hopper()).empty());
      ResourceEstimate need = estimateResources(problem, schedule, hopper());
      EXPECT_EQ(need.threadsPerWorkgroup, 128 * (schedule.consumerWarpgroups + 1));
      EXPECT_EQ(need.workgroupsPerProcessor, 1);
    }
}

TEST(HopperLegality, MasksTakeRegistersOfTheDefaultTile) {
  EXPECT_EQ(legalDefault(plainProblem(128)).tileKV, 176);
  EXPECT_EQ(legalDefault(causalProblem(128)).tileKV, 128);
}

TEST(HopperLegality, FloatsKeepTheOrdinaryLowering) {
  Problem problem = plainProblem(64);
  problem.dtype = ElementType::F32;
  Schedule schedule = legalDefault(problem);
  EXPECT_EQ(schedule.producer, ProducerKind::CpAsync);
  EXPECT_EQ(schedule.consumerWarpgroups, 0);
}

TEST(HopperLegality, OtherMachinesHaveNoProducer) {
  Schedule schedule = legalDefault(plainProblem(64));
  for (const char *key : {"h100", "a100"}) {
    auto violations =
        checkLegality(plainProblem(64), schedule, *findHardware(key));
    EXPECT_FALSE(violations.empty()) << key;
  }
}

TEST(HopperLegality, RowsAreThoseOfTheWarpgroups) {
  Violation violation =
      broken(plainProblem(128), [](Schedule &s) { s.tileQ = 192; });
  EXPECT_EQ(violation.code, ErrorCode::TileWarpsMismatch);
  EXPECT_EQ(violation.limit, 128);
}

TEST(HopperLegality, SharedMemoryCountsWholePanels) {
  Problem problem = plainProblem(96); // stored as 128 columns
  Schedule schedule = legalDefault(problem);
  schedule.tileKV = 64;
  EXPECT_EQ(estimateResources(problem, schedule, hopper()).sharedBytes,
            (128 * 128 + 4 * 64 * 128) * 2 + 5 * 16 + 16);
  Violation violation = broken(
      plainProblem(128), [](Schedule &s) { s.stagesK = s.stagesV = 4; });
  EXPECT_EQ(violation.code, ErrorCode::SharedMemoryExceeded);
  EXPECT_EQ(violation.limit, 232448);
}

// Three warpgroups start with 168 registers a thread; two share what the producer
// does not keep of them.
TEST(HopperLegality, RegistersFollowTheSplit) {
  auto wide = [](Schedule &s) { s.tileKV = 208; s.stagesK = s.stagesV = 1; };
  Violation violation = broken(plainProblem(128), wide);
  EXPECT_EQ(violation.code, ErrorCode::RegistersExceeded);
  EXPECT_EQ(violation.limit, 240);
  // Without two steps in flight there is one copy of P less.
  Schedule schedule = legalDefault(plainProblem(128));
  wide(schedule);
  schedule.overlap = OverlapMode::None;
  EXPECT_TRUE(checkLegality(plainProblem(128), schedule, hopper()).empty());
}

TEST(HopperLegality, EveryPointOfTheSpaceHasItsWarpgroups) {
  std::vector<Schedule> points = legalSchedules(causalProblem(64), hopper());
  EXPECT_GT(points.size(), 20u);
  for (const Schedule &point : points)
    EXPECT_EQ(point.warps, 4 * point.consumerWarpgroups);
}

TEST(HopperLegality, RefusesWhatTheLoweringLacks) {
  Violation violation = broken(plainProblem(64), [](Schedule &s) {
    s.pOperand = OperandPlace::Shared;
  });
  EXPECT_EQ(violation.code, ErrorCode::KnobUnsupportedByTarget);
  EXPECT_EQ(broken(plainProblem(64), [](Schedule &s) { s.clusterSize = 2; }).code,
            ErrorCode::KnobUnsupportedByTarget);
  EXPECT_EQ(broken(plainProblem(64),
                   [](Schedule &s) {
                     s.scheduler = TileScheduler::PersistentDynamic;
                   })
                .code,
            ErrorCode::KnobUnsupportedByTarget);
}

} // namespace
