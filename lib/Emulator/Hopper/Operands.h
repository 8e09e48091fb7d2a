//===- Operands.h - Operands that Hopper's families share -----------------===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_OPERANDS_H
#define KGEN_LIB_EMULATOR_HOPPER_OPERANDS_H

#include "../PTX/Warp.h"

#include <optional>

namespace kgen::emulator::ptx {

/// [base + offset], by the register that holds the base.
struct MemoryOperand {
  uint32_t row = 0;
  bool is64 = false;
  int64_t offset = 0;
  /// The address is generic, not one of shared memory.
  bool isGeneric = false;
};

MemoryOperand decodeMemory(Decoder &d, const Operand &operand, bool isGeneric);

/// The lane's address as the instruction gives it.
uint64_t addressOf(Warp &w, const MemoryOperand &operand, uint32_t lane);

/// The lane's place in shared memory; raises FindingOutOfBounds.
Warp::SharedPlace sharedPlace(Warp &w, const Instruction &i,
                              const MemoryOperand &operand, uint32_t lane,
                              uint64_t bytes);

/// `bytes` of memory behind a generic address, to read: global memory, the
/// parameters (a grid constant) or constants. Null after FindingOutOfBounds.
const uint8_t *readable(Warp &w, const Instruction &i, uint64_t address,
                        uint64_t bytes);

/// The value of a row, which all executing lanes must agree on; raises
/// FindingOperand or FindingUninitialised.
std::optional<uint64_t> uniformValue(Warp &w, const Instruction &i,
                                     uint32_t row, bool is64, const char *what);

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_HOPPER_OPERANDS_H
