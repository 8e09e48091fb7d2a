//===- ScoreSlope.cpp - Whether a score rises with the key's position -----===//

#include "ScoreSlope.h"

#include <optional>
#include <vector>

namespace kgen {
namespace {

int signOf(double value) { return (value > 0) - (value < 0); }

/// How a value depends on the score and on positions.
struct Form {
  bool ofScore = false, ofKey = false; ///< linearly
  bool ofRow = false;                  ///< in any way
  bool isConstant = false;
  /// A sum with what depends on the key alone, not linearly.
  bool hasKeyTerm = false;
  bool isOther = false; ///< of the score or the key in another way
  /// -1 or 1 where it is known, of a value without the key: its own sign; of
  /// one that is linear in the key: the sign of the key's factor.
  int sign = 0;

  bool isSplit() const { return ofScore || ofKey || hasKeyTerm; }
};

Form joined(const Form &a, const Form &b) {
  int sign = a.ofKey == b.ofKey ? (a.sign == b.sign ? a.sign : 0)
             : a.ofKey          ? a.sign
                                : b.sign;
  return {a.ofScore || b.ofScore, a.ofKey || b.ofKey,
          a.ofRow || b.ofRow,     a.isConstant && b.isConstant,
          a.hasKeyTerm || b.hasKeyTerm,
          a.isOther || b.isOther, sign};
}

/// Of a function that is not linear in its operands.
Form opaque(Form form) {
  form.isOther |= form.isSplit();
  form.isConstant = false;
  form.sign = 0;
  return form;
}

Form negated(Form form) {
  form.sign = -form.sign;
  return form;
}

Form product(const Form &a, const Form &b) {
  Form all = joined(a, b);
  all.sign = a.sign * b.sign;
  if (!all.isSplit())
    return all;
  const Form &factor = a.isSplit() ? b : a;
  // What the score is multiplied by must be known; what the key is, the same
  // for the whole tile.
  all.isOther |=
      factor.isSplit() || factor.ofRow || (all.ofScore && !factor.isConstant);
  return all;
}

/// What does not depend on the score: a key term if it is one of the key alone;
/// one that is added to what depends on the row is not followed.
Form withKeyTerm(Form form) {
  bool isOther = form.isOther || form.hasKeyTerm;
  if (form.ofScore || !isOther)
    return form;
  if (form.ofRow)
    form.isOther = true;
  else
    form = {.hasKeyTerm = true};
  return form;
}

class SlopeReader {
public:
  explicit SlopeReader(const Expression &score) : score(score) {}

  Form read() {
    for (const Instruction &instruction : score.instructions)
      forms.push_back(withKeyTerm(formOf(instruction)));
    return forms[score.result];
  }

private:
  const Form &operand(const Instruction &instruction, size_t number) const {
    return forms[instruction.operands[number]];
  }
  Form allOf(const Instruction &instruction) const {
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
    return {.ofKey = true, .sign = 1};
  case ExpressionOp::ArgumentQueryIndex:
    return {.ofRow = true};
  case ExpressionOp::ConstantFloat:
    return {.isConstant = true, .sign = signOf(instruction.floatValue)};
  case ExpressionOp::ConstantInt:
    return {.isConstant = true,
            .sign = signOf(static_cast<double>(instruction.intValue))};
  case ExpressionOp::AddFloat:
  case ExpressionOp::AddInt:
    return joined(operand(instruction, 0), operand(instruction, 1));
  case ExpressionOp::SubFloat:
  case ExpressionOp::SubInt:
    return joined(operand(instruction, 0), negated(operand(instruction, 1)));
  case ExpressionOp::NegFloat:
    return negated(operand(instruction, 0));
  case ExpressionOp::SignedToFloat:
  case ExpressionOp::SignExtendOrTruncate:
    return operand(instruction, 0);
  case ExpressionOp::Exp:
  case ExpressionOp::Exp2: {
    Form form = opaque(operand(instruction, 0));
    form.sign = 1;
    return form;
  }
  case ExpressionOp::MulFloat:
  case ExpressionOp::MulInt:
    return product(operand(instruction, 0), operand(instruction, 1));
  case ExpressionOp::FmaFloat:
    return joined(product(operand(instruction, 0), operand(instruction, 1)),
                  operand(instruction, 2));
  case ExpressionOp::DivFloat:
    return operand(instruction, 1).isConstant
               ? product(operand(instruction, 0), operand(instruction, 1))
               : opaque(allOf(instruction));
  default:
    return opaque(allOf(instruction));
  }
}

/// Of a score that splits; empty for others.
std::optional<Form> formOf(const Expression &score) {
  if (score.empty())
    return std::nullopt;
  Form form = SlopeReader(score).read();
  if (!form.ofScore || form.isOther)
    return std::nullopt;
  return form;
}

} // namespace

bool hasSlope(const Expression &score) {
  std::optional<Form> form = formOf(score);
  return form && form->ofKey;
}

bool hasKeyTerms(const Expression &score) {
  std::optional<Form> form = formOf(score);
  return form && form->hasKeyTerm;
}

bool fallsWithKey(const Expression &score) {
  std::optional<Form> form = formOf(score);
  return form && form->ofKey && form->sign < 0 && !form->hasKeyTerm;
}

} // namespace kgen
