//===- HistoryTest.cpp - Files that writers died in -----------------------===//

#include "kgen/Search/History.h"
#include "SyntheticServices.h"

#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <sys/wait.h>
#include <thread>

namespace kgen::search {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const RecordContext kContext{"0123456789abcdef", "h100/sm_90", "a device",
                             "compiler 1", "verifier 1"};

Schedule numbered(int64_t number) {
  Schedule schedule;
  schedule.tileQ = 16 * (number + 1);
  return schedule;
}

class HistoryFile : public ::testing::Test {
protected:
  void appendNumbered(int64_t from, int64_t to) {
    auto history = *History::open(path);
    for (int64_t i = from; i < to; ++i)
      ASSERT_TRUE(history->append(kContext,
                                  acceptedRecord(numbered(i), 1e-3 * (i + 1))));
  }
  HistoryContents read() { return *readHistory(path); }

  TemporaryDirectory directory;
  std::string path = directory.file("history.jsonl");
};

TEST_F(HistoryFile, RecordsRoundTrip) {
  CandidateRecord accepted = acceptedRecord(numbered(1), 1.25e-3);
  accepted.timing->low = 1.2e-3;
  accepted.timing->samples = 50;
  accepted.timing->ratioToIncumbent = 0.97;
  accepted.resources = {168, 16, 98304, 20480, 1.5};
  accepted.remarks = {"a remark with \"quotes\" and \n a newline"};
  accepted.fingerprint = "f00d";
  accepted.costSeconds = 2;
  accepted.elapsedSeconds = 7;
  CandidateRecord rejected;
  rejected.schedule = numbered(2);
  rejected.outcome = Outcome::Rejected;
  rejected.code = "KG6001";
  rejected.text = "invalid UTF-8: \xff";
  rejected.findings = {"rows 64..127 of head 3"};
  FinalRecord final{numbered(1), {numbered(1), numbered(2)}, Timing{1e-3}};
  RunRecord run{"{\"a\":1}", "{}", "H100", "llm", "make demo", "2026-01-01"};
  {
    auto history = *History::open(path);
    ASSERT_TRUE(history->append(kContext, run));
    ASSERT_TRUE(history->append(kContext, accepted));
    ASSERT_TRUE(history->append(kContext, rejected));
    ASSERT_TRUE(history->append(kContext, final));
    ASSERT_TRUE(history->flush());
  }
  auto history = *History::open(path);
  EXPECT_THAT(history->warnings(), IsEmpty());
  const CandidateRecord *found = history->find(kContext, numbered(1));
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->timing, accepted.timing);
  EXPECT_EQ(found->resources, accepted.resources);
  EXPECT_EQ(found->remarks, accepted.remarks);
  EXPECT_EQ(found->fingerprint, "f00d");
  EXPECT_EQ(found->elapsedSeconds, 7);
  found = history->find(kContext, numbered(2));
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->outcome, Outcome::Rejected);
  EXPECT_EQ(found->findings, rejected.findings);
  EXPECT_FALSE(found->timing);
  ASSERT_THAT(history->finals(kContext), SizeIs(1));
  EXPECT_EQ(history->finals(kContext)[0].winner, numbered(1));
  EXPECT_THAT(history->finals(kContext)[0].compared, SizeIs(2));
  EXPECT_EQ(read().entries[0].run->problemJson, "{\"a\":1}");
  RecordContext other = kContext;
  other.compiler = "compiler 2";
  EXPECT_EQ(history->find(other, numbered(1)), nullptr);
}

TEST_F(HistoryFile, CyclesOfAnEmulatedDeviceAreNeverReadAsSeconds) {
  CandidateRecord timed = acceptedRecord(numbered(1), 0.5);
  CandidateRecord counted = acceptedRecord(numbered(2), 812300);
  counted.timing->metric = Metric::EmulatedCycles;
  {
    auto history = *History::open(path);
    ASSERT_TRUE(history->append(kContext, timed));
    ASSERT_TRUE(history->append(kContext, counted));
  }
  std::string text = readFile(path);
  std::string first = text.substr(0, text.find('\n'));
  std::string second = text.substr(text.find('\n'));
  EXPECT_THAT(first, HasSubstr("{\"kgen_history\":1,"));
  EXPECT_THAT(first, HasSubstr("\"median_s\":0.5"));
  EXPECT_THAT(second, HasSubstr("{\"kgen_history\":2,"));
  EXPECT_THAT(second, HasSubstr("\"median_cycles\":812300"));
  EXPECT_EQ(second.find("median_s"), std::string::npos);
  HistoryContents contents = read();
  ASSERT_THAT(contents.entries, SizeIs(2));
  EXPECT_EQ(contents.entries[0].candidate->timing, timed.timing);
  EXPECT_EQ(contents.entries[1].candidate->timing, counted.timing);
}

// Every place at which a writer can have died in the last line.
TEST_F(HistoryFile, CountsRoundTripAndBrokenOnesAreDamaged) {
  CandidateRecord record = acceptedRecord(numbered(1), 8e5);
  record.timing->metric = Metric::EmulatedCycles;
  record.features.emplace();
  double number = 1e15;
  forEachFeature(*record.features,
                 [&](const char *, double &value) { value = ++number; });
  ASSERT_TRUE((*History::open(path))->append(kContext, record));
  ASSERT_THAT(read().entries, SizeIs(1));
  EXPECT_EQ(read().entries[0].candidate->features, record.features);

  std::string text = readFile(path);
  size_t at = text.find("\"tensor_flops\":");
  ASSERT_NE(at, std::string::npos);
  writeFile(path, text.insert(at + 15, "-"));
  HistoryContents contents = read();
  EXPECT_THAT(contents.entries, IsEmpty());
  ASSERT_THAT(contents.warnings, SizeIs(1));
}

TEST_F(HistoryFile, ATornLastLineLosesOnlyItselfAndIsWrittenPast) {
  appendNumbered(0, 3);
  const std::string whole = readFile(path);
  const size_t last = whole.rfind('\n', whole.size() - 2) + 1;
  for (size_t end = last + 1; end < whole.size() - 1; ++end) {
    writeFile(path, whole.substr(0, end));
    {
      auto history = *History::open(path);
      ASSERT_THAT(history->warnings(), SizeIs(1)) << end;
      EXPECT_EQ(history->warnings()[0].code(),
                end - last < 16 ? history->warnings()[0].code()
                                : ErrorCode::HistoryTornLine);
      ASSERT_NE(history->find(kContext, numbered(1)), nullptr) << end;
      ASSERT_EQ(history->find(kContext, numbered(2)), nullptr) << end;
      ASSERT_TRUE(history->append(kContext, acceptedRecord(numbered(9), 1)));
    }
    HistoryContents contents = read();
    ASSERT_THAT(contents.entries, SizeIs(3)) << end;
    ASSERT_EQ(contents.entries[2].candidate->schedule, numbered(9)) << end;
  }
}

TEST_F(HistoryFile, ATornLastLineIsCalledTorn) {
  appendNumbered(0, 2);
  std::string whole = readFile(path);
  writeFile(path, whole.substr(0, whole.size() - 5));
  HistoryContents contents = read();
  ASSERT_THAT(contents.warnings, SizeIs(1));
  EXPECT_EQ(contents.warnings[0].code(), ErrorCode::HistoryTornLine);
  EXPECT_THAT(contents.entries, SizeIs(1));
}

TEST_F(HistoryFile, ALastLineWithoutItsNewlineCounts) {
  appendNumbered(0, 2);
  std::string whole = readFile(path);
  writeFile(path, whole.substr(0, whole.size() - 1));
  EXPECT_THAT(read().entries, SizeIs(2));
  EXPECT_THAT(read().warnings, IsEmpty());
  appendNumbered(2, 3);
  EXPECT_THAT(read().entries, SizeIs(3));
}

TEST_F(HistoryFile, ForeignLinesAreCountedSkippedAndKept) {
  appendNumbered(0, 1);
  std::string foreign = "hello\n{\"some\":\"json\"}\n\n[1,2]\n\x01\x02\n";
  writeFile(path, foreign + readFile(path));
  {
    auto history = *History::open(path);
    ASSERT_THAT(history->warnings(), SizeIs(1));
    EXPECT_EQ(history->warnings()[0].code(), ErrorCode::HistoryForeignLines);
    EXPECT_THAT(history->warnings()[0].detail(),
                HasSubstr("4 foreign lines skipped, the first is line 1"));
    EXPECT_NE(history->find(kContext, numbered(0)), nullptr);
    ASSERT_TRUE(history->append(kContext, acceptedRecord(numbered(1), 1)));
  }
  EXPECT_TRUE(readFile(path).starts_with(foreign));
  EXPECT_THAT(read().entries, SizeIs(2));
}

TEST_F(HistoryFile, NewerRecordsAreSkippedWithTheirOwnCode) {
  appendNumbered(0, 1);
  std::string line = readFile(path);
  std::string newer = line;
  newer.replace(newer.find(":1,"), 3, ":9,");
  std::string newerSchedule = line;
  newerSchedule.replace(newerSchedule.find("\"version\":1"), 11,
                        "\"version\":9");
  writeFile(path, newer + newerSchedule + line);
  HistoryContents contents = read();
  EXPECT_THAT(contents.entries, SizeIs(1));
  ASSERT_THAT(contents.warnings, SizeIs(1));
  EXPECT_EQ(contents.warnings[0].code(), ErrorCode::HistoryNewerRecords);
  EXPECT_THAT(contents.warnings[0].detail(), HasSubstr("2 records"));
}

// A record that breaks the contract must not win a search.
TEST_F(HistoryFile, RecordsThatLieAboutTheirTimeAreDamaged) {
  appendNumbered(0, 1);
  std::string line = readFile(path);
  auto changed = [&](const std::string &from, const std::string &to) {
    std::string copy = line;
    copy.replace(copy.find(from), from.size(), to);
    return copy;
  };
  writeFile(path, changed("\"accepted\"", "\"rejected\"") +
                      changed("\"median_s\":0.001", "\"median_s\":-1") +
                      changed("\"median_s\":0.001", "\"median_s\":null") +
                      changed("\"accepted\"", "\"splendid\""));
  HistoryContents contents = read();
  EXPECT_THAT(contents.entries, IsEmpty());
  ASSERT_THAT(contents.warnings, SizeIs(1));
  EXPECT_THAT(contents.warnings[0].detail(), HasSubstr("4 damaged lines"));
}

TEST_F(HistoryFile, ALineOfAnySizeIsSurvived) {
  appendNumbered(0, 1);
  std::string line = readFile(path);
  writeFile(path, std::string(3u << 20, '[') + "\n" + line);
  EXPECT_THAT(read().entries, SizeIs(1));
}

TEST_F(HistoryFile, CannotBeOpenedHasACode) {
  for (const std::string &bad :
       {directory.file("absent/history.jsonl"), directory.file("."),
        std::string("/dev/full")}) {
    auto history = History::open(bad);
    ASSERT_FALSE(history) << bad;
    EXPECT_EQ(history.error().code(), ErrorCode::HistoryOpenFailed);
  }
  EXPECT_EQ(readHistory(path).error().code(), ErrorCode::HistoryOpenFailed);
}

/// Runs `body` in a child process, which never returns from here.
template <typename Body>
pid_t forked(Body body) {
  pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  return child;
}

TEST_F(HistoryFile, KillingTheWriterLosesAtMostOneLine) {
  ASSERT_TRUE(History::open(path)); // a child may die before it has made it
  std::minstd_rand random(1);
  int64_t alive = 0;
  for (int round = 0; round < 20; ++round) {
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    pid_t child = forked([&] {
      auto history = *History::open(path);
      for (int64_t i = 0;; ++i) {
        (void)history->append(kContext, acceptedRecord(numbered(i), 1));
        // Says what is surely in the file.
        if (write(ready[1], "x", 1) != 1)
          _exit(1);
      }
    });
    close(ready[1]);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 4000));
    kill(child, SIGKILL);
    int status;
    waitpid(child, &status, 0);
    char buffer[4096];
    for (ssize_t got; (got = ::read(ready[0], buffer, sizeof buffer)) > 0;)
      alive += got;
    close(ready[0]);
    HistoryContents contents = read();
    // Each earlier kill may have left one line more than was announced.
    ASSERT_GE(int64_t(contents.entries.size()), alive);
    ASSERT_LE(int64_t(contents.entries.size()), alive + round + 1);
    for (const Error &warning : contents.warnings)
      ASSERT_EQ(warning.code(), ErrorCode::HistoryTornLine);
  }
  EXPECT_GT(alive, 0);
}

TEST_F(HistoryFile, TwoWritersLoseNoLine) {
  constexpr int64_t kLines = 200;
  auto write = [&](int64_t from) {
    auto history = *History::open(path);
    for (int64_t i = from; i < from + kLines; ++i)
      if (!history->append(kContext, acceptedRecord(numbered(i), 1)))
        _exit(1);
  };
  pid_t first = forked([&] { write(0); });
  pid_t second = forked([&] { write(kLines); });
  for (pid_t child : {first, second}) {
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  HistoryContents contents = read();
  EXPECT_THAT(contents.warnings, IsEmpty());
  EXPECT_THAT(contents.entries, SizeIs(2 * kLines));
  auto history = *History::open(path);
  for (int64_t i = 0; i < 2 * kLines; ++i)
    EXPECT_NE(history->find(kContext, numbered(i)), nullptr) << i;
}

} // namespace
} // namespace kgen::search
