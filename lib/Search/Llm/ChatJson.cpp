//===- ChatJson.cpp - Bodies of the chat-completions protocol -------------===//

#include "ChatJson.h"

#include <nlohmann/json.hpp>

namespace kgen::search {
namespace {

using Json = nlohmann::json;

std::string_view roleName(ChatRole role) {
  switch (role) {
  case ChatRole::System:
    return "system";
  case ChatRole::Assistant:
    return "assistant";
  case ChatRole::User:
    break;
  }
  return "user";
}

// Servers leave fields out, or say null: both are an empty text.
std::string textOr(const Json &object, const char *key) {
  auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string();
}

int64_t countOr(const Json &object, const char *key) {
  auto found = object.find(key);
  return found != object.end() && found->is_number_integer()
             ? found->get<int64_t>()
             : 0;
}

std::string oneLine(std::string text) {
  for (char &c : text)
    if (static_cast<unsigned char>(c) < 0x20)
      c = ' ';
  return text.substr(0, 200);
}

Error malformed(const std::string &what, std::string_view body) {
  return Error(ErrorCode::LlmReplyMalformed,
               what + ": '" + oneLine(std::string(body.substr(0, 120))) + "'");
}

} // namespace

std::string encodeChatRequest(const ChatRequest &request,
                              const std::string &model, int64_t maxTokens,
                              TokenLimitKey limitKey) {
  Json messages = Json::array();
  for (const ChatMessage &message : request.messages)
    messages.push_back(
        {{"role", roleName(message.role)}, {"content", message.text}});
  Json body{{"model", model}, {"messages", messages}, {"stream", false}};
  body[limitKey == TokenLimitKey::MaxTokens ? "max_tokens"
                                            : "max_completion_tokens"] =
      maxTokens;
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Expected<ChatReply> decodeChatReply(std::string_view body) {
  Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object())
    return malformed("the response is not a JSON object", body);
  if (json.contains("error") && !json["error"].is_null())
    return Error(ErrorCode::LlmHttpError,
                 "the server says: " + describeErrorBody(body));
  auto choices = json.find("choices");
  if (choices == json.end() || !choices->is_array() || choices->empty() ||
      !choices->front().is_object())
    return malformed("the response has no choices", body);
  const Json &choice = choices->front();
  auto message = choice.find("message");
  if (message == choice.end() || !message->is_object())
    return malformed("the first choice has no message", body);
  ChatReply reply;
  reply.content = textOr(*message, "content");
  reply.reasoning = textOr(*message, "reasoning_content");
  if (reply.reasoning.empty())
    reply.reasoning = textOr(*message, "reasoning");
  reply.truncated = textOr(choice, "finish_reason") == "length";
  if (auto usage = json.find("usage");
      usage != json.end() && usage->is_object()) {
    reply.promptTokens = countOr(*usage, "prompt_tokens");
    reply.completionTokens = countOr(*usage, "completion_tokens");
  }
  if (reply.content.empty() && reply.reasoning.empty())
    return malformed("the message is empty", body);
  return reply;
}

std::string describeErrorBody(std::string_view body) {
  Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (json.is_object() && json.contains("error")) {
    const Json &error = json["error"];
    if (error.is_string())
      return oneLine(error.get<std::string>());
    if (error.is_object() && !textOr(error, "message").empty())
      return oneLine(textOr(error, "message"));
  }
  return oneLine(std::string(body.substr(0, 200)));
}

} // namespace kgen::search
