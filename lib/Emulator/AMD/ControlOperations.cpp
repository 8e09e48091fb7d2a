//===- ControlOperations.cpp - Branches, waits, barriers
//-------------------===//

#include "Workgroup.h"

namespace kgen::emulator::amd {

using enum InstructionClass;

static void executeNothing(Wave &, const Instruction &) {}

/// s_nop N waits N + 1 states; the instruction itself is one.
static void executeNop(Wave &wave, const Instruction &i) {
  wave.passWaitStates(uint32_t(i.operands[0].bits));
}
static void executeWait(Wave &wave, const Instruction &i) {
  wave.wait(i.waits);
}
static void executeBarrier(Wave &wave, const Instruction &) {
  wave.arriveAtBarrier();
}
static void executeEnd(Wave &wave, const Instruction &) {
  wave.end();
  wave.workgroup().finished(wave);
}

static void branchIf(Wave &wave, const Instruction &i, bool taken) {
  if (taken)
    wave.jump(i.target);
}
static void executeBranch(Wave &wave, const Instruction &i) {
  wave.jump(i.target);
}
template <bool kWanted>
static void executeBranchScc(Wave &wave, const Instruction &i) {
  if (wave.requireDefined(wave.unitShadow(kScc), "the branch (scc)"))
    branchIf(wave, i, wave.scc() == kWanted);
}
/// One defined bit that is set decides, whatever the others are.
template <bool kWantZero>
static void executeBranchVcc(Wave &wave, const Instruction &i) {
  uint64_t value = wave.pairValue(kVcc), shadow = wave.pairShadow(kVcc);
  bool settled = (value & ~shadow) != 0;
  if (settled || wave.requireDefined(shadow, "the branch (vcc)"))
    branchIf(wave, i, (value == 0) == kWantZero);
}
template <bool kWantZero>
static void executeBranchExec(Wave &wave, const Instruction &i) {
  branchIf(wave, i, (wave.exec() == 0) == kWantZero);
}

/// s_setreg on the MODE register: operand 0 is id, offset, size - 1 as encoded.
static void executeSetMode(Wave &wave, const Instruction &i) {
  auto field = uint32_t(i.operands[0].bits);
  uint32_t offset = field >> 6 & 31, size = (field >> 11 & 31) + 1;
  if (!wave.requireDefined(wave.scalarShadow(i.operands[1]), "the mode"))
    return;
  uint32_t ones = uint32_t((1ull << size) - 1);
  auto value = uint32_t(wave.scalar(i.operands[1])) & ones;
  wave.mode.set((wave.mode.bits & ~(ones << offset)) | value << offset);
  if (!wave.mode.roundsToNearest())
    wave.fault(ErrorCode::EmulatorUnsupported,
               "only rounding to nearest even is emulated");
}

static Operation control(std::string name, Handler execute,
                         InstructionClass instructionClass) {
  Operation operation;
  operation.name = std::move(name);
  operation.execute = execute;
  operation.instructionClass = instructionClass;
  operation.pipe = Pipe::Control;
  operation.results = 0;
  return operation;
}

static void addBranches(OperationTable &t) {
  t.add(control("s_branch", executeBranch, Control));
  Operation scc = control("s_cbranch_scc0", executeBranchScc<false>, Control);
  scc.readsScc = true;
  t.add(scc);
  scc.name = "s_cbranch_scc1", scc.execute = executeBranchScc<true>;
  t.add(scc);
  Operation vcc = control("s_cbranch_vccz", executeBranchVcc<true>, Control);
  vcc.readsVcc = true;
  t.add(vcc);
  vcc.name = "s_cbranch_vccnz", vcc.execute = executeBranchVcc<false>;
  t.add(vcc);
  t.add(control("s_cbranch_execz", executeBranchExec<true>, Control));
  t.add(control("s_cbranch_execnz", executeBranchExec<false>, Control));
}

void addControlOperations(OperationTable &t) {
  addBranches(t);
  t.add(control("s_nop", executeNop, Other));
  t.add(control("s_waitcnt", executeWait, Barrier));
  t.add(control("s_barrier", executeBarrier, Barrier));
  t.add(control("s_endpgm", executeEnd, Control));
  // Priority, time, caches: no effect on results.
  for (const char *name :
       {"s_sleep", "s_setprio", "v_nop", "s_icache_inv", "s_dcache_inv",
        "s_dcache_wb", "buffer_wbl2", "buffer_inv", "buffer_wbinvl1",
        "buffer_wbinvl1_vol", "buffer_invl2", "ds_nop"})
    t.add(control(name, executeNothing, Other));
  for (const char *name : {"s_setreg_imm32_b32", "s_setreg_b32"}) {
    Operation set = control(name, executeSetMode, InstructionClass::Scalar);
    set.types = {Type::B32, Type::B32};
    t.add(set);
  }
}

} // namespace kgen::emulator::amd
