//===- EvaluatorTest.cpp - What each instruction computes ------------------===//

#include "RowEvaluator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace kgen;
using Op = ExpressionOp;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

/// Builds a program from constants and evaluates it for one pair.
class Program {
public:
  int32_t add(Op op, std::vector<int32_t> operands = {}, int bits = 64) {
    Instruction made;
    made.op = op;
    made.operands = std::move(operands);
    made.bits = bits;
    expression.instructions.push_back(made);
    return static_cast<int32_t>(expression.instructions.size()) - 1;
  }
  int32_t constant(double value) {
    int32_t at = add(Op::ConstantFloat);
    expression.instructions[at].floatValue = value;
    return at;
  }
  int32_t integer(int64_t value, int bits = 64) {
    int32_t at = add(Op::ConstantInt, {}, bits);
    expression.instructions[at].intValue = value;
    return at;
  }
  void run(int32_t result, double score = 0, RowIndex row = {}, int64_t key = 0) {
    expression.result = result;
    RowEvaluator evaluator(expression, problem, sizes, captures);
    evaluator.setRow(row);
    evaluator.evaluate(key, 1, &score);
    number = evaluator.floats()[0];
    whole = evaluator.integers()[0];
    isUndefined = evaluator.undefined()[0];
  }

  Expression expression;
  Problem problem;
  ProblemSizes sizes;
  std::vector<CaptureValues> captures;
  double number = 0;
  int64_t whole = 0;
  bool isUndefined = false;
};

double floatOp(Op op, std::vector<double> arguments) {
  Program program;
  std::vector<int32_t> operands;
  for (double argument : arguments)
    operands.push_back(program.constant(argument));
  program.run(program.add(op, operands));
  EXPECT_FALSE(program.isUndefined);
  return program.number;
}

int64_t compareOp(Op op, double a, double b) {
  Program program;
  int32_t x = program.constant(a), y = program.constant(b);
  program.run(program.add(op, {x, y}, 1));
  return program.whole;
}

struct IntResult {
  int64_t value;
  bool isUndefined;
  bool operator==(const IntResult &) const = default;
};

IntResult intOp(Op op, std::vector<int64_t> arguments, int bits = 64, int resultBits = 0) {
  Program program;
  std::vector<int32_t> operands;
  for (int64_t argument : arguments)
    operands.push_back(program.integer(argument, bits));
  program.run(program.add(op, operands, resultBits ? resultBits : bits));
  return {program.whole, program.isUndefined};
}

TEST(Evaluator, floats) {
  EXPECT_EQ(floatOp(Op::AddFloat, {2, 3}), 5);
  EXPECT_EQ(floatOp(Op::SubFloat, {2, 3}), -1);
  EXPECT_EQ(floatOp(Op::MulFloat, {2, 3}), 6);
  EXPECT_EQ(floatOp(Op::DivFloat, {3, 2}), 1.5);
  EXPECT_EQ(floatOp(Op::RemFloat, {-7, 3}), -1);
  EXPECT_EQ(floatOp(Op::NegFloat, {2}), -2);
  EXPECT_EQ(floatOp(Op::AbsFloat, {-2}), 2);
  EXPECT_EQ(floatOp(Op::FmaFloat, {2, 3, 4}), 10);
  EXPECT_DOUBLE_EQ(floatOp(Op::Exp, {1}), 2.718281828459045);
  EXPECT_EQ(floatOp(Op::Exp2, {3}), 8);
  EXPECT_DOUBLE_EQ(floatOp(Op::ExpM1, {1e-12}), 1.0000000000005e-12);
  EXPECT_DOUBLE_EQ(floatOp(Op::Log, {10}), 2.302585092994046);
  EXPECT_EQ(floatOp(Op::Log2, {8}), 3);
  EXPECT_DOUBLE_EQ(floatOp(Op::Log1P, {1}), 0.6931471805599453);
  EXPECT_DOUBLE_EQ(floatOp(Op::Tanh, {0.5}), 0.46211715726000973);
  EXPECT_DOUBLE_EQ(floatOp(Op::Erf, {0.5}), 0.5204998778130465);
  EXPECT_DOUBLE_EQ(floatOp(Op::Sin, {1}), 0.8414709848078965);
  EXPECT_DOUBLE_EQ(floatOp(Op::Cos, {1}), 0.5403023058681398);
  EXPECT_EQ(floatOp(Op::Sqrt, {9}), 3);
  EXPECT_EQ(floatOp(Op::Rsqrt, {16}), 0.25);
  EXPECT_EQ(floatOp(Op::Pow, {2, 10}), 1024);
  EXPECT_EQ(floatOp(Op::Floor, {-1.5}), -2);
  EXPECT_EQ(floatOp(Op::Ceil, {-1.5}), -1);
  EXPECT_EQ(floatOp(Op::RoundEven, {2.5}), 2);
  EXPECT_EQ(floatOp(Op::RoundToBF16, {1.001}), 1);
  EXPECT_EQ(floatOp(Op::RoundToF16, {1.0001}), 1);
  EXPECT_EQ(floatOp(Op::RoundToF32, {1 + 1e-12}), 1);
}

TEST(Evaluator, maximumsAndNaN) {
  EXPECT_EQ(floatOp(Op::MaxFloat, {1, 2}), 2);
  EXPECT_EQ(floatOp(Op::MinFloat, {1, 2}), 1);
  EXPECT_TRUE(std::isnan(floatOp(Op::MaxFloat, {kNaN, 2})));
  EXPECT_TRUE(std::isnan(floatOp(Op::MinFloat, {1, kNaN})));
  EXPECT_EQ(floatOp(Op::MaxNumFloat, {kNaN, 2}), 2);
  EXPECT_EQ(floatOp(Op::MinNumFloat, {1, kNaN}), 1);
}

TEST(Evaluator, floatComparisons) {
  EXPECT_EQ(compareOp(Op::CmpOeq, 1, 1), 1);
  EXPECT_EQ(compareOp(Op::CmpOlt, 1, 2), 1);
  EXPECT_EQ(compareOp(Op::CmpOle, 2, 2), 1);
  EXPECT_EQ(compareOp(Op::CmpOgt, 1, 2), 0);
  EXPECT_EQ(compareOp(Op::CmpOge, 1, 2), 0);
  EXPECT_EQ(compareOp(Op::CmpUne, 1, 2), 1);
  for (Op op : {Op::CmpOeq, Op::CmpOlt, Op::CmpOle, Op::CmpOgt, Op::CmpOge})
    EXPECT_EQ(compareOp(op, kNaN, 1), 0);
  EXPECT_EQ(compareOp(Op::CmpUne, kNaN, kNaN), 1);
}

TEST(Evaluator, integersWrapToTheirWidth) {
  EXPECT_EQ(intOp(Op::AddInt, {127, 1}, 8), (IntResult{-128, false}));
  EXPECT_EQ(intOp(Op::SubInt, {-128, 1}, 8), (IntResult{127, false}));
  EXPECT_EQ(intOp(Op::MulInt, {65536, 65536}, 32), (IntResult{0, false}));
  EXPECT_EQ(intOp(Op::AddInt, {1, 1}, 1), (IntResult{0, false}));
  EXPECT_EQ(intOp(Op::AbsInt, {-5}), (IntResult{5, false}));
  EXPECT_EQ(intOp(Op::AndInt, {6, 3}), (IntResult{2, false}));
  EXPECT_EQ(intOp(Op::OrInt, {6, 3}), (IntResult{7, false}));
  EXPECT_EQ(intOp(Op::XorInt, {6, 3}), (IntResult{5, false}));
  EXPECT_EQ(intOp(Op::MaxSigned, {-1, 1}), (IntResult{1, false}));
  EXPECT_EQ(intOp(Op::MinSigned, {-1, 1}), (IntResult{-1, false}));
  EXPECT_EQ(intOp(Op::MaxUnsigned, {-1, 1}), (IntResult{-1, false}));
  EXPECT_EQ(intOp(Op::MinUnsigned, {-1, 1}, 16), (IntResult{1, false}));
}

TEST(Evaluator, division) {
  EXPECT_EQ(intOp(Op::DivSigned, {-7, 2}), (IntResult{-3, false}));
  EXPECT_EQ(intOp(Op::RemSigned, {-7, 2}), (IntResult{-1, false}));
  EXPECT_EQ(intOp(Op::FloorDivSigned, {-7, 2}), (IntResult{-4, false}));
  EXPECT_EQ(intOp(Op::FloorDivSigned, {7, -2}), (IntResult{-4, false}));
  EXPECT_EQ(intOp(Op::CeilDivSigned, {7, 2}), (IntResult{4, false}));
  EXPECT_EQ(intOp(Op::CeilDivSigned, {-7, 2}), (IntResult{-3, false}));
  EXPECT_EQ(intOp(Op::DivUnsigned, {-2, 2}, 8), (IntResult{127, false}));
  EXPECT_EQ(intOp(Op::RemUnsigned, {-1, 10}, 8), (IntResult{5, false}));
  for (Op op : {Op::DivSigned, Op::DivUnsigned, Op::RemSigned, Op::RemUnsigned,
                Op::FloorDivSigned, Op::CeilDivSigned})
    EXPECT_TRUE(intOp(op, {1, 0}).isUndefined);
  EXPECT_TRUE(intOp(Op::DivSigned, {-128, -1}, 8).isUndefined);
}

TEST(Evaluator, shifts) {
  EXPECT_EQ(intOp(Op::ShiftLeft, {3, 6}, 8), (IntResult{-64, false}));
  EXPECT_EQ(intOp(Op::ShiftRightSigned, {-8, 1}, 8), (IntResult{-4, false}));
  EXPECT_EQ(intOp(Op::ShiftRightUnsigned, {-8, 1}, 8), (IntResult{124, false}));
  EXPECT_TRUE(intOp(Op::ShiftLeft, {1, 8}, 8).isUndefined);
}

TEST(Evaluator, integerComparisons) {
  struct Row {
    Op op;
    int64_t less, equal, greater; // for (-1, 1), (1, 1), (1, -1)
  } rows[] = {{Op::CmpEq, 0, 1, 0},  {Op::CmpNe, 1, 0, 1},  {Op::CmpSlt, 1, 0, 0},
              {Op::CmpSle, 1, 1, 0}, {Op::CmpSgt, 0, 0, 1}, {Op::CmpSge, 0, 1, 1},
              {Op::CmpUlt, 0, 0, 1}, {Op::CmpUle, 0, 1, 1}, {Op::CmpUgt, 1, 0, 0},
              {Op::CmpUge, 1, 1, 0}};
  for (const Row &row : rows) {
    SCOPED_TRACE(static_cast<int>(row.op));
    EXPECT_EQ(intOp(row.op, {-1, 1}, 32, 1).value, row.less);
    EXPECT_EQ(intOp(row.op, {1, 1}, 32, 1).value, row.equal);
    EXPECT_EQ(intOp(row.op, {1, -1}, 32, 1).value, row.greater);
  }
}

TEST(Evaluator, selectsAndConversions) {
  Program program;
  int32_t yes = program.integer(1, 1), a = program.constant(1.5), b = program.constant(2.5);
  program.run(program.add(Op::SelectFloat, {yes, a, b}));
  EXPECT_EQ(program.number, 1.5);
  Program whole;
  int32_t no = whole.integer(0, 1), x = whole.integer(7), y = whole.integer(8);
  whole.run(whole.add(Op::SelectInt, {no, x, y}));
  EXPECT_EQ(whole.whole, 8);
  auto toFloat = [](Op op, int64_t value, int bits) {
    Program made;
    int32_t from = made.integer(value, bits);
    made.run(made.add(op, {from}));
    return made.number;
  };
  EXPECT_EQ(toFloat(Op::SignedToFloat, -3, 32), -3);
  EXPECT_EQ(toFloat(Op::UnsignedToFloat, -1, 8), 255);
  EXPECT_EQ(toFloat(Op::UnsignedToFloat, 1, 1), 1);
  EXPECT_EQ(intOp(Op::ZeroExtend, {-1}, 8, 32), (IntResult{255, false}));
  EXPECT_EQ(intOp(Op::SignExtendOrTruncate, {300}, 32, 8), (IntResult{44, false}));
  EXPECT_EQ(intOp(Op::SignExtendOrTruncate, {1}, 1, 32), (IntResult{-1, false}));
}

TEST(Evaluator, floatToIntegerOutOfRangeIsUndefined) {
  auto convert = [](double value) {
    Program program;
    int32_t from = program.constant(value);
    program.run(program.add(Op::FloatToSigned, {from}, 8));
    return IntResult{program.whole, program.isUndefined};
  };
  EXPECT_EQ(convert(-1.9), (IntResult{-1, false}));
  EXPECT_EQ(convert(127.5), (IntResult{127, false}));
  EXPECT_TRUE(convert(128).isUndefined);
  EXPECT_TRUE(convert(kNaN).isUndefined);
  EXPECT_TRUE(convert(kInf).isUndefined);
}

TEST(Evaluator, arguments) {
  RowIndex row{1, 2, 3};
  auto read = [&](Op op) {
    Program program;
    program.run(program.add(op), 0, row, 40);
    return program.whole;
  };
  EXPECT_EQ(read(Op::ArgumentBatch), 1);
  EXPECT_EQ(read(Op::ArgumentHead), 2);
  EXPECT_EQ(read(Op::ArgumentQueryIndex), 3);
  EXPECT_EQ(read(Op::ArgumentKeyIndex), 40);
  Program program;
  program.run(program.add(Op::ArgumentScore), 0.75);
  EXPECT_EQ(program.number, 0.75);
}

TEST(Evaluator, sizesOfOperandsAndCaptures) {
  Program program;
  program.problem.headsQ = 8;
  program.problem.headsKV = 2;
  program.problem.headDimQK = 64;
  program.problem.headDimV = 96;
  program.sizes = {3, 100, 200, {{5, 6}}};
  program.captures.push_back({ElementType::I32, {5, 6}, {}, std::vector<int64_t>(30)});
  auto dim = [&](Op op, int64_t which, int64_t dimension) {
    int32_t at = program.add(op);
    program.expression.instructions[at].intValue = which;
    program.expression.instructions[at].dim = dimension;
    program.run(at);
    return program.whole;
  };
  EXPECT_EQ(dim(Op::OperandDim, 0, 0), 3);
  EXPECT_EQ(dim(Op::OperandDim, 0, 1), 8);
  EXPECT_EQ(dim(Op::OperandDim, 1, 1), 2);
  EXPECT_EQ(dim(Op::OperandDim, 0, 2), 100);
  EXPECT_EQ(dim(Op::OperandDim, 2, 2), 200);
  EXPECT_EQ(dim(Op::OperandDim, 1, 3), 64);
  EXPECT_EQ(dim(Op::OperandDim, 2, 3), 96);
  EXPECT_EQ(dim(Op::CaptureDim, 0, 1), 6);
}

TEST(Evaluator, tablesAndScalars) {
  Program program;
  program.captures.push_back({ElementType::F32, {2, 3}, {0, 1, 2, 10, 11, 12}, {}});
  program.captures.push_back({ElementType::I8, {}, {}, {-5}});
  int32_t one = program.integer(1), key = program.add(Op::ArgumentKeyIndex);
  int32_t read = program.add(Op::TableRead, {one, key});
  program.run(read, 0, {}, 2);
  EXPECT_EQ(program.number, 12);
  EXPECT_FALSE(program.isUndefined);
  program.run(read, 0, {}, 3);
  EXPECT_TRUE(program.isUndefined) << "a read out of bounds has no value";
  int32_t scalar = program.add(Op::CaptureScalar);
  program.expression.instructions[scalar].intValue = 1;
  program.run(scalar);
  EXPECT_EQ(program.whole, -5);
}

// What does not depend on the key is computed once a row, and a chunk of keys
// gives what one key at a time gives.
TEST(Evaluator, chunksAgreeWithSingleKeys) {
  Program program;
  int32_t row = program.add(Op::ArgumentQueryIndex), key = program.add(Op::ArgumentKeyIndex);
  int32_t three = program.integer(3);
  int32_t base = program.add(Op::MulInt, {row, three});
  int32_t sum = program.add(Op::SubInt, {base, key});
  int32_t score = program.add(Op::ArgumentScore);
  int32_t asFloat = program.add(Op::SignedToFloat, {sum});
  program.expression.result = program.add(Op::MulFloat, {asFloat, score});
  RowEvaluator evaluator(program.expression, program.problem, program.sizes, program.captures);
  std::vector<double> scores(RowEvaluator::kLanes);
  for (size_t i = 0; i < scores.size(); ++i)
    scores[i] = 0.5 * static_cast<double>(i);
  for (int64_t i : {0, 7}) {
    evaluator.setRow({0, 0, i});
    evaluator.evaluate(100, RowEvaluator::kLanes, scores.data());
    for (int64_t lane = 0; lane < RowEvaluator::kLanes; ++lane)
      EXPECT_EQ(evaluator.floats()[lane], (3 * i - (100 + lane)) * scores[lane]);
  }
}

} // namespace
