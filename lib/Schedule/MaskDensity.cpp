//===- MaskDensity.cpp - How much of the score matrix a mask keeps ---------===//

#include "kgen/Schedule/MaskDensity.h"

#include "MaskCost.h"

#include <algorithm>
#include <random>

namespace kgen {
namespace {

struct Point {
  int64_t batch, head, query, key;
};

/// Sign-extends the low `bits` of a value, as a wrap to that width does.
int64_t wrap(uint64_t value, int32_t bits) {
  if (bits >= 64)
    return static_cast<int64_t>(value);
  if (bits == 1)
    return static_cast<int64_t>(value & 1);
  int shift = 64 - bits;
  return static_cast<int64_t>(value << shift) >> shift;
}

int64_t floorDivide(int64_t a, int64_t b) {
  int64_t quotient = a / b;
  return quotient * b != a && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

/// Integer operations on one point; masks of floats and of captures are unknown.
class IntegerProgram {
public:
  IntegerProgram(const Problem &problem, const ProblemSizes &sizes)
      : problem(problem), sizes(sizes),
        values(problem.mask.instructions.size()) {}

  std::optional<bool> keeps(const Point &point) {
    for (size_t i = 0; i < values.size(); ++i) {
      const Instruction &instruction = problem.mask.instructions[i];
      std::optional<int64_t> value = evaluate(instruction, point);
      if (!value)
        return std::nullopt;
      values[i] = wrap(static_cast<uint64_t>(*value), instruction.bits);
    }
    return values[problem.mask.result] != 0;
  }

private:
  std::optional<int64_t> evaluate(const Instruction &instruction,
                                  const Point &point);
  std::optional<int64_t> leaf(const Instruction &instruction,
                              const Point &point) const;
  std::optional<int64_t> arithmetic(const Instruction &instruction, int64_t a,
                                    int64_t b, int64_t c) const;
  std::optional<int64_t> division(ExpressionOp op, int64_t a, int64_t b) const;
  int64_t operandSize(int64_t operand, int64_t dim) const;

  const Problem &problem;
  const ProblemSizes &sizes;
  std::vector<int64_t> values;
};

int64_t IntegerProgram::operandSize(int64_t operand, int64_t dim) const {
  const int64_t shape[3][4] = {
      {sizes.batch, problem.headsQ, sizes.seqQ, problem.headDimQK},
      {sizes.batch, problem.headsKV, sizes.seqKV, problem.headDimQK},
      {sizes.batch, problem.headsKV, sizes.seqKV, problem.headDimV}};
  return shape[std::clamp<int64_t>(operand, 0, 2)][std::clamp<int64_t>(dim, 0, 3)];
}

std::optional<int64_t> IntegerProgram::leaf(const Instruction &instruction,
                                            const Point &point) const {
  switch (instruction.op) {
  case ExpressionOp::ArgumentBatch:
    return point.batch;
  case ExpressionOp::ArgumentHead:
    return point.head;
  case ExpressionOp::ArgumentQueryIndex:
    return point.query;
  case ExpressionOp::ArgumentKeyIndex:
    return point.key;
  case ExpressionOp::ConstantInt:
    return instruction.intValue;
  case ExpressionOp::OperandDim:
    return operandSize(instruction.intValue, instruction.dim);
  default:
    return std::nullopt;
  }
}

std::optional<int64_t> IntegerProgram::division(ExpressionOp op, int64_t a,
                                                int64_t b) const {
  if (b == 0 || b == -1) // -1: the quotient of the least integer overflows
    return std::nullopt;
  switch (op) {
  case ExpressionOp::DivSigned:
    return a / b;
  case ExpressionOp::RemSigned:
    return a % b;
  case ExpressionOp::FloorDivSigned:
    return floorDivide(a, b);
  case ExpressionOp::CeilDivSigned:
    return -floorDivide(-a, b);
  case ExpressionOp::DivUnsigned:
    return a >= 0 && b > 0 ? std::optional(a / b) : std::nullopt;
  case ExpressionOp::RemUnsigned:
    return a >= 0 && b > 0 ? std::optional(a % b) : std::nullopt;
  default:
    return std::nullopt;
  }
}

std::optional<int64_t>
IntegerProgram::arithmetic(const Instruction &instruction, int64_t a, int64_t b,
                           int64_t c) const {
  auto ua = static_cast<uint64_t>(a), ub = static_cast<uint64_t>(b);
  switch (instruction.op) {
  case ExpressionOp::AddInt:
    return static_cast<int64_t>(ua + ub);
  case ExpressionOp::SubInt:
    return static_cast<int64_t>(ua - ub);
  case ExpressionOp::MulInt:
    return static_cast<int64_t>(ua * ub);
  case ExpressionOp::MaxSigned:
    return std::max(a, b);
  case ExpressionOp::MinSigned:
    return std::min(a, b);
  case ExpressionOp::AbsInt:
    return a < 0 ? -a : a;
  case ExpressionOp::AndInt:
    return a & b;
  case ExpressionOp::OrInt:
    return a | b;
  case ExpressionOp::XorInt:
    return a ^ b;
  case ExpressionOp::CmpEq:
    return a == b;
  case ExpressionOp::CmpNe:
    return a != b;
  case ExpressionOp::CmpSlt:
    return a < b;
  case ExpressionOp::CmpSle:
    return a <= b;
  case ExpressionOp::CmpSgt:
    return a > b;
  case ExpressionOp::CmpSge:
    return a >= b;
  case ExpressionOp::CmpUlt:
    return ua < ub;
  case ExpressionOp::CmpUle:
    return ua <= ub;
  case ExpressionOp::CmpUgt:
    return ua > ub;
  case ExpressionOp::CmpUge:
    return ua >= ub;
  case ExpressionOp::SelectInt:
    return a != 0 ? b : c;
  case ExpressionOp::SignExtendOrTruncate:
    return a;
  default:
    return division(instruction.op, a, b);
  }
}

std::optional<int64_t> IntegerProgram::evaluate(const Instruction &instruction,
                                                const Point &point) {
  int64_t operands[3] = {0, 0, 0};
  if (instruction.operands.empty())
    return leaf(instruction, point);
  if (instruction.operands.size() > 3)
    return std::nullopt;
  for (size_t i = 0; i < instruction.operands.size(); ++i)
    operands[i] = values[instruction.operands[i]];
  return arithmetic(instruction, operands[0], operands[1], operands[2]);
}

} // namespace

MaskSummary summariseMask(const Problem &problem, const ProblemSizes &sizes) {
  MaskSummary summary;
  std::optional<double> density = estimateMaskDensity(problem, sizes);
  if (problem.mask.empty() || !density)
    return summary;
  // A sample of kept pairs only does not prove that all are kept.
  summary.density = std::min(*density, 1.0 - 1e-4);
  // lib/Analysis/KvRange.h: comparisons of sums have key ranges in closed form;
  // these operations do not.
  summary.analysed = std::none_of(
      problem.mask.instructions.begin(), problem.mask.instructions.end(),
      [](const Instruction &instruction) {
        return isDivision(instruction.op) ||
               instruction.op == ExpressionOp::SelectInt;
      });
  return summary;
}

std::optional<double> estimateMaskDensity(const Problem &problem,
                                          const ProblemSizes &sizes) {
  if (problem.mask.empty())
    return 1.0;
  constexpr int kPoints = 4096;
  std::mt19937_64 random(1); // fixed: the same problem has the same summary
  IntegerProgram program(problem, sizes);
  auto below = [&](int64_t size) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(std::max<int64_t>(size, 1)));
  };
  int kept = 0;
  for (int i = 0; i < kPoints; ++i) {
    Point point{below(sizes.batch), below(problem.headsQ), below(sizes.seqQ),
                below(sizes.seqKV)};
    std::optional<bool> keep = program.keeps(point);
    if (!keep)
      return std::nullopt;
    kept += *keep;
  }
  return static_cast<double>(kept) / kPoints;
}

/// What a table read's last index is, through casts of the entry; empty if the
/// operand is not a table read.
static std::optional<ExpressionOp> lastIndexOf(const Expression &mask,
                                               int32_t operand) {
  const Instruction *read = &mask.instructions[operand];
  if (read->op == ExpressionOp::SignExtendOrTruncate ||
      read->op == ExpressionOp::ZeroExtend)
    read = &mask.instructions[read->operands[0]];
  if (read->op != ExpressionOp::TableRead || read->operands.empty())
    return std::nullopt;
  return mask.instructions[read->operands.back()].op;
}

int64_t countTableMatches(const Expression &mask) {
  return std::count_if(
      mask.instructions.begin(), mask.instructions.end(),
      [&](const Instruction &instruction) {
        if (instruction.op != ExpressionOp::CmpEq &&
            instruction.op != ExpressionOp::CmpNe)
          return false;
        auto left = lastIndexOf(mask, instruction.operands[0]);
        auto right = lastIndexOf(mask, instruction.operands[1]);
        if (left == ExpressionOp::ArgumentKeyIndex)
          std::swap(left, right);
        return left == ExpressionOp::ArgumentQueryIndex &&
               right == ExpressionOp::ArgumentKeyIndex;
      });
}

} // namespace kgen
