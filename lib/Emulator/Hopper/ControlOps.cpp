//===- ControlOps.cpp - Proxy fences, elections, registers, hints ---------===//

#include "BarrierAccess.h"
#include "Families.h"

namespace kgen::emulator::ptx {

using namespace hopper;

// ---- fences ----------------------------------------------------------------

/// What this warp sees becomes visible to the async proxy; its own later
/// writes do not, and so get a new epoch.
static void executeProxyFence(Warp &w, const Instruction &) {
  w.timeline.fenceProxy();
  w.timeline.generic.raise(w.timeline.self, w.timeline.now() + 1);
}

/// Shared memory alone has a shadow: .global orders nothing that is checked.
static void executeNothing(Warp &, const Instruction &) {}

static void decodeProxyFence(Decoder &d, Instruction &i) {
  int space = d.takeOneOf({"shared::cta", "shared::cluster", "global"});
  d.expectOperands(0, 0);
  i.instructionClass = InstructionClass::Barrier;
  i.execute = space == 2 ? executeNothing : executeProxyFence;
}

static void executeInitFence(Warp &w, const Instruction &) { publishInits(w); }

static void decodeInitFence(Decoder &d, Instruction &i) {
  if (!d.take("release") || !d.take("cluster"))
    d.malformed("fence.mbarrier_init needs .release.cluster");
  d.expectOperands(0, 0);
  i.instructionClass = InstructionClass::Barrier;
  i.execute = executeInitFence;
}

// ---- elect.sync ------------------------------------------------------------

/// slot: leader's lane, predicate, member mask. The leader is the same each
/// time for one mask; which lane it is, PTX leaves open.
static void executeElect(Warp &w, const Instruction &i) {
  if (!w.requireDefined(i, i.slot[2], "the member mask"))
    return;
  uint32_t first = uint32_t(std::countr_zero(w.lanes()));
  uint32_t members = w.row(i.slot[2])[first];
  if (w.lanes() & ~members)
    return w.raise(i, ErrorCode::FindingOperand,
                   "a lane that the member mask does not name executes it");
  if (!w.converged(i, members, true))
    return;
  uint32_t leader = uint32_t(std::countr_zero(members));
  forLanes(w.lanes(), [&](uint32_t lane) { w.row(i.slot[0])[lane] = leader; });
  w.setDefined(i.slot[0], kAllLanes);
  w.setPredicate(i.slot[1], 1u << leader, kAllLanes);
}

static void decodeElect(Decoder &d, Instruction &i) {
  if (!d.take("sync"))
    d.malformed("elect needs .sync");
  d.expectOperands(2, 2);
  const Operand &pair = d.operand(0);
  if (pair.kind != OperandKind::Pair || pair.elements.size() != 2)
    return d.malformed("elect.sync gives a lane and a predicate: d|p");
  i.slot[0] = d.destination(pair.elements[0], Type::B32);
  i.slot[1] = d.predicateDestination(pair.elements[1]);
  i.slot[2] = d.source(1, Type::B32);
  i.instructionClass = InstructionClass::Other;
  i.execute = executeElect;
}

// ---- setmaxnreg ------------------------------------------------------------

/// modifier: registers of a thread; target: 1 to increase.
static void executeSetRegisters(Warp &w, const Instruction &i) {
  if (!w.token()) {
    if (!w.converged(i, kAllLanes, true) || !advance(w, i, {i.index}))
      return;
    w.token() = 1;
  }
  RegisterPool &pool = hopperOf(w.cta).registers;
  // ptxas ignores the instruction if it does not know the launch's registers.
  if (!pool.of(w.number))
    return;
  std::string misuse;
  RegisterPool::Result result =
      i.target ? pool.increase(w.number, i.modifier, misuse)
               : pool.decrease(w.number, i.modifier, misuse);
  switch (result) {
  case RegisterPool::Result::Done:
    w.scheduler().noteEvent();
    return hopperOf(w).noteProgress(w.lanes());
  case RegisterPool::Result::Blocked:
    return w.stall();
  case RegisterPool::Result::Misuse:
    return w.raise(i, ErrorCode::FindingResource, misuse);
  }
}

static std::string describePool(const Warp &w, const Instruction &i) {
  const RegisterPool &pool = hopperOf(w.cta).registers;
  return "registers: has " + std::to_string(pool.of(w.number)) +
         " a thread, wants " + std::to_string(i.modifier) + ", and " +
         std::to_string(pool.freeRegisters() / kLanes) +
         " for the threads of a warp are free";
}

static void decodeSetRegisters(Decoder &d, Instruction &i) {
  int action = d.takeOneOf({"inc", "dec"});
  if (action < 0 || !d.take("sync") || !d.take("aligned") || !d.take("u32"))
    d.malformed("expected setmaxnreg.inc|dec.sync.aligned.u32");
  d.expectOperands(1, 1);
  auto count = d.immediate(d.operand(0));
  if (!count || *count < RegisterPool::kLeast || *count > RegisterPool::kMost ||
      *count % RegisterPool::kMultiple)
    d.malformed("the count must be a multiple of 8 in 24 to 256");
  i.modifier = uint32_t(count.value_or(RegisterPool::kLeast));
  i.target = action == 0;
  i.instructionClass = InstructionClass::Other;
  i.execute = executeSetRegisters;
  i.describeWait = describePool;
}

// ---- griddepcontrol --------------------------------------------------------

/// Launches of the emulated device do not overlap: the grid before is done.
static void decodeGridDependency(Decoder &d, Instruction &i) {
  if (d.takeOneOf({"launch_dependents", "wait"}) < 0)
    d.malformed("expected .launch_dependents or .wait");
  d.expectOperands(0, 0);
  i.instructionClass = InstructionClass::Other;
  i.execute = executeNothing;
}

std::span<const InstructionForm> hopperControlForms() {
  static constexpr InstructionForm forms[] = {
      {"fence.proxy.async", decodeProxyFence},
      {"fence.mbarrier_init", decodeInitFence},
      {"elect", decodeElect},
      {"setmaxnreg", decodeSetRegisters},
      {"griddepcontrol", decodeGridDependency},
  };
  return forms;
}

} // namespace kgen::emulator::ptx
