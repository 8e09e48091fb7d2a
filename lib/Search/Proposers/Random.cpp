//===- Random.cpp - Legal schedules in a random order ---------------------===//
//
// Uniform over the legal space without repeats, so its expectation can be
// calculated: the baseline that every other proposer has to beat. It starts
// with the default schedule, as all proposers do, so that every search holds
// the same anchor.
//
//===----------------------------------------------------------------------===//

#include "LegalSpace.h"
#include "Proposers.h"

#include <utility>

namespace kgen::search {
namespace {

class RandomProposer final : public Proposer {
public:
  explicit RandomProposer(uint64_t seed) : random(seed) {}

  std::vector<Schedule> propose(const SearchState &state,
                                size_t wanted) override {
    if (!shuffled)
      shuffle(state);
    std::vector<Schedule> proposals;
    for (; proposals.size() < wanted && next < order.size(); ++next)
      if (seen.insert(order[next]))
        proposals.push_back(order[next]);
    return proposals;
  }
  std::string name() const override { return "random"; }

private:
  void shuffle(const SearchState &state) {
    LegalSpace space(state.problem, state.sizes, state.hardware);
    order = space.ranked();
    for (size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[random.below(i)]);
    if (space.defaultPoint())
      order.insert(order.begin(), *space.defaultPoint());
    shuffled = true;
  }

  RandomSource random;
  bool shuffled = false;
  std::vector<Schedule> order;
  SeenSchedules seen;
  size_t next = 0;
};

} // namespace

Expected<std::unique_ptr<Proposer>>
makeRandomProposer(const ProposerOptions &options) {
  return std::unique_ptr<Proposer>(
      std::make_unique<RandomProposer>(options.seed));
}

} // namespace kgen::search
