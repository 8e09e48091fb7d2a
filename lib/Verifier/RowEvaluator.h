//===- RowEvaluator.h - Score and mask programs over a run of keys ---------===//
//
// The oracle's interpreter of Expression programs: floats are doubles, integers
// are int64 wrapped to the instruction's width. One row (b, h, i) is bound with
// setRow(), which evaluates all that does not depend on the key or the score;
// evaluate() then runs the rest, instruction by instruction, over up to kLanes
// consecutive keys.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_VERIFIER_ROWEVALUATOR_H
#define KGEN_LIB_VERIFIER_ROWEVALUATOR_H

#include "Inputs.h"

#include <array>
#include <memory>

namespace kgen {

class RowEvaluator {
public:
  static constexpr int64_t kLanes = 256;

  /// Keeps references to all arguments. The program has passed
  /// checkExpression(). With `approximateMath`, tanh carries the error that
  /// NumericsAllowance::approximateMath permits (for the honest kernel).
  RowEvaluator(const Expression &program, const Problem &problem,
               const ProblemSizes &sizes,
               const std::vector<CaptureValues> &captures,
               bool approximateMath = false);

  /// Binds the row: batch, query head, query index.
  void setRow(const RowIndex &row);

  /// Evaluates keys [firstKey, firstKey + count), count <= kLanes, with
  /// `scores[lane]` as the score argument (may be null for a mask).
  void evaluate(int64_t firstKey, int64_t count, const double *scores);

  /// Results of the last evaluate(), by lane: of a score, of a mask.
  const double *floats() const;
  const int64_t *integers() const;
  /// Non-zero where the program has no defined value.
  const uint8_t *undefined() const { return undefinedLanes.data(); }

private:
  struct Slot {
    alignas(64) double floats[kLanes];
    alignas(64) int64_t integers[kLanes];
  };
  void runFloat(const Instruction &instruction, Slot &out, int64_t count);
  void runCompareFloat(const Instruction &instruction, Slot &out, int64_t count);
  void runInteger(const Instruction &instruction, Slot &out, int64_t count);
  void runDivision(const Instruction &instruction, Slot &out, int64_t count);
  void runShift(const Instruction &instruction, Slot &out, int64_t count);
  void runConversion(const Instruction &instruction, Slot &out, int64_t count);
  void runTableRead(const Instruction &instruction, Slot &out, int64_t count);
  bool runLeaf(const Instruction &instruction, Slot &out, int64_t firstKey,
               int64_t count, const double *scores);
  void run(size_t position, int64_t firstKey, int64_t count,
           const double *scores);
  void wrap(const Instruction &instruction, Slot &out, int64_t count);
  int64_t operandDim(const Instruction &instruction) const;
  const Slot &operand(const Instruction &instruction, size_t index) const {
    return slots[instruction.operands[index]];
  }
  int widthOf(int32_t position) const;

  const Expression &program;
  const Problem &problem;
  const ProblemSizes &sizes;
  const std::vector<CaptureValues> &captures;
  bool approximateMath;
  RowIndex bound;
  std::vector<size_t> perRow; ///< positions that setRow() evaluates
  std::vector<size_t> perKey; ///< positions that evaluate() evaluates
  std::unique_ptr<Slot[]> slots;
  std::array<uint8_t, kLanes> undefinedLanes{};
  std::array<uint8_t, kLanes> undefinedPerRow{};
};

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_ROWEVALUATOR_H
