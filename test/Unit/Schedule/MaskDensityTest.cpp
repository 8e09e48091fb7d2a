//===- MaskDensityTest.cpp - How much a mask keeps -------------------------===//

#include "kgen/Schedule/MaskDensity.h"

#include <gtest/gtest.h>

using namespace kgen;

namespace {

Problem withMask(std::vector<Instruction> instructions) {
  Problem problem;
  problem.mask.instructions = std::move(instructions);
  problem.mask.result =
      static_cast<int32_t>(problem.mask.instructions.size()) - 1;
  return problem;
}

const ProblemSizes kSizes{1, 1024, 1024, {}};
const Instruction kQuery{ExpressionOp::ArgumentQueryIndex, {}, 0, 0, 0, 64};
const Instruction kKey{ExpressionOp::ArgumentKeyIndex, {}, 0, 0, 0, 64};

TEST(MaskDensity, NoMaskKeepsAll) {
  EXPECT_EQ(estimateMaskDensity(Problem(), kSizes), 1.0);
}

TEST(MaskDensity, CausalKeepsHalf) {
  Problem problem =
      withMask({kQuery, kKey, {ExpressionOp::CmpSge, {0, 1}, 0, 0, 0, 1}});
  EXPECT_NEAR(*estimateMaskDensity(problem, kSizes), 0.5, 0.03);
}

TEST(MaskDensity, WindowKeepsItsShare) {
  // 0 <= q - k < 128 of 1024: (128 * 1024 - 128 * 127 / 2) / 1024^2.
  Problem problem =
      withMask({kQuery,
                kKey,
                {ExpressionOp::SubInt, {0, 1}, 0, 0, 0, 64},
                {ExpressionOp::ConstantInt, {}, 0, 128, 0, 64},
                {ExpressionOp::CmpUlt, {2, 3}, 0, 0, 0, 1}});
  EXPECT_NEAR(*estimateMaskDensity(problem, kSizes), 0.117, 0.02);
}

TEST(MaskDensity, IsNotKnownForTables) {
  Problem problem =
      withMask({kKey, {ExpressionOp::TableRead, {0}, 0, 0, 0, 1}});
  EXPECT_EQ(estimateMaskDensity(problem, kSizes), std::nullopt);
}

} // namespace
