//===- Warp.cpp - 32 lanes that execute a program
//--------------------------===//

#include "Warp.h"

#include <algorithm>

namespace kgen::emulator::ptx {

Warp::Warp(Cta &cta, uint32_t number, Component component)
    : cta(cta), number(number), timeline(component),
      countsCache(&cta.cluster.context.counts),
      faultsCache(&cta.cluster.context.faults),
      program(cta.cluster.context.program.instructions.data()),
      file(cta.cluster.context.program.layout) {
  uint32_t threads = cta.threads() - number * kLanes;
  started = threads >= kLanes ? kAllLanes : (1u << threads) - 1;
  live = started;
  active = started;
  localSize = context().kernel.localBytes;
  localBytes.resize(localSize * kLanes);
  localMarks.resize(localSize * kLanes);
  fillSpecials();
}

Warp::~Warp() = default;

void Warp::fillSpecials() {
  for (const RegisterLayout::SpecialRow &special :
       context().program.layout.specials) {
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      uint64_t value = specialValue(special.special, *this, lane);
      if (special.is64)
        wide(special.row)[lane] = value;
      else
        row(special.row)[lane] = uint32_t(value);
    }
    file.defined(special.row) = kAllLanes;
  }
}

// ---- running ---------------------------------------------------------------

StepResult Warp::run(uint32_t quantum) {
  if (!live)
    return StepResult::Finished;
  uint64_t &left = context().instructionsLeft;
  if (left == 0) {
    faults().raise(ErrorCode::EmulatorInstructionLimit,
                   "the launch executed " +
                       std::to_string(context().launch.instructionLimit) +
                       " warp instructions");
    return StepResult::Running;
  }
  quantum = uint32_t(std::min<uint64_t>(quantum, left));
  left -= quantum;
  retryStalled();
  for (; quantum; --quantum) {
    if ((!active || pc >= meeting) && !pick()) {
      // What the last steps did may let a waiting group go on.
      bool tryAgain = stepped;
      retryStalled();
      if (tryAgain && pick())
        continue;
      left += quantum;
      return reportDivergence() ? StepResult::Running : StepResult::Blocked;
    }
    step();
    if (faults().raised())
      return StepResult::Running;
    if (!live) {
      left += quantum - 1;
      return StepResult::Finished;
    }
  }
  return StepResult::Running;
}

bool Warp::evaluateGuard(const Instruction &i) {
  uint32_t p = uint32_t(i.guard);
  uint32_t bits = i.guardNegated ? ~file.predicate(p) : file.predicate(p);
  if (active & ~file.predicateDefined(p)) [[unlikely]] {
    executing = active;
    requirePredicate(i, p, "the guard");
    return false;
  }
  executing = active & bits;
  return true;
}

void Warp::step() {
  const Instruction &i = program[pc];
  executing = active;
  if (i.guard >= 0 && !evaluateGuard(i))
    return;
  Counts &sums = *countsCache;
  ++sums.of(i.instructionClass);
  sums.laneSlots += kLanes;
  if (executing != kAllLanes)
    sums.inactiveLaneSlots += kLanes - uint32_t(std::popcount(executing));
  if (!executing) {
    ++pc;
    stepped = true;
    return;
  }
  if (watched && extension)
    extension->touch(*this, i);
  nextPc = pc + 1;
  i.execute(*this, i);
  if (stallRequested)
    return finishStall();
  currentToken = 0;
  stepped = true;
  pc = nextPc;
  if (regroup) {
    regroup = false;
    pick();
  }
}

void Warp::finishStall() {
  Group waiting{pc, executing, true, gatherRequested, currentToken};
  stallRequested = gatherRequested = false;
  groups.push_back(waiting);
  active &= ~executing;
  currentToken = 0;
  ++pc;
  // Lanes whose guard does not hold have nothing to wait for.
  stepped = stepped || active;
  pick();
}

// ---- groups ----------------------------------------------------------------

void Warp::mergeGroups() {
  std::sort(groups.begin(), groups.end(),
            [](const Group &a, const Group &b) { return a.pc < b.pc; });
  size_t kept = 0;
  for (size_t g = 1; g < groups.size(); ++g) {
    Group &into = groups[kept];
    if (into.pc == groups[g].pc && !into.token && !groups[g].token) {
      into.lanes |= groups[g].lanes;
      // More lanes: what it waited for may be there.
      into.stalled = into.stalled && groups[g].stalled;
      into.gathering = into.gathering && groups[g].gathering;
    } else {
      groups[++kept] = groups[g];
    }
  }
  if (!groups.empty())
    groups.resize(kept + 1);
}

bool Warp::pick() {
  if (active)
    groups.push_back({pc, active, false, false, currentToken});
  active = 0;
  mergeGroups();
  auto next = std::find_if(groups.begin(), groups.end(),
                           [](const Group &g) { return !g.stalled; });
  meeting = ~0u;
  if (next == groups.end())
    return false;
  pc = next->pc;
  active = next->lanes;
  currentToken = next->token;
  groups.erase(next);
  for (const Group &other : groups)
    if (other.pc > pc)
      meeting = std::min(meeting, other.pc);
  return true;
}

void Warp::retryStalled() {
  stepped = false;
  for (Group &group : groups)
    group.stalled = false;
  if (!groups.empty() && active)
    pick();
}

void Warp::branch(uint32_t taken, uint32_t target) {
  uint32_t onward = active & ~taken;
  if (!onward) {
    nextPc = target;
    regroup = !groups.empty();
    return;
  }
  if (!taken)
    return;
  ++counts().divergentBranches;
  groups.push_back({target, taken, false, false, 0});
  active = onward;
  regroup = true;
}

void Warp::exitLanes() {
  live &= ~executing;
  active &= ~executing;
  regroup = !active;
  if (!live && extension)
    extension->finish(*this);
  cta.noteExit();
}

void executeExit(Warp &warp, const Instruction &) { warp.exitLanes(); }

void Warp::stall() { stallRequested = true; }

/// "0-15,20"
static std::string laneList(uint32_t lanes) {
  std::string text;
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    if (!(lanes >> lane & 1))
      continue;
    uint32_t last = lane;
    while (last + 1 < kLanes && (lanes >> (last + 1) & 1))
      ++last;
    text += (text.empty() ? "" : ",") + std::to_string(lane);
    if (last != lane)
      text += "-" + std::to_string(last);
    lane = last;
  }
  return text;
}

bool Warp::converged(const Instruction &i, uint32_t required, bool evenExited) {
  if (evenExited && (required & ~live)) {
    raise(i, ErrorCode::FindingDivergentBarrier,
          "needs lanes " + laneList(required) + ", but lanes " +
              laneList(required & ~live) + " do not exist or have ended");
    return false;
  }
  if (!(required & live & ~executing))
    return true;
  gatherRequested = true;
  stall();
  return false;
}

bool Warp::reportDivergence() {
  for (const Group &group : groups)
    if (!group.gathering)
      return false;
  std::string text = "lanes of one warp wait for each other";
  for (const Group &group : groups)
    text += "\n  " + describeGroup(group);
  raise(program[groups.front().pc], ErrorCode::FindingDivergentBarrier, text);
  return true;
}

std::string Warp::describeGroup(const Group &group) const {
  return "lanes " + laneList(group.lanes) + " at " +
         cta.cluster.context.name(group.pc);
}

std::string Warp::waitsFor() const {
  std::string text;
  for (const Group &group : groups) {
    const Instruction &i = program[group.pc];
    text += text.empty() ? "" : "; ";
    if (i.describeWait && !group.gathering)
      text += i.describeWait(*this, i) + ", ";
    else if (group.gathering)
      text += "the other lanes of the warp, ";
    text += describeGroup(group);
  }
  return text;
}

// ---- reports ---------------------------------------------------------------

void Warp::raise(const Instruction &i, ErrorCode code, std::string detail) {
  auto [x, y, z] = cta.index;
  faults().raise(code, "block (" + std::to_string(x) + "," + std::to_string(y) +
                           "," + std::to_string(z) + "), warp " +
                           std::to_string(number) + ", " +
                           context().name(i.index) + ": " + detail);
}

void Warp::raise(const Instruction &i, const Conflict &conflict,
                 AccessKind kind) {
  Error error = describeConflict(
      conflict, {timeline.self, i.index, kind},
      [this](uint32_t instruction) { return context().name(instruction); });
  auto [x, y, z] = cta.index;
  faults().raise(error.code(), "block (" + std::to_string(x) + "," +
                                   std::to_string(y) + "," + std::to_string(z) +
                                   "): " + error.detail());
}

bool Warp::requireDefined(const Instruction &i, uint32_t r, const char *use,
                          uint32_t lanes) {
  uint32_t missing = lanes & ~file.defined(r);
  if (!missing)
    return true;
  const std::string &name = context().program.layout.rowNames[r];
  raise(i, ErrorCode::FindingUninitialised,
        std::string(use) + ", " + (name.empty() ? "a value" : name) +
            ", is undefined in lanes " + laneList(missing));
  return false;
}

bool Warp::requirePredicate(const Instruction &i, uint32_t p, const char *use) {
  uint32_t missing = executing & ~file.predicateDefined(p);
  if (!missing)
    return true;
  raise(i, ErrorCode::FindingUninitialised,
        std::string(use) + ", " + context().program.layout.predicateNames[p] +
            ", is undefined in lanes " + laneList(missing));
  return false;
}

std::optional<uint32_t> Warp::uniform(const Instruction &i, uint32_t r,
                                      const char *use) {
  if (!requireDefined(i, r, use))
    return std::nullopt;
  const uint32_t *values = row(r);
  uint32_t value = values[std::countr_zero(executing)];
  uint32_t left = executing;
  while (left && values[std::countr_zero(left)] == value)
    left &= left - 1;
  if (!left)
    return value;
  raise(i, ErrorCode::FindingOperand,
        std::string(use) + " differs between the lanes of a warp");
  return std::nullopt;
}

// ---- shared memory ---------------------------------------------------------

Warp::SharedPlace Warp::shared(const Instruction &i, uint64_t address,
                               uint64_t size) {
  uint64_t offset = address & ((1u << kSharedOffsetBits) - 1);
  uint64_t which = address >> kSharedOffsetBits;
  const auto &ctas = cluster().ctas;
  if (which <= ctas.size()) {
    Cta &owner = which ? *ctas[which - 1] : cta;
    if (owner.shared.contains(offset, size))
      return {&owner, uint32_t(offset)};
  }
  raise(i, ErrorCode::FindingOutOfBounds,
        std::to_string(size) + " bytes at shared address " +
            std::to_string(address) + "; the block has " +
            std::to_string(cta.shared.size()) + " bytes");
  return {};
}

bool Warp::accessShared(const Instruction &i, AccessKind kind,
                        SharedPlace place, uint32_t size,
                        OperationId operation) {
  std::optional<Conflict> conflict = place.owner->shared.access(
      kind, timeline, i.index, place.offset, size, operation);
  if (!conflict)
    return true;
  raise(i, *conflict, kind);
  return false;
}

} // namespace kgen::emulator::ptx
