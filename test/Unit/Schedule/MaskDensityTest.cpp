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

TEST(TableMatches, AreThoseOfARowWithAKey) {
  auto read = [](int32_t position, int64_t table) {
    return Instruction{ExpressionOp::TableRead, {position}, 0, table, 0, 32};
  };
  const Instruction equal{ExpressionOp::CmpEq, {2, 3}, 0, 0, 0, 1};
  auto count = [](std::vector<Instruction> instructions) {
    return countTableMatches(withMask(std::move(instructions)).mask);
  };
  EXPECT_EQ(count({}), 0);
  EXPECT_EQ(count({kQuery, kKey, read(0, 0), read(1, 0), equal}), 1);
  EXPECT_EQ(count({kQuery, kKey, read(1, 0), read(0, 1), equal}), 1);
  // Of two rows, of two keys, of positions.
  EXPECT_EQ(count({kQuery, kKey, read(0, 0), read(0, 1), equal}), 0);
  EXPECT_EQ(count({kQuery, kKey, read(1, 0), read(1, 1), equal}), 0);
  EXPECT_EQ(count({kQuery, kKey, {ExpressionOp::CmpEq, {0, 1}, 0, 0, 0, 1}}), 0);
  // Not equal may be negated; less is another matter.
  EXPECT_EQ(count({kQuery, kKey, read(0, 0), read(1, 0),
                   {ExpressionOp::CmpNe, {2, 3}, 0, 0, 0, 1}}),
            1);
  EXPECT_EQ(count({kQuery, kKey, read(0, 0), read(1, 0),
                   {ExpressionOp::CmpSlt, {2, 3}, 0, 0, 0, 1}}),
            0);
  // Through a cast, and at a computed place.
  const Instruction wide{ExpressionOp::SignExtendOrTruncate, {2}, 0, 0, 0, 64};
  const Instruction wider{ExpressionOp::ZeroExtend, {3}, 0, 0, 0, 64};
  EXPECT_EQ(count({kQuery, kKey, read(0, 0), read(1, 0), wide, wider,
                   {ExpressionOp::CmpEq, {4, 5}, 0, 0, 0, 1}}),
            1);
  EXPECT_EQ(count({kQuery, kKey, {ExpressionOp::AddInt, {0, 0}, 0, 0, 0, 64},
                   read(2, 0), read(1, 0),
                   {ExpressionOp::CmpEq, {3, 4}, 0, 0, 0, 1}}),
            0);
}

} // namespace
