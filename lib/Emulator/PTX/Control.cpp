//===- Control.cpp - Branches, the end, and what does nothing
//--------------===//

#include "Families.h"
#include "Lanes.h"

namespace kgen::emulator::ptx {

static void executeBranch(Warp &w, const Instruction &i) {
  w.branch(w.lanes(), i.target);
}

static void decodeBranch(Decoder &d, Instruction &i) {
  d.take("uni");
  d.expectOperands(1, 1);
  i.target = d.label(0);
  i.execute = executeBranch;
  i.instructionClass = InstructionClass::Control;
}

/// brx.idx: list holds the targets. One of the lanes' indices per step; the
/// others come back to this instruction.
static void executeIndexedBranch(Warp &w, const Instruction &i) {
  if (!w.requireDefined(i, i.slot[0], "the index"))
    return;
  const uint32_t *index = w.row(i.slot[0]);
  uint32_t first = index[std::countr_zero(w.lanes())];
  if (first >= i.list.size())
    return w.raise(i, ErrorCode::FindingOperand,
                   "index " + std::to_string(first) + " of " +
                       std::to_string(i.list.size()) + " targets");
  uint32_t same =
      w.lanes() & maskOf([&](uint32_t lane) { return index[lane] == first; });
  bool others = w.lanes() & ~same;
  w.branch(same, i.list[first]);
  if (others)
    w.repeat();
}

static void decodeIndexedBranch(Decoder &d, Instruction &i) {
  d.take("uni");
  d.expectOperands(2, 2);
  i.slot[0] = d.source(0, Type::U32);
  const Operand &table = d.operand(1);
  if (table.kind != OperandKind::Vector)
    return d.malformed("the second operand is not a table of labels");
  for (const Operand &element : table.elements)
    i.list.push_back(element.index);
  i.execute = executeIndexedBranch;
  i.instructionClass = InstructionClass::Control;
}

static void decodeExit(Decoder &d, Instruction &i) {
  d.take("uni");
  d.expectOperands(0, 0);
  i.execute = executeExit;
  i.instructionClass = InstructionClass::Control;
}

static void decodeTrap(Decoder &d, Instruction &i) {
  d.expectOperands(0, 0);
  i.execute = [](Warp &w, const Instruction &i) {
    w.raise(i, ErrorCode::FindingOperand, "the kernel stopped itself");
  };
  i.instructionClass = InstructionClass::Control;
}

static void executeNothing(Warp &, const Instruction &) {}

static void decodeSleep(Decoder &d, Instruction &i) {
  d.type();
  d.expectOperands(1, 1);
  d.source(0, Type::U32);
  i.execute = executeNothing;
  i.instructionClass = InstructionClass::Control;
}

/// Hints about caches change nothing here.
static void decodeHint(Decoder &d, Instruction &i) {
  while (!d.wordsLeft().empty())
    d.dropWord(0);
  for (size_t k = 0; k < d.operandCount(); ++k)
    if (d.operand(k).kind == OperandKind::Address)
      d.address(k);
  i.execute = executeNothing;
  i.instructionClass = InstructionClass::GlobalMemory;
}

static void executePolicy(Warp &w, const Instruction &i) {
  forLanes(w.lanes(), [&](uint32_t lane) { w.wide(i.slot[0])[lane] = 0; });
  w.setDefined(i.slot[0], kAllLanes);
}

/// Cache policies are never looked into: 0.
static void decodePolicy(Decoder &d, Instruction &i) {
  while (!d.wordsLeft().empty())
    d.dropWord(0);
  i.slot[0] = d.destination(0, Type::B64);
  i.execute = executePolicy;
  i.instructionClass = InstructionClass::Other;
}

std::span<const InstructionForm> controlForms() {
  static constexpr InstructionForm kForms[] = {
      {"bra", decodeBranch},
      {"brx.idx", decodeIndexedBranch},
      {"ret", decodeExit},
      {"exit", decodeExit},
      {"trap", decodeTrap},
      {"brkpt", decodeTrap},
      {"nanosleep", decodeSleep},
      {"prefetch", decodeHint},
      {"prefetchu", decodeHint},
      {"applypriority", decodeHint},
      {"createpolicy", decodePolicy},
  };
  return kForms;
}

} // namespace kgen::emulator::ptx
