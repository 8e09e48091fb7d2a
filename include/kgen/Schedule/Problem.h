//===- Problem.h - What is to be computed ----------------------------------===//
//
// A Problem says everything that a schedule, a cost model and an oracle need to
// know about one attention variant, and nothing about how it is computed. It is
// what crosses process boundaries (JSON) and what history records are keyed by.
//
//   s(b,h,i,j) = scale * sum_d Q[b,h,i,d] * K[b,h/group,j,d]
//   t(b,h,i,j) = score(s, b, h, i, j)     where mask(b, h, i, j), else -inf
//   O[b,h,i,:] = sum_j softmax_j(t)[j] * V[b,h/group,j,:]     LSE = log sum_j exp(t)
//
// A row in which every pair is masked gives O = 0 and LSE = -inf.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_SCHEDULE_PROBLEM_H
#define KGEN_SCHEDULE_PROBLEM_H

#include "kgen/Schedule/Expression.h"
#include "kgen/Support/Error.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kgen {

/// A size that is only known at launch.
inline constexpr int64_t kDynamicSize = -1;

/// Element types of tensors and scalars. Q, K, V and O use F32, F16 or BF16.
enum class ElementType : uint8_t { F32, F16, BF16, F64, I1, I8, I16, I32, I64 };

/// Size in bytes in memory (I1 takes one byte).
int64_t byteSize(ElementType type);
/// "bf16", "i32", ...
std::string_view spelling(ElementType type);
/// True for F32, F16, BF16 and F64.
bool isFloat(ElementType type);

/// A tensor or scalar that the score or mask function reads. Order is the order
/// of kernel arguments after Q, K, V.
struct Capture {
  std::string name;
  ElementType type = ElementType::F32;
  bool isScalar = false;
  std::vector<int64_t> shape = {}; ///< kDynamicSize where dynamic; empty for scalars
  /// Inclusive range of values that verification inputs draw from, for integer
  /// captures (tables of ids, lengths). The default is small and non-negative.
  int64_t minValue = 0;
  int64_t maxValue = 7;
  /// Non-decreasing along the last dimension (document ids).
  bool sorted = false;
  bool operator==(const Capture &) const = default;
};

/// What may cost accuracy; all off unless the user allows it.
struct NumericsAllowance {
  bool tf32 = false;              ///< f32 products may round inputs to tf32
  bool approximateMath = false;   ///< tanh.approx and the like in score functions
  bool operator==(const NumericsAllowance &) const = default;
};

/// How much of the score matrix survives the mask; facts for the cost model.
struct MaskSummary {
  double density = 1.0;        ///< kept pairs / all pairs, at the nominal sizes
  bool analysed = false;       ///< kv ranges are known in closed form
  bool operator==(const MaskSummary &) const = default;
};

struct Problem {
  /// Version of the JSON form; a reader refuses a newer one.
  static constexpr int kVersion = 1;

  std::string name = "attention";
  ElementType dtype = ElementType::BF16;
  // Layout [B, H, S, D], row-major and contiguous.
  int64_t batch = kDynamicSize;
  int64_t headsQ = 1;
  int64_t headsKV = 1;   ///< headsQ is a multiple of it
  int64_t seqQ = kDynamicSize;
  int64_t seqKV = kDynamicSize;
  int64_t headDimQK = 64;
  int64_t headDimV = 64;
  double scale = 1.0;
  bool writesLse = false; ///< LSE [B, Hq, Sq] in f32, natural logarithm
  Expression score;
  Expression mask;
  std::vector<Capture> captures;
  NumericsAllowance numerics;
  MaskSummary maskSummary;

  int64_t groupSize() const { return headsQ / headsKV; }
  bool operator==(const Problem &) const = default;
};

/// Concrete sizes for one launch: every dynamic size of a Problem filled in.
struct ProblemSizes {
  int64_t batch = 1;
  int64_t seqQ = 1;
  int64_t seqKV = 1;
  /// Shapes of the captured tensors, in order; empty for scalars.
  std::vector<std::vector<int64_t>> captureShapes = {};
  bool operator==(const ProblemSizes &) const = default;
};

/// Whether the problem is well formed, whatever the machine: names, shapes,
/// counts, captures and both programs. ProblemInvalid, HeadCountMismatch or
/// ExpressionInvalid say what is wrong. parseProblem() returns checked problems.
Expected<void> checkProblem(const Problem &problem);

/// The rules of one program against the captures it reads: operands are earlier
/// positions of the op's kind (float or integer), capture and dimension numbers
/// exist, the result is a float for a score and an integer for a mask, and a
/// mask does not read the score.
enum class ProgramRole : uint8_t { Score, Mask };
Expected<void> checkExpression(const Expression &expression, ProgramRole role,
                               const std::vector<Capture> &captures);

/// Fills dynamic sizes with nominal ones: batch 2, seqQ and seqKV 1024 unless
/// static; a captured dynamic dimension takes the larger of seqQ and seqKV.
ProblemSizes nominalSizes(const Problem &problem);

/// Floating-point operations over kept pairs: 2*(Dqk+Dv) per pair per head.
double attentionFlops(const Problem &problem, const ProblemSizes &sizes);

} // namespace kgen

#endif // KGEN_SCHEDULE_PROBLEM_H
