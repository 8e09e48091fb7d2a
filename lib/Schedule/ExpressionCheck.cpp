//===- ExpressionCheck.cpp - Well-formed programs
//--------------------------===//
//
// A Problem crosses process boundaries as text; the oracle that evaluates its
// programs may rely on everything that is checked here.
//
//===----------------------------------------------------------------------===//

#include "kgen/Schedule/Problem.h"

namespace kgen {
namespace {

enum class Kind : uint8_t { Float, Integer };

bool between(ExpressionOp op, ExpressionOp first, ExpressionOp last) {
  return op >= first && op <= last;
}

Kind kindOf(ElementType type) {
  return isFloat(type) ? Kind::Float : Kind::Integer;
}

// Kind of an op's result. Captures decide for reads of them.
Kind resultKind(const Instruction &instruction,
                const std::vector<Capture> &captures) {
  ExpressionOp op = instruction.op;
  if (op == ExpressionOp::CaptureScalar || op == ExpressionOp::TableRead)
    return kindOf(captures[instruction.intValue].type);
  bool isFloat =
      op == ExpressionOp::ArgumentScore || op == ExpressionOp::ConstantFloat ||
      between(op, ExpressionOp::AddFloat, ExpressionOp::RoundEven) ||
      op == ExpressionOp::SelectFloat || op == ExpressionOp::SignedToFloat ||
      op == ExpressionOp::UnsignedToFloat ||
      between(op, ExpressionOp::RoundToF32, ExpressionOp::RoundToBF16);
  return isFloat ? Kind::Float : Kind::Integer;
}

// Kind that the op asks of operand `position`.
Kind operandKind(ExpressionOp op, size_t position) {
  if (op == ExpressionOp::SelectFloat)
    return position == 0 ? Kind::Integer : Kind::Float;
  bool takesFloat =
      between(op, ExpressionOp::AddFloat, ExpressionOp::CmpUne) ||
      op == ExpressionOp::FloatToSigned ||
      between(op, ExpressionOp::RoundToF32, ExpressionOp::RoundToBF16);
  return takesFloat ? Kind::Float : Kind::Integer;
}

class ProgramChecker {
public:
  ProgramChecker(const Expression &expression, ProgramRole role,
                 const std::vector<Capture> &captures)
      : expression(expression), role(role), captures(captures) {}

  Expected<void> check() {
    const auto &instructions = expression.instructions;
    if (instructions.empty())
      return expression.result == -1
                 ? Expected<void>()
                 : Expected<void>(fault("an empty program has result -1"));
    for (position = 0; position < instructions.size(); ++position) {
      const Instruction &instruction = instructions[position];
      // Each check relies on the one before it.
      if (auto valid = checkOp(instruction); !valid)
        return valid;
      if (auto valid = checkReferences(instruction); !valid)
        return valid;
      if (auto valid = checkOperands(instruction); !valid)
        return valid;
      kinds.push_back(resultKind(instruction, captures));
    }
    return checkResult();
  }

private:
  Error fault(const std::string &what) const {
    return {ErrorCode::ExpressionInvalid,
            std::string(role == ProgramRole::Score ? "score" : "mask") +
                " program: " + what};
  }
  Error faultHere(const std::string &what) const {
    return fault("instruction " + std::to_string(position) + ": " + what);
  }

  Expected<void> checkOp(const Instruction &instruction) const {
    if (spelling(instruction.op) == "invalid")
      return faultHere("no such op");
    if (role == ProgramRole::Mask &&
        instruction.op == ExpressionOp::ArgumentScore)
      return faultHere("a mask cannot read the score");
    int32_t bits = instruction.bits;
    if (bits != 1 && bits != 8 && bits != 16 && bits != 32 && bits != 64)
      return faultHere("bits " + std::to_string(bits) +
                       " is not 1, 8, 16, 32 or 64");
    return {};
  }

  Expected<void> checkReferences(const Instruction &instruction) const {
    ExpressionOp op = instruction.op;
    if (op == ExpressionOp::OperandDim) {
      if (instruction.intValue < 0 || instruction.intValue > 2 ||
          instruction.dim < 0 || instruction.dim > 3)
        return faultHere("operand_dim takes operand 0 to 2 and dim 0 to 3");
      return {};
    }
    if (op != ExpressionOp::CaptureScalar && op != ExpressionOp::CaptureDim &&
        op != ExpressionOp::TableRead)
      return {};
    if (instruction.intValue < 0 ||
        instruction.intValue >= static_cast<int64_t>(captures.size()))
      return faultHere("capture " + std::to_string(instruction.intValue) +
                       " does not exist, there are " +
                       std::to_string(captures.size()));
    const Capture &capture = captures[instruction.intValue];
    if (capture.isScalar != (op == ExpressionOp::CaptureScalar))
      return faultHere(std::string(spelling(op)) + " cannot read capture '" +
                       capture.name + "', a " +
                       (capture.isScalar ? "scalar" : "tensor"));
    auto rank = static_cast<int64_t>(capture.shape.size());
    if (op == ExpressionOp::CaptureDim &&
        (instruction.dim < 0 || instruction.dim >= rank))
      return faultHere("dim " + std::to_string(instruction.dim) +
                       " does not exist in capture '" + capture.name +
                       "' of rank " + std::to_string(rank));
    return {};
  }

  Expected<void> checkOperands(const Instruction &instruction) const {
    size_t wanted = instruction.op == ExpressionOp::TableRead
                        ? captures[instruction.intValue].shape.size()
                        : static_cast<size_t>(arity(instruction.op));
    if (instruction.operands.size() != wanted)
      return faultHere(std::string(spelling(instruction.op)) + " has " +
                       std::to_string(instruction.operands.size()) +
                       " operands, needs " + std::to_string(wanted));
    for (size_t i = 0; i < wanted; ++i) {
      int32_t operand = instruction.operands[i];
      if (operand < 0 || static_cast<size_t>(operand) >= position)
        return faultHere("operand " + std::to_string(operand) +
                         " is not an earlier instruction");
      if (kinds[operand] != operandKind(instruction.op, i))
        return faultHere(
            std::string(spelling(instruction.op)) + " needs " +
            (kinds[operand] == Kind::Float ? "an integer" : "a float") +
            ", instruction " + std::to_string(operand) +
            " gives the other kind");
    }
    return {};
  }

  Expected<void> checkResult() const {
    int32_t result = expression.result;
    if (result < 0 || static_cast<size_t>(result) >= kinds.size())
      return fault("result " + std::to_string(result) +
                   " is not an instruction");
    Kind wanted = role == ProgramRole::Score ? Kind::Float : Kind::Integer;
    if (kinds[result] != wanted)
      return fault(wanted == Kind::Float ? "the result must be a float"
                                         : "the result must be a boolean");
    return {};
  }

  const Expression &expression;
  ProgramRole role;
  const std::vector<Capture> &captures;
  std::vector<Kind> kinds;
  size_t position = 0;
};

} // namespace

Expected<void> checkExpression(const Expression &expression, ProgramRole role,
                               const std::vector<Capture> &captures) {
  return ProgramChecker(expression, role, captures).check();
}

} // namespace kgen
