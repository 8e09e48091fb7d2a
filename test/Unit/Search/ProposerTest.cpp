//===- ProposerTest.cpp - Who says what to try ----------------------------===//

#include "Proposers/LegalSpace.h"
#include "SyntheticServices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

namespace kgen::search {

/// Defined in docs/AddingAProposer.md.
Expected<std::unique_ptr<Proposer>>
makeNeighboursProposer(const ProposerOptions &options);

static void PrintTo(ProposerKind kind, std::ostream *stream) {
  *stream << spelling(kind);
}

namespace {

using ::testing::HasSubstr;

/// The legal schedule that is the optimum of the synthetic landscape: far down
/// the cost model's order, so that it is not found by luck.
Schedule chooseOptimum(const SearchTask &task) {
  LegalSpace space(task.problem, task.sizes, task.hardware);
  return space.ranked()[space.ranked().size() * 2 / 3];
}

SearchResult runKind(ProposerKind kind, uint64_t seed, size_t candidates) {
  SearchTask task = makeTask();
  SyntheticCompiler compiler;
  SyntheticMeasurer measurer(chooseOptimum(task));
  ProposerOptions options;
  options.seed = seed;
  std::unique_ptr<Proposer> proposer = *makeProposer(kind, options);
  SearchOptions search;
  search.budget.candidates = candidates;
  return *runSearch(task, compiler, measurer, *proposer, nullptr, search);
}

std::vector<std::string> triedBy(const SearchResult &result) {
  std::vector<std::string> tried;
  for (const CandidateRecord &record : result.records)
    tried.push_back(toJson(record.schedule));
  return tried;
}

class BuiltInProposer : public ::testing::TestWithParam<ProposerKind> {};

TEST_P(BuiltInProposer, StartsWithTheDefaultAndEndsNoWorse) {
  SearchTask task = makeTask();
  Schedule standard = *defaultSchedule(task.problem, task.hardware);
  SearchResult result = runKind(GetParam(), 1, 48);
  ASSERT_FALSE(result.records.empty());
  EXPECT_EQ(result.records.front().schedule, standard);
  EXPECT_LE(result.best.timing->median,
            syntheticSeconds(standard, chooseOptimum(task)));
  EXPECT_EQ(result.counts.legal(), 48u);
  EXPECT_EQ(result.counts.illegal, 0u);
  EXPECT_EQ(result.counts.duplicates, 0u);
}

TEST_P(BuiltInProposer, GivesTheSameCandidatesForTheSameSeed) {
  EXPECT_EQ(triedBy(runKind(GetParam(), 7, 40)),
            triedBy(runKind(GetParam(), 7, 40)));
}

TEST_P(BuiltInProposer, NeverRepeatsItself) {
  std::vector<std::string> tried = triedBy(runKind(GetParam(), 3, 60));
  EXPECT_EQ(std::set<std::string>(tried.begin(), tried.end()).size(),
            tried.size());
}

INSTANTIATE_TEST_SUITE_P(All, BuiltInProposer,
                         ::testing::Values(ProposerKind::Default,
                                           ProposerKind::Random,
                                           ProposerKind::Evolutionary),
                         [](const auto &info) {
                           return std::string(spelling(info.param));
                         });

// Kernels with roles have knobs of their own: all are tried, where legal.
TEST(Proposers, VaryTheKnobsOfRoles) {
  for (ProposerKind kind : {ProposerKind::Random, ProposerKind::Evolutionary}) {
    SCOPED_TRACE(spelling(kind));
    SearchTask task = makeTask();
    task.hardware = *findHardware("sm_90a");
    SyntheticCompiler compiler;
    SyntheticMeasurer measurer(chooseOptimum(task));
    SearchOptions search;
    search.budget.candidates = 64;
    std::unique_ptr<Proposer> proposer = *makeProposer(kind, {});
    SearchResult result =
        *runSearch(task, compiler, measurer, *proposer, nullptr, search);
    EXPECT_EQ(result.counts.illegal, 0u);
    std::set<OverlapMode> overlaps;
    std::set<TileScheduler> schedulers;
    std::set<TileOrder> orders;
    std::set<KvDirection> directions;
    for (const CandidateRecord &record : result.records) {
      overlaps.insert(record.schedule.overlap);
      schedulers.insert(record.schedule.scheduler);
      orders.insert(record.schedule.order);
      directions.insert(record.schedule.kvDirection);
    }
    EXPECT_EQ(overlaps.size(), 3u); // none, intra, both
    EXPECT_EQ(schedulers.size(), 3u);
    EXPECT_EQ(orders.size(), 3u);
    EXPECT_EQ(directions.size(), 2u);
  }
}

TEST(Proposers, SeedsMatterWhereTheyShould) {
  EXPECT_NE(triedBy(runKind(ProposerKind::Random, 1, 20)),
            triedBy(runKind(ProposerKind::Random, 2, 20)));
  EXPECT_NE(triedBy(runKind(ProposerKind::Evolutionary, 1, 40)),
            triedBy(runKind(ProposerKind::Evolutionary, 2, 40)));
  EXPECT_EQ(triedBy(runKind(ProposerKind::Default, 1, 20)),
            triedBy(runKind(ProposerKind::Default, 2, 20)));
}

// The point of breeding: over several seeds it must beat drawing at random.
TEST(Proposers, EvolutionaryBeatsRandomOnASmoothLandscape) {
  double evolved = 0, drawn = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    evolved += runKind(ProposerKind::Evolutionary, seed, 48)
                   .best.timing->median;
    drawn += runKind(ProposerKind::Random, seed, 48).best.timing->median;
  }
  EXPECT_LT(evolved, drawn);
}

TEST(Proposers, EvolutionaryExhaustsASmallSpaceWithoutStalling) {
  SearchTask task = makeTask();
  SyntheticCompiler compiler;
  SyntheticMeasurer measurer(chooseOptimum(task));
  std::unique_ptr<Proposer> proposer =
      *makeProposer(ProposerKind::Evolutionary, {});
  LegalSpace space(task.problem, task.sizes, task.hardware);
  SearchOptions search;
  search.budget.candidates = space.ranked().size() + 100;
  search.candidatesPerRound = 64;
  search.finalists = 0;
  SearchResult result =
      *runSearch(task, compiler, measurer, *proposer, nullptr, search);
  EXPECT_EQ(result.stopReason, StopReason::Exhausted);
  EXPECT_GE(result.counts.legal(), space.ranked().size());
  EXPECT_EQ(result.best.schedule, chooseOptimum(task));
}

TEST(Proposers, DefaultFollowsTheCostModel) {
  SearchTask task = makeTask();
  LegalSpace space(task.problem, task.sizes, task.hardware);
  SearchResult result = runKind(ProposerKind::Default, 1, 10);
  EXPECT_EQ(result.records[1].schedule,
            space.ranked()[0] == result.records[0].schedule
                ? space.ranked()[1]
                : space.ranked()[0]);
}

/// Counts that say shared memory takes eight times what the model guesses.
KernelFeatures heavyOnSharedMemory(const Schedule &) {
  KernelFeatures features;
  features.sharedBytes = 1e18;
  return features;
}

TEST(Proposers, DefaultFollowsTheCostModelAsCountsCalibrateIt) {
  SearchTask task = makeTask();
  SyntheticCompiler compiler;
  SyntheticMeasurer measurer(chooseOptimum(task));
  measurer.emulate();
  measurer.features = heavyOnSharedMemory;
  std::unique_ptr<Proposer> proposer = *makeProposer(ProposerKind::Default, {});
  SearchOptions search;
  search.budget.candidates = 2;
  search.candidatesPerRound = 1;
  search.finalists = 0;
  SearchResult result =
      *runSearch(task, compiler, measurer, *proposer, nullptr, search);
  ASSERT_EQ(result.records.size(), 2u);

  LegalSpace space(task.problem, task.sizes, task.hardware);
  const Schedule guessed = space.ranked()[0];
  std::vector<CandidateRecord> records = {result.records[0]};
  SearchState state{.problem = task.problem,
                    .sizes = task.sizes,
                    .hardware = task.hardware,
                    .records = records};
  EXPECT_TRUE(space.recalibrate(state));
  EXPECT_FALSE(space.recalibrate(state)); // nothing new
  EXPECT_NE(space.ranked()[0], guessed);
  EXPECT_EQ(result.records[1].schedule,
            space.ranked()[0] == result.records[0].schedule
                ? space.ranked()[1]
                : space.ranked()[0]);
}

TEST(Proposers, TheDocumentedExampleWorks) {
  SearchTask task = makeTask();
  SyntheticCompiler compiler;
  SyntheticMeasurer measurer(chooseOptimum(task));
  std::unique_ptr<Proposer> proposer = *makeNeighboursProposer({});
  SearchOptions search;
  search.budget.candidates = 20;
  SearchResult result =
      *runSearch(task, compiler, measurer, *proposer, nullptr, search);
  EXPECT_EQ(result.records.front().schedule,
            *defaultSchedule(task.problem, task.hardware));
  EXPECT_EQ(result.counts.accepted, 20u);
  EXPECT_EQ(result.counts.duplicates, 0u);
}

TEST(Proposers, NamesRoundTripAndUnknownOnesListTheKnown) {
  for (ProposerKind kind : allProposers()) {
    Expected<ProposerKind> parsed = parseProposerKind(spelling(kind));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, kind);
    EXPECT_FALSE(description(kind).empty());
  }
  Expected<ProposerKind> unknown = parseProposerKind("annealing");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), ErrorCode::ProposerUnknown);
  EXPECT_THAT(unknown.error().detail(), HasSubstr("default, random"));
}

TEST(RandomSource, IsUniformAndReproducible) {
  RandomSource a(5), b(5);
  std::vector<size_t> counts(7);
  for (int i = 0; i < 7000; ++i) {
    size_t value = a.below(7);
    EXPECT_EQ(value, b.below(7));
    ++counts[value];
  }
  for (size_t count : counts)
    EXPECT_NEAR(double(count), 1000, 150); // five standard deviations
}

TEST(LegalSpace, DistanceCountsSteps) {
  SearchTask task = makeTask();
  LegalSpace space(task.problem, task.sizes, task.hardware);
  Schedule a = space.ranked().front(), b = a;
  EXPECT_EQ(space.distance(a, b), 0u);
  ASSERT_GE(space.knobs().tileKV.size(), 3u);
  a.tileKV = space.knobs().tileKV[0];
  b.tileKV = space.knobs().tileKV[2];
  EXPECT_EQ(space.distance(a, b), 2u);
  b.splitKV = a.splitKV + 1; // outside the space: one step
  EXPECT_EQ(space.distance(a, b), 3u);
}

TEST(Replay, TakesSchedulesFromPlainLinesInOrder) {
  TemporaryDirectory directory;
  Schedule first, second;
  first.tileQ = 128;
  second.tileKV = 128;
  writeFile(directory.file("lines.jsonl"),
            toJson(second) + "\nnot a schedule\n" + toJson(first) + "\n" +
                toJson(second) + "\n");
  ProposerOptions options;
  options.replayPath = directory.file("lines.jsonl");
  Expected<std::unique_ptr<Proposer>> proposer =
      makeProposer(ProposerKind::Replay, options);
  ASSERT_TRUE(proposer);
  SearchTask task = makeTask();
  std::vector<CandidateRecord> records;
  SearchState state{task.problem, task.sizes, task.hardware, records};
  EXPECT_EQ((*proposer)->propose(state, 1), std::vector<Schedule>{second});
  EXPECT_EQ((*proposer)->propose(state, 5), std::vector<Schedule>{first});
  EXPECT_TRUE((*proposer)->propose(state, 5).empty());
}

TEST(Replay, RefusesFilesWithoutSchedules) {
  TemporaryDirectory directory;
  writeFile(directory.file("none.jsonl"), "hello\n");
  ProposerOptions options;
  for (const char *name : {"none.jsonl", "absent.jsonl"}) {
    options.replayPath = directory.file(name);
    Expected<std::unique_ptr<Proposer>> proposer =
        makeProposer(ProposerKind::Replay, options);
    ASSERT_FALSE(proposer);
    EXPECT_EQ(proposer.error().code(), ErrorCode::ReplayUnreadable);
  }
}

} // namespace
} // namespace kgen::search
