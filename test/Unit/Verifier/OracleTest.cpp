//===- OracleTest.cpp - Two formulas, one answer ---------------------------===//

#include "Case.h"
#include "HonestKernel.h"
#include "Mutants.h"
#include "Oracle.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace kgen;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

void expectSame(double a, double b, double scale) {
  if (std::isnan(a) || std::isinf(a))
    EXPECT_EQ(std::isfinite(a), std::isfinite(b));
  else
    EXPECT_NEAR(a, b, 1e-11 * scale);
}

// The two formulas share only what a single instruction computes.
void compareFormulas(const Problem &problem, const ProblemSizes &sizes, InputFamily family) {
  SCOPED_TRACE(problem.name + " " + std::string(spelling(family)));
  Inputs inputs = makeInputs(problem, sizes, family, 7);
  Oracle oracle(problem, sizes, inputs);
  double scale = family == InputFamily::Extremes ? 1e30 : 1;
  std::vector<double> first(problem.headDimV), second(problem.headDimV);
  for (int64_t head = 0; head < problem.headsQ; ++head)
    for (int64_t row = 0; row < sizes.seqQ; row += 5) {
      RowIndex at{sizes.batch - 1, head, row};
      double firstLse, secondLse;
      EXPECT_TRUE(oracle.row(at, first.data(), &firstLse));
      EXPECT_TRUE(oracle.onlineRow(at, second.data(), &secondLse));
      for (size_t d = 0; d < first.size(); ++d)
        expectSame(first[d], second[d], scale);
      if (std::isfinite(firstLse))
        EXPECT_NEAR(firstLse, secondLse, 1e-11 * std::max(1.0, std::fabs(firstLse)));
      else
        EXPECT_FALSE(std::isfinite(secondLse));
    }
}

TEST(Oracle, twoFormulasAgree) {
  for (InputFamily family : allInputFamilies()) {
    MutantProblem plain = plainMutantProblem(ElementType::BF16);
    compareFormulas(plain.problem, {2, 21, 300, {}}, family);
    MutantProblem causal = causalMutantProblem(ElementType::F32);
    compareFormulas(causal.problem, {1, 300, 290, {{4}}}, family);
  }
}

class SmallOracle : public testing::Test {
protected:
  SmallOracle() {
    problem.dtype = ElementType::F32;
    problem.headDimQK = problem.headDimV = 2;
    problem.scale = 1;
    sizes = {1, 2, 3, {}};
    inputs.q = {0, 0, 1, 0};
    inputs.k = {0, 5, 1, 5, 2, 5};
    inputs.v = {3, 0, 6, 0, 0, 9};
  }
  std::vector<double> row(int64_t i) {
    std::vector<double> output(2);
    isDefined = Oracle(problem, sizes, inputs).row({0, 0, i}, output.data(), &lse);
    return output;
  }
  void keepIf(ExpressionOp op, int64_t constant) {
    Instruction key, value, compare;
    key.op = ExpressionOp::ArgumentKeyIndex;
    value.op = ExpressionOp::ConstantInt;
    value.intValue = constant;
    compare.op = op;
    compare.operands = {0, 1};
    compare.bits = 1;
    problem.mask.instructions = {key, value, compare};
    problem.mask.result = 2;
  }

  Problem problem;
  ProblemSizes sizes;
  Inputs inputs;
  double lse = 0;
  bool isDefined = false;
};

TEST_F(SmallOracle, equalScoresGiveTheMean) {
  EXPECT_EQ(row(0), (std::vector<double>{3, 3}));
  EXPECT_DOUBLE_EQ(lse, std::log(3.0));
}

TEST_F(SmallOracle, weightsByHand) {
  double a = 1, b = std::exp(1.0), c = std::exp(2.0);
  std::vector<double> output = row(1);
  EXPECT_NEAR(output[0], (3 * a + 6 * b) / (a + b + c), 1e-14);
  EXPECT_NEAR(output[1], 9 * c / (a + b + c), 1e-14);
  EXPECT_NEAR(lse, std::log(a + b + c), 1e-14);
}

TEST_F(SmallOracle, fullyMaskedRowIsZero) {
  keepIf(ExpressionOp::CmpSlt, 0);
  EXPECT_EQ(row(1), (std::vector<double>{0, 0}));
  EXPECT_EQ(lse, -kInf);
}

TEST_F(SmallOracle, maskedNaNDoesNotShow) {
  inputs.k[4] = inputs.v[5] = std::nanf("");
  keepIf(ExpressionOp::CmpSlt, 2);
  std::vector<double> output = row(1);
  EXPECT_TRUE(std::isfinite(output[0]) && std::isfinite(output[1]));
  keepIf(ExpressionOp::CmpSlt, 3);
  EXPECT_TRUE(std::isnan(row(1)[0]));
}

TEST_F(SmallOracle, undefinedScoreCountsOnlyWhereKept) {
  Instruction score, key, zero, divide, toFloat, add;
  score.op = ExpressionOp::ArgumentScore;
  key.op = ExpressionOp::ArgumentKeyIndex;
  zero.op = ExpressionOp::ConstantInt;
  zero.intValue = 6;
  divide.op = ExpressionOp::DivSigned; // 6 / kv_idx: undefined for key 0
  divide.operands = {2, 1};
  toFloat.op = ExpressionOp::SignedToFloat;
  toFloat.operands = {3};
  add.op = ExpressionOp::AddFloat;
  add.operands = {0, 4};
  problem.score.instructions = {score, key, zero, divide, toFloat, add};
  problem.score.result = 5;
  row(1);
  EXPECT_FALSE(isDefined);
  keepIf(ExpressionOp::CmpSgt, 0);
  row(1);
  EXPECT_TRUE(isDefined);
}

TEST(Case, undefinedFunctionIsAnError) {
  Problem problem;
  Instruction key, divide;
  key.op = ExpressionOp::ArgumentKeyIndex;
  divide.op = ExpressionOp::DivSigned;
  divide.operands = {0, 0};
  divide.bits = 1;
  problem.mask.instructions = {key, divide};
  problem.mask.result = 1;
  auto made = makeCase(problem, {1, 4, 4, {}}, InputFamily::Normal, 1, 1e9);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::OracleUndefined);
}

// The measured scale of rounding: 2^-9 for bf16 weights and outputs, and so on.
TEST(Case, honestErrorsAreThoseOfTheType) {
  struct Row {
    ElementType type;
    double low, high;
  } rows[] = {{ElementType::BF16, 5e-4, 8e-3},
              {ElementType::F16, 5e-5, 1e-3},
              {ElementType::F32, 1e-9, 5e-6}};
  for (const Row &row : rows) {
    MutantProblem problem = plainMutantProblem(row.type);
    auto made = makeCase(problem.problem, {1, 64, 200, {}}, InputFamily::Normal, 3, 1e9);
    ASSERT_TRUE(made);
    EXPECT_GT((*made)->expected.honestWorstRow, row.low);
    EXPECT_LT((*made)->expected.honestWorstRow, row.high);
    EXPECT_LE((*made)->expected.honestGlobal, (*made)->expected.honestWorstRow);
  }
}

TEST(Case, tf32AndApproximateMathWidenTheHonestError) {
  MutantProblem problem = plainMutantProblem(ElementType::F32);
  auto error = [&] {
    auto made = makeCase(problem.problem, {1, 64, 200, {}}, InputFamily::Normal, 3, 1e9);
    return made ? (*made)->expected.honestWorstRow : -1;
  };
  double exact = error();
  problem.problem.numerics.tf32 = true;
  EXPECT_GT(error(), 20 * exact);
}

} // namespace
