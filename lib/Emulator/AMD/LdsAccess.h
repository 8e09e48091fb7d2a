//===- LdsAccess.h - Accesses to LDS, checked
//------------------------------===//
#ifndef KGEN_LIB_EMULATOR_AMD_LDSACCESS_H
#define KGEN_LIB_EMULATOR_AMD_LDSACCESS_H

#include "MemoryAccess.h"
#include "Workgroup.h"

namespace kgen::emulator::amd {

/// One ds_ instruction in the making: its operation of LDS, bank conflicts and
/// faults.
class LdsAccess {
public:
  LdsAccess(Wave &wave, const Instruction &i, AccessKind kind);
  /// The byte addresses of all lanes, `offset` added; false after a fault.
  bool addresses(const Operand &operand, uint32_t offset,
                 std::array<uint32_t, kLanes> &out);
  /// Checks and moves one lane's element. Undefined after a fault.
  Datum load(uint32_t lane, uint32_t address, uint32_t size);
  void store(uint32_t lane, uint32_t address, uint32_t size,
             const Datum &datum);
  /// Counts the cycles beyond the first for lanes that meet in a bank.
  void countConflicts(const std::array<uint32_t, kLanes> &address,
                      uint32_t size);
  /// The instruction goes on until it is waited for.
  void finish();

private:
  bool check(uint32_t lane, uint32_t address, uint32_t size);
  Wave &wave;
  const Instruction &instruction;
  SharedMemory &lds;
  AccessKind kind;
  OperationId operation;
  uint64_t exec;
};

} // namespace kgen::emulator::amd

#endif // KGEN_LIB_EMULATOR_AMD_LDSACCESS_H
