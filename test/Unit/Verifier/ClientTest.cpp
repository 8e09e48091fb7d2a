//===- ClientTest.cpp - Workers that crash, hang and lie -------------------===//

#include "TestArtifact.h"

#include "kgen/Verifier/Client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <unistd.h>

using namespace kgen;
using namespace kgen::test;
using testing::HasSubstr;

namespace {

VerifyRequest someRequest() {
  VerifyRequest request;
  request.artifact.bytes = "not looked at";
  request.problem = testKernelProblem();
  request.sizes = testKernelSizes();
  request.options.limitSeconds = 0.2;
  return request;
}

WorkerOptions misbehaving(const std::string &habit, const std::string &marker = "") {
  WorkerOptions options;
  options.command = {KGEN_MISBEHAVING_WORKER, habit};
  if (!marker.empty())
    options.command.push_back(marker);
  options.grace = std::chrono::milliseconds(300);
  options.startLimit = std::chrono::milliseconds(10000);
  return options;
}

struct Habit {
  const char *name;
  ErrorCode code;
  const char *words;
};
void PrintTo(const Habit &habit, std::ostream *stream) {
  *stream << habit.name;
}

class MisbehavingWorkerTest : public testing::TestWithParam<Habit> {};

// The request meets the habit; the next one finds a fresh worker that works.
TEST_P(MisbehavingWorkerTest, verdictSaysWhyAndTheNextRequestGoesOn) {
  std::string marker = testing::TempDir() + "kgen-habit-" + GetParam().name + "-" +
                       std::to_string(getpid());
  std::remove(marker.c_str());
  WorkerClient client(misbehaving(GetParam().name, marker));
  Verdict verdict = client.verify(someRequest());
  EXPECT_EQ(verdict.status, VerdictStatus::Error);
  ASSERT_TRUE(verdict.code.has_value());
  EXPECT_EQ(*verdict.code, GetParam().code) << verdict.reason;
  EXPECT_THAT(verdict.reason, HasSubstr(GetParam().words));
  EXPECT_FALSE(verdict.timing.has_value());
  EXPECT_TRUE(client.verify(someRequest()).accepted());
  EXPECT_EQ(client.startCount(), 2);
  std::remove(marker.c_str());
}

INSTANTIATE_TEST_SUITE_P(
    Habits, MisbehavingWorkerTest,
    testing::Values(
        Habit{"crash", ErrorCode::WorkerDied, "signal 11"},
        Habit{"exit", ErrorCode::WorkerDied, "while verifying"},
        Habit{"hang", ErrorCode::WorkerTimedOut, "no answer within 500 ms"},
        Habit{"garbage", ErrorCode::ProtocolViolation, "garbage"},
        Habit{"bad-json", ErrorCode::ProtocolViolation, "not a JSON object"},
        Habit{"close", ErrorCode::WorkerDied, "closed its pipe"},
        Habit{"half", ErrorCode::WorkerDied, "worker died"},
        Habit{"ends", ErrorCode::KernelLaunchFailed, "sticky device error"},
        Habit{"time-of-wrong", ErrorCode::ProtocolViolation, "contradicts itself"}),
    [](const testing::TestParamInfo<Habit> &info) {
      std::string name = info.param.name;
      for (char &c : name)
        c = c == '-' ? '_' : c;
      return name;
    });

TEST(WorkerClientTest, crashKeepsLastWords) {
  WorkerClient client(misbehaving("crash"));
  Verdict verdict = client.verify(someRequest());
  EXPECT_THAT(verdict.reason, HasSubstr("about to crash"));
  EXPECT_THAT(client.lastDiagnostics(), HasSubstr("about to crash"));
}

TEST(WorkerClientTest, anotherProtocolVersionIsRefused) {
  WorkerClient client(misbehaving("version"));
  Expected<WorkerHello> hello = client.hello();
  ASSERT_FALSE(hello);
  EXPECT_EQ(hello.error().code(), ErrorCode::ProtocolVersionMismatch);
}

TEST(WorkerClientTest, missingProgramIsAnError) {
  WorkerOptions options;
  options.command = {"/nonexistent/kgen-verify", "--serve"};
  WorkerClient client(options);
  Expected<WorkerHello> hello = client.hello();
  ASSERT_FALSE(hello);
  EXPECT_TRUE(hello.error().code() == ErrorCode::WorkerNotStarted ||
              hello.error().code() == ErrorCode::WorkerDied)
      << hello.error().message();
  EXPECT_EQ(client.verify(someRequest()).status, VerdictStatus::Error);
}

TEST(WorkerClientTest, keptArtefactsAreLoadedAgainAfterARestart) {
  std::string marker = testing::TempDir() + "kgen-kept-" + std::to_string(getpid());
  { std::FILE *file = std::fopen(marker.c_str(), "w"); std::fclose(file); }
  WorkerClient client(misbehaving("crash", marker));
  LoadRequest load{"best", {"", "bytes"}, testKernelProblem(), testKernelSizes()};
  ASSERT_TRUE(client.load(load));
  client.restart();
  VerifyRequest request = someRequest();
  request.options.incumbent = "best";
  EXPECT_TRUE(client.verify(request).accepted());
  EXPECT_EQ(client.startCount(), 2);
  ASSERT_TRUE(client.unload("best"));
  Verdict verdict = client.verify(request);
  ASSERT_TRUE(verdict.code.has_value());
  EXPECT_EQ(*verdict.code, ErrorCode::UnknownArtifactId);
  std::remove(marker.c_str());
}

} // namespace
