//===- RowEvaluator.cpp - Programs over a run of keys: control -------------===//

#include "RowEvaluator.h"

#include <algorithm>

namespace kgen {

using Op = ExpressionOp;

static bool dependsOnKey(Op op) {
  return op == Op::ArgumentScore || op == Op::ArgumentKeyIndex;
}

RowEvaluator::RowEvaluator(const Expression &program, const Problem &problem,
                           const ProblemSizes &sizes,
                           const std::vector<CaptureValues> &captures,
                           bool approximateMath)
    : program(program), problem(problem), sizes(sizes), captures(captures),
      approximateMath(approximateMath),
      slots(new Slot[program.instructions.size()]) {
  std::vector<bool> varies(program.instructions.size());
  for (size_t i = 0; i < program.instructions.size(); ++i) {
    const Instruction &instruction = program.instructions[i];
    varies[i] = dependsOnKey(instruction.op) ||
                std::any_of(instruction.operands.begin(),
                            instruction.operands.end(),
                            [&](int32_t p) { return varies[p]; });
    (varies[i] ? perKey : perRow).push_back(i);
  }
}

void RowEvaluator::setRow(const RowIndex &row) {
  bound = row;
  undefinedLanes.fill(0);
  for (size_t position : perRow)
    run(position, 0, kLanes, nullptr);
  undefinedPerRow = undefinedLanes;
}

void RowEvaluator::evaluate(int64_t firstKey, int64_t count,
                            const double *scores) {
  undefinedLanes = undefinedPerRow;
  for (size_t position : perKey)
    run(position, firstKey, count, scores);
}

const double *RowEvaluator::floats() const {
  return slots[program.result].floats;
}

const int64_t *RowEvaluator::integers() const {
  return slots[program.result].integers;
}

// Width of an integer result in bits. Captured values have their type's width,
// whatever the instruction says.
int RowEvaluator::widthOf(int32_t position) const {
  const Instruction &instruction = program.instructions[position];
  if (instruction.op == Op::TableRead || instruction.op == Op::CaptureScalar) {
    ElementType type = captures[instruction.intValue].type;
    return type == ElementType::I1 ? 1 : static_cast<int>(8 * byteSize(type));
  }
  return instruction.bits;
}

int64_t RowEvaluator::operandDim(const Instruction &instruction) const {
  bool isQuery = instruction.intValue == 0;
  switch (instruction.dim) {
  case 0:
    return sizes.batch;
  case 1:
    return isQuery ? problem.headsQ : problem.headsKV;
  case 2:
    return isQuery ? sizes.seqQ : sizes.seqKV;
  default:
    return instruction.intValue == 2 ? problem.headDimV : problem.headDimQK;
  }
}

bool RowEvaluator::runLeaf(const Instruction &instruction, Slot &out,
                           int64_t firstKey, int64_t count,
                           const double *scores) {
  auto fill = [&](int64_t value) {
    std::fill_n(out.integers, count, value);
    return true;
  };
  switch (instruction.op) {
  case Op::ArgumentScore:
    std::copy_n(scores, count, out.floats);
    return true;
  case Op::ArgumentBatch:
    return fill(bound.batch);
  case Op::ArgumentHead:
    return fill(bound.head);
  case Op::ArgumentQueryIndex:
    return fill(bound.row);
  case Op::ArgumentKeyIndex:
    for (int64_t lane = 0; lane < count; ++lane)
      out.integers[lane] = firstKey + lane;
    return true;
  case Op::ConstantFloat:
    std::fill_n(out.floats, count, instruction.floatValue);
    return true;
  case Op::ConstantInt:
    return fill(instruction.intValue);
  case Op::CaptureScalar: {
    const CaptureValues &capture = captures[instruction.intValue];
    if (isFloat(capture.type))
      std::fill_n(out.floats, count, capture.floats[0]);
    else
      std::fill_n(out.integers, count, capture.integers[0]);
    return true;
  }
  case Op::CaptureDim:
    return fill(captures[instruction.intValue].shape[instruction.dim]);
  case Op::OperandDim:
    return fill(operandDim(instruction));
  default:
    return false;
  }
}

void RowEvaluator::runTableRead(const Instruction &instruction, Slot &out,
                                int64_t count) {
  const CaptureValues &table = captures[instruction.intValue];
  bool readsFloats = isFloat(table.type);
  for (int64_t lane = 0; lane < count; ++lane) {
    int64_t offset = 0;
    bool inside = true;
    for (size_t d = 0; d < table.shape.size(); ++d) {
      int64_t index = operand(instruction, d).integers[lane];
      inside &= index >= 0 && index < table.shape[d];
      offset = offset * table.shape[d] + index;
    }
    undefinedLanes[lane] |= !inside;
    offset = inside ? offset : 0;
    if (readsFloats)
      out.floats[lane] = inside ? table.floats[offset] : 0;
    else
      out.integers[lane] = inside ? table.integers[offset] : 0;
  }
}

// Keeps the low `bits` of every lane, sign-extended; one bit is 0 or 1.
void RowEvaluator::wrap(const Instruction &instruction, Slot &out,
                        int64_t count) {
  int width = instruction.bits;
  if (width >= 64)
    return;
  if (width == 1) {
    for (int64_t lane = 0; lane < count; ++lane)
      out.integers[lane] &= 1;
    return;
  }
  int shift = 64 - width;
  for (int64_t lane = 0; lane < count; ++lane) {
    uint64_t bits = static_cast<uint64_t>(out.integers[lane]) << shift;
    out.integers[lane] = static_cast<int64_t>(bits) >> shift;
  }
}

void RowEvaluator::run(size_t position, int64_t firstKey, int64_t count,
                       const double *scores) {
  const Instruction &instruction = program.instructions[position];
  Slot &out = slots[position];
  Op op = instruction.op;
  if (runLeaf(instruction, out, firstKey, count, scores))
    return;
  if (op == Op::TableRead)
    return runTableRead(instruction, out, count);
  if (op >= Op::AddFloat && op <= Op::RoundEven)
    return runFloat(instruction, out, count);
  if (op >= Op::CmpOeq && op <= Op::CmpUne)
    return runCompareFloat(instruction, out, count);
  if (op >= Op::DivSigned && op <= Op::CeilDivSigned)
    runDivision(instruction, out, count);
  else if (op >= Op::ShiftLeft && op <= Op::ShiftRightUnsigned)
    runShift(instruction, out, count);
  else if (op >= Op::SelectFloat)
    runConversion(instruction, out, count);
  else
    runInteger(instruction, out, count);
  wrap(instruction, out, count);
}

} // namespace kgen
