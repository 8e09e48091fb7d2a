//===- ScoreSlope.cpp - Whether a score rises with the key's position ------===//

#include "ScoreSlope.h"

#include <vector>

namespace kgen {
namespace {

/// How a value depends on the score and on positions.
struct Form {
  bool ofScore = false, ofKey = false; ///< linearly
  bool ofRow = false;                  ///< in any way
  bool isConstant = false;
  bool isOther = false; ///< of the score or the key, not linearly

  bool isLinear() const { return ofScore || ofKey; }
};

Form joined(const Form &a, const Form &b) {
  return {a.ofScore || b.ofScore, a.ofKey || b.ofKey, a.ofRow || b.ofRow,
          a.isConstant && b.isConstant, a.isOther || b.isOther};
}

/// Of a function that is not linear in its operands.
Form opaque(Form form) {
  form.isOther |= form.isLinear();
  form.isConstant = false;
  return form;
}

Form product(const Form &a, const Form &b) {
  Form all = joined(a, b);
  if (!all.isLinear())
    return all;
  const Form &factor = a.isLinear() ? b : a;
  // What the score is multiplied by must be known; what the key is, the same for
  // the whole tile.
  all.isOther |= factor.isLinear() || factor.ofRow ||
                 (all.ofScore && !factor.isConstant);
  return all;
}

class SlopeReader {
public:
  explicit SlopeReader(const Expression &score) : score(score) {}

  Form read() {
    for (const Instruction &instruction : score.instructions)
      forms.push_back(formOf(instruction));
    return forms[score.result];
  }

private:
  const Form &operand(const Instruction &instruction, size_t number) const {
    return forms[instruction.operands[number]];
  }
  Form sumOf(const Instruction &instruction) const {
    Form all = {.isConstant = true};
    for (int32_t position : instruction.operands)
      all = joined(all, forms[position]);
    return all;
  }
  Form formOf(const Instruction &instruction) const;

  const Expression &score;
  std::vector<Form> forms;
};

Form SlopeReader::formOf(const Instruction &instruction) const {
  switch (instruction.op) {
  case ExpressionOp::ArgumentScore:
    return {.ofScore = true};
  case ExpressionOp::ArgumentKeyIndex:
    return {.ofKey = true};
  case ExpressionOp::ArgumentQueryIndex:
    return {.ofRow = true};
  case ExpressionOp::ConstantFloat:
  case ExpressionOp::ConstantInt:
    return {.isConstant = true};
  case ExpressionOp::AddFloat:
  case ExpressionOp::SubFloat:
  case ExpressionOp::NegFloat:
  case ExpressionOp::AddInt:
  case ExpressionOp::SubInt:
  case ExpressionOp::SignedToFloat:
  case ExpressionOp::SignExtendOrTruncate:
    return sumOf(instruction);
  case ExpressionOp::MulFloat:
  case ExpressionOp::MulInt:
    return product(operand(instruction, 0), operand(instruction, 1));
  case ExpressionOp::FmaFloat:
    return joined(product(operand(instruction, 0), operand(instruction, 1)),
                  operand(instruction, 2));
  case ExpressionOp::DivFloat:
    return operand(instruction, 1).isConstant ? sumOf(instruction)
                                              : opaque(sumOf(instruction));
  default:
    return opaque(sumOf(instruction));
  }
}

} // namespace

bool hasSlope(const Expression &score) {
  if (score.empty())
    return false;
  Form form = SlopeReader(score).read();
  return form.ofScore && form.ofKey && !form.isOther;
}

} // namespace kgen
