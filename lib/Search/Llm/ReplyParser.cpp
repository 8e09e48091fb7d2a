//===- ReplyParser.cpp - Schedules out of a model's answer ----------------===//
//
// Models wrap JSON in prose, in fences and in reasoning, and stop in the middle
// of it. So the text is scanned for balanced objects; nothing is repaired: what
// the strict parser refuses goes back to the model as a complaint.
//
//===----------------------------------------------------------------------===//

#include "ReplyParser.h"

#include "kgen/Schedule/Json.h"

#include <nlohmann/json.hpp>

namespace kgen::search {
namespace {

using Json = nlohmann::ordered_json;

// Bounds on hostile text: "{{{{..." costs a scan per brace without them.
constexpr size_t kMaxScannedBytes = size_t(64) << 20;
constexpr size_t kMaxDepth = 32;
constexpr size_t kMaxQuoted = 200;

/// The end (one past) of the object that begins at `begin`, or npos if it is
/// not closed. Braces inside strings do not count.
size_t findEnd(std::string_view text, size_t begin, size_t &budget) {
  size_t depth = 0;
  bool inString = false;
  for (size_t i = begin; i < text.size() && budget > 0; ++i, --budget) {
    char c = text[i];
    if (inString) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        inString = false;
    } else if (c == '"') {
      inString = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxDepth)
        return std::string_view::npos;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

bool looksLikeSchedule(const Json &object) {
  bool found = false;
  const Schedule knobs;
  forEachKnob(knobs, [&](const char *key, const auto &) {
    found |= object.contains(key);
  });
  return found;
}

struct Found {
  std::vector<Json> answers; ///< objects with an array "schedules"
  std::vector<Json> loose;   ///< objects with knobs, outside of any answer
};

Found scan(std::string_view text) {
  Found found;
  size_t budget = kMaxScannedBytes;
  size_t at = text.find('{');
  while (at != std::string_view::npos && budget > 0) {
    size_t end = findEnd(text, at, budget);
    Json object;
    bool whole = end != std::string_view::npos;
    if (whole)
      object = Json::parse(text.substr(at, end - at), nullptr, false);
    // A brace that opens no object (prose, or cut off): look inside of it.
    if (!whole || !object.is_object()) {
      at = text.find('{', at + 1);
      continue;
    }
    auto schedules = object.find("schedules");
    if (schedules != object.end() && schedules->is_array())
      found.answers.push_back(std::move(object));
    else if (looksLikeSchedule(object))
      found.loose.push_back(std::move(object));
    at = text.find('{', end);
  }
  return found;
}

std::string quote(const Json &value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kMaxQuoted)
    text = text.substr(0, kMaxQuoted) + "...";
  return text;
}

template <typename Range>
void readSchedules(const Range &values, ParsedReply &parsed) {
  size_t number = 0;
  for (const Json &value : values) {
    if (++number > kMaxSchedulesPerReply) {
      parsed.complaints.push_back(
          "more than " + std::to_string(kMaxSchedulesPerReply) +
          " schedules in one answer: the rest was ignored");
      return;
    }
    Expected<Schedule> schedule = parseSchedule(
        value.dump(-1, ' ', false, Json::error_handler_t::replace));
    if (schedule)
      parsed.schedules.push_back(*schedule);
    else
      parsed.complaints.push_back("schedule " + std::to_string(number) + " " +
                                  quote(value) + ": " +
                                  schedule.error().message());
  }
}

// Reasoning that a server left in the content ends at the last closing tag; the
// opening tag may be missing.
std::string_view afterReasoning(std::string_view text) {
  constexpr std::string_view tag = "</think>";
  size_t end = text.rfind(tag);
  return end == std::string_view::npos ? text : text.substr(end + tag.size());
}

bool readText(std::string_view text, ParsedReply &parsed) {
  Found found = scan(text);
  if (!found.answers.empty())
    // The last one: earlier ones are drafts, or an echo of the prompt.
    readSchedules(found.answers.back()["schedules"], parsed);
  else if (!found.loose.empty())
    readSchedules(found.loose, parsed);
  else
    return false;
  return true;
}

} // namespace

ParsedReply parseReply(const ChatReply &reply) {
  ParsedReply parsed;
  bool found = readText(afterReasoning(reply.content), parsed) ||
               readText(reply.content, parsed) ||
               readText(reply.reasoning, parsed);
  if (reply.truncated)
    parsed.complaints.push_back(
        "the answer was cut off at the token limit: answer more briefly");
  if (!found)
    parsed.complaints.push_back(
        "no JSON object with a key \"schedules\" was found in the answer");
  else if (parsed.schedules.empty() && parsed.complaints.empty())
    parsed.complaints.push_back("the list \"schedules\" was empty");
  return parsed;
}

} // namespace kgen::search
