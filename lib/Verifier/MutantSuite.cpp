//===- MutantSuite.cpp - The list of honest and faulty kernels -------------===//

#include "Mutants.h"

#include <cmath>

namespace kgen {

static Problem baseProblem(ElementType dtype) {
  Problem problem;
  problem.dtype = dtype;
  problem.headsQ = 4;
  problem.headsKV = 2;
  problem.headDimQK = 32;
  problem.headDimV = 24;
  problem.scale = 1 / std::sqrt(32.0);
  problem.writesLse = true;
  return problem;
}

MutantProblem plainMutantProblem(ElementType dtype) {
  MutantProblem made;
  made.problem = baseProblem(dtype);
  made.problem.name = "plain";
  made.sizes = {2, 192, 256, {}};
  return made;
}

static Instruction instruction(ExpressionOp op, std::vector<int32_t> operands = {},
                               int32_t bits = 64) {
  Instruction made;
  made.op = op;
  made.operands = std::move(operands);
  made.bits = bits;
  return made;
}

MutantProblem causalMutantProblem(ElementType dtype) {
  using Op = ExpressionOp;
  MutantProblem made;
  Problem &problem = made.problem;
  problem = baseProblem(dtype);
  problem.name = "strictly_causal_alibi";
  Capture slopes;
  slopes.name = "slopes";
  slopes.shape = {problem.headsQ};
  problem.captures.push_back(slopes);
  // score + slopes[head] * (kv_idx - q_idx)
  problem.score.instructions = {
      instruction(Op::ArgumentScore),           instruction(Op::ArgumentHead),
      instruction(Op::ArgumentQueryIndex),      instruction(Op::ArgumentKeyIndex),
      instruction(Op::TableRead, {1}),          instruction(Op::SubInt, {3, 2}),
      instruction(Op::SignedToFloat, {5}),      instruction(Op::MulFloat, {4, 6}),
      instruction(Op::AddFloat, {0, 7})};
  problem.score.result = 8;
  // kv_idx < q_idx
  problem.mask.instructions = {instruction(Op::ArgumentKeyIndex),
                               instruction(Op::ArgumentQueryIndex),
                               instruction(Op::CmpSlt, {0, 1}, 1)};
  problem.mask.result = 2;
  made.sizes = {1, 192, 192, {{problem.headsQ}}};
  made.keep = [](const std::vector<KernelArgument> &, int64_t, int64_t,
                 int64_t row, int64_t key) { return key < row; };
  made.score = [](const std::vector<KernelArgument> &arguments, float score,
                  int64_t, int64_t head, int64_t row, int64_t key) {
    float slope = static_cast<const float *>(arguments[3].data)[head];
    return score + slope * static_cast<float>(key - row);
  };
  return made;
}

static std::vector<MutantCase> honestKernels() {
  using T = ElementType;
  return {
      {"honest, bf16, 64x64", Fault::None, {}, false, T::BF16, {}},
      {"honest, bf16, 128x16, reverse", Fault::None, {128, 16, true, false}, false, T::BF16, {}},
      {"honest, bf16, sums rounded weights", Fault::None, {64, 32, false, true}, false, T::BF16, {}},
      {"honest, f16, 16x128", Fault::None, {16, 128, false, false}, false, T::F16, {}},
      {"honest, f32, untiled", Fault::None, {64, 4096, false, false}, false, T::F32, {}},
      {"honest, bf16, causal", Fault::None, {}, true, T::BF16, {}},
      {"honest, f16, causal, reverse", Fault::None, {32, 32, true, false}, true, T::F16, {}},
      {"honest, f32, causal", Fault::None, {64, 48, false, false}, true, T::F32, {}},
  };
}

static std::vector<MutantCase> faultyKernels() {
  using E = ErrorCode;
  struct Row {
    const char *name;
    Fault fault;
    bool isCausal;
    E expected;
  };
  static constexpr Row rows[] = {
      {"drops the last kv tile", Fault::DropsLastTile, false, E::RowErrorTooLarge},
      {"drops a kv tile in the middle", Fault::DropsMiddleTile, false, E::RowErrorTooLarge},
      {"counts a kv tile twice", Fault::CountsTileTwice, false, E::RowErrorTooLarge},
      {"one row loses a kv tile", Fault::OneRowLosesTile, false, E::RowErrorTooLarge},
      {"mask off by one", Fault::MaskOffByOne, true, E::MaskedRowNotZero},
      {"diagonal tile unmasked", Fault::DiagonalTileUnmasked, true, E::MaskedRowNotZero},
      {"ignores the mask", Fault::IgnoresMask, true, E::MaskedRowNotZero},
      {"accumulator not rescaled", Fault::AccumulatorNotRescaled, false, E::RowErrorTooLarge},
      {"row sum not rescaled", Fault::SumNotRescaled, false, E::RowErrorTooLarge},
      {"scale too small by sqrt(2)", Fault::WrongScale, false, E::RowErrorTooLarge},
      {"ignores Q and K", Fault::IgnoresQueryAndKey, false, E::RowErrorTooLarge},
      {"wrong kv head for a query head", Fault::WrongHeadMap, false, E::RowErrorTooLarge},
      {"ignores the score function", Fault::IgnoresScore, true, E::RowErrorTooLarge},
      {"score function before the scale", Fault::ScoreBeforeScale, true, E::RowErrorTooLarge},
      {"writes nothing", Fault::WritesNothing, false, E::OutputNotWritten},
      {"last row of each tile unwritten", Fault::LastRowOfTileUnwritten, false, E::OutputNotWritten},
      {"ragged rows skipped", Fault::RaggedRowsSkipped, false, E::OutputNotWritten},
      {"writes past the end of O", Fault::WritesPastEnd, false, E::RedZoneOverwritten},
      {"writes before the start of O", Fault::WritesBeforeStart, false, E::RedZoneOverwritten},
      {"reads past the end of V", Fault::ReadsPastEnd, false, E::NonFiniteOutput},
      {"runs differ by one bit", Fault::RunsDiffer, false, E::RunsDiffer},
      {"writes a NaN", Fault::WritesNaN, false, E::NonFiniteOutput},
      {"swallows NaN", Fault::SwallowsNaN, false, E::NonFiniteSwallowed},
      {"LSE to the base two", Fault::LseBaseTwo, false, E::LseWrong},
      {"LSE without the maximum", Fault::LseWithoutMaximum, false, E::LseWrong},
      {"fully masked row is NaN", Fault::MaskedRowIsNaN, true, E::NonFiniteOutput},
      {"fully masked row is a mean", Fault::MaskedRowIsMean, true, E::MaskedRowNotZero},
      {"modifies an input", Fault::ModifiesInput, false, E::InputModified},
      {"accumulates in 16 bits", Fault::NarrowAccumulator, false, E::RowErrorTooLarge},
  };
  std::vector<MutantCase> made;
  for (const Row &row : rows)
    made.push_back({row.name, row.fault, {}, row.isCausal, ElementType::BF16, row.expected});
  made.push_back({"rounds f16 probabilities to bf16", Fault::CoarseWeights, {}, false,
                  ElementType::F16, E::GlobalErrorTooLarge});
  return made;
}

const std::vector<MutantCase> &mutantSuite() {
  static const std::vector<MutantCase> suite = [] {
    std::vector<MutantCase> all = honestKernels();
    for (MutantCase &one : faultyKernels())
      all.push_back(std::move(one));
    return all;
  }();
  return suite;
}

} // namespace kgen
