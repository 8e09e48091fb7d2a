//===- InputsTest.cpp - Families do what they are for ----------------------===//

#include "Inputs.h"
#include "Mutants.h"
#include "Numeric.h"
#include "Oracle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace kgen;

namespace {

TEST(Inputs, sameSeedSameBytes) {
  MutantProblem made = causalMutantProblem(ElementType::BF16);
  for (InputFamily family : allInputFamilies()) {
    Inputs a = makeInputs(made.problem, made.sizes, family, 5);
    Inputs b = makeInputs(made.problem, made.sizes, family, 5);
    Inputs c = makeInputs(made.problem, made.sizes, family, 6);
    EXPECT_EQ(encodeFloats(ElementType::BF16, a.k), encodeFloats(ElementType::BF16, b.k));
    EXPECT_NE(encodeFloats(ElementType::BF16, a.k), encodeFloats(ElementType::BF16, c.k));
  }
}

TEST(Inputs, valuesAreExactInTheirType) {
  for (ElementType type : {ElementType::BF16, ElementType::F16, ElementType::F32}) {
    MutantProblem made = plainMutantProblem(type);
    for (InputFamily family : allInputFamilies()) {
      Inputs inputs = makeInputs(made.problem, made.sizes, family, 1);
      for (const std::vector<float> *values : {&inputs.q, &inputs.k, &inputs.v})
        for (float value : *values)
          if (std::isfinite(value))
            ASSERT_EQ(value, roundTo(type, value));
          else
            ASSERT_EQ(family, InputFamily::NonFinite);
    }
  }
}

TEST(Inputs, needleTakesNearlyAllTheWeight) {
  MutantProblem made = plainMutantProblem(ElementType::BF16);
  Inputs inputs = makeInputs(made.problem, made.sizes, InputFamily::Needle, 1);
  Oracle oracle(made.problem, made.sizes, inputs);
  std::vector<double> output(made.problem.headDimV);
  int near = 0;
  for (int64_t row = 0; row < made.sizes.seqQ; ++row) {
    double lse;
    oracle.row({0, 0, row}, output.data(), &lse);
    for (int64_t key = 0; key < made.sizes.seqKV; ++key) {
      double distance = 0;
      for (size_t d = 0; d < output.size(); ++d)
        distance += std::fabs(output[d] - inputs.v[key * output.size() + d]);
      near += distance < 0.1 * static_cast<double>(output.size());
    }
  }
  EXPECT_GT(near, made.sizes.seqQ * 9 / 10) << "rows whose output is one key's V";
}

TEST(Inputs, risingMovesTheMaximumInEveryTile) {
  MutantProblem made = plainMutantProblem(ElementType::BF16);
  Inputs inputs = makeInputs(made.problem, made.sizes, InputFamily::Rising, 1);
  int64_t dim = made.problem.headDimQK;
  double previous = -1e9;
  for (int64_t tile = 0; tile < made.sizes.seqKV / 64; ++tile) {
    double largest = -1e9;
    for (int64_t key = 64 * tile; key < 64 * (tile + 1); ++key) {
      double dot = 0;
      for (int64_t d = 0; d < dim; ++d)
        dot += inputs.q[d] * inputs.k[key * dim + d];
      largest = std::max(largest, dot * made.problem.scale);
    }
    EXPECT_GT(largest, previous + 1);
    previous = largest;
  }
}

TEST(Inputs, extremesStayFinite) {
  for (ElementType type : {ElementType::BF16, ElementType::F16}) {
    MutantProblem made = plainMutantProblem(type);
    Inputs inputs = makeInputs(made.problem, made.sizes, InputFamily::Extremes, 1);
    float largest = 0;
    for (float value : inputs.v) {
      ASSERT_TRUE(std::isfinite(value));
      largest = std::max(largest, std::fabs(value));
    }
    EXPECT_GT(largest, type == ElementType::F16 ? 2e4f : 1e30f);
  }
}

TEST(Inputs, capturesObeyTheirRange) {
  Problem problem;
  Capture ids, length, flag;
  ids.name = "ids";
  ids.type = ElementType::I32;
  ids.shape = {3, 50};
  ids.minValue = 2;
  ids.maxValue = 9;
  ids.sorted = true;
  length.name = "length";
  length.type = ElementType::I64;
  length.isScalar = true;
  length.minValue = length.maxValue = 77;
  flag.name = "flag";
  flag.type = ElementType::I1;
  flag.shape = {40};
  problem.captures = {ids, length, flag};
  Inputs inputs = makeInputs(problem, {1, 4, 4, {{3, 50}, {}, {40}}}, InputFamily::Normal, 1);
  const auto &values = inputs.captures[0].integers;
  ASSERT_EQ(values.size(), 150u);
  EXPECT_GE(*std::min_element(values.begin(), values.end()), 2);
  EXPECT_LE(*std::max_element(values.begin(), values.end()), 9);
  EXPECT_NE(values.front(), values[49]);
  for (int row = 0; row < 3; ++row)
    EXPECT_TRUE(std::is_sorted(values.begin() + 50 * row, values.begin() + 50 * (row + 1)));
  EXPECT_EQ(inputs.captures[1].integers, std::vector<int64_t>{77});
  EXPECT_EQ(encodeCapture(inputs.captures[1]).size(), 8u);
  EXPECT_EQ(encodeCapture(inputs.captures[0]).size(), 600u);
  for (int64_t value : inputs.captures[2].integers)
    EXPECT_TRUE(value == 0 || value == 1);
}

} // namespace
