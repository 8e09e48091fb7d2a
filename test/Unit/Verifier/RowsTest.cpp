//===- RowsTest.cpp - Which rows and shapes are checked --------------------===//

#include "Rows.h"

#include <gtest/gtest.h>

#include <set>

using namespace kgen;

namespace {

Problem someProblem() {
  Problem problem;
  problem.headsQ = 4;
  problem.headsKV = 2;
  return problem;
}

TEST(Rows, allOfASmallShape) {
  auto rows = chooseRows(someProblem(), {2, 100, 100, {}}, 1e9, 1);
  EXPECT_EQ(rows.size(), 2u * 4 * 100);
}

TEST(Rows, aSampleOfALargeOneWithEdgesAndEveryHead) {
  ProblemSizes sizes{8, 16384, 16384, {}};
  auto rows = chooseRows(someProblem(), sizes, 4e9, 1);
  EXPECT_GE(rows.size(), 500u);
  EXPECT_LT(rows.size() * 16384.0 * 128, 5e9);
  std::set<std::pair<int64_t, int64_t>> heads;
  std::set<int64_t> residues;
  int64_t edges = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    heads.insert({rows[i].batch, rows[i].head});
    residues.insert(rows[i].row % 128);
    int64_t place = rows[i].row % 16;
    edges += place <= 1 || place == 15;
    if (i > 0)
      EXPECT_TRUE(std::tie(rows[i - 1].batch, rows[i - 1].head, rows[i - 1].row) <
                  std::tie(rows[i].batch, rows[i].head, rows[i].row));
  }
  EXPECT_EQ(heads.size(), 32u);
  EXPECT_EQ(residues.size(), 128u) << "no stride";
  EXPECT_GT(edges * 2, static_cast<int64_t>(rows.size()));
  EXPECT_NE(rows, chooseRows(someProblem(), sizes, 4e9, 2)) << "another seed, other rows";
}

TEST(Rows, neighboursAreRaggedAndKeepStaticSizes) {
  Problem problem = someProblem();
  problem.batch = 2;
  Capture table;
  table.name = "table";
  table.shape = {kDynamicSize, 7};
  problem.captures.push_back(table);
  auto shapes = raggedNeighbours(problem, {2, 1024, 1024, {{1024, 7}}});
  ASSERT_GE(shapes.size(), 4u);
  bool anyRagged = false, anySingle = false, anyCross = false;
  for (const ProblemSizes &shape : shapes) {
    EXPECT_EQ(shape.batch, 2);
    EXPECT_TRUE(checkSizes(problem, shape));
    EXPECT_GE(shape.captureShapes[0][0], std::max(shape.seqQ, shape.seqKV));
    EXPECT_EQ(shape.captureShapes[0][1], 7);
    anyRagged |= shape.seqKV % 16 != 0 && shape.seqKV > 128;
    anySingle |= shape.seqQ == 1;
    anyCross |= shape.seqQ != shape.seqKV;
  }
  EXPECT_TRUE(anyRagged && anySingle && anyCross);
  problem.seqQ = problem.seqKV = 1024;
  EXPECT_TRUE(raggedNeighbours(problem, {2, 1024, 1024, {{1024, 7}}}).empty());
}

ErrorCode codeOf(const Problem &problem, const ProblemSizes &sizes) {
  Expected<void> checked = checkSizes(problem, sizes);
  return checked ? ErrorCode(0) : checked.error().code();
}

TEST(Rows, sizesAreChecked) {
  Problem problem = someProblem();
  problem.seqKV = 64;
  EXPECT_EQ(codeOf(problem, {1, 8, 64, {}}), ErrorCode(0));
  EXPECT_EQ(codeOf(problem, {0, 8, 64, {}}), ErrorCode::InvalidVerifyRequest);
  EXPECT_EQ(codeOf(problem, {1, 8, 65, {}}), ErrorCode::InvalidVerifyRequest);
  EXPECT_EQ(codeOf(problem, {1, 8, 64, {{1}}}), ErrorCode::InvalidVerifyRequest);
  EXPECT_EQ(codeOf(problem, {1 << 20, 1 << 20, 64, {}}), ErrorCode::InvalidVerifyRequest);
  Capture table;
  table.name = "table";
  table.shape = {4};
  problem.captures.push_back(table);
  EXPECT_EQ(codeOf(problem, {1, 8, 64, {{5}}}), ErrorCode::InvalidVerifyRequest);
  EXPECT_EQ(codeOf(problem, {1, 8, 64, {{4}}}), ErrorCode(0));
}

} // namespace
