#include "kgen/Support/Subprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <thread>

#include <unistd.h>

using namespace kgen;
using namespace std::chrono_literals;
using testing::HasSubstr;

namespace {

constexpr auto kPatience = 10s;

std::vector<std::string> shell(const std::string &script) {
  return {"/bin/sh", "-c", script};
}

template <typename ConditionT>
bool eventually(ConditionT condition) {
  auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

// Whether the process runs; a zombie that its new parent has not yet reaped
// does not.
bool isAlive(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  size_t end = text.rfind(')');
  return end != std::string::npos && text.substr(end + 2, 1) != "Z";
}

TEST(RunProcess, GivesBackWhatTheChildWrote) {
  auto result =
      runProcess(shell("cat; echo bad >&2; exit 3"), "hello", kPatience);
  ASSERT_TRUE(static_cast<bool>(result)) << result.error().message();
  EXPECT_EQ(result->output, "hello");
  EXPECT_EQ(result->diagnostics, "bad\n");
  EXPECT_EQ(result->exitCode, 3);
  EXPECT_EQ(result->signal, 0);
  EXPECT_FALSE(result->timedOut);
}

TEST(RunProcess, MovesMoreThanAPipeHoldsBothWays) {
  std::string input(5 << 20, 'x');
  auto result = runProcess({"cat"}, input, kPatience);
  ASSERT_TRUE(static_cast<bool>(result));
  EXPECT_EQ(result->output, input);
}

TEST(RunProcess, SurvivesAChildThatReadsNothing) {
  auto result = runProcess({"true"}, std::string(5 << 20, 'x'), kPatience);
  ASSERT_TRUE(static_cast<bool>(result));
  EXPECT_EQ(result->exitCode, 0);
}

TEST(RunProcess, KillsTheWholeGroupPastTheLimit) {
  auto start = std::chrono::steady_clock::now();
  auto result = runProcess(shell("sleep 100 & echo $!; wait"), "", 300ms);
  ASSERT_TRUE(static_cast<bool>(result));
  EXPECT_TRUE(result->timedOut);
  EXPECT_EQ(result->signal, SIGKILL);
  EXPECT_EQ(result->exitCode, -1);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
  pid_t grandchild = std::stoi(result->output);
  EXPECT_TRUE(eventually([&] { return !isAlive(grandchild); }));
}

TEST(RunProcess, ReportsTheSignalOfACrash) {
  auto result = runProcess(shell("kill -SEGV $$"), "", kPatience);
  ASSERT_TRUE(static_cast<bool>(result));
  EXPECT_EQ(result->signal, SIGSEGV);
  EXPECT_EQ(result->exitCode, -1);
  EXPECT_FALSE(result->timedOut);
}

TEST(RunProcess, DoesNotWaitForAGrandchildThatKeepsThePipes) {
  auto start = std::chrono::steady_clock::now();
  auto result = runProcess(shell("sleep 60 & echo done"), "", 30s);
  ASSERT_TRUE(static_cast<bool>(result));
  EXPECT_EQ(result->output, "done\n");
  EXPECT_EQ(result->exitCode, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
}

TEST(RunProcess, WaitsForAChildThatClosedItsOutputs) {
  auto result =
      runProcess(shell("exec >&- 2>&-; sleep 0.2; exit 7"), "", kPatience);
  ASSERT_TRUE(static_cast<bool>(result));
  EXPECT_EQ(result->exitCode, 7);
}

TEST(RunProcess, FailsForAProgramThatIsNotThere) {
  for (const std::vector<std::string> &argv :
       {std::vector<std::string>{"/no/such/program"}, {""}, {}}) {
    auto result = runProcess(argv, "", kPatience);
    ASSERT_FALSE(static_cast<bool>(result));
    EXPECT_EQ(result.error().code(), ErrorCode::ProcessStartFailed);
  }
}

TEST(Subprocess, TalksBackAndForth) {
  auto process = Subprocess::start({"cat"});
  ASSERT_TRUE(static_cast<bool>(process)) << process.error().message();
  for (std::string word : {"one", "three"}) {
    ASSERT_TRUE(static_cast<bool>((*process)->write(word, kPatience)));
    auto answer = (*process)->readExactly(word.size(), kPatience);
    ASSERT_TRUE(static_cast<bool>(answer));
    EXPECT_EQ(*answer, word);
  }
  EXPECT_TRUE((*process)->isRunning());
  EXPECT_EQ((*process)->describeEnd(), "still running");
  (*process)->kill();
  EXPECT_FALSE((*process)->isRunning());
  EXPECT_EQ((*process)->describeEnd(), "signal 9 (Killed)");
}

TEST(Subprocess, ReadTimesOutAndKeepsWhatItHas) {
  auto process = Subprocess::start(shell("printf ab; read line; printf cd"));
  ASSERT_TRUE(static_cast<bool>(process));
  auto answer = (*process)->readExactly(4, 300ms);
  ASSERT_FALSE(static_cast<bool>(answer));
  EXPECT_EQ(answer.error().code(), ErrorCode::ProcessTimedOut);
  ASSERT_TRUE(static_cast<bool>((*process)->write("\n", kPatience)));
  answer = (*process)->readExactly(4, kPatience);
  ASSERT_TRUE(static_cast<bool>(answer)) << answer.error().message();
  EXPECT_EQ(*answer, "abcd");
}

TEST(Subprocess, WriteTimesOutWhenNobodyReads) {
  auto process = Subprocess::start({"sleep", "60"});
  ASSERT_TRUE(static_cast<bool>(process));
  auto written = (*process)->write(std::string(1 << 20, 'x'), 200ms);
  ASSERT_FALSE(static_cast<bool>(written));
  EXPECT_EQ(written.error().code(), ErrorCode::ProcessTimedOut);
}

TEST(Subprocess, ReadFromACrashedChildSaysHowItEnded) {
  auto process = Subprocess::start(shell("echo last words >&2; kill -ABRT $$"));
  ASSERT_TRUE(static_cast<bool>(process));
  auto answer = (*process)->readExactly(1, kPatience);
  ASSERT_FALSE(static_cast<bool>(answer));
  EXPECT_EQ(answer.error().code(), ErrorCode::ProcessClosed);
  EXPECT_THAT(answer.error().detail(), HasSubstr("signal 6 (Aborted)"));
  EXPECT_EQ((*process)->describeEnd(), "signal 6 (Aborted)");
  EXPECT_TRUE(eventually(
      [&] { return (*process)->diagnosticsTail() == "last words\n"; }));
}

TEST(Subprocess, WriteToAClosedPipeIsAnErrorNotASignal) {
  auto process = Subprocess::start(shell("exit 5"));
  ASSERT_TRUE(static_cast<bool>(process));
  ASSERT_TRUE(eventually([&] { return !(*process)->isRunning(); }));
  auto written = (*process)->write("x", kPatience);
  ASSERT_FALSE(static_cast<bool>(written));
  EXPECT_EQ(written.error().code(), ErrorCode::ProcessClosed);
  EXPECT_THAT(written.error().detail(), HasSubstr("exit 5"));
}

TEST(Subprocess, TalkativeChildIsDrainedIntoABoundedTail) {
  auto process = Subprocess::start(
      shell("head -c 1000000 /dev/zero | tr '\\0' x >&2; printf END >&2; "
            "printf k; read line"));
  ASSERT_TRUE(static_cast<bool>(process));
  // The answer comes although nobody asks for the diagnostics.
  ASSERT_TRUE(static_cast<bool>((*process)->readExactly(1, kPatience)));
  ASSERT_TRUE(eventually(
      [&] { return (*process)->diagnosticsTail().ends_with("END"); }));
  EXPECT_EQ((*process)->diagnosticsTail().size(), 8192u);
}

TEST(Subprocess, DestructionKillsTheGroup) {
  auto process = Subprocess::start(shell("sleep 100 & echo $!; wait"));
  ASSERT_TRUE(static_cast<bool>(process));
  std::string text;
  while (text.empty() || text.back() != '\n') {
    auto byte = (*process)->readExactly(1, kPatience);
    ASSERT_TRUE(static_cast<bool>(byte));
    text += *byte;
  }
  pid_t grandchild = std::stoi(text);
  EXPECT_TRUE(isAlive(grandchild));
  process->reset();
  EXPECT_TRUE(eventually([&] { return !isAlive(grandchild); }));
}

TEST(FindProgram, LooksInPathThenInExtraDirectories) {
  EXPECT_NE(findProgram("sh"), "");
  EXPECT_EQ(findProgram("no-such-program-of-kgen"), "");
  EXPECT_EQ(findProgram(""), "");
  EXPECT_EQ(findProgram("/bin/sh"), "/bin/sh");
  EXPECT_EQ(findProgram("/etc/passwd"), "") << "not executable";

  char directory[] = "/tmp/kgen-find-XXXXXX";
  ASSERT_NE(::mkdtemp(directory), nullptr);
  std::string program = std::string(directory) + "/kgen-test-program";
  auto made = runProcess(
      shell("printf '#!/bin/sh\\n' > " + program + "; chmod +x " + program), "",
      kPatience);
  ASSERT_TRUE(static_cast<bool>(made));
  EXPECT_EQ(findProgram("kgen-test-program", {"/nowhere", directory}), program);
  ::unlink(program.c_str());
  ::rmdir(directory);
}

} // namespace
