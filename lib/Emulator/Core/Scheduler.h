//===- Scheduler.h - Interleaves the warps of a block or cluster
//-----------===//
//
// Picks among the warps that can go on, at random from a seed, and lets each
// run a random number of instructions; the same seed gives the same
// interleaving. A warp that waits is tried again after something has changed
// (noteEvent). When nothing can change any more, it is a deadlock, and every
// waiting warp says what for.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_CORE_SCHEDULER_H
#define KGEN_LIB_EMULATOR_CORE_SCHEDULER_H

#include "Fault.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace kgen::emulator {

/// A small, fast generator with a fixed sequence on every machine (SplitMix64,
/// Steele, Lea and Flood 2014).
class SeededRandom {
public:
  explicit SeededRandom(uint64_t seed) : state(seed) {}
  uint64_t next() {
    uint64_t z = (state += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  /// In [0, bound); bound > 0.
  uint32_t below(uint32_t bound) { return uint32_t(next() >> 32) % bound; }

private:
  uint64_t state;
};

enum class StepResult : uint8_t {
  Running, ///< used up its quantum
  Blocked, ///< waits; made no step since it last said so
  Finished,
};

/// A warp (wave).
class Agent {
public:
  virtual ~Agent();
  /// Runs at most `quantum` instructions; stops early when it must wait, ends,
  /// or a fault was raised.
  virtual StepResult run(uint32_t quantum) = 0;
  /// "mbarrier at byte 1024, phase 0: 1 of 2 arrivals pending, at line 88: ..."
  virtual std::string waitsFor() const = 0;
};

class Scheduler {
public:
  Scheduler(uint64_t seed, FaultSink &faults) : random(seed), faults(faults) {}

  /// Something happened that a waiting warp may wait for: an arrival, a
  /// completed transaction, a finished warp.
  void noteEvent() { ++events; }

  /// An asynchronous completion (a bulk copy, say) that happens some time from
  /// now: at a random moment, at the latest when nobody else can go on.
  void defer(std::function<void()> completion) {
    deferred.push_back(std::move(completion));
  }
  SeededRandom &randomness() { return random; }

  /// Runs all agents to their end; stops at the first fault.
  void run(std::span<Agent *const> agents);

private:
  void fireDeferred();
  void reportDeadlock(std::span<Agent *const> agents,
                      const std::vector<bool> &finished);

  SeededRandom random;
  FaultSink &faults;
  uint64_t events = 0;
  std::vector<std::function<void()>> deferred;
};

} // namespace kgen::emulator

#endif // KGEN_LIB_EMULATOR_CORE_SCHEDULER_H
