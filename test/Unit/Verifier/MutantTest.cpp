//===- MutantTest.cpp - The verifier is itself verified --------------------===//

#include "HostDevice.h"
#include "Mutants.h"
#include "Verification.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace kgen;
using testing::Contains;
using testing::HasSubstr;

namespace {

// One cache for all: the oracle computes each case once.
CaseCache &sharedCache() {
  static CaseCache cache;
  return cache;
}

Verdict judge(const MutantCase &one) {
  HostDevice device;
  MutantProblem problem =
      one.isCausal ? causalMutantProblem(one.dtype) : plainMutantProblem(one.dtype);
  auto kernel = makeMutant(problem, one.style, one.fault);
  VerifyOptions options;
  options.repeats = 2;
  options.time = true; // only an accepted kernel may have a time
  options.timeSeconds = 0.01;
  return verifyKernel(device, sharedCache(),
                      {kernel.get(), problem.problem, problem.sizes}, options);
}

TEST(MutantSuite, honestKernelsAreAcceptedAndMutantsAreKilled) {
  int honest = 0, mutants = 0;
  for (const MutantCase &one : mutantSuite()) {
    SCOPED_TRACE(one.name);
    Verdict verdict = judge(one);
    if (!one.expected) {
      ++honest;
      EXPECT_TRUE(verdict.accepted()) << toString(verdict);
      EXPECT_FALSE(verdict.code.has_value());
      ASSERT_TRUE(verdict.timing.has_value());
      EXPECT_GT(verdict.timing->medianMs, 0);
      continue;
    }
    ++mutants;
    EXPECT_EQ(verdict.status, VerdictStatus::Rejected) << toString(verdict);
    ASSERT_TRUE(verdict.code.has_value());
    EXPECT_EQ(*verdict.code, *one.expected) << toString(verdict);
    EXPECT_FALSE(verdict.timing.has_value()) << "a wrong kernel has no time";
  }
  EXPECT_GE(honest, 6);
  EXPECT_GE(mutants, 14);
}

// Why there are several families: with Q = 0 a wrong scale cannot show.
TEST(MutantSuite, oneFamilyAloneMissesAMutant) {
  HostDevice device;
  MutantProblem problem = plainMutantProblem(ElementType::BF16);
  problem.problem.writesLse = false;
  auto kernel = makeMutant(problem, {}, Fault::WrongScale);
  Subject subject{kernel.get(), problem.problem, problem.sizes};
  VerifyOptions options;
  options.families = {InputFamily::TileIndicator};
  EXPECT_TRUE(verifyKernel(device, sharedCache(), subject, options).accepted());
  options.families = {InputFamily::Normal};
  Verdict verdict = verifyKernel(device, sharedCache(), subject, options);
  EXPECT_EQ(verdict.code, ErrorCode::RowErrorTooLarge) << toString(verdict);
}

std::vector<std::string> hintsFor(Fault fault, bool isCausal) {
  return judge({"", fault, {}, isCausal, ElementType::BF16, {}}).hints;
}

TEST(Hints, nameTheUsualMistakes) {
  EXPECT_THAT(hintsFor(Fault::DropsLastTile, false),
              Contains(HasSubstr("the last kv tile, are left out")));
  EXPECT_THAT(hintsFor(Fault::DropsMiddleTile, false),
              Contains(HasSubstr("keys 64..127 are left out")));
  EXPECT_THAT(hintsFor(Fault::CountsTileTwice, false),
              Contains(HasSubstr("keys 0..63 count twice")));
  EXPECT_THAT(hintsFor(Fault::MaskOffByOne, true), Contains(HasSubstr("q_idx + 1")));
  EXPECT_THAT(hintsFor(Fault::WrongScale, false),
              Contains(HasSubstr("too small by sqrt(2)")));
  EXPECT_THAT(hintsFor(Fault::WrongHeadMap, false), Contains(HasSubstr("reads kv head")));
  EXPECT_THAT(hintsFor(Fault::LastRowOfTileUnwritten, false),
              Contains(HasSubstr("rows >= 63 of each 64-row tile")));
}

// A whole mask of zeros: every row is 0 with LSE -inf, and NaN is a fault.
TEST(MutantSuite, maskThatMasksEverything) {
  MutantProblem problem = plainMutantProblem(ElementType::BF16);
  Instruction never;
  never.op = ExpressionOp::ConstantInt;
  never.bits = 1;
  problem.problem.mask.instructions = {never};
  problem.problem.mask.result = 0;
  problem.keep = [](const std::vector<KernelArgument> &, int64_t, int64_t, int64_t,
                    int64_t) { return false; };
  HostDevice device;
  VerifyOptions options;
  auto honest = makeMutant(problem, {}, Fault::None);
  Verdict good = verifyKernel(device, sharedCache(),
                              {honest.get(), problem.problem, problem.sizes}, options);
  EXPECT_TRUE(good.accepted()) << toString(good);
  auto mutant = makeMutant(problem, {}, Fault::MaskedRowIsNaN);
  Verdict bad = verifyKernel(device, sharedCache(),
                             {mutant.get(), problem.problem, problem.sizes}, options);
  ASSERT_TRUE(bad.code.has_value());
  EXPECT_EQ(*bad.code, ErrorCode::NonFiniteOutput);
}

} // namespace
