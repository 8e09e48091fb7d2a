//===- Default.cpp - The default schedule, then the cost model's order ----===//

#include "LegalSpace.h"
#include "Proposers.h"

namespace kgen::search {
namespace {

class DefaultProposer final : public Proposer {
public:
  std::vector<Schedule> propose(const SearchState &state,
                                size_t wanted) override {
    if (!space)
      space.emplace(state.problem, state.sizes, state.hardware);
    if (space->recalibrate(state))
      next = 0; // what was proposed already is known as seen
    std::vector<Schedule> proposals;
    auto take = [&](const Schedule &schedule) {
      if (seen.insert(schedule))
        proposals.push_back(schedule);
    };
    if (wanted && space->defaultPoint())
      take(*space->defaultPoint());
    while (proposals.size() < wanted && next < space->ranked().size())
      take(space->ranked()[next++]);
    return proposals;
  }
  std::string name() const override { return "default"; }

private:
  std::optional<LegalSpace> space;
  SeenSchedules seen;
  size_t next = 0;
};

} // namespace

Expected<std::unique_ptr<Proposer>>
makeDefaultProposer(const ProposerOptions &options) {
  return std::unique_ptr<Proposer>(std::make_unique<DefaultProposer>());
}

} // namespace kgen::search
