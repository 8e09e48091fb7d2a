#include "HopperTest.h"
#include "TestProblems.h"

using namespace kgen;
using namespace kgen::test;

namespace {

TEST(HopperDefaults, HaveAProducerAtEveryHeadDim) {
  for (int64_t headDim = 16; headDim <= 256; headDim += 16)
    for (const Problem &problem :
         {plainProblem(headDim), causalProblem(headDim)}) {
      Schedule schedule = legalDefault(problem);
      EXPECT_EQ(schedule.producer, ProducerKind::Tma) << headDim;
      EXPECT_EQ(schedule.tileQ, 64 * schedule.consumerWarpgroups);
      EXPECT_TRUE(checkLegality(problem, schedule, hopper()).empty());
      ResourceEstimate need = estimateResources(problem, schedule, hopper());
      EXPECT_EQ(need.threadsPerWorkgroup,
                128 * (schedule.consumerWarpgroups + 1));
      EXPECT_GE(need.workgroupsPerProcessor, 1);
    }
}

TEST(HopperDefaults, FollowMaskScoreAndLength) {
  auto at = [](Problem problem, int64_t length) {
    problem.seqQ = problem.seqKV = length;
    return legalDefault(problem);
  };
  // A kernel for any length takes no order of a known one.
  EXPECT_EQ(legalDefault(causalProblem(128)).order, TileOrder::L2Swizzled);
  EXPECT_EQ(at(causalProblem(128), 8192).order, TileOrder::L2Swizzled);
  EXPECT_EQ(at(causalProblem(128), 512).order, TileOrder::L2Swizzled);
  EXPECT_EQ(at(causalProblem(64), 512).order, TileOrder::LongestFirst);
  EXPECT_EQ(at(plainProblem(128), 512).order, TileOrder::Linear);
  EXPECT_EQ(at(causalProblem(64), 8192).tileKV, 128);
  EXPECT_EQ(at(causalProblem(64), 512).tileKV, 64);
  // Wide heads wait for products, others for the softmax.
  EXPECT_EQ(legalDefault(causalProblem(64)).rowMaximum, RowMaximum::Integer);
  EXPECT_EQ(legalDefault(causalProblem(256)).rowMaximum, RowMaximum::Float);
  EXPECT_EQ(legalDefault(alibiProblem()).affine, AffineUnit::Tensor);
  EXPECT_EQ(legalDefault(causalProblem(64)).affine, AffineUnit::Fma);
  // Registers go to Q, or to what a score function starts products from.
  EXPECT_EQ(at(plainProblem(128), 8192).qOperand, OperandPlace::Registers);
  EXPECT_EQ(legalDefault(causalProblem(256)).qOperand, OperandPlace::Shared);
  // Tiles that a warpgroup may not see are passed by it.
  EXPECT_EQ(legalDefault(causalProblem(64)).kvRange, KvRangeOf::Warpgroup);
  EXPECT_EQ(legalDefault(causalProblem(128)).kvRange, KvRangeOf::Workgroup);
  EXPECT_EQ(legalDefault(plainProblem(64)).kvRange, KvRangeOf::Workgroup);
  EXPECT_EQ(legalDefault(documentProblem(256)).kvRange, KvRangeOf::Workgroup);
  // Three workgroups of one warpgroup share a processor.
  Problem brief = causalProblem(64);
  Schedule schedule = at(brief, 512);
  EXPECT_EQ(schedule.consumerWarpgroups, 1);
  brief.seqQ = brief.seqKV = 512;
  EXPECT_EQ(estimateResources(brief, schedule, hopper()).workgroupsPerProcessor,
            3);
  // A slope beside a mask has room in them where Q is in shared memory.
  Problem sloped = alibiProblem();
  sloped.headDimQK = sloped.headDimV = 64;
  EXPECT_EQ(at(sloped, 512).qOperand, OperandPlace::Shared);
  EXPECT_EQ(at(sloped, 512).affine, AffineUnit::Tensor);
  EXPECT_EQ(at(sloped, 512).rowMaximum, RowMaximum::Integer);
  EXPECT_EQ(at(sloped, 2048).tileKV, 80);
  EXPECT_EQ(at(sloped, 2048).producerRegisters, 24);
  EXPECT_EQ(at(sloped, 4096).consumerWarpgroups, 3);
  EXPECT_EQ(legalDefault(causalProblem(64)).consumerWarpgroups, 3);
}

// Terms of keys are staged where a kernel waits for its softmax.
TEST(HopperDefaults, StageTermsOfKeys) {
  Problem problem = alibiProblem();
  problem.mask = {};
  problem.score.instructions[4] = {.op = ExpressionOp::MulInt,
                                   .operands = {3, 3}};
  for (int64_t dim : {64, 128, 256}) {
    problem.headDimQK = problem.headDimV = dim;
    Schedule schedule = legalDefault(problem);
    EXPECT_EQ(schedule.affine,
              dim <= 128 ? AffineUnit::Tensor : AffineUnit::Fma);
    EXPECT_EQ(schedule.tileKV, dim <= 128 ? 128 : 64);
  }
}

// A window is as short in a long sequence; a prefix's length is one number.
TEST(HopperDefaults, FollowWhatMasksKeep) {
  Schedule window = legalDefault(windowProblem(64, 1024));
  EXPECT_EQ(window.consumerWarpgroups, 1);
  EXPECT_EQ(legalDefault(windowProblem(64, 12288)).consumerWarpgroups, 3);
  EXPECT_EQ(legalDefault(prefixProblem(64)).tileKV, 128);
  // Which a kernel for any length reads from a table.
  EXPECT_EQ(legalDefault(prefixProblem(128)).qOperand, OperandPlace::Shared);
  EXPECT_EQ(legalDefault(causalProblem(128)).qOperand, OperandPlace::Registers);
}

} // namespace
