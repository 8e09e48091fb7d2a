//===- Scheduler.cpp - Interleaves the warps of a block or cluster
//---------===//

#include "Scheduler.h"

namespace kgen::emulator {

Agent::~Agent() = default;

/// Long enough to be cheap, short enough to mix warps inside a tile's loop.
static constexpr uint32_t kLongestQuantum = 256;
/// One in so many turns goes to an asynchronous completion, if one is due.
static constexpr uint32_t kDeferredTurns = 4;

void Scheduler::fireDeferred() {
  uint32_t which = random.below(uint32_t(deferred.size()));
  std::function<void()> completion = std::move(deferred[which]);
  deferred[which] = std::move(deferred.back());
  deferred.pop_back();
  completion();
  noteEvent();
}

void Scheduler::reportDeadlock(std::span<Agent *const> agents,
                               const std::vector<bool> &finished) {
  std::string text = "no warp can go on";
  for (size_t i = 0; i < agents.size(); ++i)
    if (!finished[i])
      text += "\n  warp " + std::to_string(i) + " waits for " +
              agents[i]->waitsFor();
  faults.raise(ErrorCode::FindingDeadlock, std::move(text));
}

void Scheduler::run(std::span<Agent *const> agents) {
  std::vector<bool> finished(agents.size());
  // The event count at which an agent was last seen blocked; it can go on only
  // when the count has moved since.
  constexpr uint64_t kNever = ~0ull;
  std::vector<uint64_t> blockedAt(agents.size(), kNever);
  std::vector<uint32_t> ready;
  for (;;) {
    ready.clear();
    bool allFinished = true;
    for (uint32_t i = 0; i < agents.size(); ++i) {
      allFinished = allFinished && finished[i];
      if (!finished[i] && blockedAt[i] != events)
        ready.push_back(i);
    }
    // Copies that nobody waits for still end.
    if (allFinished && deferred.empty())
      return;
    if (!deferred.empty() &&
        (ready.empty() || random.below(kDeferredTurns) == 0)) {
      fireDeferred();
      if (faults.raised())
        return;
      continue;
    }
    if (ready.empty())
      return reportDeadlock(agents, finished);
    uint32_t i = ready[random.below(uint32_t(ready.size()))];
    StepResult result = agents[i]->run(1 + random.below(kLongestQuantum));
    if (faults.raised())
      return;
    blockedAt[i] = result == StepResult::Blocked ? events : kNever;
    if (result == StepResult::Finished) {
      finished[i] = true;
      noteEvent();
    }
  }
}

} // namespace kgen::emulator
