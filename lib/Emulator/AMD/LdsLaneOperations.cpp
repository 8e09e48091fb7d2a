//===- LdsLaneOperations.cpp - Exchange between lanes through LDS
//----------===//
//
// ds_bpermute, ds_permute and ds_swizzle use the crossbar of the LDS, not its
// memory; they count in lgkmcnt.
//
//===----------------------------------------------------------------------===//

#include "MemoryAccess.h"

namespace kgen::emulator::amd {

namespace {

struct Exchanged {
  std::array<uint32_t, kLanes> value{}, shadow{};
};

void finish(Wave &wave, const Instruction &i, const Exchanged &out) {
  uint64_t exec = wave.exec();
  for (uint32_t lane = 0; lane != kLanes; ++lane)
    if (exec >> lane & 1)
      wave.setVector(i.operands[0].unit, lane, out.value[lane],
                     out.shadow[lane]);
  wave.pendingMemory().add(i, wave.current(), 0);
}

uint32_t namedLane(const Wave &wave, const Instruction &i, uint32_t lane) {
  uint32_t address =
      wave.vector(i.operands[1].unit, lane) + uint32_t(i.modifiers.offset);
  return address / 4 % kLanes;
}

/// Each lane fetches from the lane that its address names; lanes that are off
/// give 0.
void executeBackwardPermute(Wave &wave, const Instruction &i) {
  uint64_t exec = wave.exec();
  if (!wave.requireDefinedRow(i.operands[1].unit, exec, "the lane address"))
    return;
  Exchanged out;
  Unit data = i.operands[2].unit;
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    uint32_t from = namedLane(wave, i, lane);
    if (!(exec >> from & 1))
      continue;
    out.value[lane] = wave.vector(data, from);
    out.shadow[lane] = wave.vectorShadow(data, from);
  }
  finish(wave, i, out);
}

/// Each lane sends to the lane that its address names; of several, the highest
/// wins; lanes that nobody names get 0.
void executeForwardPermute(Wave &wave, const Instruction &i) {
  uint64_t exec = wave.exec();
  if (!wave.requireDefinedRow(i.operands[1].unit, exec, "the lane address"))
    return;
  Exchanged out;
  Unit data = i.operands[2].unit;
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    if (!(exec >> lane & 1))
      continue;
    uint32_t to = namedLane(wave, i, lane);
    out.value[to] = wave.vector(data, lane);
    out.shadow[to] = wave.vectorShadow(data, lane);
  }
  finish(wave, i, out);
}

/// The lane that `lane` reads under ds_swizzle's 16-bit pattern: bit 15: four
/// lanes with two bits each; else and, or and xor masks within 32 lanes.
uint32_t swizzled(uint32_t lane, uint32_t pattern) {
  if (pattern & 0x8000)
    return (lane & ~3u) | (pattern >> 2 * (lane & 3) & 3);
  uint32_t andMask = pattern & 31, orMask = pattern >> 5 & 31,
           xorMask = pattern >> 10 & 31;
  return (lane & 32) | ((((lane & 31) & andMask) | orMask) ^ xorMask);
}

void executeSwizzle(Wave &wave, const Instruction &i) {
  uint64_t exec = wave.exec();
  Exchanged out;
  Unit data = i.operands[1].unit;
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    uint32_t from = swizzled(lane, uint32_t(i.modifiers.offset));
    if (!(exec >> from & 1))
      continue;
    out.value[lane] = wave.vector(data, from);
    out.shadow[lane] = wave.vectorShadow(data, from);
  }
  finish(wave, i, out);
}

} // namespace

void addLdsLaneOperations(OperationTable &t) {
  Operation operation;
  operation.instructionClass = InstructionClass::Shuffle;
  operation.pipe = Pipe::Lds;
  operation.types = {Type::B32, Type::B32, Type::B32};
  operation.name = "ds_bpermute_b32";
  operation.execute = executeBackwardPermute;
  t.add(operation);
  operation.name = "ds_permute_b32";
  operation.execute = executeForwardPermute;
  t.add(operation);
  operation.types = {Type::B32, Type::B32};
  operation.name = "ds_swizzle_b32";
  operation.execute = executeSwizzle;
  t.add(operation);
}

} // namespace kgen::emulator::amd
