//===- TestProblems.h - Problems that several tests use ----------*- C++
//-*-===//
#ifndef KGEN_TEST_UNIT_SCHEDULE_TESTPROBLEMS_H
#define KGEN_TEST_UNIT_SCHEDULE_TESTPROBLEMS_H

#include "kgen/Schedule/Problem.h"

#include <cmath>

namespace kgen::test {

inline Problem plainProblem(int64_t headDim = 64,
                            ElementType dtype = ElementType::BF16) {
  Problem problem;
  problem.dtype = dtype;
  problem.headsQ = problem.headsKV = 16;
  problem.headDimQK = problem.headDimV = headDim;
  problem.scale = 1 / std::sqrt(static_cast<double>(headDim));
  return problem;
}

/// q_idx >= kv_idx.
inline Problem causalProblem(int64_t headDim = 64,
                             ElementType dtype = ElementType::BF16) {
  Problem problem = plainProblem(headDim, dtype);
  problem.name = "causal";
  problem.mask.instructions = {
      {.op = ExpressionOp::ArgumentQueryIndex, .operands = {}},
      {.op = ExpressionOp::ArgumentKeyIndex, .operands = {}},
      {.op = ExpressionOp::CmpSge, .operands = {0, 1}, .bits = 1}};
  problem.mask.result = 2;
  problem.maskSummary = {.density = 0.5, .analysed = true};
  return problem;
}

/// ids[batch, q_idx] == ids[batch, kv_idx] and q_idx >= kv_idx.
inline Problem documentProblem(int64_t headDim = 64,
                               ElementType dtype = ElementType::BF16) {
  Problem problem = causalProblem(headDim, dtype);
  problem.name = "document";
  problem.captures = {{.name = "ids",
                       .type = ElementType::I32,
                       .shape = {kDynamicSize, kDynamicSize}}};
  problem.mask.instructions.insert(
      problem.mask.instructions.end(),
      {{.op = ExpressionOp::ArgumentBatch, .operands = {}},
       {.op = ExpressionOp::TableRead, .operands = {3, 0}, .bits = 32},
       {.op = ExpressionOp::TableRead, .operands = {3, 1}, .bits = 32},
       {.op = ExpressionOp::CmpEq, .operands = {4, 5}, .bits = 1},
       {.op = ExpressionOp::AndInt, .operands = {2, 6}, .bits = 1}});
  problem.mask.result = 7;
  problem.maskSummary = {};
  return problem;
}

/// q_idx >= kv_idx and q_idx - kv_idx < window.
inline Problem windowProblem(int64_t headDim, int64_t window) {
  Problem problem = causalProblem(headDim);
  problem.name = "window";
  problem.mask.instructions.insert(
      problem.mask.instructions.end(),
      {{.op = ExpressionOp::SubInt, .operands = {0, 1}},
       {.op = ExpressionOp::ConstantInt, .operands = {}, .intValue = window},
       {.op = ExpressionOp::CmpSlt, .operands = {3, 4}, .bits = 1},
       {.op = ExpressionOp::AndInt, .operands = {2, 5}, .bits = 1}});
  problem.mask.result = 6;
  problem.maskSummary = {};
  return problem;
}

/// q_idx >= kv_idx or kv_idx < lengths[batch].
inline Problem prefixProblem(int64_t headDim) {
  Problem problem = causalProblem(headDim);
  problem.name = "prefix";
  problem.captures = {{.name = "lengths",
                       .type = ElementType::I64,
                       .shape = {kDynamicSize}}};
  problem.mask.instructions.insert(
      problem.mask.instructions.end(),
      {{.op = ExpressionOp::ArgumentBatch, .operands = {}},
       {.op = ExpressionOp::TableRead, .operands = {3}},
       {.op = ExpressionOp::CmpSlt, .operands = {1, 4}, .bits = 1},
       {.op = ExpressionOp::OrInt, .operands = {2, 5}, .bits = 1}});
  problem.mask.result = 6;
  problem.maskSummary = {};
  return problem;
}

/// score + slopes[head] * (kv_idx - q_idx).
inline Problem alibiProblem() {
  Problem problem = causalProblem();
  problem.name = "alibi";
  problem.captures = {
      {.name = "slopes", .type = ElementType::F32, .shape = {problem.headsQ}}};
  problem.score.instructions = {
      {.op = ExpressionOp::ArgumentScore, .operands = {}},
      {.op = ExpressionOp::ArgumentHead, .operands = {}},
      {.op = ExpressionOp::ArgumentQueryIndex, .operands = {}},
      {.op = ExpressionOp::ArgumentKeyIndex, .operands = {}},
      {.op = ExpressionOp::SubInt, .operands = {3, 2}},
      {.op = ExpressionOp::SignedToFloat, .operands = {4}},
      {.op = ExpressionOp::TableRead, .operands = {1}, .intValue = 0},
      {.op = ExpressionOp::MulFloat, .operands = {6, 5}},
      {.op = ExpressionOp::AddFloat, .operands = {0, 7}}};
  problem.score.result = 8;
  return problem;
}

} // namespace kgen::test

#endif // KGEN_TEST_UNIT_SCHEDULE_TESTPROBLEMS_H
