//===- Instruction.h - One decoded PTX instruction
//-------------------------===//
//
// Everything that depends on the program alone is worked out once, when it is
// loaded: which function executes the instruction, and where its operands lie.
// Registers, immediates, special registers and addresses of variables are all
// rows of a warp's register file (Registers.h), so that a handler never asks
// what kind an operand has.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_PTX_INSTRUCTION_H
#define KGEN_LIB_EMULATOR_PTX_INSTRUCTION_H

#include "kgen/Emulator/Counts.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace kgen::emulator::ptx {

class Warp;
struct Instruction;

/// Carries out the instruction for the lanes of warp.lanes(). Raises broken
/// rules at warp.faults() and returns.
using Execute = void (*)(Warp &warp, const Instruction &instruction);

/// A register that an instruction reads or writes. For checks that concern any
/// instruction (wgmma in flight); filled by the decoder's operand functions.
struct Touch {
  uint32_t row = 0; ///< or number of the predicate
  bool isPredicate = false;
  bool isWritten = false;
};

/// Decoded facts of one family that do not fit Instruction's fields.
struct Payload {
  virtual ~Payload() = default;
};

struct Instruction {
  Execute execute = nullptr;
  /// Rows, or numbers of predicates, in the handler's own order.
  std::array<uint32_t, 6> slot{};
  int64_t offset = 0;    ///< of an address operand, bytes
  uint32_t modifier = 0; ///< the handler's own: what it did not resolve
  uint32_t target = 0;   ///< of a branch: index of an instruction
  int32_t guard = -1;    ///< number of the predicate; -1: none
  bool guardNegated = false;
  InstructionClass instructionClass = InstructionClass::Other;
  /// Index into Kernel::statements and of the instruction in its program: the
  /// number by which every report calls it.
  uint32_t index = 0;
  /// Operands of vectors, fragments and tables.
  std::vector<uint32_t> list;
  std::vector<Touch> touches;
  std::shared_ptr<const Payload> payload;
  /// What a lane group that stays at this instruction waits for; null: the
  /// instruction's text says it.
  std::string (*describeWait)(const Warp &warp,
                              const Instruction &instruction) = nullptr;
};

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_PTX_INSTRUCTION_H
