//===- Mbarrier.h - The state machine of an mbarrier object ---------------===//
//
// PTX ISA, "Parallel Synchronization and Communication Instructions: mbarrier":
// a phase ends when its arrivals and its transaction bytes are all in; then the
// next begins with as many arrivals expected. The object is its own component
// of the cluster's clocks: what an asynchronous copy of phase p wrote is seen
// by whoever has seen the component at p + 1, that is, waited for phase p.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_MBARRIER_H
#define KGEN_LIB_EMULATOR_HOPPER_MBARRIER_H

#include "../Core/Clock.h"

#include <cstdint>
#include <optional>
#include <string>

namespace kgen::emulator::hopper {

class Mbarrier {
public:
  /// Largest count of arrivals and largest magnitude of pending bytes.
  static constexpr uint32_t kMaxCount = (1u << 20) - 1;

  /// Who initialised it, when: users must have seen that.
  struct Origin {
    Component warp = 0;
    Epoch epoch = 0;
    uint32_t instruction = 0;
  };

  /// `count`: arrivals of each phase, 1 to kMaxCount (checked by the caller).
  Mbarrier(Component self, uint32_t count, Origin origin)
      : self(self), initialiser(origin), expected(count), pending(count) {}

  /// What is wrong with an operation; nothing if it was right. A wrong one
  /// leaves the object as it was.
  using Misuse = std::optional<std::string>;

  /// `count` arrivals that release what `time`'s warp did.
  Misuse arrive(WarpTimeline &time, uint32_t count);
  /// Arrivals that release nothing (.relaxed, or of a cp.async).
  Misuse arriveRelaxed(uint32_t count);
  /// Arrivals that leave later phases' expected count for good.
  Misuse drop(uint32_t count);
  /// One arrival more is pending in this phase (cp.async.mbarrier.arrive).
  Misuse addPending(uint32_t count);
  Misuse expectTransactions(uint32_t bytes);
  Misuse completeTransactions(uint32_t bytes);
  /// Whether `count` arrivals would end the phase.
  bool wouldComplete(uint32_t count) const {
    return pending == count && bytes == 0;
  }

  /// Phases that have ended; the number of the one under way.
  uint32_t phase() const { return completedPhases; }
  /// What waits for the phase of this parity see: true if it has ended.
  bool parityPassed(bool parity) const {
    return (completedPhases & 1) != uint32_t(parity);
  }
  /// The opaque value that an arrival gives: the phase and the arrivals that
  /// are pending before it.
  uint64_t token() const { return uint64_t(completedPhases) << 32 | pending; }
  static uint32_t pendingOf(uint64_t token) { return uint32_t(token); }
  bool tokenPassed(uint64_t token) const {
    return uint32_t(token >> 32) != completedPhases;
  }
  /// What somebody acquires who saw that a phase has ended.
  const Timeline &released() const { return completed; }

  Component component() const { return self; }
  const Origin &origin() const { return initialiser; }
  /// The initialiser's epoch at its fence.mbarrier_init; 0: there was none.
  Epoch published = 0;
  /// The 64 bits that lie in shared memory.
  uint64_t encode() const;
  /// "phase 3 (parity 1): 1 of 2 arrivals and 16384 bytes pending".
  std::string describe() const;

private:
  Misuse take(uint32_t count);
  void endPhaseIfComplete();

  Component self;
  Origin initialiser;
  uint32_t expected, pending;
  int64_t bytes = 0; ///< expected less completed
  uint32_t completedPhases = 0;
  Timeline gathering; ///< of all arrivals
  Timeline completed; ///< of the arrivals of phases that have ended
};

} // namespace kgen::emulator::hopper

#endif // KGEN_LIB_EMULATOR_HOPPER_MBARRIER_H
