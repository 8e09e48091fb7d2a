//===- Prompt.cpp - What a model is told ----------------------------------===//

#include "Prompt.h"

#include "PromptFacts.h"
#include "Prompts.h"
#include "kgen/Schedule/Json.h"
#include "kgen/Schedule/Legality.h"

#include <initializer_list>
#include <utility>

namespace kgen::search {
namespace {

constexpr size_t kBestShown = 8;
constexpr size_t kComplaintsShown = 8;

using Values = std::initializer_list<std::pair<std::string_view, std::string>>;

// Replaces each {{name}} once, left to right: what is filled in is not scanned
// again, so text from outside cannot address a placeholder.
std::string fill(std::string_view text, Values values) {
  std::string result;
  while (true) {
    size_t open = text.find("{{");
    size_t close = text.find("}}", open);
    if (open == std::string_view::npos || close == std::string_view::npos)
      return result.append(text);
    std::string_view name = text.substr(open + 2, close - open - 2);
    result.append(text.substr(0, open));
    for (const auto &[key, value] : values)
      if (key == name)
        result.append(value);
    text.remove_prefix(close + 2);
  }
}

// Failing often means that the model does not see the limits: then small steps
// from what works are worth more than bold ones.
std::string advice(const SearchState &state) {
  size_t fallen = 0;
  for (const CandidateRecord &record : state.records)
    fallen += record.outcome != Outcome::Accepted;
  if (fallen * 3 >= state.records.size())
    return "Many schedules fell out. Start from the fastest accepted ones and "
           "change one or two knobs in each.";
  return "Give about half of your schedules to one- or two-knob changes of the "
         "fastest ones, and half to combinations that were not tried.";
}

std::string listComplaints(const std::vector<std::string> &complaints) {
  if (complaints.empty())
    return "";
  std::string text = "Wrong in your last answer:\n";
  for (size_t i = 0; i < complaints.size() && i < kComplaintsShown; ++i)
    text += "- " + complaints[i] + "\n";
  return text;
}

std::string describeState(const SearchState &state,
                          const std::vector<std::string> &complaints) {
  if (state.records.empty())
    return std::string(prompts::first_round) + listComplaints(complaints);
  return fill(prompts::later_round, {{"counts", describeCounts(state)},
                                     {"best", describeBest(state, kBestShown)},
                                     {"failures", describeFailures(state)},
                                     {"complaints", listComplaints(complaints)},
                                     {"advice", advice(state)}});
}

} // namespace

std::string buildPrompt(const SearchState &state, size_t wanted,
                        const std::vector<std::string> &complaints) {
  Expected<Schedule> known = defaultSchedule(state.problem, state.hardware);
  Schedule standard = known ? *known : Schedule();
  return fill(prompts::request,
              {{"example", toJson(standard)},
               {"wanted", std::to_string(wanted)},
               {"version", std::to_string(Schedule::kVersion)},
               {"problem", describeProblem(state)},
               {"hardware", describeHardware(state.hardware)},
               {"knobs", describeKnobs(state)},
               {"default", toString(standard)},
               {"default_resources", describeResources(state, standard)},
               {"state", describeState(state, complaints)}});
}

} // namespace kgen::search
