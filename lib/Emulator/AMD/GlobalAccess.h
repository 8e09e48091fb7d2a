//===- GlobalAccess.h - Where the lanes of a memory instruction go
//---------===//
#ifndef KGEN_LIB_EMULATOR_AMD_GLOBALACCESS_H
#define KGEN_LIB_EMULATOR_AMD_GLOBALACCESS_H

#include "MemoryAccess.h"

namespace kgen::emulator::amd {

/// The lanes' addresses, worked out from the operands.
struct Addresses {
  enum class Space : uint8_t { Global, Scratch } space = Space::Global;
  std::array<uint64_t, kLanes> address{};
  /// Buffers: bytes from the address that lie in range; loads beyond read 0 and
  /// stores beyond are dropped, word by word.
  std::array<uint64_t, kLanes> inRange{};
  uint64_t lanes = 0; ///< that take part
  uint32_t dataOperand = 0;
};

/// Each returns false after a fault. For loads into LDS there is no data
/// operand.
bool bufferAddresses(Wave &wave, const Instruction &i, Addresses &out);
bool globalAddresses(Wave &wave, const Instruction &i, Addresses &out);
bool flatAddresses(Wave &wave, const Instruction &i, Addresses &out);
bool scratchAddresses(Wave &wave, const Instruction &i, Addresses &out);

} // namespace kgen::emulator::amd

#endif // KGEN_LIB_EMULATOR_AMD_GLOBALACCESS_H
