#include "TestProblems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace kgen;
using testing::HasSubstr;

namespace {

const ExpressionOp allOps[] = {
#define KGEN_EXPRESSION_OP(name, spelling, arity) ExpressionOp::name,
#include "kgen/Schedule/ExpressionOps.def"
};

Instruction make(ExpressionOp op, std::vector<int32_t> operands = {}) {
  Instruction instruction{op, {}};
  instruction.operands = std::move(operands);
  return instruction;
}

std::string scoreFault(Expression expression,
                       const std::vector<Capture> &captures = {}) {
  auto valid = checkExpression(expression, ProgramRole::Score, captures);
  if (valid)
    return "";
  EXPECT_EQ(valid.error().code(), ErrorCode::ExpressionInvalid);
  return valid.error().detail();
}

TEST(Expression, EverySpellingIsItsOwnInverse) {
  for (ExpressionOp op : allOps) {
    EXPECT_EQ(parseExpressionOp(spelling(op)), op) << spelling(op);
    EXPECT_GE(arity(op), -1);
    EXPECT_LE(arity(op), 3);
  }
  EXPECT_FALSE(parseExpressionOp("add"));
  EXPECT_EQ(arity(ExpressionOp::TableRead), -1);
}

TEST(Expression, TextIsTheHeadersExample) {
  Expression expression;
  expression.instructions = {make(ExpressionOp::ArgumentScore),
                             make(ExpressionOp::ArgumentQueryIndex),
                             make(ExpressionOp::ArgumentKeyIndex),
                             make(ExpressionOp::SubInt, {1, 2}),
                             make(ExpressionOp::SignedToFloat, {3}),
                             make(ExpressionOp::AddFloat, {0, 4})};
  expression.result = 5;
  EXPECT_EQ(toString(expression), "0: argument score\n"
                                  "1: argument q_idx\n"
                                  "2: argument kv_idx\n"
                                  "3: sub_i 1, 2 (bits 64)\n"
                                  "4: int_to_float 3\n"
                                  "5: add_f 0, 4\n"
                                  "result 5\n");
  EXPECT_EQ(toString(Expression()), "");
  EXPECT_EQ(scoreFault(expression), "");
}

TEST(Expression, TextShowsImmediates) {
  Expression expression;
  Instruction constant = make(ExpressionOp::ConstantFloat);
  constant.floatValue = 0.5;
  Instruction integer = make(ExpressionOp::ConstantInt);
  integer.intValue = -3;
  integer.bits = 32;
  Instruction table = make(ExpressionOp::TableRead, {1, 1});
  table.intValue = 2;
  Instruction dim = make(ExpressionOp::CaptureDim);
  dim.intValue = 2;
  dim.dim = 1;
  Instruction operandDim = make(ExpressionOp::OperandDim);
  operandDim.intValue = 1;
  operandDim.dim = 2;
  expression.instructions = {constant, integer, table, dim, operandDim};
  expression.result = 2;
  EXPECT_EQ(toString(expression), "0: constant_f 0.5\n"
                                  "1: constant_i -3 (bits 32)\n"
                                  "2: table_read capture 2 at 1, 1\n"
                                  "3: capture_dim capture 2 dim 1\n"
                                  "4: operand_dim operand 1 dim 2\n"
                                  "result 2\n");
}

TEST(Expression, OperandsMustComeEarlier) {
  Expression expression{{make(ExpressionOp::NegFloat, {0})}, 0};
  EXPECT_THAT(scoreFault(expression), HasSubstr("not an earlier instruction"));
  expression.instructions[0].operands = {-1};
  EXPECT_THAT(scoreFault(expression), HasSubstr("not an earlier instruction"));
}

TEST(Expression, OperandCountMustBeTheArity) {
  Expression expression{
      {make(ExpressionOp::ArgumentScore), make(ExpressionOp::AddFloat, {0})},
      1};
  EXPECT_THAT(scoreFault(expression), HasSubstr("has 1 operands, needs 2"));
}

TEST(Expression, KindsMustAgree) {
  Expression floatOfInt{{make(ExpressionOp::ArgumentQueryIndex),
                         make(ExpressionOp::NegFloat, {0})},
                        1};
  EXPECT_THAT(scoreFault(floatOfInt), HasSubstr("needs a float"));
  Expression intOfFloat{
      {make(ExpressionOp::ArgumentScore), make(ExpressionOp::AbsInt, {0})}, 1};
  EXPECT_THAT(scoreFault(intOfFloat), HasSubstr("needs an integer"));
  Expression select{{make(ExpressionOp::ArgumentScore),
                     make(ExpressionOp::ArgumentHead),
                     make(ExpressionOp::SelectFloat, {1, 0, 0})},
                    2};
  EXPECT_EQ(scoreFault(select), "");
  select.instructions[2].operands = {0, 0, 0};
  EXPECT_THAT(scoreFault(select), HasSubstr("needs an integer"));
}

TEST(Expression, CapturesMustExistAndMatch) {
  std::vector<Capture> captures = {
      {.name = "t", .type = ElementType::F32, .shape = {4, 4}},
      {.name = "s", .type = ElementType::F32, .isScalar = true}};
  auto reading = [](ExpressionOp op, int64_t capture, int64_t dim,
                    std::vector<int32_t> operands) {
    Instruction read = make(op, std::move(operands));
    read.intValue = capture;
    read.dim = dim;
    return Expression{{make(ExpressionOp::ArgumentHead), read}, 1};
  };
  using enum ExpressionOp;
  EXPECT_EQ(scoreFault(reading(TableRead, 0, 0, {0, 0}), captures), "");
  EXPECT_EQ(scoreFault(reading(CaptureScalar, 1, 0, {}), captures), "");
  EXPECT_THAT(scoreFault(reading(TableRead, 2, 0, {0}), captures),
              HasSubstr("capture 2 does not exist"));
  EXPECT_THAT(scoreFault(reading(TableRead, -1, 0, {0}), captures),
              HasSubstr("does not exist"));
  EXPECT_THAT(scoreFault(reading(TableRead, 1, 0, {0}), captures),
              HasSubstr("cannot read"));
  EXPECT_THAT(scoreFault(reading(CaptureScalar, 0, 0, {}), captures),
              HasSubstr("cannot read"));
  EXPECT_THAT(scoreFault(reading(TableRead, 0, 0, {0}), captures),
              HasSubstr("has 1 operands, needs 2"));
  EXPECT_THAT(scoreFault(reading(CaptureDim, 0, 2, {}), captures),
              HasSubstr("dim 2 does not exist"));
  EXPECT_THAT(scoreFault(reading(OperandDim, 3, 0, {}), captures),
              HasSubstr("operand_dim takes"));
}

TEST(Expression, ResultMustExistAndHaveTheRolesKind) {
  Expression expression{{make(ExpressionOp::ArgumentHead)}, 0};
  EXPECT_THAT(scoreFault(expression), HasSubstr("must be a float"));
  expression.result = 1;
  EXPECT_THAT(scoreFault(expression), HasSubstr("is not an instruction"));
  Expression empty;
  empty.result = 0;
  EXPECT_THAT(scoreFault(empty), HasSubstr("empty program"));
}

TEST(Expression, MaskCannotReadTheScore) {
  Expression mask{
      {make(ExpressionOp::ArgumentScore), make(ExpressionOp::CmpOgt, {0, 0})},
      1};
  auto valid = checkExpression(mask, ProgramRole::Mask, {});
  ASSERT_FALSE(static_cast<bool>(valid));
  EXPECT_THAT(valid.error().detail(), HasSubstr("cannot read the score"));
}

TEST(Expression, BitsMustBeAWidth) {
  Expression expression{{make(ExpressionOp::ArgumentScore)}, 0};
  expression.instructions[0].bits = 7;
  EXPECT_THAT(scoreFault(expression), HasSubstr("bits 7"));
  expression.instructions[0].bits = 64;
  expression.instructions[0].op = static_cast<ExpressionOp>(250);
  EXPECT_THAT(scoreFault(expression), HasSubstr("no such op"));
}

} // namespace
