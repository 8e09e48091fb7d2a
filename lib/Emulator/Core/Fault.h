//===- Fault.h - The first broken rule of a launch
//-------------------------===//
#ifndef KGEN_LIB_EMULATOR_CORE_FAULT_H
#define KGEN_LIB_EMULATOR_CORE_FAULT_H

#include "SharedMemory.h"
#include "kgen/Support/Error.h"

#include <functional>
#include <optional>
#include <string>

namespace kgen::emulator {

/// Keeps the first error; whoever executes looks after each instruction and
/// stops. Executors raise and return, so that no function unwinds by exception.
class FaultSink {
public:
  bool raised() const { return first.has_value(); }
  void raise(ErrorCode code, std::string detail) {
    if (!first)
      first = Error(code, std::move(detail));
  }
  void raise(Error error) {
    if (!first)
      first = std::move(error);
  }
  const std::optional<Error> &error() const { return first; }

private:
  std::optional<Error> first;
};

/// "line 120: st.shared.b32 [%r1], %r2" for an instruction of the program.
using InstructionNamer = std::function<std::string(uint32_t)>;

/// The error for a conflict that `now` met:
///   shared memory bytes 4096..4098: read by warp 2 at line 120: ... and write
///   by warp 0 at line 97: ...; no barrier orders them
Error describeConflict(const Conflict &conflict, const AccessPlace &now,
                       const InstructionNamer &name);

} // namespace kgen::emulator

#endif // KGEN_LIB_EMULATOR_CORE_FAULT_H
