//===- SearchTest.cpp - The loop ------------------------------------------===//

#include "Proposers/LegalSpace.h"
#include "SyntheticServices.h"
#include "kgen/Schedule/CostModel.h"
#include "kgen/Search/History.h"

#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace kgen::search {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// Proposes a fixed list.
class ListProposer final : public Proposer {
public:
  explicit ListProposer(std::vector<Schedule> list) : list(std::move(list)) {}
  std::vector<Schedule> propose(const SearchState &state,
                                size_t wanted) override {
    std::vector<Schedule> next;
    while (!list.empty() && next.size() < wanted) {
      next.push_back(list.front());
      list.erase(list.begin());
    }
    return next;
  }
  void observe(const CandidateRecord &record) override {
    observed.push_back(record.outcome);
  }
  std::string name() const override { return "list"; }

  std::vector<Schedule> list;
  std::vector<Outcome> observed;
};

class SearchLoop : public ::testing::Test {
protected:
  SearchLoop() : task(makeTask()), measurer(Schedule()) {
    LegalSpace space(task.problem, task.sizes, task.hardware);
    legal = space.ranked();
    measurer.optimum = legal[20];
    options.budget.candidates = 12;
    options.progress = [this](std::string_view line) {
      lines.emplace_back(line);
    };
  }

  Expected<SearchResult> run(Proposer &proposer, History *history = nullptr) {
    lines.clear();
    return runSearch(task, compiler, measurer, proposer, history, options);
  }
  Expected<SearchResult> runEvolutionary(History *history = nullptr) {
    std::unique_ptr<Proposer> proposer =
        *makeProposer(ProposerKind::Evolutionary, {});
    return run(*proposer, history);
  }
  std::vector<Schedule> firstLegal(size_t count) const {
    return {legal.begin(), legal.begin() + static_cast<ptrdiff_t>(count)};
  }
  Schedule illegal() const {
    Schedule schedule = legal.front();
    schedule.tileQ = 7;
    return schedule;
  }

  SearchTask task;
  std::vector<Schedule> legal;
  SyntheticCompiler compiler;
  SyntheticMeasurer measurer;
  SearchOptions options;
  std::vector<std::string> lines;
  TemporaryDirectory directory;
};

TEST_F(SearchLoop, AnEmulatedDeviceIsRankedByCyclesAndSaysSo) {
  measurer.emulate();
  options.finalists = 1;
  auto history = *History::open(directory.file("emulated.jsonl"));
  Expected<SearchResult> result = runEvolutionary(history.get());
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->best.timing->metric, Metric::EmulatedCycles);
  for (const CandidateRecord &record : result->records)
    if (record.timing)
      EXPECT_LE(result->best.timing->median, record.timing->median);
  EXPECT_THAT(lines, Contains(HasSubstr("counts, not seconds")));
  EXPECT_THAT(result->summary, HasSubstr("cycles"));
  for (const std::string &line : lines)
    if (line.starts_with("[") || line == result->summary)
      EXPECT_THAT(line, Not(::testing::ContainsRegex("[0-9] (s|ms|us) ")));
  EXPECT_EQ(measurer.compared, 0u);
  // Another device's counts are no answer for hardware.
  measurer.identity = {"synthetic device", "synthetic verifier 1"};
  ASSERT_TRUE(result = runEvolutionary(history.get()));
  EXPECT_EQ(result->counts.fromHistory, 0u);
  EXPECT_EQ(result->best.timing->metric, Metric::Seconds);
}

TEST_F(SearchLoop, StopsAtTheCandidateBudget) {
  Expected<SearchResult> result = runEvolutionary();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->stopReason, StopReason::Candidates);
  EXPECT_EQ(result->counts.legal(), 12u);
  EXPECT_EQ(measurer.measured, 12u);
  EXPECT_EQ(result->counts.compiled, 12u);
  ASSERT_TRUE(result->artifact);
  EXPECT_EQ(result->artifact->bytes, toJson(result->best.schedule));
}

TEST_F(SearchLoop, StopsAtTheTimeBudget) {
  double clock = 0;
  options.clock = [&] { return clock; };
  measurer.onMeasure = [&] { clock += 3; };
  options.budget.seconds = 10;
  Expected<SearchResult> result = runEvolutionary();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->stopReason, StopReason::Seconds);
  EXPECT_EQ(measurer.measured, 4u); // at 3, 6, 9 there is time left
  EXPECT_DOUBLE_EQ(result->records[1].costSeconds, 3);
  EXPECT_DOUBLE_EQ(result->records[1].elapsedSeconds, 6);
}

TEST_F(SearchLoop, TriesOneCandidateEvenWithoutTime) {
  options.budget.seconds = 0;
  Expected<SearchResult> result = runEvolutionary();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->counts.legal(), 1u);
}

TEST_F(SearchLoop, IllegalCandidatesCostNoBuildAndAreReported) {
  ListProposer proposer({illegal(), legal[0], illegal()});
  Expected<SearchResult> result = run(proposer);
  ASSERT_TRUE(result);
  EXPECT_EQ(compiler.calls, 1u);
  EXPECT_EQ(result->counts.illegal, 1u);
  EXPECT_EQ(result->counts.duplicates, 1u);
  EXPECT_EQ(proposer.observed,
            (std::vector<Outcome>{Outcome::Illegal, Outcome::Accepted}));
  const CandidateRecord &record = result->records.front();
  EXPECT_THAT(record.code, HasSubstr("KG2"));
  EXPECT_THAT(record.findings, Not(IsEmpty()));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("[ -/12] illegal"),
                                    HasSubstr(record.code))));
}

TEST_F(SearchLoop, EveryKindOfFailureIsARecordAndTheSearchGoesOn) {
  std::vector<Schedule> list = firstLegal(5);
  compiler.failure = [&](const Schedule &schedule) -> std::optional<Error> {
    if (schedule == list[0])
      return Error(ErrorCode::OverlapLost, "66 of 66 exponentials stand after");
    return std::nullopt;
  };
  measurer.verdict =
      [&](const Schedule &schedule) -> std::optional<Measurement> {
    Measurement bad;
    bad.code = ErrorCode::ProcessClosed;
    bad.text = "worker died: signal 11";
    if (schedule == list[2])
      bad.verdict = Verdict::Rejected;
    else if (schedule != list[1])
      return std::nullopt;
    return bad;
  };
  ListProposer proposer(list);
  Expected<SearchResult> result = run(proposer);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->stopReason, StopReason::Exhausted);
  EXPECT_EQ(result->counts.compileFailed, 1u);
  EXPECT_EQ(result->records.front().code, "KG4024");
  EXPECT_THAT(result->records.front().findings,
              ElementsAre(errorSentence(ErrorCode::OverlapLost)));
  EXPECT_EQ(result->counts.failed, 1u);
  EXPECT_EQ(result->counts.rejected, 1u);
  EXPECT_EQ(result->counts.accepted, 2u);
  for (const CandidateRecord &record : result->records)
    EXPECT_EQ(record.timing.has_value(), record.outcome == Outcome::Accepted);
  EXPECT_THAT(lines, Contains(HasSubstr("worker died: signal 11")));
}

TEST_F(SearchLoop, NothingAcceptedIsACodedErrorThatSaysWhy) {
  measurer.verdict = [](const Schedule &) {
    Measurement bad;
    bad.verdict = Verdict::Rejected;
    bad.code = ErrorCode::ProcessTimedOut;
    bad.text = "row 3 of head 1 is wrong";
    return std::optional(bad);
  };
  ListProposer proposer({legal[0], legal[1], illegal()});
  Expected<SearchResult> result = run(proposer);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::NoAcceptedCandidate);
  EXPECT_THAT(result.error().detail(),
              AllOf(HasSubstr("3 tried"), HasSubstr("2 rejected"),
                    HasSubstr("row 3 of head 1 is wrong"),
                    HasSubstr("1 illegal")));
}

TEST_F(SearchLoop, AnAcceptanceWithoutATimeDoesNotWin) {
  measurer.error = [&](const Schedule &schedule) {
    return schedule == legal[1] ? 0.0 : 1.0;
  };
  ListProposer proposer(firstLegal(3));
  Expected<SearchResult> result = run(proposer);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->counts.failed, 1u);
  EXPECT_NE(result->best.schedule, legal[1]);
}

TEST_F(SearchLoop, ATimeBelowTheMachinesFloorIsFlagged) {
  double floor = floorSeconds(task.problem, task.sizes, task.hardware);
  ASSERT_GT(floor, 0);
  measurer.error = [&](const Schedule &schedule) {
    return floor / 2 / syntheticSeconds(schedule, measurer.optimum);
  };
  ListProposer proposer(firstLegal(1));
  Expected<SearchResult> result = run(proposer);
  ASSERT_TRUE(result);
  EXPECT_THAT(result->best.findings,
              Contains(HasSubstr(formatCode(ErrorCode::TimeBelowFloor))));
}

TEST_F(SearchLoop, NoWorkerIsAnErrorBeforeAnythingIsBuilt) {
  measurer.identifyFailure = Error(ErrorCode::ProcessStartFailed, "no worker");
  ListProposer proposer(firstLegal(3));
  Expected<SearchResult> result = run(proposer);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::ProcessStartFailed);
  EXPECT_EQ(compiler.calls, 0u);
}

TEST_F(SearchLoop, AProblemThatTheTargetCannotServeIsAnErrorAtOnce) {
  task.problem.headDimQK = task.problem.headDimV = 100000;
  ListProposer proposer(firstLegal(3));
  Expected<SearchResult> result = run(proposer);
  ASSERT_FALSE(result);
  EXPECT_EQ(compiler.calls, 0u);
}

TEST_F(SearchLoop, AStopRequestKeepsTheBestSoFar) {
  std::atomic<bool> stop = false;
  options.stop = &stop;
  measurer.onMeasure = [&] { stop = measurer.measured == 5; };
  Expected<SearchResult> result = runEvolutionary();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->stopReason, StopReason::Interrupted);
  EXPECT_EQ(measurer.measured, 5u);
  EXPECT_EQ(measurer.compared, 0u);
  EXPECT_FALSE(result->confirmed);
  ASSERT_TRUE(result->artifact);
}

TEST_F(SearchLoop, FinalsCorrectALuckyFirstMeasurement) {
  // legal[1] looks 10 % better than it is and leads until the finals.
  Schedule truth = legal[0], lucky = legal[1];
  measurer.optimum = truth;
  double gap = syntheticSeconds(lucky, truth) / syntheticSeconds(truth, truth);
  ASSERT_GT(gap, 1.01);
  measurer.error = [&](const Schedule &schedule) {
    return schedule == lucky ? 0.9 / gap : 1.0;
  };
  ListProposer proposer(firstLegal(6));
  Expected<SearchResult> result = run(proposer);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->confirmed);
  EXPECT_EQ(measurer.compared, options.finalists - 1);
  EXPECT_EQ(result->best.schedule, truth);
  EXPECT_DOUBLE_EQ(result->best.timing->median,
                   syntheticSeconds(truth, truth));
  EXPECT_EQ(result->artifact->bytes, toJson(truth));
}

TEST_F(SearchLoop, AFailedComparisonIsAWarning) {
  measurer.compareFailure = Error(ErrorCode::ProcessClosed, "gone");
  ListProposer proposer(firstLegal(4));
  Expected<SearchResult> result = run(proposer);
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->confirmed);
  EXPECT_THAT(lines,
              Contains(HasSubstr(formatCode(ErrorCode::ComparisonFailed))));
}

TEST_F(SearchLoop, TheIncumbentFollowsTheBest) {
  ListProposer proposer(firstLegal(8));
  Expected<SearchResult> result = run(proposer);
  ASSERT_TRUE(result);
  std::vector<std::string> expected;
  double best = 1;
  for (const CandidateRecord &record : result->records)
    if (record.timing->median < best) {
      best = record.timing->median;
      expected.push_back(toJson(record.schedule));
    }
  EXPECT_EQ(measurer.incumbents, expected);
}

TEST_F(SearchLoop, TheSameProgramIsMeasuredOnce) {
  compiler.fingerprint = [](const Schedule &) { return "same"; };
  ListProposer proposer(firstLegal(3));
  Expected<SearchResult> result = run(proposer);
  ASSERT_TRUE(result);
  EXPECT_EQ(measurer.measured, 1u);
  EXPECT_EQ(result->counts.accepted, 3u);
  EXPECT_THAT(result->records[1].remarks, Contains(HasSubstr("same program")));
}

TEST_F(SearchLoop, OneLinePerCandidateWithItsRatioToTheBest) {
  ListProposer proposer(firstLegal(4));
  Expected<SearchResult> result = run(proposer);
  ASSERT_TRUE(result);
  for (int number = 1; number <= 4; ++number)
    EXPECT_THAT(lines, Contains(AllOf(HasSubstr("[ " + std::to_string(number) +
                                                "/12] accepted"),
                                      HasSubstr("x "), HasSubstr("(list)"))));
  EXPECT_EQ(lines.back(), result->summary);
}

TEST_F(SearchLoop, AWarmHistoryCompilesNothingAndNamesTheSameWinner) {
  std::string path = directory.file("history.jsonl");
  Expected<SearchResult> cold = runEvolutionary(History::open(path)->get());
  ASSERT_TRUE(cold);
  // A temporary history would be closed by now; the file is what counts.
  compiler.calls = measurer.measured = measurer.compared = 0;
  auto history = *History::open(path);
  Expected<SearchResult> warm = runEvolutionary(history.get());
  ASSERT_TRUE(warm);
  EXPECT_EQ(compiler.calls, 0u);
  EXPECT_EQ(measurer.measured, 0u);
  EXPECT_EQ(measurer.compared, 0u);
  EXPECT_EQ(warm->counts.compiled, 0u);
  EXPECT_EQ(warm->counts.fromHistory, 12u);
  EXPECT_THAT(warm->summary,
              HasSubstr("nothing compiled: 12 of 12 candidates from history"));
  EXPECT_TRUE(warm->best.fromHistory);
  EXPECT_FALSE(warm->artifact);
  EXPECT_EQ(warm->best.schedule, cold->best.schedule);
  EXPECT_EQ(warm->confirmed, cold->confirmed);
  EXPECT_EQ(warm->best.timing, cold->best.timing);
}

TEST_F(SearchLoop, AWarmHistoryIsChargedWhatItCost) {
  std::string path = directory.file("history.jsonl");
  double clock = 0;
  options.clock = [&] { return clock; };
  measurer.onMeasure = [&] { clock += 3; };
  options.budget.seconds = 10;
  auto history = *History::open(path);
  ASSERT_TRUE(runEvolutionary(history.get()));
  Expected<SearchResult> warm = runEvolutionary(history.get());
  ASSERT_TRUE(warm);
  EXPECT_EQ(warm->stopReason, StopReason::Seconds);
  EXPECT_EQ(warm->counts.fromHistory, 4u);
  EXPECT_EQ(warm->counts.compiled, 0u);
}

TEST_F(SearchLoop, ALargerBudgetGoesOnWhereTheHistoryEnds) {
  auto history = *History::open(directory.file("history.jsonl"));
  ASSERT_TRUE(runEvolutionary(history.get()));
  measurer.measured = 0;
  options.budget.candidates = 20;
  Expected<SearchResult> result = runEvolutionary(history.get());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->counts.fromHistory, 12u);
  EXPECT_EQ(measurer.measured, 8u);
}

TEST_F(SearchLoop, AnyPartOfTheKeyThatDiffersMeansANewMeasurement) {
  auto history = *History::open(directory.file("history.jsonl"));
  auto measuredNow = [&] {
    measurer.measured = 0;
    EXPECT_TRUE(runEvolutionary(history.get()));
    return measurer.measured;
  };
  EXPECT_EQ(measuredNow(), 12u);
  EXPECT_EQ(measuredNow(), 0u);
  task.problem.name = "renamed";
  EXPECT_EQ(measuredNow(), 0u);
  compiler.version = "synthetic 2";
  EXPECT_EQ(measuredNow(), 12u);
  measurer.identity.device = "another device";
  EXPECT_EQ(measuredNow(), 12u);
  measurer.identity.verifierVersion = "synthetic verifier 2";
  EXPECT_EQ(measuredNow(), 12u);
  task.problem.scale = 1;
  EXPECT_EQ(measuredNow(), 12u);
  task.sizes.batch = 1;
  EXPECT_EQ(measuredNow(), 12u);
}

TEST_F(SearchLoop, FailuresAreTriedAgainOnlyOnRequest) {
  auto history = *History::open(directory.file("history.jsonl"));
  measurer.verdict =
      [&](const Schedule &schedule) -> std::optional<Measurement> {
    if (schedule == legal[0])
      return Measurement{.verdict = Verdict::Error,
                         .code = ErrorCode::ProcessTimedOut,
                         .text = "hang",
                         .findings = {},
                         .timing = std::nullopt,
                         .features = std::nullopt};
    return std::nullopt;
  };
  auto measuredNow = [&] {
    ListProposer proposer(firstLegal(2));
    measurer.measured = 0;
    EXPECT_TRUE(run(proposer, history.get()));
    return measurer.measured;
  };
  EXPECT_EQ(measuredNow(), 2u);
  EXPECT_EQ(measuredNow(), 0u);
  options.retryFailed = true;
  EXPECT_EQ(measuredNow(), 1u);
}

TEST_F(SearchLoop, FinalistsFromTheHistoryMeetNewOnes) {
  auto history = *History::open(directory.file("history.jsonl"));
  measurer.optimum = legal[0];
  ListProposer first(firstLegal(3));
  ASSERT_TRUE(run(first, history.get()));
  compiler.calls = 0;
  // A new candidate gets into the last three: the others are compiled again
  // for the paired comparison, and only for it.
  ListProposer second(firstLegal(4));
  measurer.error = [&](const Schedule &schedule) {
    return schedule == legal[3] ? 0.5 : 1.0;
  };
  Expected<SearchResult> result = run(second, history.get());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->counts.fromHistory, 3u);
  EXPECT_EQ(result->counts.compiled, 3u); // one new, two finalists
  EXPECT_EQ(compiler.calls, 3u);
  EXPECT_TRUE(result->confirmed);
  EXPECT_EQ(result->best.schedule, legal[0]);
}

/// No file grows beyond `bytes` while this lives: a full disk.
class FullDisk {
public:
  explicit FullDisk(rlim_t bytes) {
    oldHandler = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &oldLimit);
    rlimit limit = oldLimit;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &oldLimit);
    std::signal(SIGXFSZ, oldHandler);
  }

private:
  rlimit oldLimit;
  void (*oldHandler)(int);
};

TEST_F(SearchLoop, AHistoryThatCannotBeWrittenDoesNotEndTheSearch) {
  std::string path = directory.file("history.jsonl");
  auto history = *History::open(path);
  ListProposer proposer(firstLegal(6));
  Expected<SearchResult> result = [&] {
    FullDisk full(4000); // room for the run and a few candidates
    return run(proposer, history.get());
  }();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->counts.accepted, 6u);
  EXPECT_THAT(lines,
              Contains(HasSubstr(formatCode(ErrorCode::HistoryWriteFailed))));
  // What was written is whole: the line that did not fit was taken back.
  Expected<HistoryContents> contents = readHistory(path);
  ASSERT_TRUE(contents);
  EXPECT_THAT(contents->warnings, IsEmpty());
  EXPECT_GE(contents->entries.size(), 2u);
  EXPECT_LT(contents->entries.size(), 7u);
}

} // namespace
} // namespace kgen::search
