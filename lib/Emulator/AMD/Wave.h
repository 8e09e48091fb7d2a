//===- Wave.h - The registers of a wave and how instructions reach them
//----===//
//
// 64 lanes, structure of arrays. Beside each register lie its undefined bits
// (the policy of MemorySanitizer: undefined bits may be moved and computed
// with; they are reported where they decide something: addresses, branches, the
// exec mask, stores to global memory, operands of matrix instructions).
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_AMD_WAVE_H
#define KGEN_LIB_EMULATOR_AMD_WAVE_H

#include "../Core/Scheduler.h"
#include "Hazards.h"
#include "Instruction.h"
#include "OperationTable.h"
#include "PendingMemory.h"

#include <memory>

namespace kgen::emulator::amd {

class Workgroup;

using LaneValues = std::array<uint64_t, kLanes>;

/// The MODE register: rounding in bits 3..0, subnormals in 7..4.
struct FloatMode {
  uint32_t bits = 0xF0;
  bool flush32 = false;
  bool flush16And64 = false;
  bool dx10Clamp = true; ///< clamp turns NaN into 0
  void set(uint32_t value) {
    bits = value;
    flush32 = (bits >> 4 & 3) != 3;
    flush16And64 = (bits >> 6 & 3) != 3;
  }
  bool roundsToNearest() const { return (bits & 0xF) == 0; }
};

class Wave final : public Agent {
public:
  Wave(Workgroup &group, uint32_t index);

  // Agent.
  StepResult run(uint32_t quantum) override;
  std::string waitsFor() const override;

  Workgroup &workgroup() { return group; }
  uint32_t index() const { return self; }

  // Scalar operands. Values and shadows are zero-extended to 64 bits.
  uint64_t scalar(const Operand &operand, uint32_t registers = 0) const;
  uint64_t scalarShadow(const Operand &operand, uint32_t registers = 0) const;
  void setScalar(const Operand &operand, uint64_t value, uint64_t shadow);
  uint32_t unitValue(Unit unit) const { return scalars[unit - kScalarBase]; }
  uint32_t unitShadow(Unit unit) const {
    return scalarShadows[unit - kScalarBase];
  }
  void setUnit(Unit unit, uint32_t value, uint32_t shadow) {
    scalars[unit - kScalarBase] = value;
    scalarShadows[unit - kScalarBase] = shadow;
  }
  /// A pair of scalar registers.
  uint64_t pairValue(Unit unit) const {
    return uint64_t(unitValue(unit + 1)) << 32 | unitValue(unit);
  }
  uint64_t pairShadow(Unit unit) const {
    return uint64_t(unitShadow(unit + 1)) << 32 | unitShadow(unit);
  }
  void setPair(Unit unit, uint64_t value, uint64_t shadow) {
    setUnit(unit, uint32_t(value), uint32_t(shadow));
    setUnit(unit + 1, uint32_t(value >> 32), uint32_t(shadow >> 32));
  }
  bool scc() const { return unitValue(kScc) != 0; }
  void setScc(bool value, bool undefined) { setUnit(kScc, value, undefined); }
  uint64_t exec() const { return pairValue(kExec); }

  // Vector operands: operand `k` of the instruction, after DPP, SDWA, operand
  // selection, absolute value and negation. Scalars are the same in each lane.
  void lanes(const Instruction &i, uint32_t k, LaneValues &values) const;
  /// The undefined bits, moved like the values.
  void laneShadows(const Instruction &i, uint32_t k, LaneValues &shadows) const;
  /// Lanes whose value has any undefined bit; before DPP (see anyUndefined).
  bool anyUndefined(const Instruction &i, uint32_t k) const;
  /// Lanes that the instruction writes.
  uint64_t writtenLanes(const Instruction &i) const;
  /// Writes operand `k` in `mask`; the bits are defined.
  void setLanes(const Instruction &i, uint32_t k, const LaneValues &values,
                uint64_t mask);
  /// Afterwards: the undefined bits of what was written.
  void setLaneShadows(const Instruction &i, uint32_t k,
                      const LaneValues &shadows, uint64_t mask);

  // Single registers of single lanes.
  uint32_t vector(Unit unit, uint32_t lane) const {
    return (*vectors)[unit][lane];
  }
  uint32_t vectorShadow(Unit unit, uint32_t lane) const {
    return undefinedLanes[unit] >> lane & 1 ? (*shadows)[unit][lane] : 0;
  }
  void setVector(Unit unit, uint32_t lane, uint32_t value, uint32_t shadow) {
    (*vectors)[unit][lane] = value;
    (*shadows)[unit][lane] = shadow;
    uint64_t bit = 1ull << lane;
    undefinedLanes[unit] =
        shadow ? undefinedLanes[unit] | bit : undefinedLanes[unit] & ~bit;
  }
  const uint32_t *vectorRow(Unit unit) const { return (*vectors)[unit].data(); }
  uint32_t *vectorRow(Unit unit) { return (*vectors)[unit].data(); }
  uint64_t undefinedMask(Unit unit) const { return undefinedLanes[unit]; }
  void setDefined(Unit unit, uint64_t mask) { undefinedLanes[unit] &= ~mask; }

  Counts &counts();

  // Faults. The first one ends the launch.
  void fault(ErrorCode code, const std::string &what);
  void fault(const Conflict &conflict, AccessKind kind);
  /// FindingUninitialised, unless `shadow` is 0.
  bool requireDefined(uint64_t shadow, const std::string &what);
  /// The same for vector registers in `mask`; names the register and a lane.
  bool requireDefinedRow(Unit unit, uint64_t mask, const std::string &what);

  // Control.
  void jump(uint32_t target) { next = target; }
  uint32_t current() const { return at; }
  /// s_waitcnt: completes memory operations.
  void wait(const WaitCounts &counts);
  void arriveAtBarrier();
  void leaveBarrier() { atBarrier = false; }
  bool waitsAtBarrier() const { return atBarrier; }
  void end() { ended = true; }
  bool hasEnded() const { return ended; }
  void passWaitStates(uint32_t count) { hazards.pass(count); }
  PendingMemory &pendingMemory() { return pending; }

  FloatMode mode;
  WarpTimeline timeline;

private:
  bool step();
  bool checkPending(const Instruction &i);
  void rawLanes(const Operand &operand, Type type, bool wantShadows,
                LaneValues &values) const;
  void arrange(const Instruction &i, uint32_t k, bool wantShadows,
               LaneValues &values) const;
  void count(const Instruction &i);

  using Rows = std::array<std::array<uint32_t, kLanes>, kVectorUnits>;
  Workgroup &group;
  uint32_t self;
  std::unique_ptr<Rows> vectors, shadows;
  std::array<uint64_t, kVectorUnits> undefinedLanes;
  std::array<uint32_t, kScalarUnits + 1> scalars{};
  std::array<uint32_t, kScalarUnits + 1> scalarShadows{};
  uint32_t at = 0, next = 0;
  bool atBarrier = false, ended = false;
  PendingMemory pending;
  Hazards hazards;
};

std::string unitName(Unit unit);

} // namespace kgen::emulator::amd

#endif // KGEN_LIB_EMULATOR_AMD_WAVE_H
