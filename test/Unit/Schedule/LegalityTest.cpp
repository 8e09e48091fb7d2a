#include "kgen/Schedule/Legality.h"
#include "TestProblems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace kgen;
using namespace kgen::test;
using testing::HasSubstr;

namespace {

struct Broken {
  ErrorCode code;
  std::string knob;
  int64_t have, limit;
};

// Exactly one rule is broken, and the violation carries both numbers.
void expectOne(const Schedule &schedule, const Broken &expected) {
  std::vector<Violation> violations = checkSchedule(schedule);
  ASSERT_EQ(violations.size(), 1u) << toString(schedule);
  const Violation &violation = violations[0];
  EXPECT_EQ(errorName(violation.code), errorName(expected.code));
  EXPECT_EQ(violation.knob, expected.knob);
  EXPECT_EQ(violation.have, expected.have);
  EXPECT_EQ(violation.limit, expected.limit);
  EXPECT_THAT(violation.detail, HasSubstr(std::to_string(expected.have)));
  EXPECT_THAT(violation.detail, HasSubstr(std::to_string(expected.limit)));
  EXPECT_THAT(toString(violation),
              HasSubstr("[" + formatCode(expected.code) + "] "));
}

TEST(CheckSchedule, TheDefaultBreaksNothing) {
  EXPECT_TRUE(checkSchedule(Schedule()).empty());
}

TEST(CheckSchedule, TileRanges) {
  Schedule schedule;
  schedule.tileQ = 0;
  expectOne(schedule, {ErrorCode::TileTooSmall, "tile_q", 0, 8});
  schedule.tileQ = 2048;
  expectOne(schedule, {ErrorCode::TileTooLarge, "tile_q", 2048, 1024});
  schedule.tileQ = 60;
  expectOne(schedule, {ErrorCode::TileNotMultiple, "tile_q", 60, 8});
  schedule = {};
  schedule.tileKV = -8;
  expectOne(schedule, {ErrorCode::TileTooSmall, "tile_kv", -8, 8});
}

TEST(CheckSchedule, KnobRanges) {
  auto with = [](auto member, int64_t value) {
    Schedule schedule;
    schedule.*member = value;
    return schedule;
  };
  const ErrorCode code = ErrorCode::KnobOutOfRange;
  expectOne(with(&Schedule::warps, 0), {code, "warps", 0, 1});
  expectOne(with(&Schedule::warps, 33), {code, "warps", 33, 32});
  expectOne(with(&Schedule::stagesK, 9), {code, "stages_k", 9, 8});
  expectOne(with(&Schedule::stagesV, 0), {code, "stages_v", 0, 1});
  expectOne(with(&Schedule::maxRegisters, 600),
            {code, "max_registers", 600, 512});
  expectOne(with(&Schedule::splitKV, 0), {code, "split_kv", 0, 1});
  Schedule groups;
  groups.warps = 8;
  groups.consumerWarpgroups = 2;
  groups.producerRegisters = 30;
  expectOne(groups, {code, "producer_registers", 30, 8});
}

TEST(CheckSchedule, Combinations) {
  const ErrorCode code = ErrorCode::KnobConflict;
  Schedule schedule;
  schedule.consumerWarpgroups = 2;
  expectOne(schedule, {code, "warps+consumer_warpgroups", 4, 8});
  schedule = {};
  schedule.producerRegisters = 24;
  expectOne(schedule, {code, "producer_registers+consumer_warpgroups", 24, 0});
  schedule = {};
  schedule.overlap = OverlapMode::PingPong;
  expectOne(schedule, {code, "overlap+consumer_warpgroups", 0, 2});
  schedule = {};
  schedule.clusterSize = 2;
  expectOne(schedule, {code, "cluster_size+producer", 2, 1});
  schedule.producer = ProducerKind::Tma;
  EXPECT_TRUE(checkSchedule(schedule).empty());
}

TEST(CheckSchedule, ReportsEveryBrokenRule) {
  Schedule schedule;
  schedule.tileQ = 4;
  schedule.warps = 0;
  schedule.splitKV = 0;
  EXPECT_GE(checkSchedule(schedule).size(), 3u);
}

TEST(CheckLegality, MalformedProblemsAreTheOnlyViolation) {
  HardwareModel host = hostCpu();
  Problem problem = plainProblem();
  problem.headsKV = 3;
  auto violations = checkLegality(problem, Schedule(), host);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].code, ErrorCode::HeadCountMismatch);
  EXPECT_EQ(violations[0].have, 16);
  EXPECT_EQ(violations[0].limit, 3);

  problem.headsKV = 0; // would divide by zero
  violations = checkLegality(problem, Schedule(), host);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].code, ErrorCode::ProblemInvalid);

  problem = causalProblem();
  problem.mask.result = 7;
  violations = checkLegality(problem, Schedule(), host);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].code, ErrorCode::ExpressionInvalid);
}

} // namespace
