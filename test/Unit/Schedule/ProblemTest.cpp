#include "TestProblems.h"

#include <gtest/gtest.h>

using namespace kgen;
using namespace kgen::test;

namespace {

ErrorCode faultOf(const Problem &problem) {
  auto valid = checkProblem(problem);
  EXPECT_FALSE(static_cast<bool>(valid));
  return valid ? ErrorCode::JsonSyntax : valid.error().code();
}

TEST(Problem, ElementTypesHaveSizesAndSpellings) {
  EXPECT_EQ(byteSize(ElementType::F32), 4);
  EXPECT_EQ(byteSize(ElementType::BF16), 2);
  EXPECT_EQ(byteSize(ElementType::F16), 2);
  EXPECT_EQ(byteSize(ElementType::F64), 8);
  EXPECT_EQ(byteSize(ElementType::I1), 1);
  EXPECT_EQ(byteSize(ElementType::I64), 8);
  EXPECT_EQ(spelling(ElementType::BF16), "bf16");
  EXPECT_TRUE(isFloat(ElementType::F16));
  EXPECT_FALSE(isFloat(ElementType::I32));
}

TEST(Problem, WellFormedOnesPass) {
  for (const Problem &problem :
       {plainProblem(), causalProblem(), alibiProblem()}) {
    auto valid = checkProblem(problem);
    EXPECT_TRUE(static_cast<bool>(valid)) << valid.error().message();
  }
}

TEST(Problem, EachFaultHasItsCode) {
  auto with = [](auto change) {
    Problem problem = alibiProblem();
    change(problem);
    return faultOf(problem);
  };
  using P = Problem;
  const ErrorCode invalid = ErrorCode::ProblemInvalid;
  EXPECT_EQ(with([](P &p) { p.headsQ = 0; }), invalid);
  EXPECT_EQ(with([](P &p) { p.headsKV = -1; }), invalid);
  EXPECT_EQ(with([](P &p) { p.batch = -2; }), invalid);
  EXPECT_EQ(with([](P &p) { p.seqKV = int64_t(1) << 40; }), invalid);
  EXPECT_EQ(with([](P &p) { p.headDimV = kDynamicSize; }), invalid);
  EXPECT_EQ(with([](P &p) { p.scale = INFINITY; }), invalid);
  EXPECT_EQ(with([](P &p) { p.name = ""; }), invalid);
  EXPECT_EQ(with([](P &p) { p.maskSummary.density = 1.5; }), invalid);
  EXPECT_EQ(with([](P &p) { p.maskSummary.density = NAN; }), invalid);
  EXPECT_EQ(with([](P &p) { p.captures[0].isScalar = true; }), invalid);
  EXPECT_EQ(with([](P &p) { p.captures[0].shape = {}; }), invalid);
  EXPECT_EQ(with([](P &p) { p.captures[0].shape = {0}; }), invalid);
  EXPECT_EQ(with([](P &p) { p.captures[0].shape.assign(9, 1); }), invalid);
  EXPECT_EQ(with([](P &p) { p.captures[0].minValue = 8; }), invalid);
  EXPECT_EQ(with([](P &p) { p.headsKV = 5; }), ErrorCode::HeadCountMismatch);
  EXPECT_EQ(with([](P &p) { p.dtype = ElementType::F64; }),
            ErrorCode::DtypeUnsupported);
  EXPECT_EQ(with([](P &p) { p.score.result = 99; }),
            ErrorCode::ExpressionInvalid);
  EXPECT_EQ(with([](P &p) { p.mask.result = 99; }),
            ErrorCode::ExpressionInvalid);
}

TEST(Problem, NominalSizesFillDynamicOnes) {
  Problem problem = alibiProblem();
  problem.seqKV = 3000;
  problem.captures.push_back(
      {.name = "table", .type = ElementType::F32, .shape = {kDynamicSize, 4}});
  problem.captures.push_back({.name = "cap", .isScalar = true});
  ProblemSizes sizes = nominalSizes(problem);
  EXPECT_EQ(sizes.batch, 2);
  EXPECT_EQ(sizes.seqQ, 1024);
  EXPECT_EQ(sizes.seqKV, 3000);
  using Shapes = std::vector<std::vector<int64_t>>;
  EXPECT_EQ(sizes.captureShapes, (Shapes{{16}, {3000, 4}, {}}));
}

TEST(Problem, FlopsCountKeptPairs) {
  Problem problem = plainProblem(128);
  problem.headDimV = 64;
  ProblemSizes sizes{.batch = 4, .seqQ = 1024, .seqKV = 2048};
  double full = 4.0 * 16 * 1024 * 2048 * 2 * (128 + 64);
  EXPECT_DOUBLE_EQ(attentionFlops(problem, sizes), full);
  problem.maskSummary.density = 0.25;
  EXPECT_DOUBLE_EQ(attentionFlops(problem, sizes), full / 4);
}

} // namespace
