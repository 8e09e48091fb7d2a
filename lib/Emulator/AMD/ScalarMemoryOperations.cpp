//===- ScalarMemoryOperations.cpp - s_load and s_buffer_load
//---------------===//

#include "Workgroup.h"

#include <cstring>

namespace kgen::emulator::amd {

namespace {

/// Reads one word at `address`; false after a fault.
bool readWord(Wave &wave, uint64_t address, uint32_t &value,
              uint32_t &undefined) {
  LaunchState &launch = wave.workgroup().launch();
  uint64_t begin = reinterpret_cast<uint64_t>(launch.arguments.data());
  undefined = 0;
  if (address >= begin && address + 4 <= begin + launch.arguments.size()) {
    uint64_t at = address - begin;
    std::memcpy(&value, launch.arguments.data() + at, 4);
    for (uint32_t b = 0; b != 4; ++b)
      if (!launch.argumentGiven[at + b])
        undefined |= 0xFFu << 8 * b;
    return true;
  }
  const uint8_t *bytes = launch.memory.find(address, 4);
  if (!bytes) {
    wave.fault(ErrorCode::FindingOutOfBounds,
               "scalar load of " + launch.memory.describe(address, 4));
    return false;
  }
  if (auto conflict =
          launch.memory.checkLoad(address, 4, wave.workgroup().blockIndex())) {
    wave.fault(ErrorCode::FindingRace,
               "loads what block " + std::to_string(conflict->block) +
                   " stores at " +
                   wave.workgroup().code().name(conflict->instruction));
    return false;
  }
  std::memcpy(&value, bytes, 4);
  return true;
}

/// Offset: operand 2, a constant or a register, and the offset modifier.
bool offsetOf(Wave &wave, const Instruction &i, uint64_t &offset) {
  const Operand &operand = i.operands[2];
  if (!wave.requireDefined(wave.scalarShadow(operand, 1), "the address"))
    return false;
  // Constants are byte offsets of 21 bits with a sign.
  offset = operand.bank == Bank::Constant
               ? uint64_t(int64_t(int32_t(operand.bits)))
               : wave.scalar(operand, 1);
  offset += uint64_t(int64_t(i.modifiers.offset));
  return true;
}

void load(Wave &wave, const Instruction &i, uint64_t address,
          uint64_t readable) {
  const Operand &result = i.operands[0];
  uint32_t words = i.operation->memory.bytes / 4u;
  for (uint32_t w = 0; w != words; ++w) {
    uint32_t value = 0, undefined = 0;
    if (4ull * w + 4 <= readable &&
        !readWord(wave, address + 4 * w, value, undefined))
      return;
    wave.setUnit(Unit(result.unit + w), value, undefined);
  }
  wave.counts().globalLoadBytes += 4 * words;
  wave.pendingMemory().add(i, wave.current(), 0);
}

void executeLoad(Wave &wave, const Instruction &i) {
  const Operand &base = i.operands[1];
  uint64_t offset = 0;
  if (!wave.requireDefined(wave.scalarShadow(base, 2), "the address") ||
      !offsetOf(wave, i, offset))
    return;
  load(wave, i, (wave.scalar(base, 2) + offset) & ~3ull, ~0ull);
}

/// Words outside num_records read as 0.
void executeBufferLoad(Wave &wave, const Instruction &i) {
  Unit resource = i.operands[1].unit;
  uint64_t offset = 0;
  if (!wave.requireDefined(wave.pairShadow(resource) |
                               wave.unitShadow(resource + 2),
                           "the buffer resource") ||
      !offsetOf(wave, i, offset))
    return;
  uint64_t base = wave.pairValue(resource) & 0xFFFFFFFFFFFF;
  uint64_t size = wave.unitValue(resource + 2);
  offset &= ~3ull;
  load(wave, i, base + offset, offset < size ? size - offset : 0);
}

} // namespace

void addScalarMemoryOperations(OperationTable &t) {
  struct Width {
    const char *suffix;
    uint8_t bytes;
  };
  for (Width width :
       {Width{"dword", 4}, Width{"dwordx2", 8}, Width{"dwordx4", 16},
        Width{"dwordx8", 32}, Width{"dwordx16", 64}}) {
    Operation operation;
    operation.name = std::string("s_load_") + width.suffix;
    operation.execute = executeLoad;
    operation.instructionClass = InstructionClass::Scalar;
    operation.pipe = Pipe::ScalarMemory;
    operation.memory.bytes = width.bytes;
    operation.types = {Type::Raw, Type::Raw, Type::B32};
    t.add(operation);
    operation.name = std::string("s_buffer_load_") + width.suffix;
    operation.execute = executeBufferLoad;
    t.add(operation);
  }
}

} // namespace kgen::emulator::amd
