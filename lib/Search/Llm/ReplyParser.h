//===- ReplyParser.h - Schedules out of a model's answer ------------------===//
#ifndef KGEN_SEARCH_LLM_REPLYPARSER_H
#define KGEN_SEARCH_LLM_REPLYPARSER_H

#include "kgen/Schedule/Schedule.h"
#include "kgen/Search/ChatClient.h"

#include <string>
#include <string_view>
#include <vector>

namespace kgen::search {

/// What an answer holds. Anything else in it, numbers above all, is ignored.
struct ParsedReply {
  std::vector<Schedule> schedules;
  /// One sentence for each thing that was wrong, to be said in the next prompt.
  std::vector<std::string> complaints;
};

/// More schedules in one answer are ignored, with a complaint.
inline constexpr size_t kMaxSchedulesPerReply = 64;

/// Finds the last JSON object with a key "schedules" in the answer (in the
/// content after any reasoning, else in the reasoning) and reads each element
/// with the strict parser. An answer that was cut off gives its whole elements.
ParsedReply parseReply(const ChatReply &reply);

} // namespace kgen::search

#endif // KGEN_SEARCH_LLM_REPLYPARSER_H
