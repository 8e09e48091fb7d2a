//===- ReportTest.cpp - Pages for people ----------------------------------===//

#include "kgen/Search/Report.h"
#include "SyntheticServices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kgen::search {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ReportOfASearch : public ::testing::Test {
protected:
  ReportOfASearch() {
    SearchTask task = makeTask();
    task.problem.name = "relative<position>";
    task.command = "kgen-opt \"a & b.mlir\"";
    SyntheticCompiler compiler;
    SyntheticMeasurer measurer(legalSchedules(task.problem, task.hardware)[9]);
    measurer.identity.device = "A <b>device</b>";
    measurer.verdict = [&](const Schedule &) -> std::optional<Measurement> {
      if (measurer.measured % 5 != 4)
        return std::nullopt;
      Measurement wrong;
      wrong.verdict = Verdict::Rejected;
      wrong.code = ErrorCode::ProcessClosed;
      wrong.text = "rows 64..127 of head 3 are wrong";
      wrong.findings = {"ratio <2>"};
      return wrong;
    };
    auto history = *History::open(path);
    std::unique_ptr<Proposer> proposer =
        *makeProposer(ProposerKind::Evolutionary, {});
    SearchOptions options;
    options.budget.candidates = 20;
    result =
        *runSearch(task, compiler, measurer, *proposer, history.get(), options);
    key = makeProblemKey(task.problem, task.sizes);
  }

  Report report() { return *makeReport(*readHistory(path)); }

  TemporaryDirectory directory;
  std::string path = directory.file("history.jsonl");
  std::string key;
  std::optional<SearchResult> result;
};

TEST_F(ReportOfASearch, NamesTheWinnerOfTheSearch) {
  Report made = report();
  ASSERT_TRUE(made.best);
  EXPECT_EQ(made.candidates.size(), result->records.size());
  EXPECT_EQ(made.candidates[*made.best].schedule, result->best.schedule);
  EXPECT_EQ(made.confirmed, result->confirmed);
  EXPECT_EQ(made.bestTiming, result->best.timing);
}

TEST_F(ReportOfASearch, TextHasTableCurveReasonsWinnerDeviceAndCommand) {
  std::string text = renderText(report());
  EXPECT_THAT(text, AllOf(HasSubstr("relative<position>"),
                          HasSubstr("A <b>device</b>"),
                          HasSubstr("kgen-opt \"a & b.mlir\""),
                          HasSubstr("Best so far"), HasSubstr("####"),
                          HasSubstr("4 rejected"),
                          HasSubstr("rows 64..127 of head 3 are wrong"),
                          HasSubstr(toJson(result->best.schedule))));
}

TEST_F(ReportOfASearch, HtmlIsSelfContainedEscapedAndComplete) {
  std::string html = renderHtml(report());
  EXPECT_THAT(html,
              AllOf(HasSubstr("relative&lt;position&gt;"),
                    HasSubstr("A &lt;b&gt;device&lt;/b&gt;"),
                    HasSubstr("a &amp; b.mlir"), HasSubstr("ratio &lt;2&gt;"),
                    HasSubstr("<svg"), HasSubstr("prefers-color-scheme: dark"),
                    HasSubstr("rows 64..127 of head 3 are wrong")));
  for (const char *outside :
       {"<script", "http://", "https://", "src=", "<link", "@import", "url("})
    EXPECT_THAT(html, Not(HasSubstr(outside)));
  for (const CandidateRecord &record : result->records)
    EXPECT_THAT(html, HasSubstr(toString(record.schedule)));
  EXPECT_THAT(html, Not(HasSubstr("nan")));
}

TEST_F(ReportOfASearch, ProblemsAreFoundByTheBeginningOfTheirKey) {
  HistoryContents contents = *readHistory(path);
  EXPECT_TRUE(makeReport(contents, key.substr(0, 6)));
  Expected<Report> missing = makeReport(contents, "zzz");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::ReportNothingFound);
  EXPECT_THAT(missing.error().detail(), HasSubstr(key));
  ASSERT_EQ(listTopics(contents).size(), 1u);
  EXPECT_EQ(listTopics(contents)[0].problemName, "relative<position>");
}

TEST(Reports, NumbersOfAnEmulatedDeviceAreNeverSeconds) {
  TemporaryDirectory directory;
  SearchTask task = makeTask();
  SyntheticCompiler compiler;
  SyntheticMeasurer measurer(legalSchedules(task.problem, task.hardware)[9]);
  measurer.emulate();
  auto history = *History::open(directory.file("h.jsonl"));
  std::unique_ptr<Proposer> proposer =
      *makeProposer(ProposerKind::Evolutionary, {});
  SearchOptions options;
  options.budget.candidates = 8;
  options.finalists = 1;
  ASSERT_TRUE(runSearch(task, compiler, measurer, *proposer, history.get(),
                        options));
  Report report = *makeReport(*readHistory(directory.file("h.jsonl")));
  for (const std::string &page : {renderText(report), renderHtml(report)}) {
    EXPECT_THAT(page, HasSubstr("not seconds"));
    EXPECT_THAT(page, HasSubstr("cycles"));
    EXPECT_THAT(page, Not(::testing::ContainsRegex("[0-9] (s|ms|us)[ <,\n]")));
    EXPECT_THAT(page, Not(HasSubstr("FLOP/s")));
    EXPECT_THAT(page, Not(HasSubstr("Best time")));
  }
  EXPECT_THAT(renderHtml(report), HasSubstr(">Emulated cycles</th>"));
}

TEST(Reports, NothingAcceptedStillMakesAPage) {
  HistoryContents contents;
  HistoryEntry entry;
  entry.candidate.emplace();
  entry.candidate->outcome = Outcome::Illegal;
  entry.candidate->code = "KG2084";
  contents.entries.push_back(entry);
  Report made = *makeReport(contents);
  EXPECT_THAT(renderText(made), HasSubstr("No candidate was accepted"));
  EXPECT_THAT(renderHtml(made), HasSubstr("no candidate was accepted"));
}

TEST(Reports, ASingleCandidateMakesAChart) {
  HistoryContents contents;
  HistoryEntry entry;
  entry.candidate = acceptedRecord(Schedule(), 1e-3);
  contents.entries.push_back(entry);
  std::string html = renderHtml(*makeReport(contents));
  EXPECT_THAT(html, AllOf(HasSubstr("<circle"), Not(HasSubstr("nan")),
                          Not(HasSubstr("\"inf"))));
}

TEST(Reports, AnEmptyHistoryIsACodedError) {
  Expected<Report> made = makeReport(HistoryContents());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::ReportNothingFound);
}

TEST(Reports, WarningsOfTheFileAreShown) {
  HistoryContents contents;
  HistoryEntry entry;
  entry.candidate = acceptedRecord(Schedule(), 1e-3);
  contents.entries.push_back(entry);
  contents.warnings.emplace_back(ErrorCode::HistoryTornLine, "h: torn");
  Report made = *makeReport(contents);
  EXPECT_THAT(renderText(made), HasSubstr("h: torn"));
  EXPECT_THAT(renderHtml(made), HasSubstr("h: torn"));
}

} // namespace
} // namespace kgen::search
