//===- ChatClient.h - A conversation partner behind one call --------------===//
#ifndef KGEN_SEARCH_CHATCLIENT_H
#define KGEN_SEARCH_CHATCLIENT_H

#include "kgen/Search/Proposer.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace kgen::search {

enum class ChatRole : uint8_t { System, User, Assistant };

struct ChatMessage {
  ChatRole role = ChatRole::User;
  std::string text;
};

struct ChatRequest {
  std::vector<ChatMessage> messages;
  double limitSeconds = 120; ///< for the whole call, retries and waits included
  const std::atomic<bool> *stop = nullptr; ///< polled; null: never
};

struct ChatReply {
  std::string content;
  std::string reasoning;  ///< where the server gives it apart; else empty
  bool truncated = false; ///< the server stopped at the token limit
  int64_t promptTokens = 0;
  int64_t completionTokens = 0;
  int attempts = 1; ///< requests sent, retries included
};

class ChatClient {
public:
  virtual ~ChatClient();
  /// One reply, or a coded error (LlmConnectionFailed, LlmTimedOut, ...). No
  /// error text ever holds the key.
  virtual Expected<ChatReply> complete(const ChatRequest &request) = 0;
};

/// Speaks the OpenAI-compatible chat-completions protocol over libcurl, with
/// retries. Fails (LlmNotConfigured) without an endpoint or a model. The key is
/// read from KGEN_LLM_API_KEY at each request; without one, none is sent.
Expected<std::unique_ptr<ChatClient>>
makeCurlChatClient(const LlmOptions &options);

/// Answers from a script, in order, and keeps what it was asked: for tests and
/// for replaying a recorded conversation. Past its end every call fails with
/// LlmConnectionFailed.
class ScriptedChatClient final : public ChatClient {
public:
  explicit ScriptedChatClient(std::vector<Expected<ChatReply>> script);
  ~ScriptedChatClient() override;
  Expected<ChatReply> complete(const ChatRequest &request) override;

  const std::vector<ChatRequest> &requests() const { return asked; }

private:
  std::vector<Expected<ChatReply>> script;
  std::vector<ChatRequest> asked;
};

/// The llm proposer over any client; makeProposer(Llm) uses the curl client. A
/// round in which the client fails is proposed by the evolutionary proposer.
std::unique_ptr<Proposer> makeLlmProposer(const LlmOptions &options,
                                          uint64_t seed,
                                          std::unique_ptr<ChatClient> client);

} // namespace kgen::search

#endif // KGEN_SEARCH_CHATCLIENT_H
