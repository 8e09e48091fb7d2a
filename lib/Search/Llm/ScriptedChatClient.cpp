//===- ScriptedChatClient.cpp - Replies from a script ---------------------===//

#include "kgen/Search/ChatClient.h"

namespace kgen::search {

ChatClient::~ChatClient() = default;

ScriptedChatClient::ScriptedChatClient(std::vector<Expected<ChatReply>> script)
    : script(std::move(script)) {}
ScriptedChatClient::~ScriptedChatClient() = default;

Expected<ChatReply> ScriptedChatClient::complete(const ChatRequest &request) {
  asked.push_back(request);
  if (asked.size() > script.size())
    return Error(ErrorCode::LlmConnectionFailed,
                 "the script has " + std::to_string(script.size()) +
                     " replies and this is request " +
                     std::to_string(asked.size()));
  return script[asked.size() - 1];
}

} // namespace kgen::search
