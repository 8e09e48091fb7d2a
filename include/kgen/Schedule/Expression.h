//===- Expression.h - Neutral form of score and mask functions -------------===//
//
// The score and mask functions of a Problem as straight-line programs. The
// reader that fills them (lib/Analysis) is not used by any lowering, and the
// oracle (lib/Verifier) evaluates them in float64: a fault in a lowering cannot
// hide in the oracle.
//
// A program is a list of instructions in evaluation order; an operand is the
// position of an earlier instruction. Floats are evaluated as double, integers
// as int64 wrapped to `bits` (signed), booleans as integers of one bit (0, 1).
//
//   relative position, score + (q_idx - kv_idx):
//     0: argument score          1: argument q_idx     2: argument kv_idx
//     3: sub_i 1, 2 (bits 64)    4: int_to_float 3     5: add_f 0, 4
//     result 5
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_SCHEDULE_EXPRESSION_H
#define KGEN_SCHEDULE_EXPRESSION_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kgen {

enum class ExpressionOp : uint8_t {
#define KGEN_EXPRESSION_OP(name, spelling, arity) name,
#include "kgen/Schedule/ExpressionOps.def"
};

struct Instruction {
  ExpressionOp op;
  /// Positions of earlier instructions; as many as the op's arity. TableRead
  /// has one per table dimension.
  std::vector<int32_t> operands = {};
  double floatValue = 0;    ///< ConstantFloat
  int64_t intValue = 0;     ///< ConstantInt; capture index for TableRead,
                            ///< CaptureScalar; see CaptureDim
  int64_t dim = 0;          ///< dimension for CaptureDim
  int32_t bits = 64;        ///< integer results: width 1, 8, 16, 32 or 64
  bool operator==(const Instruction &) const = default;
};

/// An empty program (no instructions) means identity for a score and "keep
/// everything" for a mask.
struct Expression {
  std::vector<Instruction> instructions;
  int32_t result = -1; ///< position of the result; -1 when empty
  bool empty() const { return instructions.empty(); }
  bool operator==(const Expression &) const = default;
};

/// "add_f" for AddFloat; the JSON spelling.
std::string_view spelling(ExpressionOp op);
/// The inverse of spelling(); empty when no op is spelled so.
std::optional<ExpressionOp> parseExpressionOp(std::string_view text);
/// Number of operands; -1 for any number (TableRead).
int arity(ExpressionOp op);

/// One instruction a line, as in the example above: for reports and prompts.
std::string toString(const Expression &expression);

} // namespace kgen

#endif // KGEN_SCHEDULE_EXPRESSION_H
