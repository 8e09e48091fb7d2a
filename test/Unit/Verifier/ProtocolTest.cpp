//===- ProtocolTest.cpp - Messages there and back --------------------------===//

#include "TestArtifact.h"

#include "kgen/Verifier/Protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace kgen;
using namespace kgen::test;
using testing::HasSubstr;

namespace {

// A message that is written, read and written again must not change.
void expectStable(const Request &request) {
  std::string text = toJson(request);
  Expected<ParsedRequest> parsed = parseRequest(text);
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->request.index(), request.index());
  if (auto *verify = std::get_if<VerifyRequest>(&parsed->request))
    verify->artifact.bytes.assign(parsed->artifactBytes, 'x');
  if (auto *load = std::get_if<LoadRequest>(&parsed->request))
    load->artifact.bytes.assign(parsed->artifactBytes, 'x');
  EXPECT_EQ(toJson(parsed->request), text);
}

void expectStable(const Response &response) {
  std::string text = toJson(response);
  Expected<Response> parsed = parseResponse(text);
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->index(), response.index());
  EXPECT_EQ(toJson(*parsed), text);
}

VerifyRequest someVerify() {
  VerifyRequest request;
  request.id = "c7";
  request.artifact.bytes = "0123456789";
  request.problem = testKernelProblem();
  request.sizes = testKernelSizes();
  request.options.families = {InputFamily::Needle, InputFamily::Rising};
  request.options.seed = 99;
  request.options.time = true;
  request.options.incumbent = "c1";
  return request;
}

TEST(Protocol, requestsRoundTrip) {
  expectStable(Request(HelloRequest()));
  expectStable(Request(ShutdownRequest()));
  expectStable(Request(UnloadRequest{"c1"}));
  expectStable(Request(someVerify()));
  expectStable(Request(LoadRequest{"c1", {"/tmp/a.kgen", ""}, testKernelProblem(), testKernelSizes()}));
  expectStable(Request(TimePairRequest{"c1", "c2", 3, 0.5, 1e-6, 9}));
}

TEST(Protocol, responsesRoundTrip) {
  Timing timing{1.5, 0.1, 1.2, 1.3, 1.9, 40, 1755.0};
  PairTiming pair{timing, timing, 0.9, 0.01, 12};
  Verdict verdict;
  verdict.status = VerdictStatus::Accepted;
  verdict.timing = timing;
  verdict.pair = pair;
  verdict.worst = ErrorReport{InputFamily::Peaked, testKernelSizes(), 1e-3, {1, 0, 63}, 1e-2,
                              5e-4, 3e-4, 4e-3, 3e-4, 1e-5, 2e-3, 10, 20, 0};
  Verdict rejected = errorVerdict(Error(ErrorCode::RowErrorTooLarge, "row 3"));
  rejected.hints = {"rows >= 64"};
  Verdict counted;
  counted.status = VerdictStatus::Accepted;
  counted.counts = EmulatedCounts();
  counted.counts->issueCycles = 1234;
  counted.counts->bankConflictCycles = 5;
  expectStable(Response(counted));
  expectStable(Response(WorkerHello{1, "cuda:0", "H100", "sm_90", "13000", 50 << 20, 77}));
  expectStable(Response(WorkerHello{2, "emulated:sm_80", "emulated A100", "sm_80", "none", 0, 77, true}));
  expectStable(Response(LoadedResponse{"c1"}));
  expectStable(Response(DoneResponse()));
  expectStable(Response(verdict));
  expectStable(Response(rejected));
  expectStable(Response(pair));
  expectStable(Response(ErrorResponse{Error(ErrorCode::UnknownArtifactId, "c9"), false}));
}

TEST(Protocol, countsAreNoTimesAndNeedAcceptance) {
  Verdict verdict;
  verdict.status = VerdictStatus::Accepted;
  verdict.counts = EmulatedCounts();
  verdict.counts->instructions = 7;
  std::string good = toJson(Response(verdict));
  Expected<Response> parsed = parseResponse(good);
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(std::get<Verdict>(*parsed).counts, verdict.counts);
  verdict.timing = Timing();
  EXPECT_FALSE(parseResponse(toJson(Response(verdict))));
  Verdict rejected = errorVerdict(Error(ErrorCode::RowErrorTooLarge, "row 3"));
  rejected.counts = EmulatedCounts();
  EXPECT_FALSE(parseResponse(toJson(Response(rejected))));
  size_t at = good.find("\"instructions\":7");
  ASSERT_NE(at, std::string::npos);
  EXPECT_FALSE(parseResponse(std::string(good).replace(at, 16, "\"instructions\":-7")));
  EXPECT_FALSE(parseResponse(std::string(good).replace(at, 16, "\"instruction\":7")));
}

TEST(Protocol, notANumberTravels) {
  Verdict verdict = errorVerdict(Error(ErrorCode::RowErrorTooLarge, "\xff not UTF-8"));
  verdict.worst = ErrorReport();
  verdict.worst->worstRow = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(parseResponse(toJson(Response(verdict))));
}

ErrorCode codeOf(const std::string &text) {
  Expected<ParsedRequest> parsed = parseRequest(text);
  return parsed ? ErrorCode(0) : parsed.error().code();
}

TEST(Protocol, badRequestsAreRefused) {
  EXPECT_EQ(codeOf("{\"version\":2,\"type\":\"hello\"}"), ErrorCode(0));
  EXPECT_EQ(codeOf(""), ErrorCode::ProtocolViolation);
  EXPECT_EQ(codeOf("[1]"), ErrorCode::ProtocolViolation);
  EXPECT_EQ(codeOf("{\"type\":\"hello\"}"), ErrorCode::ProtocolViolation);
  EXPECT_EQ(codeOf("{\"version\":1,\"type\":\"hello\"}"), ErrorCode::ProtocolVersionMismatch);
  EXPECT_EQ(codeOf("{\"version\":2,\"type\":\"hello\",\"x\":1}"), ErrorCode::ProtocolViolation);
  EXPECT_EQ(codeOf("{\"version\":2,\"type\":\"dance\"}"), ErrorCode::ProtocolViolation);
  EXPECT_EQ(codeOf("{\"version\":2,\"type\":\"unload\"}"), ErrorCode::ProtocolViolation);
  EXPECT_EQ(codeOf("{\"version\":2,\"type\":\"unload\",\"id\":3}"), ErrorCode::ProtocolViolation);
}

TEST(Protocol, badVerifyRequestsAreRefused) {
  std::string good = toJson(Request(someVerify()));
  ASSERT_EQ(codeOf(good), ErrorCode(0));
  auto with = [&](const std::string &from, const std::string &to) {
    std::string text = good;
    size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  EXPECT_EQ(codeOf(with("\"artifact_bytes\":10", "\"artifact_bytes\":0")),
            ErrorCode::ProtocolViolation);
  EXPECT_EQ(codeOf(with("\"artifact_bytes\":10", "\"artifact_bytes\":999999999999")),
            ErrorCode::FrameTooLarge);
  EXPECT_EQ(codeOf(with("\"artifact_bytes\":10", "\"artifact_path\":\"\"")),
            ErrorCode::ProtocolViolation);
  EXPECT_EQ(codeOf(with("needle", "noodle")), ErrorCode::InvalidVerifyRequest);
  EXPECT_EQ(codeOf(with("\"repeats\":3", "\"repeats\":\"3\"")), ErrorCode::ProtocolViolation);
  EXPECT_EQ(codeOf(with("\"repeats\"", "\"repeat\"")), ErrorCode::ProtocolViolation);
}

TEST(Protocol, frames) {
  EXPECT_EQ(makeFrame("abc"), std::string("\x03\0\0\0abc", 7));
  EXPECT_EQ(*parseFrameLength(std::string("\x01\x02\0\0", 4), 1000), 513u);
  Expected<uint32_t> large = parseFrameLength("\xff\xff\xff\xff", kMaxMessageBytes);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code(), ErrorCode::FrameTooLarge);
  EXPECT_FALSE(parseFrameLength("abc", 10));
  std::string bytes = makeRequestBytes(Request(someVerify()));
  EXPECT_TRUE(bytes.ends_with(std::string("\x0a\0\0\0", 4) + "0123456789"));
}

TEST(Protocol, verdictInWords) {
  Verdict verdict = errorVerdict(Error(ErrorCode::RowErrorTooLarge, "row 3"));
  verdict.hints = {"rows >= 64 of each 128-row tile are wrong"};
  std::string text = toString(verdict);
  EXPECT_THAT(text, HasSubstr("[KG6001] row 3"));
  EXPECT_THAT(text, HasSubstr("hint: rows >= 64"));
}

TEST(Protocol, countsInWordsAreNeverSeconds) {
  Verdict verdict;
  verdict.status = VerdictStatus::Accepted;
  verdict.counts = EmulatedCounts();
  verdict.counts->tensorInstructions = 4096;
  verdict.counts->tensorCycles = 30;
  verdict.counts->issueCycles = 40;
  std::string text = toString(verdict);
  EXPECT_THAT(text, HasSubstr("counts, not seconds, of one emulated launch:"));
  EXPECT_THAT(text, testing::ContainsRegex("tensor +4096\n"));
  EXPECT_THAT(text, testing::ContainsRegex("tensor pipe busy +75.0 %"));
  EXPECT_THAT(text, testing::Not(HasSubstr(" ms")));
  EXPECT_THAT(inOneLine(*verdict.counts), HasSubstr("4096 tensor"));
}

} // namespace
