//===- Problem.cpp - What is to be computed
//--------------------------------===//

#include "kgen/Schedule/Problem.h"

#include <algorithm>
#include <cmath>

namespace kgen {
namespace {

// Sizes larger than this overflow 64-bit products of two dimensions.
constexpr int64_t kMaxDimension = int64_t(1) << 31;
constexpr size_t kMaxCaptureRank = 8;

Error invalid(const std::string &what) {
  return {ErrorCode::ProblemInvalid, what};
}

bool isSize(int64_t size, bool mayBeDynamic) {
  return (size >= 1 && size <= kMaxDimension) ||
         (mayBeDynamic && size == kDynamicSize);
}

Expected<void> checkShapes(const Problem &problem) {
  struct Named {
    const char *name;
    int64_t size;
    bool mayBeDynamic;
  };
  for (const Named &named : {Named{"batch", problem.batch, true},
                             Named{"heads_q", problem.headsQ, false},
                             Named{"heads_kv", problem.headsKV, false},
                             Named{"seq_q", problem.seqQ, true},
                             Named{"seq_kv", problem.seqKV, true},
                             Named{"head_dim_qk", problem.headDimQK, false},
                             Named{"head_dim_v", problem.headDimV, false}})
    if (!isSize(named.size, named.mayBeDynamic))
      return invalid(std::string(named.name) + " is " +
                     std::to_string(named.size) + ", allowed 1 to " +
                     std::to_string(kMaxDimension) +
                     (named.mayBeDynamic ? " or -1 (dynamic)" : ""));
  if (problem.headsQ % problem.headsKV != 0)
    return Error(ErrorCode::HeadCountMismatch,
                 "heads_q " + std::to_string(problem.headsQ) +
                     " is not a multiple of heads_kv " +
                     std::to_string(problem.headsKV));
  if (problem.dtype != ElementType::F32 && problem.dtype != ElementType::F16 &&
      problem.dtype != ElementType::BF16)
    return Error(ErrorCode::DtypeUnsupported,
                 "dtype " + std::string(spelling(problem.dtype)) +
                     " is not f32, f16 or bf16");
  return {};
}

Expected<void> checkCapture(const Capture &capture) {
  std::string who = "capture '" + capture.name + "' ";
  if (capture.isScalar && !capture.shape.empty())
    return invalid(who + "is a scalar with a shape");
  if (!capture.isScalar && capture.shape.empty())
    return invalid(who + "is a tensor without a shape");
  if (capture.shape.size() > kMaxCaptureRank)
    return invalid(who + "has rank " + std::to_string(capture.shape.size()) +
                   ", at most " + std::to_string(kMaxCaptureRank));
  for (int64_t size : capture.shape)
    if (!isSize(size, true))
      return invalid(who + "has a dimension of " + std::to_string(size));
  if (capture.minValue > capture.maxValue)
    return invalid(who + "has min_value " + std::to_string(capture.minValue) +
                   " above max_value " + std::to_string(capture.maxValue));
  return {};
}

} // namespace

int64_t byteSize(ElementType type) {
  switch (type) {
  case ElementType::F64:
  case ElementType::I64:
    return 8;
  case ElementType::F32:
  case ElementType::I32:
    return 4;
  case ElementType::F16:
  case ElementType::BF16:
  case ElementType::I16:
    return 2;
  case ElementType::I1:
  case ElementType::I8:
    return 1;
  }
  return 0;
}

std::string_view spelling(ElementType type) {
  switch (type) {
  case ElementType::F32:
    return "f32";
  case ElementType::F16:
    return "f16";
  case ElementType::BF16:
    return "bf16";
  case ElementType::F64:
    return "f64";
  case ElementType::I1:
    return "i1";
  case ElementType::I8:
    return "i8";
  case ElementType::I16:
    return "i16";
  case ElementType::I32:
    return "i32";
  case ElementType::I64:
    return "i64";
  }
  return "invalid";
}

bool isFloat(ElementType type) {
  return type == ElementType::F32 || type == ElementType::F16 ||
         type == ElementType::BF16 || type == ElementType::F64;
}

Expected<void> checkProblem(const Problem &problem) {
  if (problem.name.empty())
    return invalid("the name is empty");
  if (auto shapes = checkShapes(problem); !shapes)
    return shapes;
  if (!std::isfinite(problem.scale))
    return invalid("scale is not finite");
  if (!(problem.maskSummary.density >= 0 && problem.maskSummary.density <= 1))
    return invalid("mask_summary.density is not between 0 and 1");
  for (const Capture &capture : problem.captures)
    if (auto valid = checkCapture(capture); !valid)
      return valid;
  if (auto score =
          checkExpression(problem.score, ProgramRole::Score, problem.captures);
      !score)
    return score;
  return checkExpression(problem.mask, ProgramRole::Mask, problem.captures);
}

ProblemSizes nominalSizes(const Problem &problem) {
  constexpr int64_t nominalBatch = 2;
  constexpr int64_t nominalSequence = 1024;
  auto orNominal = [](int64_t size, int64_t nominal) {
    return size == kDynamicSize ? nominal : size;
  };
  ProblemSizes sizes;
  sizes.batch = orNominal(problem.batch, nominalBatch);
  sizes.seqQ = orNominal(problem.seqQ, nominalSequence);
  sizes.seqKV = orNominal(problem.seqKV, nominalSequence);
  for (const Capture &capture : problem.captures) {
    std::vector<int64_t> shape;
    if (!capture.isScalar)
      for (int64_t size : capture.shape)
        shape.push_back(orNominal(size, std::max(sizes.seqQ, sizes.seqKV)));
    sizes.captureShapes.push_back(std::move(shape));
  }
  return sizes;
}

double attentionFlops(const Problem &problem, const ProblemSizes &sizes) {
  double pairs = static_cast<double>(sizes.seqQ) *
                 static_cast<double>(sizes.seqKV) * problem.maskSummary.density;
  double heads =
      static_cast<double>(sizes.batch) * static_cast<double>(problem.headsQ);
  // One multiply and one add per element of a row of Q and of V.
  double perPair =
      2.0 * static_cast<double>(problem.headDimQK + problem.headDimV);
  return heads * pairs * perPair;
}

} // namespace kgen
