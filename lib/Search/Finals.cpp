//===- Finals.cpp - The fastest few, measured again in pairs --------------===//

#include "Finals.h"

#include "Format.h"
#include "Ranking.h"

#include <algorithm>
#include <cmath>

namespace kgen::search {
namespace {

bool contains(const std::vector<Schedule> &schedules,
              const Schedule &schedule) {
  return std::find(schedules.begin(), schedules.end(), schedule) !=
         schedules.end();
}

// The newest earlier final that compared all of these finalists.
const FinalRecord *findEarlier(const FinalsTask &task,
                               const std::vector<size_t> &finalists) {
  for (auto it = task.earlier.rbegin(); it != task.earlier.rend(); ++it)
    if (std::all_of(finalists.begin(), finalists.end(), [&](size_t index) {
          return contains(it->compared, task.records[index].schedule);
        }))
      return &*it;
  return nullptr;
}

std::optional<FinalsResult> takeEarlier(const FinalsTask &task,
                                        const std::vector<size_t> &finalists) {
  const FinalRecord *earlier = findEarlier(task, finalists);
  if (!earlier)
    return std::nullopt;
  for (size_t index : finalists)
    if (task.records[index].schedule == earlier->winner)
      return FinalsResult{index, earlier->timing, true, std::nullopt};
  return std::nullopt;
}

// The artefact of a finalist; one from the history is compiled for the finals.
const Artifact *artifactOf(FinalsTask &task, size_t index) {
  auto held = task.artifacts.find(index);
  if (held != task.artifacts.end())
    return &held->second;
  ++task.compiled;
  Expected<Artifact> artifact =
      task.compiler.compile(task.records[index].schedule);
  if (!artifact) {
    task.say("warning: " + artifact.error().message());
    return nullptr;
  }
  return &(task.artifacts[index] = *std::move(artifact));
}

void sayComparison(FinalsTask &task, size_t champion, size_t challenger,
                   const Comparison &comparison, bool won) {
  auto percent = [](double part) { return formatNumber(100 * part) + " %"; };
  const bool tie = std::fabs(comparison.ratio - 1) <= comparison.noise;
  task.say("final: " + toString(task.records[challenger].schedule) + " takes " +
           formatNumber(comparison.ratio) + "x the time of " +
           toString(task.records[champion].schedule) + " (noise " +
           percent(comparison.noise) + "): " +
           (won   ? "new best"
            : tie ? "a tie, the best stays"
                  : "the best stays"));
}

bool usable(const Comparison &comparison) {
  auto positive = [](double value) {
    return std::isfinite(value) && value > 0;
  };
  return positive(comparison.ratio) &&
         positive(comparison.first.median) &&
         positive(comparison.second.median);
}

/// One challenge; updates `result` and the record of who was compared.
void challenge(FinalsTask &task, size_t challenger, FinalsResult &result) {
  const Artifact *first = artifactOf(task, result.winner);
  const Artifact *second = first ? artifactOf(task, challenger) : nullptr;
  if (!second)
    return;
  Expected<Comparison> comparison =
      task.measurer.compare(*first, *second, task.options.measure);
  if (!comparison || !usable(*comparison)) {
    std::string why = comparison ? "the comparison gave no usable times"
                                 : comparison.error().message();
    task.say("warning: " + Error(ErrorCode::ComparisonFailed, why).message());
    return;
  }
  bool won = comparison->ratio < 1 - std::max(comparison->noise, 0.0);
  sayComparison(task, result.winner, challenger, *comparison, won);
  result.timing = won ? comparison->second : comparison->first;
  if (!result.record)
    result.record.emplace().compared.push_back(
        task.records[result.winner].schedule);
  result.record->compared.push_back(task.records[challenger].schedule);
  if (won)
    result.winner = challenger;
}

} // namespace

FinalsResult runFinals(FinalsTask &task) {
  std::vector<size_t> finalists =
      fastest(task.records, std::max<size_t>(task.options.finalists, 1));
  FinalsResult result;
  result.winner = finalists.front();
  if (finalists.size() < 2)
    return result;
  if (std::optional<FinalsResult> earlier = takeEarlier(task, finalists))
    return *earlier;
  // Nothing new among them: a warm run compiles nothing, so they stay as they
  // were, unconfirmed.
  if (std::all_of(finalists.begin(), finalists.end(), [&](size_t index) {
        return task.records[index].fromHistory;
      }))
    return result;
  for (size_t i = 1; i < finalists.size(); ++i) {
    if (task.options.stop && task.options.stop->load())
      break;
    challenge(task, finalists[i], result);
  }
  if (result.record) {
    result.record->winner = task.records[result.winner].schedule;
    result.record->timing = result.timing;
    result.confirmed = result.record->compared.size() == finalists.size();
  }
  return result;
}

} // namespace kgen::search
