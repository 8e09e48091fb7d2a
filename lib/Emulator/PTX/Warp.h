//===- Warp.h - 32 lanes that execute a program
//----------------------------===//
//
// Lanes with the same pc form a group. The group with the least pc that can go
// on runs; groups that meet at a pc become one. A group that must wait (for a
// barrier, for lanes of its warp) stays at its instruction, executes it again
// later, and lets the other groups go on meanwhile.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_PTX_WARP_H
#define KGEN_LIB_EMULATOR_PTX_WARP_H

#include "../Core/Clock.h"
#include "../Core/Scheduler.h"
#include "AsyncGroups.h"
#include "Cta.h"
#include "Instruction.h"
#include "Registers.h"

#include <array>
#include <bit>
#include <optional>
#include <string>
#include <vector>

namespace kgen::emulator::ptx {

class Warp final : public Agent {
public:
  /// `number`: %warpid in the CTA; `component`: in the cluster's clocks.
  Warp(Cta &cta, uint32_t number, Component component);
  ~Warp() override;

  StepResult run(uint32_t quantum) override;
  std::string waitsFor() const override;

  // ---- who executes --------------------------------------------------------
  /// Lanes that execute the present instruction: of the running group, those
  /// whose guard holds. Never empty inside a handler.
  uint32_t lanes() const { return executing; }
  /// Lanes that exist and have not exited.
  uint32_t liveLanes() const { return live; }
  uint32_t startLanes() const { return started; }

  // ---- registers -----------------------------------------------------------
  uint32_t *row(uint32_t r) { return file.row(r); }
  uint64_t *wide(uint32_t r) { return file.wide(r); }
  uint32_t &predicate(uint32_t p) { return file.predicate(p); }
  uint32_t definedLanes(uint32_t r) { return file.defined(r); }
  uint32_t predicateDefined(uint32_t p) { return file.predicateDefined(p); }
  /// The executing lanes' values of `r` were just written; those in `lanes`
  /// come from defined values.
  void setDefined(uint32_t r, uint32_t lanes) {
    uint32_t &mask = file.defined(r);
    mask = (mask & ~executing) | (lanes & executing);
  }
  /// Writes `bits` and their definedness for the executing lanes.
  void setPredicate(uint32_t p, uint32_t bits, uint32_t definedLanes) {
    uint32_t &value = file.predicate(p);
    value = (value & ~executing) | (bits & executing);
    uint32_t &mask = file.predicateDefined(p);
    mask = (mask & ~executing) | (definedLanes & executing);
  }
  /// Raises FindingUninitialised, naming the register, and returns false unless
  /// `r` is defined in all of `lanes`. `use`: "the address".
  bool requireDefined(const Instruction &i, uint32_t r, const char *use,
                      uint32_t lanes);
  bool requireDefined(const Instruction &i, uint32_t r, const char *use) {
    return (file.defined(r) & executing) == executing ||
           requireDefined(i, r, use, executing);
  }
  /// The value that all executing lanes must agree on; nullopt after raising
  /// FindingUninitialised or FindingOperand. `use`: "the member mask".
  std::optional<uint32_t> uniform(const Instruction &i, uint32_t r,
                                  const char *use);
  bool requirePredicate(const Instruction &i, uint32_t p, const char *use);

  // ---- control: at most one of these per instruction -----------------------
  /// The lanes of `taken` (of lanes()) go to `target`, the others on.
  void branch(uint32_t taken, uint32_t target);
  /// What branch() did not take executes this instruction again.
  void repeat() { nextPc = pc; }
  /// The executing lanes are at their end.
  void exitLanes();
  /// The executing lanes stay at this instruction and execute it again after
  /// something has changed (Scheduler::noteEvent, or another group's step).
  void stall();
  /// For a stalled group: anything the handler wants to know when it executes
  /// the instruction again (that it has arrived, say). 0 on the first time;
  /// reset when the group goes on. Groups that hold one do not merge.
  uint64_t &token() { return currentToken; }
  /// For .aligned instructions and member masks: true if all of `required`
  /// that have not exited execute the instruction together. Otherwise the lanes
  /// stay here until the others come, and the handler must return; if they
  /// cannot come, FindingDivergentBarrier is raised. `evenExited`: an exited
  /// lane is an error, too (mma: all 32 must be there).
  bool converged(const Instruction &i, uint32_t required,
                 bool evenExited = false);

  // ---- surroundings --------------------------------------------------------
  Cta &cta;
  const uint32_t number;
  WarpTimeline timeline;
  AsyncGroups asyncCopies; ///< cp.async
  /// The Hopper room's; touch() is called while `watched`.
  std::unique_ptr<WarpExtension> extension;
  bool watched = false;

  Cluster &cluster() { return cta.cluster; }
  LaunchContext &context() { return cta.cluster.context; }
  Scheduler &scheduler() { return cta.cluster.scheduler; }
  Counts &counts() { return *countsCache; }
  FaultSink &faults() { return *faultsCache; }
  /// Raises with "block (x,y,z), warp n, line N: text: detail".
  void raise(const Instruction &i, ErrorCode code, std::string detail);
  void raise(const Instruction &i, const Conflict &conflict, AccessKind kind);

  // ---- shared memory -------------------------------------------------------
  /// The CTA and offset of a shared (cluster) address; null and
  /// FindingOutOfBounds if [address, address + size) is not in one.
  struct SharedPlace {
    Cta *owner = nullptr;
    uint32_t offset = 0;
    explicit operator bool() const { return owner != nullptr; }
    uint8_t *data() const { return owner->shared.data() + offset; }
  };
  SharedPlace shared(const Instruction &i, uint64_t address, uint64_t size);
  /// Checks and records one access; false after raising its conflict.
  bool accessShared(const Instruction &i, AccessKind kind, SharedPlace place,
                    uint32_t size, OperationId operation = 0);
  /// This thread's .local memory: bytes and which are defined.
  uint8_t *local(uint32_t lane) { return localBytes.data() + localSize * lane; }
  uint8_t *localDefined(uint32_t lane) {
    return localMarks.data() + localSize * lane;
  }
  uint64_t localBytesPerLane() const { return localSize; }

private:
  struct Group {
    uint32_t pc = 0;
    uint32_t lanes = 0;
    bool stalled = false;
    bool gathering = false; ///< stalled in converged()
    uint64_t token = 0;
  };
  void fillSpecials();
  /// One instruction of the running group.
  void step();
  bool evaluateGuard(const Instruction &i);
  void finishStall();
  /// Puts the running group back, merges groups, and takes the next to run;
  /// false if all wait.
  bool pick();
  void mergeGroups();
  /// Lets every waiting group try again.
  void retryStalled();
  /// True after raising that the groups wait for each other.
  bool reportDivergence();
  std::string describeGroup(const Group &group) const;

  Counts *countsCache;
  FaultSink *faultsCache;
  const Instruction *program;
  RegisterFile file;
  uint32_t started = 0, live = 0;
  // The running group; active = 0: none.
  uint32_t pc = 0, active = 0, executing = 0;
  uint64_t currentToken = 0;
  uint32_t nextPc = 0;
  /// The least pc beyond the running group's at which another group stands.
  uint32_t meeting = ~0u;
  bool stallRequested = false, gatherRequested = false, regroup = false;
  /// A group went on since the waiting ones last tried.
  bool stepped = false;
  std::vector<Group> groups; ///< all but the running one
  uint64_t localSize = 0;
  std::vector<uint8_t> localBytes, localMarks;
};

/// Calls f(lane) for each lane of `lanes`. With all 32 it is a loop that the
/// compiler may vectorise: f must not carry anything from lane to lane.
template <typename F>
inline void forLanes(uint32_t lanes, F f) {
  if (lanes == kAllLanes) {
#pragma clang loop vectorize(assume_safety)
    for (uint32_t lane = 0; lane < kLanes; ++lane)
      f(lane);
    return;
  }
  for (; lanes; lanes &= lanes - 1)
    f(uint32_t(std::countr_zero(lanes)));
}
} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_PTX_WARP_H
