//===- Mbarrier.cpp - The state machine of an mbarrier object -------------===//

#include "Mbarrier.h"

namespace kgen::emulator::hopper {

Mbarrier::Misuse Mbarrier::take(uint32_t count) {
  if (count == 0 || count > kMaxCount)
    return "an arrival counts " + std::to_string(count) + ", not 1 to " +
           std::to_string(kMaxCount);
  if (count > pending)
    return std::to_string(count) + " arrivals where " +
           std::to_string(pending) + " of " + std::to_string(expected) +
           " are still due in phase " + std::to_string(completedPhases);
  pending -= count;
  return std::nullopt;
}

Mbarrier::Misuse Mbarrier::arrive(WarpTimeline &time, uint32_t count) {
  if (Misuse misuse = take(count))
    return misuse;
  time.release(gathering);
  endPhaseIfComplete();
  return std::nullopt;
}

Mbarrier::Misuse Mbarrier::arriveRelaxed(uint32_t count) {
  if (Misuse misuse = take(count))
    return misuse;
  endPhaseIfComplete();
  return std::nullopt;
}

Mbarrier::Misuse Mbarrier::drop(uint32_t count) {
  if (count > expected)
    return "drops " + std::to_string(count) + " of " +
           std::to_string(expected) + " expected arrivals";
  expected -= count;
  return std::nullopt;
}

Mbarrier::Misuse Mbarrier::addPending(uint32_t count) {
  if (pending + count > kMaxCount)
    return "more than " + std::to_string(kMaxCount) + " pending arrivals";
  pending += count;
  return std::nullopt;
}

Mbarrier::Misuse Mbarrier::expectTransactions(uint32_t more) {
  if (bytes + more > kMaxCount)
    return "expects " + std::to_string(bytes + more) +
           " bytes, more than the limit of " + std::to_string(kMaxCount);
  bytes += more;
  endPhaseIfComplete();
  return std::nullopt;
}

Mbarrier::Misuse Mbarrier::completeTransactions(uint32_t less) {
  if (bytes - int64_t(less) < -int64_t(kMaxCount))
    return std::to_string(less) + " bytes come while " + std::to_string(bytes) +
           " are expected: past the limit of " + std::to_string(kMaxCount);
  bytes -= less;
  endPhaseIfComplete();
  return std::nullopt;
}

void Mbarrier::endPhaseIfComplete() {
  if (pending != 0 || bytes != 0)
    return;
  ++completedPhases;
  pending = expected;
  completed.join(gathering);
  completed.generic.raise(self, completedPhases);
}

uint64_t Mbarrier::encode() const {
  // Phase, counts and bytes in the fields' sizes; the pattern on top keeps a
  // fresh object from looking like zeros.
  return 0x3ull << 62 | uint64_t(completedPhases & 1) << 61 |
         (uint64_t(bytes) & 0x1fffff) << 40 | uint64_t(expected) << 20 |
         pending;
}

std::string Mbarrier::describe() const {
  return "phase " + std::to_string(completedPhases) + " (parity " +
         std::to_string(completedPhases & 1) + "): " + std::to_string(pending) +
         " of " + std::to_string(expected) + " arrivals and " +
         std::to_string(bytes) + " bytes pending";
}

} // namespace kgen::emulator::hopper
