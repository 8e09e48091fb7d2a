//===- WorkerTest.cpp - kgen-verify with real artefacts on the CPU ----------===//

#include "TestArtifact.h"

#include "kgen/Support/Subprocess.h"
#include "kgen/Verifier/Client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <unistd.h>

using namespace kgen;
using namespace kgen::test;
using testing::HasSubstr;

namespace {

WorkerOptions realWorker(const std::string &device = "cpu") {
  WorkerOptions options;
  options.command = {KGEN_VERIFY_TOOL, "--device={device}", "--serve"};
  options.device = device;
  return options;
}

VerifyRequest requestFor(const std::string &kernel) {
  VerifyRequest request;
  request.artifact.bytes = makeTestArtifact(kernel);
  request.problem = testKernelProblem();
  request.sizes = testKernelSizes();
  request.options.timeSeconds = 0.05;
  request.options.limitSeconds = 60;
  return request;
}

class Worker : public testing::Test {
protected:
  WorkerClient client{realWorker()};
};

TEST_F(Worker, saysWhoItIs) {
  Expected<WorkerHello> hello = client.hello();
  ASSERT_TRUE(hello) << hello.error().message();
  EXPECT_EQ(hello->device, "cpu");
  EXPECT_FALSE(hello->arch.empty());
  EXPECT_GT(hello->processId, 0);
}

TEST_F(Worker, honestKernelIsAcceptedAndTimed) {
  VerifyRequest request = requestFor("honest");
  request.options.time = true;
  Verdict verdict = client.verify(request);
  ASSERT_TRUE(verdict.accepted()) << toString(verdict);
  EXPECT_EQ(verdict.casesChecked, 6 * 7) << "five neighbours and the target, seven families";
  ASSERT_TRUE(verdict.timing.has_value());
  EXPECT_GT(verdict.timing->medianMs, 0);
  EXPECT_GE(verdict.timing->samples, 3);
}

TEST_F(Worker, wrongKernelIsRejectedWithoutTime) {
  VerifyRequest request = requestFor("drops_last_keys");
  request.options.time = true;
  Verdict verdict = client.verify(request);
  EXPECT_EQ(verdict.status, VerdictStatus::Rejected);
  EXPECT_EQ(verdict.code, ErrorCode::RowErrorTooLarge) << toString(verdict);
  EXPECT_FALSE(verdict.timing.has_value());
}

TEST_F(Worker, crashIsAVerdictAndTheNextCandidateGoesOn) {
  Verdict verdict = client.verify(requestFor("crashes"));
  EXPECT_EQ(verdict.code, ErrorCode::WorkerDied) << toString(verdict);
  EXPECT_THAT(verdict.reason, HasSubstr("signal 11"));
  EXPECT_EQ(client.verify(requestFor("exits")).code, ErrorCode::WorkerDied);
  EXPECT_TRUE(client.verify(requestFor("honest")).accepted());
  EXPECT_EQ(client.startCount(), 3);
}

TEST_F(Worker, endsItselfWhenTheKernelHangs) {
  VerifyRequest request = requestFor("hangs");
  request.options.limitSeconds = 0.5;
  Verdict verdict = client.verify(request);
  EXPECT_EQ(verdict.code, ErrorCode::VerificationTimedOut) << toString(verdict);
  EXPECT_TRUE(verdict.workerEnds);
  EXPECT_TRUE(client.verify(requestFor("honest")).accepted());
}

TEST_F(Worker, brokenArtefactsAreErrors) {
  VerifyRequest request = requestFor("honest");
  request.artifact.bytes.resize(200);
  Verdict verdict = client.verify(request);
  EXPECT_EQ(verdict.code, ErrorCode::ArtifactUnreadable);
  EXPECT_THAT(verdict.reason, HasSubstr("KG7003"));
  request = requestFor("no_such_function");
  EXPECT_EQ(client.verify(request).code, ErrorCode::ArtifactUnreadable);
  request = requestFor("honest");
  request.problem.writesLse = true;
  EXPECT_EQ(client.verify(request).code, ErrorCode::ArtifactMismatch);
  request = requestFor("honest");
  request.problem.headDimV = 32;
  EXPECT_EQ(client.verify(request).code, ErrorCode::ArtifactMismatch);
  EXPECT_EQ(client.startCount(), 1);
}

TEST_F(Worker, incumbentAndCandidateArePaired) {
  VerifyRequest first = requestFor("honest");
  first.id = "first";
  ASSERT_TRUE(client.verify(first).accepted());
  VerifyRequest second = requestFor("honest");
  second.id = "second";
  second.options.time = true;
  second.options.incumbent = "first";
  Verdict verdict = client.verify(second);
  ASSERT_TRUE(verdict.accepted()) << toString(verdict);
  ASSERT_TRUE(verdict.pair.has_value());
  TimePairRequest pair;
  pair.candidate = "second";
  pair.incumbent = "first";
  pair.timeSeconds = 0.1;
  client.restart(); // finalists are timed in a fresh process
  Expected<PairTiming> timing = client.timePair(pair);
  ASSERT_TRUE(timing) << timing.error().message();
  // The same kernel twice; wide, because test machines are busy.
  EXPECT_GT(timing->ratio, 0.05);
  EXPECT_LT(timing->ratio, 20);
  pair.incumbent = "nobody";
  Expected<PairTiming> unknown = client.timePair(pair);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), ErrorCode::UnknownArtifactId);
}

TEST(WorkerDevice, missingDeviceIsAClearError) {
  WorkerClient client(realWorker("cuda:63"));
  Expected<WorkerHello> hello = client.hello();
  ASSERT_FALSE(hello);
  EXPECT_EQ(hello.error().code(), ErrorCode::DeviceUnavailable);
}

ProcessResult runTool(const std::vector<std::string> &arguments, std::string_view input = "") {
  std::vector<std::string> argv = {KGEN_VERIFY_TOOL};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  auto result = runProcess(argv, input, std::chrono::seconds(120));
  return result ? *result : ProcessResult();
}

TEST(WorkerDevice, oversizedFrameEndsTheWorkerWithAnAnswer) {
  ProcessResult result = runTool({"--serve"}, "\xff\xff\xff\xff");
  EXPECT_EQ(result.exitCode, 0);
  ASSERT_GT(result.output.size(), 4u);
  Expected<Response> response = parseResponse(result.output.substr(4));
  ASSERT_TRUE(response);
  EXPECT_EQ(std::get<ErrorResponse>(*response).error.code(), ErrorCode::FrameTooLarge);
}

class Tool : public testing::Test {
protected:
  std::string write(const std::string &kernel) {
    std::string path = testing::TempDir() + "kgen-" + kernel + "-" + std::to_string(getpid());
    std::ofstream(path, std::ios::binary) << makeTestArtifact(kernel);
    written.push_back(path);
    return path;
  }
  ~Tool() override {
    for (const std::string &path : written)
      std::remove(path.c_str());
  }
  std::vector<std::string> written;
};

TEST_F(Tool, oneShotAcceptsRejectsAndErrs) {
  ProcessResult good = runTool({write("honest"), "--sizes=B=1,Sq=64,Skv=64", "--time",
                                "--time-seconds=0.05"});
  EXPECT_EQ(good.exitCode, 0) << good.output << good.diagnostics;
  EXPECT_THAT(good.output, HasSubstr("accepted"));
  EXPECT_THAT(good.output, HasSubstr("ms median"));
  ProcessResult bad = runTool({write("drops_last_keys"), "--sizes=B=1,Sq=64,Skv=64"});
  EXPECT_EQ(bad.exitCode, 1);
  EXPECT_THAT(bad.output, HasSubstr("KG6001"));
  EXPECT_EQ(runTool({write("crashes"), "--sizes=B=1,Sq=64,Skv=64"}).exitCode, 2);
}

TEST_F(Tool, badArgumentsAreErrors) {
  std::string path = write("honest");
  for (const std::string &argument :
       {"--sizes=B=0", "--sizes=nonsense", "--families=noodle", "--frobnicate", "--repeats=x",
        "--problem=/nonexistent"}) {
    ProcessResult result = runTool({path, argument});
    EXPECT_EQ(result.exitCode, 2) << argument;
    EXPECT_THAT(result.diagnostics, HasSubstr("KG6031")) << argument;
  }
  EXPECT_EQ(runTool({"/nonexistent/artefact"}).exitCode, 2);
  EXPECT_EQ(runTool({}).exitCode, 2);
  EXPECT_EQ(runTool({"--help"}).exitCode, 0);
}

} // namespace
