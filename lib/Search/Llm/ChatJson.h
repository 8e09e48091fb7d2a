//===- ChatJson.h - Bodies of the chat-completions protocol ---------------===//
#ifndef KGEN_SEARCH_LLM_CHATJSON_H
#define KGEN_SEARCH_LLM_CHATJSON_H

#include "kgen/Search/ChatClient.h"

#include <string>
#include <string_view>

namespace kgen::search {

/// How a server names the limit of a reply: newer ones refuse the older name.
enum class TokenLimitKey : uint8_t { MaxTokens, MaxCompletionTokens };

std::string encodeChatRequest(const ChatRequest &request,
                              const std::string &model, int64_t maxTokens,
                              TokenLimitKey limitKey);

/// Reads a response body. LlmReplyMalformed when it is not a chat completion,
/// LlmHttpError when it holds an error object under a success status.
Expected<ChatReply> decodeChatReply(std::string_view body);

/// What an error body says, in one line of at most 200 bytes: the "message" of
/// its error object, or its beginning.
std::string describeErrorBody(std::string_view body);

} // namespace kgen::search

#endif // KGEN_SEARCH_LLM_CHATJSON_H
