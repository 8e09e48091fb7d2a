//===- HopperForwardTest.cpp - A whole Hopper kernel, right and wrong -----===//

#include "Core/Scheduler.h"
#include "HopperForwardRun.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace kgen;
using namespace kgen::emulator;
using namespace kgen::emulator::test;

namespace {

/// Rounding P and O to 16 bits: an H100 shows 2.7e-3 to 3.8e-3 for bf16.
constexpr double kTolerance = 8e-3;

std::string words(const ForwardOutcome &outcome) {
  return outcome.error ? outcome.error->message() : "no error";
}

} // namespace

// ---- the right kernel ------------------------------------------------------

struct RightCase {
  const char *name;
  HopperForward kernel;
  ForwardSetup setup;
};
void PrintTo(const RightCase &given, std::ostream *stream) {
  *stream << given.name;
}

class HopperForwardRight : public testing::TestWithParam<RightCase> {};

TEST_P(HopperForwardRight, ComputesAttentionUnderEverySeed) {
  const RightCase &given = GetParam();
  for (uint64_t seed : {0, 1, 2}) {
    ForwardSetup setup = given.setup;
    setup.seed = seed;
    ForwardOutcome outcome = runForward(given.kernel, setup);
    ASSERT_FALSE(outcome.error) << "seed " << seed << ": " << words(outcome);
    EXPECT_LT(outcome.worstRow, kTolerance) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kernels, HopperForwardRight,
    testing::Values(
        RightCase{"Plain", {}, {.length = 256}},
        RightCase{"OneTile", {}, {.length = 128}},
        RightCase{"RaggedTail", {}, {.length = 200, .heads = 2}},
        RightCase{"Causal", {.causal = true}, {.length = 384}},
        RightCase{"CausalNarrowTile",
                  {.tileKv = 96, .causal = true},
                  {.length = 300}},
        RightCase{"HeadDim64ThreeStages",
                  {.headDim = 64, .tileKv = 64, .stages = 3},
                  {.length = 320}},
        RightCase{"HalfPrecision", {.bfloat = false}, {.length = 256}},
        RightCase{"OneStage", {.stages = 1}, {.length = 384}},
        RightCase{"ClusterOfTwo", {.cluster = true}, {.length = 512}}),
    [](const auto &info) { return info.param.name; });

TEST(HopperForward, CountsItsProductsAndCopies) {
  ForwardSetup setup{.length = 256};
  ForwardOutcome outcome = runForward({}, setup);
  ASSERT_FALSE(outcome.error) << words(outcome);
  const Counts &counts = outcome.counts;
  EXPECT_EQ(counts.tensorFlops, 4ull * 256 * 256 * 128);
  // Q once, K and V once for each of two query tiles.
  EXPECT_EQ(counts.globalLoadBytes, 5ull * 256 * 128 * 2);
  EXPECT_EQ(counts.globalStoreBytes, 256ull * 128 * 2);
  // Per query tile: eight warps, two key tiles, eight steps each of QK and PV.
  EXPECT_EQ(counts.of(InstructionClass::Tensor), 2ull * 8 * 2 * 16);
  EXPECT_GT(counts.of(InstructionClass::Barrier), 0u);
}

TEST(HopperForward, EmulatesOneHeadOf512InSeconds) {
  ForwardOutcome outcome = runForward({}, {.length = 512});
  ASSERT_FALSE(outcome.error) << words(outcome);
  RecordProperty("milliseconds", int(outcome.seconds * 1000));
  // The bar is 10 s on one core of an ordinary machine.
  EXPECT_LT(outcome.seconds, 10.0);
}

// ---- seeded bugs -----------------------------------------------------------

struct BugCase {
  const char *name;
  SeededBug bug;
  /// Which checks may find it: which of them is first depends on how the warps
  /// were interleaved. Empty: the comparison with f64.
  std::vector<ErrorCode> codes;
  bool cluster = false;
};
void PrintTo(const BugCase &given, std::ostream *stream) {
  *stream << given.name;
}

class HopperSeededBug : public testing::TestWithParam<BugCase> {};

TEST_P(HopperSeededBug, IsFoundByItsCheckUnderEverySeed) {
  const BugCase &given = GetParam();
  HopperForward kernel;
  kernel.bug = given.bug;
  kernel.cluster = given.cluster;
  // Long enough that every stage is used three times.
  uint32_t length = given.codes.empty() ? 256 : 768;
  for (uint64_t seed : {0, 1, 2, 3}) {
    ForwardOutcome outcome =
        runForward(kernel, {.length = length, .seed = seed});
    if (given.codes.empty()) {
      ASSERT_FALSE(outcome.error) << words(outcome);
      EXPECT_FALSE(outcome.worstRow < 10 * kTolerance) << "seed " << seed;
      continue;
    }
    ASSERT_TRUE(outcome.error)
        << "seed " << seed << " found nothing; error " << outcome.worstRow;
    EXPECT_THAT(given.codes, testing::Contains(outcome.error->code()))
        << words(outcome);
    if (std::getenv("KGEN_SHOW_FINDINGS"))
      std::printf("%s\n", words(outcome).c_str());
  }
}

using enum ErrorCode;
using enum SeededBug;

INSTANTIATE_TEST_SUITE_P(
    Barriers, HopperSeededBug,
    testing::Values(
        BugCase{"MissingFullWait",
                MissingFullWait,
                {FindingMissingWait, FindingUninitialised}},
        BugCase{"MissingValueWait",
                MissingValueWait,
                {FindingMissingWait, FindingUninitialised}},
        BugCase{"MissingEmptyWait",
                MissingEmptyWait,
                {FindingRace, FindingMissingWait, FindingBarrierMisuse}},
        BugCase{"WrongConsumerParity",
                WrongConsumerParity,
                {FindingMissingWait, FindingUninitialised, FindingDeadlock,
                 FindingBarrierMisuse}},
        BugCase{"WrongProducerParity", WrongProducerParity, {FindingDeadlock}},
        BugCase{"TooManyTxBytes", TooManyTxBytes, {FindingDeadlock}},
        BugCase{"TooFewTxBytes", TooFewTxBytes, {FindingMissingWait}},
        BugCase{"MissingExpectTx",
                MissingExpectTx,
                {FindingMissingWait, FindingDeadlock}},
        BugCase{"ExtraArrival",
                ExtraArrival,
                {FindingBarrierMisuse, FindingMissingWait, FindingRace,
                 FindingDeadlock}},
        BugCase{"MissingArrival", MissingArrival, {FindingDeadlock}},
        BugCase{"BarrierCountTooHigh", BarrierCountTooHigh, {FindingDeadlock}},
        BugCase{"BarrierCountTooLow",
                BarrierCountTooLow,
                {FindingMissingWait, FindingRace, FindingDeadlock}},
        BugCase{"MissingInit", MissingInit, {FindingBarrierMisuse}},
        BugCase{"DoubleInit", DoubleInit, {FindingBarrierMisuse}},
        BugCase{"InitNotFenced", InitNotFenced, {FindingProxyRace}},
        BugCase{"InitNotOrdered",
                InitNotOrdered,
                {FindingRace, FindingBarrierMisuse}},
        BugCase{"BarrierOverwritten",
                BarrierOverwritten,
                {FindingBarrierMisuse, FindingRace}},
        BugCase{"ReleasedTooEarly",
                ReleasedTooEarly,
                {FindingMissingWait, FindingRace}},
        BugCase{"TileTooMany", TileTooMany, {FindingMissingWait}}),
    [](const auto &info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Products, HopperSeededBug,
    testing::Values(
        BugCase{"MissingWgmmaFence", MissingWgmmaFence, {ErrorCode::FindingInFlight}},
        BugCase{"MissingFirstFence", MissingFirstFence, {FindingInFlight}},
        BugCase{"MissingWgmmaWait", MissingWgmmaWait, {FindingInFlight}},
        BugCase{"MissingWgmmaCommit", MissingWgmmaCommit, {FindingInFlight}},
        BugCase{"AccumulatorRescaledInFlight",
                AccumulatorRescaledInFlight,
                {FindingInFlight}},
        BugCase{"OperandOverwrittenInFlight",
                OperandOverwrittenInFlight,
                {FindingInFlight}},
        BugCase{"WgmmaNeverWaited", WgmmaNeverWaited, {FindingMissingWait}},
        BugCase{"DivergentWarpgroup",
                DivergentWarpgroup,
                {FindingDivergentBarrier}},
        BugCase{"AccumulatesFromNothing",
                AccumulatesFromNothing,
                {FindingUninitialised}},
        BugCase{"WrongSwizzle", WrongSwizzle, {}},
        BugCase{"WrongStride", WrongStride, {}},
        BugCase{"ValueNotTransposed", ValueNotTransposed, {}},
        BugCase{"WrongLaneMap", WrongLaneMap, {}},
        BugCase{"MisalignedTile", MisalignedTile, {FindingMisaligned}}),
    [](const auto &info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Roles, HopperSeededBug,
    testing::Values(
        BugCase{"DivergentElect", DivergentElect, {FindingDivergentBarrier}},
        BugCase{"EveryLaneLoads", EveryLaneLoads, {FindingBarrierMisuse}},
        BugCase{"TooManyRegisters", TooManyRegisters, {FindingDeadlock}},
        BugCase{"ImpossibleRegisters", ImpossibleRegisters, {ErrorCode::FindingResource}}),
    [](const auto &info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Epilogue, HopperSeededBug,
    testing::Values(
        BugCase{"StoreWithoutProxyFence",
                StoreWithoutProxyFence,
                {FindingProxyRace}},
        BugCase{"StoreWithoutBarrier", StoreWithoutBarrier, {FindingRace}},
        BugCase{"StoreNotWaited", StoreNotWaited, {FindingMissingWait}},
        BugCase{"StoreNotCommitted", StoreNotCommitted, {FindingMissingWait}}),
    [](const auto &info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Clusters, HopperSeededBug,
    testing::Values(
        BugCase{"BarrierMissing",
                ClusterBarrierMissing,
                {FindingRace, FindingBarrierMisuse},
                true},
        BugCase{"ExitUnordered", ClusterExitUnordered, {FindingRace}, true},
        BugCase{"MulticastWithoutRemoteArrival",
                MulticastWithoutRemoteArrival,
                {FindingRace, FindingMissingWait},
                true},
        BugCase{
            "MulticastToNobody", MulticastToNobody, {FindingOperand}, true}),
    [](const auto &info) { return info.param.name; });

TEST(HopperHostBug, MapPastTheAllocationIsOutOfBounds) {
  ForwardOutcome outcome = runForward({}, {.length = 256, .mapTooLarge = true});
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code(), FindingOutOfBounds) << words(outcome);
}

TEST(HopperHostBug, OverwrittenMapIsAWrongOperand) {
  ForwardOutcome outcome =
      runForward({}, {.length = 256, .mapOverwritten = true});
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code(), FindingOperand) << words(outcome);
}

TEST(HopperHostBug, MapWithAnotherSwizzleGivesWrongNumbers) {
  ForwardOutcome outcome =
      runForward({}, {.length = 256, .mapWithoutSwizzle = true});
  ASSERT_FALSE(outcome.error) << words(outcome);
  EXPECT_FALSE(outcome.worstRow < 10 * kTolerance);
}

// ---- robustness -----------------------------------------------------------

/// The lines of a kernel with a few of them lost, doubled, exchanged, or with
/// another digit.
static std::string spoiled(const std::string &text, SeededRandom &random) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  for (uint32_t change = 1 + random.below(3); change; --change) {
    uint32_t at = random.below(uint32_t(lines.size()));
    std::string &line = lines[at];
    switch (random.below(4)) {
    case 0:
      line.clear();
      break;
    case 1:
      line += "\n" + line;
      break;
    case 2:
      std::swap(line, lines[random.below(uint32_t(lines.size()))]);
      break;
    default:
      for (char &c : line)
        if (c >= '0' && c <= '9' && random.below(4) == 0)
          c = char('0' + random.below(10));
    }
  }
  std::string result;
  for (const std::string &line : lines)
    result += line + "\n";
  return result;
}

TEST(HopperForward, SpoiledKernelsEndWithAnErrorOrAtTheirEnd) {
  HopperForward kernel{.headDim = 64, .tileKv = 32};
  std::string text = kernel.text();
  SeededRandom random(20);
  uint32_t errors = 0;
  for (uint32_t round = 0; round != 300; ++round) {
    ForwardSetup setup{.length = 128, .seed = round};
    setup.text = spoiled(text, random);
    setup.instructionLimit = 200'000;
    ForwardOutcome outcome = runForward(kernel, setup);
    if (outcome.error) {
      ++errors;
      EXPECT_GE(int(outcome.error->code()), 9000) << words(outcome);
    }
  }
  EXPECT_GT(errors, 100u);
}

// ---- the text is a real kernel ---------------------------------------------

TEST(HopperForward, IsAcceptedByPtxasWithoutSpillsOrWarnings) {
  const char *ptxas = "/usr/local/cuda/bin/ptxas";
  if (const char *given = std::getenv("KGEN_PTXAS"))
    ptxas = given;
  if (!std::filesystem::exists(ptxas))
    GTEST_SKIP() << "needs ptxas";
  std::filesystem::path base =
      std::filesystem::path(testing::TempDir()) / "hopper_forward";
  for (HopperForward kernel :
       {HopperForward{}, HopperForward{.tileKv = 96, .causal = true},
        HopperForward{.cluster = true}}) {
    std::ofstream(base.string() + ".ptx") << kernel.text();
    std::string command = std::string(ptxas) +
                          " -v -arch=sm_90a -o /dev/null " + base.string() +
                          ".ptx > " + base.string() + ".log 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0);
    std::ifstream log(base.string() + ".log");
    std::string text{std::istreambuf_iterator<char>(log), {}};
    EXPECT_THAT(text, testing::HasSubstr("0 bytes spill stores"));
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("C75")));
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("warning")));
  }
}
