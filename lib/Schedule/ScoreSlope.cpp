//===- ScoreSlope.cpp - Whether a score rises with the key's position -----===//

#include "ScoreSlope.h"

#include <cmath>
#include <limits>
#include <optional>
#include <vector>

namespace kgen {
namespace {

int signOf(double value) { return (value > 0) - (value < 0); }

constexpr double kUnbounded = std::numeric_limits<double>::infinity();

/// The same bounds as those of AffineScore.cpp.
constexpr double kPositionLimit = 0x1p24, kMagnitudeLimit = 0x1p30;
constexpr int32_t kLeastBits = 32;

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
  double value = 1;              ///< of a constant that was written as such
  double magnitude = kUnbounded; ///< of an integer, where it is known

  bool isSplit() const { return ofScore || ofKey || hasKeyTerm; }
};

Form joined(const Form &a, const Form &b) {
  int sign = a.ofKey == b.ofKey ? (a.sign == b.sign ? a.sign : 0)
             : a.ofKey          ? a.sign
                                : b.sign;
  return {a.ofScore || b.ofScore,
          a.ofKey || b.ofKey,
          a.ofRow || b.ofRow,
          a.isConstant && b.isConstant,
          a.hasKeyTerm || b.hasKeyTerm,
          a.isOther || b.isOther,
          sign};
}

/// Of a function that is not linear in its operands.
Form opaque(Form form) {
  form.isOther |= form.isSplit();
  form.isConstant = false;
  form.sign = 0;
  form.magnitude = kUnbounded;
  return form;
}

Form constant(double value) {
  return {.isConstant = true, .sign = signOf(value), .value = value};
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
  // for the whole tile; no constant may be zero, or leave f32.
  bool isScale =
      !factor.isConstant || std::isnormal(static_cast<float>(factor.value));
  all.isOther |= factor.isSplit() || factor.ofRow || !isScale ||
                 (all.ofScore && !factor.isConstant);
  return all;
}

Form quotient(const Form &a, Form divisor) {
  divisor.value = 1 / divisor.value;
  return product(a, divisor);
}

/// An integer of the key that could wrap, as far as is known, is not linear.
Form integer(Form form, double magnitude, int32_t bits) {
  bool mayWrap = !(magnitude <= kMagnitudeLimit) || bits < kLeastBits;
  form.magnitude = mayWrap ? kUnbounded : magnitude;
  form.isOther |= form.ofKey && mayWrap;
  return form;
}

Form integerSum(const Form &a, const Form &b, int32_t bits) {
  return integer(joined(a, b), a.magnitude + b.magnitude, bits);
}

Form integerProduct(const Form &a, const Form &b, int32_t bits) {
  bool isScaled = a.isConstant || b.isConstant;
  return integer(product(a, b),
                 isScaled ? a.magnitude * b.magnitude : kUnbounded, bits);
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
    return {.ofKey = true, .sign = 1, .magnitude = kPositionLimit};
  case ExpressionOp::ArgumentQueryIndex:
    return {.ofRow = true, .magnitude = kPositionLimit};
  case ExpressionOp::ArgumentBatch:
  case ExpressionOp::ArgumentHead:
  case ExpressionOp::CaptureDim:
  case ExpressionOp::OperandDim:
    return {.magnitude = kPositionLimit};
  case ExpressionOp::ConstantFloat:
    return constant(instruction.floatValue);
  case ExpressionOp::ConstantInt: {
    double value = static_cast<double>(instruction.intValue);
    return integer(constant(value), std::abs(value), instruction.bits);
  }
  case ExpressionOp::AddFloat:
    return joined(operand(instruction, 0), operand(instruction, 1));
  case ExpressionOp::SubFloat:
    return joined(operand(instruction, 0), negated(operand(instruction, 1)));
  case ExpressionOp::AddInt:
    return integerSum(operand(instruction, 0), operand(instruction, 1),
                      instruction.bits);
  case ExpressionOp::SubInt:
    return integerSum(operand(instruction, 0), negated(operand(instruction, 1)),
                      instruction.bits);
  case ExpressionOp::NegFloat:
    return negated(operand(instruction, 0));
  case ExpressionOp::SignedToFloat:
    return operand(instruction, 0);
  case ExpressionOp::SignExtendOrTruncate:
    return integer(operand(instruction, 0), operand(instruction, 0).magnitude,
                   instruction.bits);
  case ExpressionOp::Exp:
  case ExpressionOp::Exp2: {
    Form form = opaque(operand(instruction, 0));
    form.sign = 1;
    return form;
  }
  case ExpressionOp::MulFloat:
    return product(operand(instruction, 0), operand(instruction, 1));
  case ExpressionOp::MulInt:
    return integerProduct(operand(instruction, 0), operand(instruction, 1),
                          instruction.bits);
  case ExpressionOp::FmaFloat:
    return joined(product(operand(instruction, 0), operand(instruction, 1)),
                  operand(instruction, 2));
  case ExpressionOp::DivFloat:
    return operand(instruction, 1).isConstant
               ? quotient(operand(instruction, 0), operand(instruction, 1))
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
