//===- OperationTable.h - What each mnemonic means
//--------------------------===//
#ifndef KGEN_LIB_EMULATOR_AMD_OPERATIONTABLE_H
#define KGEN_LIB_EMULATOR_AMD_OPERATIONTABLE_H

#include "Instruction.h"

#include <map>
#include <string>
#include <string_view>

namespace kgen::emulator::amd {

class Wave;
using Handler = void (*)(Wave &, const Instruction &);
/// Undefined bits of a result from the values and undefined bits of up to
/// three operands. Without one, any undefined bit spoils the whole result.
using ShadowFunction = uint64_t (*)(const uint64_t *values,
                                    const uint64_t *shadows);

/// The unit that executes: decides what is waited for and which wait states are
/// due.
enum class Pipe : uint8_t {
  Scalar,
  Vector,
  Transcendental,
  Matrix,
  ScalarMemory, ///< counts in lgkmcnt, any order
  VectorMemory, ///< counts in vmcnt, in order
  Flat,         ///< counts in both
  Lds,          ///< counts in lgkmcnt, in order
  Control,      ///< branches, waits, barriers
};

/// Data that a memory instruction moves, for each lane (SMEM: for the wave).
struct MemoryShape {
  uint8_t bytes = 0;    ///< of one element: 1, 2, 4, 8, 12, 16; 32, 64 (SMEM)
  uint8_t elements = 1; ///< 2: ds_read2
  uint8_t stride = 1;   ///< ds_read2st64: 64
  bool store = false;
  bool signExtend = false;
  bool half = false; ///< d16: only 16 bits of the register
  bool highHalf = false;
  bool toLds = false;
};

/// D (m x n) = A (m x k) B (k x n) + C, `blocks` times.
struct MatrixShape {
  uint8_t m = 0, n = 0, k = 0, blocks = 1;
  enum class Element : uint8_t { F32, F16, Bf16 } element = Element::F32;
  uint8_t perLane = 1; ///< elements of A (and B) that a lane gives
  /// Four-cycle passes on gfx90a, gfx942, gfx950: LLVM's scheduling models and
  /// the matrix instruction calculator. 0: not there.
  std::array<uint8_t, 3> passes{};
};

struct Operation {
  std::string name;
  Handler execute = nullptr;
  InstructionClass instructionClass = InstructionClass::Other;
  Pipe pipe = Pipe::Vector;
  uint8_t results = 1;      ///< leading operands that are written
  bool readsResult = false; ///< results are also read: v_fmac, v_swap
  bool readsVcc = false, writesVcc = false;
  bool readsScc = false, writesScc = false;
  bool readsExec = false, writesExec = false; ///< as scalar data
  bool readsM0 = false;
  /// SOPK: the last operand is a constant of 16 bits, extended with or without
  /// its sign (the printer writes the bits).
  enum class Short : uint8_t { No, Signed, Unsigned } shortConstant = Short::No;
  /// Of the operands in the order of the text; more operands: Raw.
  std::array<Type, 6> types{};
  ShadowFunction shadow = nullptr;
  MemoryShape memory;
  MatrixShape matrix;
};

class OperationTable {
public:
  /// All operations of the three targets; built at the first call.
  static const OperationTable &get();
  /// By the mnemonic without its encoding suffix (_e32, _e64, _dpp, _sdwa), or
  /// null.
  const Operation *find(std::string_view mnemonic) const;
  void add(Operation operation) {
    std::string name = operation.name;
    operations.emplace(std::move(name), std::move(operation));
  }

private:
  OperationTable();
  std::map<std::string, Operation, std::less<>> operations;
};

// Each family adds its own.
void addScalarOperations(OperationTable &table);
void addScalarMaskOperations(OperationTable &table);
void addControlOperations(OperationTable &table);
void addFloatOperations(OperationTable &table);
void addHalfOperations(OperationTable &table);
void addIntegerOperations(OperationTable &table);
void addBitOperations(OperationTable &table);
void addCarryOperations(OperationTable &table);
void addConversionOperations(OperationTable &table);
void addCompareOperations(OperationTable &table);
void addDivisionOperations(OperationTable &table);
void addPackedOperations(OperationTable &table);
void addLaneOperations(OperationTable &table);
void addScalarMemoryOperations(OperationTable &table);
void addGlobalMemoryOperations(OperationTable &table);
void addLdsOperations(OperationTable &table);
void addLdsLaneOperations(OperationTable &table);
void addMatrixOperations(OperationTable &table);

} // namespace kgen::emulator::amd

#endif // KGEN_LIB_EMULATOR_AMD_OPERATIONTABLE_H
