//===- Wave.cpp - Steps a wave through its program
//-------------------------===//

#include "Wave.h"

#include "MemoryAccess.h"
#include "Workgroup.h"

#include <bit>

namespace kgen::emulator::amd {

std::string unitName(Unit unit) {
  if (unit < kAccumulation)
    return "v" + std::to_string(unit);
  if (unit < kVectorUnits)
    return "a" + std::to_string(unit - kAccumulation);
  switch (unit) {
  case kVcc:
    return "vcc_lo";
  case kVcc + 1:
    return "vcc_hi";
  case kM0:
    return "m0";
  case kExec:
    return "exec_lo";
  case kExec + 1:
    return "exec_hi";
  case kScc:
    return "scc";
  default:
    return "s" + std::to_string(unit - kScalarBase);
  }
}

/// Fills the scalar registers that the kernel descriptor asks for, in the order
/// of LLVM's AMDGPUUsage, "Initial Kernel Execution State".
static void setInitialScalars(Wave &wave, Workgroup &group) {
  const KernelFacts &facts = group.code().facts;
  const LaunchState &launch = group.launch();
  Unit at = kScalarBase;
  if (facts.privateSegmentBuffer) {
    wave.setPair(at, kScratchBase | uint64_t(kScratchFlags) << 32, 0);
    wave.setPair(at + 2, ~0u, 0);
    at += 4;
  }
  // Load refuses kernels that ask for the other pointers.
  if (facts.argumentPointer) {
    wave.setPair(at, reinterpret_cast<uint64_t>(launch.arguments.data()), 0);
    at += 2;
  }
  at += facts.flatScratchInit ? 2 : 0;
  if (facts.privateSegmentSize)
    wave.setUnit(at++, facts.privateBytes, 0);
  for (uint32_t p = 0; p != facts.preloadCount; ++p) {
    uint32_t byte = 4 * (facts.preloadOffset + p), value = 0, undefined = 0;
    for (uint32_t b = 0; b != 4; ++b) {
      if (byte + b < launch.arguments.size() && launch.argumentGiven[byte + b])
        value |= uint32_t(launch.arguments[byte + b]) << 8 * b;
      else
        undefined |= 0xFFu << 8 * b;
    }
    wave.setUnit(at++, value, undefined);
  }
  at = kScalarBase + facts.userRegisters;
  for (uint32_t d = 0; d != 3; ++d)
    if (facts.workgroupId[d])
      wave.setUnit(at++, group.block()[d], 0);
  at += facts.workgroupInfo ? 1 : 0;
  if (facts.privateWaveOffset)
    wave.setUnit(at++, 0, 0); // each wave has its own private segment
}

Wave::Wave(Workgroup &group, uint32_t index)
    : group(group), self(index), vectors(std::make_unique<Rows>()),
      shadows(std::make_unique<Rows>()), hazards(group.code().target) {
  timeline = WarpTimeline(index);
  undefinedLanes.fill(kAllLanes);
  for (auto &row : *shadows)
    row.fill(~0u);
  scalarShadows.fill(~0u);
  const KernelFacts &facts = group.code().facts;
  mode.set(facts.denormMode32 << 4 | facts.denormMode16And64 << 6);
  mode.dx10Clamp = facts.dx10Clamp;
  uint32_t threads = group.launch().launch.threads;
  uint32_t left = threads - index * kLanes;
  setPair(kExec, left >= kLanes ? kAllLanes : (1ull << left) - 1, 0);
  setInitialScalars(*this, group);
  // Work item numbers are packed: x in bits 0..9, y and z, 0 here, above.
  for (uint32_t lane = 0; lane != kLanes; ++lane)
    setVector(0, lane, index * kLanes + lane, 0);
}

void Wave::fault(ErrorCode code, const std::string &what) {
  group.launch().faults.raise(code,
                              "wave " + std::to_string(self) + " of block " +
                                  std::to_string(group.blockIndex()) + ", " +
                                  group.code().name(at) + ": " + what);
}

void Wave::fault(const Conflict &conflict, AccessKind kind) {
  const Code &code = group.code();
  Error error = describeConflict(
      conflict, {self, at, kind},
      [&code](uint32_t instruction) { return code.name(instruction); });
  fault(error.code(), error.detail());
}

bool Wave::requireDefined(uint64_t shadow, const std::string &what) {
  if (shadow == 0)
    return true;
  fault(ErrorCode::FindingUninitialised,
        what + " depends on a value that was never written");
  return false;
}

bool Wave::requireDefinedRow(Unit unit, uint64_t mask,
                             const std::string &what) {
  uint64_t bad = undefinedLanes[unit] & mask;
  if (!bad)
    return true;
  fault(ErrorCode::FindingUninitialised,
        what + ", " + unitName(unit) + " of lane " +
            std::to_string(std::countr_zero(bad)) +
            ", depends on a value that was never written");
  return false;
}

uint64_t Wave::scalar(const Operand &operand, uint32_t registers) const {
  if (operand.bank == Bank::Constant)
    return operand.bits;
  uint32_t width = registers ? registers : operand.width;
  return width > 1 ? pairValue(operand.unit) : unitValue(operand.unit);
}

uint64_t Wave::scalarShadow(const Operand &operand, uint32_t registers) const {
  if (operand.bank != Bank::Scalar)
    return 0;
  uint32_t width = registers ? registers : operand.width;
  return width > 1 ? pairShadow(operand.unit) : unitShadow(operand.unit);
}

void Wave::setScalar(const Operand &operand, uint64_t value, uint64_t shadow) {
  if (operand.width > 1)
    setPair(operand.unit, value, shadow);
  else
    setUnit(operand.unit, uint32_t(value), uint32_t(shadow));
  if (operand.unit >= kExec && operand.unit <= kExec + 1)
    requireDefined(shadow, "the exec mask");
}

bool Wave::checkPending(const Instruction &i) {
  if (pending.empty())
    return true;
  auto conflict = pending.check(i);
  if (!conflict)
    return true;
  fault(ErrorCode::FindingMissingWait,
        unitName(conflict->unit) + " is still being written by " +
            group.code().name(conflict->instruction) + "; no s_waitcnt " +
            (conflict->vectorCounter ? "vmcnt" : "lgkmcnt") +
            " stands between them that waits for it");
  return false;
}

void Wave::wait(const WaitCounts &counts) {
  pending.wait(counts, [this](OperationId operation) {
    group.lds().complete(operation, timeline.self, timeline.now());
  });
}

Counts &Wave::counts() { return group.launch().counts; }

void Wave::arriveAtBarrier() {
  atBarrier = true;
  group.arrive(*this);
}

/// Adds one executed instruction to the launch's numbers.
void Wave::count(const Instruction &i) {
  Counts &counts = group.launch().counts;
  ++counts.of(i.operation->instructionClass);
  Pipe pipe = i.operation->pipe;
  if (pipe == Pipe::Scalar || pipe == Pipe::ScalarMemory ||
      pipe == Pipe::Control)
    return;
  counts.laneSlots += kLanes;
  // Matrix instructions take all lanes, whatever exec says.
  if (pipe != Pipe::Matrix)
    counts.inactiveLaneSlots += kLanes - uint32_t(std::popcount(exec()));
}

/// One instruction. False: a fault was raised.
bool Wave::step() {
  const std::vector<Instruction> &program = group.code().instructions;
  at = next;
  if (at >= program.size()) {
    at = uint32_t(program.size() - 1);
    fault(ErrorCode::FindingOperand, "runs over the end of the program");
    return false;
  }
  const Instruction &i = program[at];
  next = at + 1;
  if (!checkPending(i))
    return false;
  if (auto hazard = hazards.issue(i, at)) {
    fault(ErrorCode::FindingMissingWait,
          unitName(hazard->unit) + ": " + hazard->rule + " needs " +
              std::to_string(hazard->needed) + " wait states after " +
              group.code().name(hazard->earlier) + ", has " +
              std::to_string(hazard->had) + " (s_nop)");
    return false;
  }
  count(i);
  i.operation->execute(*this, i);
  return !group.launch().faults.raised();
}

StepResult Wave::run(uint32_t quantum) {
  LaunchState &launch = group.launch();
  for (uint32_t n = 0; n != quantum; ++n) {
    if (atBarrier)
      return StepResult::Blocked;
    if (++launch.executed > launch.launch.instructionLimit) {
      fault(ErrorCode::EmulatorInstructionLimit,
            std::to_string(launch.launch.instructionLimit) + " instructions");
      return StepResult::Running;
    }
    if (!step())
      return StepResult::Running;
    if (ended)
      return StepResult::Finished;
  }
  return StepResult::Running;
}

std::string Wave::waitsFor() const {
  return "the barrier at " + group.code().name(at) + ": " +
         group.barrierState();
}

} // namespace kgen::emulator::amd
