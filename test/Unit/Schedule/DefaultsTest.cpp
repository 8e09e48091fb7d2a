#include "TestProblems.h"
#include "kgen/Schedule/CostModel.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace kgen;
using namespace kgen::test;

namespace {

// Every machine that this build lists, and CPUs with small and large caches.
std::vector<HardwareModel> machines() {
  std::vector<HardwareModel> models = allHardware();
  HardwareModel small = hostCpu();
  small.maxSharedBytes = 256 * 1024;
  small.l1Bytes = 32 * 1024;
  models.push_back(small);
  small.maxSharedBytes = 4 * 1024 * 1024;
  models.push_back(small);
  return models;
}

bool serves(const HardwareModel &hardware, ElementType dtype, int64_t headDim) {
  switch (hardware.target) {
  case TargetKind::Cpu:
    return headDim <= 512;
  case TargetKind::Nvvm:
    return headDim <= 256 &&
           headDim % (dtype == ElementType::F32 ? 8 : 16) == 0;
  case TargetKind::Rocdl:
    return dtype != ElementType::F32 && headDim <= 256 && headDim % 32 == 0;
  }
  return false;
}

TEST(Defaults, AreLegalForEveryServedProblem) {
  int served = 0;
  for (const HardwareModel &hardware : machines())
    for (ElementType dtype :
         {ElementType::F32, ElementType::F16, ElementType::BF16})
      for (int64_t dimQK : {1, 8, 16, 32, 40, 64, 96, 128, 160, 192, 256, 512})
        for (int64_t dimV : {16, 64, 128, 256, 512})
          for (int64_t seqQ : {kDynamicSize, int64_t(1), int64_t(40)}) {
            Problem problem = causalProblem(dimQK, dtype);
            problem.headDimV = dimV;
            problem.seqQ = seqQ;
            SCOPED_TRACE(hardware.key + " " + std::string(spelling(dtype)) +
                         " " + std::to_string(dimQK) + "/" +
                         std::to_string(dimV));
            auto schedule = defaultSchedule(problem, hardware);
            bool expected =
                serves(hardware, dtype, dimQK) && serves(hardware, dtype, dimV);
            ASSERT_EQ(static_cast<bool>(schedule), expected)
                << (expected ? schedule.error().message() : "");
            if (!expected)
              continue;
            ++served;
            auto violations = checkLegality(problem, *schedule, hardware);
            ASSERT_TRUE(violations.empty())
                << toString(violations[0]) << " " << toString(*schedule);
            auto need = estimateResources(problem, *schedule, hardware);
            EXPECT_GE(need.workgroupsPerProcessor, 1);
            EXPECT_GE(need.threadsPerWorkgroup, 1);
          }
  EXPECT_GT(served, 1000);
}

TEST(Defaults, ShortQueriesTakeSmallerTiles) {
  Problem problem = plainProblem(128);
  problem.seqQ = 16;
  auto h100 = findHardware("h100");
  auto schedule = defaultSchedule(problem, *h100);
  ASSERT_TRUE(static_cast<bool>(schedule));
  EXPECT_EQ(schedule->tileQ, 16);
  EXPECT_EQ(schedule->warps, 1);
}

TEST(Defaults, OrderIsLinearWithAndWithoutAMask) {
  auto h100 = findHardware("h100");
  EXPECT_EQ(defaultSchedule(plainProblem(64), *h100)->order, TileOrder::Linear);
  EXPECT_EQ(defaultSchedule(causalProblem(64), *h100)->order, TileOrder::Linear);
}

/// score + factor * (q_idx - kv_idx).
Problem relativeProblem(double factor) {
  Problem problem = plainProblem();
  problem.score.instructions = {
      {.op = ExpressionOp::ArgumentScore, .operands = {}},
      {.op = ExpressionOp::ArgumentQueryIndex, .operands = {}},
      {.op = ExpressionOp::ArgumentKeyIndex, .operands = {}},
      {.op = ExpressionOp::SubInt, .operands = {1, 2}},
      {.op = ExpressionOp::SignedToFloat, .operands = {3}},
      {.op = ExpressionOp::ConstantFloat, .operands = {}, .floatValue = factor},
      {.op = ExpressionOp::MulFloat, .operands = {4, 5}},
      {.op = ExpressionOp::AddFloat, .operands = {0, 6}}};
  problem.score.result = 7;
  return problem;
}

// Maxima that grow with each tile make lazy rescaling pointless.
TEST(Defaults, WalkStartsWhereScoresAreGreatest) {
  const HardwareModel hopper = *findHardware("h100a");
  auto direction = [&](const Problem &problem) {
    return defaultSchedule(problem, hopper)->kvDirection;
  };
  EXPECT_EQ(direction(relativeProblem(0.5)), KvDirection::Forward);
  EXPECT_EQ(direction(relativeProblem(-0.5)), KvDirection::Reverse);
  EXPECT_EQ(direction(plainProblem()), KvDirection::Reverse);
  // A factor that a table holds may have any sign.
  EXPECT_EQ(direction(alibiProblem()), KvDirection::Reverse);
}

TEST(Defaults, MachineWithoutRoomHasNone) {
  HardwareModel tiny = *findHardware("h100");
  tiny.maxSharedBytes = 1024;
  auto schedule = defaultSchedule(plainProblem(64), tiny);
  ASSERT_FALSE(static_cast<bool>(schedule));
  EXPECT_EQ(schedule.error().code(), ErrorCode::NoLegalSchedule);
  EXPECT_TRUE(legalSchedules(plainProblem(64), tiny).empty());
}

TEST(KnobSpace, LegalPointsAreLegalDistinctAndHoldTheDefault) {
  for (const HardwareModel &hardware : allHardware()) {
    SCOPED_TRACE(hardware.key);
    Problem problem = causalProblem(128);
    std::vector<Schedule> legal = legalSchedules(problem, hardware);
    ASSERT_GT(legal.size(), 4u);
    for (const Schedule &schedule : legal)
      ASSERT_TRUE(checkLegality(problem, schedule, hardware).empty())
          << toString(schedule);
    for (size_t i = 1; i < legal.size(); ++i)
      ASSERT_NE(legal[i], legal[i - 1]);
    auto schedule = defaultSchedule(problem, hardware);
    ASSERT_TRUE(static_cast<bool>(schedule));
    EXPECT_NE(std::find(legal.begin(), legal.end(), *schedule), legal.end())
        << toString(*schedule);
    EXPECT_EQ(legalSchedules(problem, hardware), legal) << "the order is fixed";
  }
}

TEST(KnobSpace, TriesOrdersOnlyWhereTilesDiffer) {
  HardwareModel h100 = *findHardware("h100");
  EXPECT_EQ(knobSpace(plainProblem(), h100).order,
            std::vector{TileOrder::Linear});
  EXPECT_EQ(knobSpace(causalProblem(), h100).order,
            (std::vector{TileOrder::Linear, TileOrder::LongestFirst}));
}

TEST(KnobSpace, IsEmptyForAProblemThatIsNotServed) {
  EXPECT_TRUE(
      legalSchedules(plainProblem(48), *findHardware("mi300x")).empty());
}

} // namespace
