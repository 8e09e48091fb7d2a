//===- PendingMemory.h - Memory instructions that a wave has not waited for
//===//
//
// Counters as the ISA guides give them ("Data dependency resolution"):
//   vmcnt    vector memory loads and stores, which end in order
//   lgkmcnt  LDS, in order among themselves, and scalar loads, in any order, so
//            that only lgkmcnt(0) says anything about them
// FLAT instructions count in both. Registers that a store reads are read when
// it issues on these targets (expcnt is of older ones: LLVM,
// GCNSubtarget::vmemWriteNeedsExpWaitcnt), so only results are pending.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_AMD_PENDINGMEMORY_H
#define KGEN_LIB_EMULATOR_AMD_PENDINGMEMORY_H

#include "../Core/SharedMemory.h"
#include "Instruction.h"
#include "OperationTable.h"

#include <deque>
#include <functional>
#include <optional>

namespace kgen::emulator::amd {

class PendingMemory {
public:
  /// Records an instruction that was issued; `operation` of LDS, or 0.
  void add(const Instruction &i, uint32_t index, OperationId operation);
  /// Completes what the counts promise; calls `completed` for each operation.
  void wait(const WaitCounts &counts,
            const std::function<void(OperationId)> &completed);

  bool empty() const {
    return vectorMemory.empty() && lds.empty() && scalarMemory.empty();
  }
  struct Conflict {
    Unit unit = 0;
    uint32_t instruction = 0; ///< the pending one
    bool vectorCounter = false;
  };
  /// A register that `i` reads, or writes, while it is pending. Loads through
  /// the same in-order counter may write it again.
  std::optional<Conflict> check(const Instruction &i) const;

private:
  struct Entry {
    const Instruction *instruction = nullptr;
    uint32_t index = 0;
    uint32_t sequence = 0;
    OperationId operation = 0;
    uint8_t counters = 1; ///< still due: FLAT has two
  };
  struct Owner {
    uint32_t sequence = 0; ///< 0: not pending
    uint32_t instruction = 0;
    Pipe pipe = Pipe::VectorMemory;
  };
  void retire(const Entry &entry,
              const std::function<void(OperationId)> &completed);

  std::deque<Entry> vectorMemory, lds, scalarMemory;
  std::array<Owner, kUnits> owners{};
  uint32_t sequence = 0;
};

} // namespace kgen::emulator::amd

#endif // KGEN_LIB_EMULATOR_AMD_PENDINGMEMORY_H
