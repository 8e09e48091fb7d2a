//===- Replay.cpp - The schedules of an earlier history, in order ---------===//
//
// Reads a history file, or JSON lines that are schedules, or a mix of both. The
// records' verdicts and times are not believed: they may come from another
// problem, machine or compiler. Only the schedules are taken.
//
//===----------------------------------------------------------------------===//

#include "../History/HistoryJson.h"
#include "LegalSpace.h"
#include "Proposers.h"
#include "kgen/Schedule/Json.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace kgen::search {
namespace {

class ReplayProposer final : public Proposer {
public:
  explicit ReplayProposer(std::vector<Schedule> schedules)
      : schedules(std::move(schedules)) {}

  std::vector<Schedule> propose(const SearchState &state,
                                size_t wanted) override {
    size_t count = std::min(wanted, schedules.size() - next);
    auto begin = schedules.begin() + static_cast<ptrdiff_t>(next);
    next += count;
    return {begin, begin + static_cast<ptrdiff_t>(count)};
  }
  std::string name() const override { return "replay"; }

private:
  std::vector<Schedule> schedules;
  size_t next = 0;
};

// The schedule that a line holds, whichever of the two forms it has.
std::optional<Schedule> readLine(const std::string &line) {
  HistoryEntry entry;
  if (decodeLine(line, entry) == LineKind::Entry)
    return entry.candidate ? std::optional(entry.candidate->schedule)
                           : std::nullopt;
  Expected<Schedule> schedule = parseSchedule(line);
  return schedule ? std::optional(*schedule) : std::nullopt;
}

} // namespace

Expected<std::unique_ptr<Proposer>>
makeReplayProposer(const ProposerOptions &options) {
  std::ifstream file(options.replayPath);
  if (!file)
    return Error(ErrorCode::ReplayUnreadable,
                 "'" + options.replayPath + "': " + std::strerror(errno));
  std::vector<Schedule> schedules;
  SeenSchedules seen;
  for (std::string line; std::getline(file, line);)
    if (std::optional<Schedule> schedule = readLine(line);
        schedule && seen.insert(*schedule))
      schedules.push_back(*schedule);
  if (schedules.empty())
    return Error(ErrorCode::ReplayUnreadable,
                 "'" + options.replayPath + "' holds no schedule");
  return std::unique_ptr<Proposer>(
      std::make_unique<ReplayProposer>(std::move(schedules)));
}

} // namespace kgen::search
