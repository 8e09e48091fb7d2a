//===- ChatClientTest.cpp - libcurl against a server that misbehaves ------===//

#include "kgen/Search/ChatClient.h"
#include "HttpServer.h"

#include <chrono>
#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace kgen::search {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char *kKey = "sk-very-secret-0123456789";

class CurlClient : public ::testing::Test {
protected:
  CurlClient() { unsetenv("KGEN_LLM_API_KEY"); }
  ~CurlClient() override { unsetenv("KGEN_LLM_API_KEY"); }

  Expected<ChatReply> ask(const std::string &endpoint) {
    options.endpoint = endpoint;
    options.model = "a-model";
    options.backoffSeconds = 0.01;
    Expected<std::unique_ptr<ChatClient>> client = makeCurlChatClient(options);
    if (!client)
      return client.error();
    request.messages = {{ChatRole::User, "hello \xff"}};
    auto start = std::chrono::steady_clock::now();
    Expected<ChatReply> reply = (*client)->complete(request);
    seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
            .count();
    return reply;
  }
  void expectError(HttpServer &server, ErrorCode code) {
    Expected<ChatReply> reply = ask(server.endpoint());
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code(), code) << reply.error().message();
    EXPECT_THAT(reply.error().message(), Not(HasSubstr(kKey)));
  }

  LlmOptions options;
  ChatRequest request;
  double seconds = 0;
};

TEST_F(CurlClient, SendsAChatCompletionAndReadsTheReply) {
  HttpServer server({complete("hi there")});
  Expected<ChatReply> reply = ask(server.endpoint() + "/");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->content, "hi there");
  EXPECT_EQ(reply->promptTokens, 11);
  EXPECT_EQ(reply->completionTokens, 7);
  EXPECT_EQ(reply->attempts, 1);
  ASSERT_THAT(server.requests(), SizeIs(1));
  std::string sent = server.requests()[0];
  EXPECT_THAT(sent, HasSubstr("POST /v1/chat/completions "));
  EXPECT_THAT(sent, Not(HasSubstr("Authorization")));
  auto body = nlohmann::json::parse(sent.substr(sent.find("\r\n\r\n") + 4));
  EXPECT_EQ(body["model"], "a-model");
  EXPECT_EQ(body["messages"][0]["role"], "user");
  EXPECT_EQ(body["max_tokens"], options.maxTokens);
}

TEST_F(CurlClient, SendsTheKeyFromTheEnvironmentOnly) {
  setenv("KGEN_LLM_API_KEY", kKey, 1);
  HttpServer server({complete("hi")});
  ASSERT_TRUE(ask(server.endpoint()));
  EXPECT_THAT(server.requests()[0],
              HasSubstr(std::string("Authorization: Bearer ") + kKey + "\r\n"));
}

TEST_F(CurlClient, NeverRepeatsTheKeyThatAServerEchoes) {
  setenv("KGEN_LLM_API_KEY", kKey, 1);
  options.maxAttempts = 1;
  std::string echo = std::string("you sent ") + kKey;
  HttpServer json({respond(400, "{\"error\":{\"message\":\"" + echo + "\"}}")});
  expectError(json, ErrorCode::LlmHttpError);
  HttpServer plain({respond(500, echo)});
  expectError(plain, ErrorCode::LlmHttpError);
  HttpServer success({respond(200, echo)});
  expectError(success, ErrorCode::LlmReplyMalformed);
}

TEST_F(CurlClient, AKeyThatWouldAddAHeaderIsRefused) {
  setenv("KGEN_LLM_API_KEY", "abc\r\nX-Evil: 1", 1);
  HttpServer server({complete("hi")});
  expectError(server, ErrorCode::LlmKeyRefused);
  EXPECT_THAT(server.requests(), SizeIs(0));
}

TEST_F(CurlClient, AKeyDoesNotTravelInClearToAnotherHost) {
  setenv("KGEN_LLM_API_KEY", kKey, 1);
  Expected<ChatReply> reply = ask("http://192.0.2.1/v1");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), ErrorCode::LlmInsecureEndpoint);
}

TEST_F(CurlClient, EndpointsThatAreNoneAreRefused) {
  for (const char *bad : {"", "file:///etc/passwd", "ftp://host/v1",
                          "http://user:password@host/v1", "not a url"}) {
    Expected<ChatReply> reply = ask(bad);
    ASSERT_FALSE(reply) << bad;
    EXPECT_EQ(reply.error().code(), ErrorCode::LlmNotConfigured) << bad;
    EXPECT_THAT(reply.error().message(), Not(HasSubstr("password@")));
  }
}

TEST_F(CurlClient, RetriesWhenTheServerIsBusy) {
  HttpServer server({respond(429, "slow down", "Retry-After: 1\r\n"),
                     respond(503, ""), complete("at last")});
  Expected<ChatReply> reply = ask(server.endpoint());
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->content, "at last");
  EXPECT_EQ(reply->attempts, 3);
  EXPECT_GE(seconds, 1); // as the server asked
}

TEST_F(CurlClient, GivesUpAfterItsAttempts) {
  HttpServer server({respond(500, "broken")});
  expectError(server, ErrorCode::LlmHttpError);
  EXPECT_THAT(server.requests(), SizeIs(size_t(options.maxAttempts)));
}

TEST_F(CurlClient, ARefusedKeyIsNotRetried) {
  HttpServer server({respond(401, "{}")});
  expectError(server, ErrorCode::LlmKeyRefused);
  EXPECT_THAT(server.requests(), SizeIs(1));
  EXPECT_THAT(ask(server.endpoint()).error().detail(), HasSubstr("is not set"));
}

TEST_F(CurlClient, TakesTheNewerNameOfTheTokenLimit) {
  HttpServer server(
      {respond(400, "{\"error\":{\"message\":\"Unsupported parameter: "
                    "'max_tokens'. Use 'max_completion_tokens'.\"}}"),
       complete("fine")});
  Expected<ChatReply> reply = ask(server.endpoint());
  ASSERT_TRUE(reply);
  EXPECT_THAT(server.requests()[1], HasSubstr("\"max_completion_tokens\":"));
  EXPECT_THAT(server.requests()[1], Not(HasSubstr("\"max_tokens\":")));
}

TEST_F(CurlClient, RedirectsAreNotFollowed) {
  HttpServer target({complete("stolen")});
  HttpServer server({respond(
      307, "", "Location: " + target.endpoint() + "/chat/completions\r\n")});
  expectError(server, ErrorCode::LlmHttpError);
  EXPECT_THAT(target.requests(), SizeIs(0));
}

TEST_F(CurlClient, BodiesThatAreNoCompletionAreMalformed) {
  for (const char *body :
       {"<html>proxy</html>", "{\"choices\":", "[]", "{}", "{\"choices\":[]}",
        "{\"choices\":[{}]}", "{\"choices\":[{\"message\":{}}]}",
        "{\"choices\":[{\"message\":{\"content\":null}}]}"}) {
    HttpServer server({respond(200, body)});
    SCOPED_TRACE(body);
    expectError(server, ErrorCode::LlmReplyMalformed);
  }
  HttpServer server({respond(200, "{\"error\":{\"message\":\"overloaded\"}}")});
  expectError(server, ErrorCode::LlmHttpError);
}

TEST_F(CurlClient, ReadsReasoningFieldsAndTheTokenLimit) {
  HttpServer server({respond(
      200, "\n\n {\"choices\":[{\"message\":{\"content\":null,"
           "\"reasoning_content\":\"hm\"},\"finish_reason\":\"length\"}]}")});
  Expected<ChatReply> reply = ask(server.endpoint());
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->reasoning, "hm");
  EXPECT_TRUE(reply->truncated);
}

TEST_F(CurlClient, AConnectionThatEndsEarlyIsAConnectionFailure) {
  options.maxAttempts = 2;
  HttpServer partial(
      {{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"cho"}});
  expectError(partial, ErrorCode::LlmConnectionFailed);
  HttpServer nothing({{""}});
  expectError(nothing, ErrorCode::LlmConnectionFailed);
  EXPECT_THAT(nothing.requests(), SizeIs(2));
}

TEST_F(CurlClient, RefusedConnectionsAndUnknownHosts) {
  EXPECT_EQ(ask(refusedEndpoint()).error().code(),
            ErrorCode::LlmConnectionFailed);
  EXPECT_EQ(ask("https://kgen.invalid/v1").error().code(),
            ErrorCode::LlmConnectionFailed);
}

TEST_F(CurlClient, AServerThatHangsIsLeftAtTheLimit) {
  HttpServer silent({{"", true}});
  request.limitSeconds = 0.3;
  expectError(silent, ErrorCode::LlmTimedOut);
  EXPECT_LT(seconds, 3);
  HttpServer half({{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", true}});
  expectError(half, ErrorCode::LlmTimedOut);
  EXPECT_LT(seconds, 3);
}

TEST_F(CurlClient, AReplyBeyondTheBoundIsRefused) {
  options.maxReplyBytes = 10000;
  HttpServer server({complete(std::string(20000, 'x'))});
  expectError(server, ErrorCode::LlmReplyTooLarge);
}

TEST_F(CurlClient, AStopRequestEndsTheWait) {
  std::atomic<bool> stop = false;
  request.stop = &stop;
  HttpServer silent({{"", true}});
  std::thread interrupt([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    stop = true;
  });
  Expected<ChatReply> reply = ask(silent.endpoint());
  interrupt.join();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), ErrorCode::LlmCancelled);
  EXPECT_LT(seconds, 5);
}

} // namespace
} // namespace kgen::search
