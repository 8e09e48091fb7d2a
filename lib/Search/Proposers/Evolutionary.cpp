//===- Evolutionary.cpp - Mutations and crosses of the best ---------------===//
//
// The first round takes the default schedule, the head of the cost model's
// order and, in equal number, random legal schedules: where the model is wrong
// about a machine, its favourites lie together in the wrong corner. Later
// rounds breed from the best accepted schedules: one or two knobs moved to a
// neighbouring value, or a cross of two parents; one proposal in eight is a
// random legal schedule, against local optima. Knobs depend on each other (rows
// per warp, shared memory), so most children are illegal as they are: such a
// child becomes the nearest legal schedule that is still new.
//
//===----------------------------------------------------------------------===//

#include "../Ranking.h"
#include "LegalSpace.h"
#include "Proposers.h"

#include <algorithm>

namespace kgen::search {
namespace {

constexpr size_t kParents = 6;

class EvolutionaryProposer final : public Proposer {
public:
  explicit EvolutionaryProposer(uint64_t seed) : random(seed) {}

  std::vector<Schedule> propose(const SearchState &state,
                                size_t wanted) override;
  void observe(const CandidateRecord &record) override {
    seen.insert(record.schedule);
  }
  std::string name() const override { return "evolutionary"; }

private:
  std::vector<Schedule> parents(const SearchState &state) const;
  Schedule child(const std::vector<Schedule> &parents);
  void mutate(Schedule &schedule);
  Schedule cross(const Schedule &a, const Schedule &b);
  std::optional<Schedule> legalise(const Schedule &wish,
                                   const SearchState &state) const;
  const Schedule &drawRanked() {
    return space->ranked()[random.below(space->ranked().size())];
  }
  void takeRandom(size_t count, std::vector<Schedule> &proposals);
  void takeRanked(size_t wanted, std::vector<Schedule> &proposals);

  RandomSource random;
  std::optional<LegalSpace> space;
  SeenSchedules seen;
};

std::vector<Schedule> EvolutionaryProposer::propose(const SearchState &state,
                                                    size_t wanted) {
  if (!space)
    space.emplace(state.problem, state.sizes, state.hardware);
  space->recalibrate(state);
  std::vector<Schedule> proposals;
  if (wanted && space->defaultPoint() && seen.insert(*space->defaultPoint()))
    proposals.push_back(*space->defaultPoint());
  std::vector<Schedule> best = parents(state);
  while (!best.empty() && proposals.size() < wanted) {
    std::optional<Schedule> next = legalise(child(best), state);
    if (!next)
      break; // everything legal was proposed
    seen.insert(*next);
    proposals.push_back(*next);
  }
  if (best.empty())
    takeRandom(wanted / 2, proposals);
  takeRanked(wanted, proposals);
  return proposals;
}

std::vector<Schedule>
EvolutionaryProposer::parents(const SearchState &state) const {
  std::vector<Schedule> schedules;
  for (size_t index : fastest(state.records, kParents))
    schedules.push_back(state.records[index].schedule);
  return schedules;
}

Schedule EvolutionaryProposer::child(const std::vector<Schedule> &parents) {
  if (random.below(8) == 0 && !space->ranked().empty())
    return drawRanked();
  // The better of two draws: the best parent breeds most.
  auto draw = [&] {
    return std::min(random.below(parents.size()), random.below(parents.size()));
  };
  Schedule result = parents[draw()];
  if (parents.size() > 1 && random.below(3) == 0)
    result = cross(result, parents[draw()]);
  mutate(result);
  if (random.below(3) == 0)
    mutate(result);
  return result;
}

// Moves one knob that has other values to a neighbouring one.
void EvolutionaryProposer::mutate(Schedule &schedule) {
  size_t movable = 0;
  forEachSpaceKnob(space->knobs(), [&](auto knob, const auto &values) {
    movable += values.size() > 1;
  });
  if (movable == 0)
    return;
  size_t chosen = random.below(movable);
  const bool up = random.below(2) == 0;
  forEachSpaceKnob(space->knobs(), [&](auto knob, const auto &values) {
    if (values.size() < 2 || chosen-- != 0)
      return;
    auto at = std::find(values.begin(), values.end(), schedule.*knob);
    size_t index = at == values.end() ? 0 : size_t(at - values.begin());
    bool last = index + 1 == values.size();
    schedule.*knob =
        values[(up && !last) || index == 0 ? index + 1 : index - 1];
  });
}

Schedule EvolutionaryProposer::cross(const Schedule &a, const Schedule &b) {
  Schedule result = a;
  forEachSpaceKnob(space->knobs(), [&](auto knob, const auto &values) {
    if (random.below(2) == 0)
      result.*knob = b.*knob;
  });
  return result;
}

// The wish itself if it is legal and new, else the nearest legal schedule that
// is new; of equally near ones the cost model's favourite.
std::optional<Schedule>
EvolutionaryProposer::legalise(const Schedule &wish,
                               const SearchState &state) const {
  if (!seen.contains(wish) &&
      checkLegality(state.problem, wish, state.hardware).empty())
    return wish;
  const Schedule *nearest = nullptr;
  size_t least = 0;
  for (const Schedule &schedule : space->ranked()) {
    size_t steps = space->distance(wish, schedule);
    if ((!nearest || steps < least) && !seen.contains(schedule)) {
      nearest = &schedule;
      least = steps;
    }
  }
  return nearest ? std::optional<Schedule>(*nearest) : std::nullopt;
}

void EvolutionaryProposer::takeRandom(size_t count,
                                      std::vector<Schedule> &proposals) {
  for (size_t i = 0; i < count && !space->ranked().empty(); ++i)
    if (const Schedule &drawn = drawRanked(); seen.insert(drawn))
      proposals.push_back(drawn);
}

void EvolutionaryProposer::takeRanked(size_t wanted,
                                      std::vector<Schedule> &proposals) {
  for (const Schedule &schedule : space->ranked()) {
    if (proposals.size() >= wanted)
      return;
    if (seen.insert(schedule))
      proposals.push_back(schedule);
  }
}

} // namespace

Expected<std::unique_ptr<Proposer>>
makeEvolutionaryProposer(const ProposerOptions &options) {
  return std::unique_ptr<Proposer>(
      std::make_unique<EvolutionaryProposer>(options.seed));
}

} // namespace kgen::search
