//===- GlobalMemory.h - The memory of an emulated device
//-------------------===//
#ifndef KGEN_EMULATOR_GLOBALMEMORY_H
#define KGEN_EMULATOR_GLOBALMEMORY_H

#include "kgen/Support/Error.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kgen::emulator {

/// Allocations of one device. A device address is the host address of the same
/// byte. Behind and before each allocation lies a gap that no access may touch,
/// so that running over an end is always found.
class GlobalMemory {
public:
  GlobalMemory();
  ~GlobalMemory();
  GlobalMemory(const GlobalMemory &) = delete;
  GlobalMemory &operator=(const GlobalMemory &) = delete;

  /// 256-byte aligned, filled with 0xA5, owned by this object until release.
  Expected<void *> allocate(size_t bytes);
  Expected<void> release(void *pointer);
  /// Lets kernels use memory that the caller owns (tests, host buffers).
  void adopt(void *pointer, size_t bytes);
  bool owns(const void *pointer) const;

  /// The bytes [address, address + size), or null if they do not lie in one
  /// live allocation.
  uint8_t *find(uint64_t address, uint64_t size);
  /// "16 bytes past the end of the 4096-byte allocation at 0x7f..." for
  /// reports.
  std::string describe(uint64_t address, uint64_t size) const;

  /// Starts a launch: marks of earlier ones no longer count.
  void beginLaunch();
  /// A store of another block: which, and by which of its instructions.
  struct Conflict {
    uint32_t block = 0;
    uint32_t instruction = 0;
  };
  /// Records a store by a block of the present launch. Blocks have no order, so
  /// that another block's earlier store to the same four bytes is a race. Two
  /// blocks that share a granule with smaller elements count as one, too.
  /// Atomics are not to be noted: they order themselves.
  std::optional<Conflict> noteStore(uint64_t address, uint32_t size,
                                    uint32_t block, uint32_t instruction);
  /// A load of what another block stored. (Loads leave no mark: a store after
  /// another block's load is found by a seed that runs the blocks in the other
  /// order.)
  std::optional<Conflict> checkLoad(uint64_t address, uint32_t size,
                                    uint32_t block);

private:
  struct Allocation;
  Allocation *enclosing(uint64_t address, uint64_t size);
  std::map<uint64_t, std::unique_ptr<Allocation>> allocations; ///< by begin
  Allocation *last = nullptr; ///< most accesses hit the one before
  uint32_t launch = 0;
};

} // namespace kgen::emulator

#endif // KGEN_EMULATOR_GLOBALMEMORY_H
