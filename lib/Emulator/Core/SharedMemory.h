//===- SharedMemory.h - Shared memory that knows who touched it
//------------===//
//
// The bytes of one block's shared memory (LDS) and a shadow of them in granules
// of two bytes: the last write, the last read of every warp, whether a value
// was ever written, and whether it was a defined one. Each access is compared
// with the shadow and either recorded or returned as a conflict; the data are
// the caller's to move (data()).
//
// The shadow decides by happens-before, not by when things ran, so that one run
// finds a missing barrier even if the warps happened to run in a good order.
// (Two threads of one warp are one agent: hazards inside a warp are not seen.)
// Two one-byte accesses of different warps to one granule count as a conflict.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_CORE_SHAREDMEMORY_H
#define KGEN_LIB_EMULATOR_CORE_SHAREDMEMORY_H

#include "Clock.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace kgen::emulator {

enum class AccessKind : uint8_t {
  Read,           ///< generic proxy: ld.shared, ldmatrix, ds_read
  Write,          ///< st.shared, stmatrix, ds_write, atomics
  AsyncCopyWrite, ///< cp.async (generic proxy), AMD loads into LDS
  BulkWrite,      ///< TMA load: async proxy
  BulkRead,       ///< TMA store: async proxy
  TensorRead,     ///< wgmma operand: async proxy
};
std::string_view spelling(AccessKind kind);
inline bool isWrite(AccessKind kind) {
  return kind == AccessKind::Write || kind == AccessKind::AsyncCopyWrite ||
         kind == AccessKind::BulkWrite;
}
inline bool isAsyncProxy(AccessKind kind) {
  return kind == AccessKind::BulkWrite || kind == AccessKind::BulkRead ||
         kind == AccessKind::TensorRead;
}

/// Who and where: for reports. `instruction` is an index into the program.
struct AccessPlace {
  uint32_t warp = 0; ///< component of the warp in its cluster
  uint32_t instruction = 0;
  AccessKind kind = AccessKind::Read;
};

/// An operation that goes on after its instruction: until it is completed in
/// some component at some epoch, nobody can have seen it.
using OperationId = uint32_t;

enum class ConflictKind : uint8_t {
  Uninitialised, ///< read of bytes that nobody wrote
  Race,          ///< no barrier orders the two
  ProxyRace,     ///< ordered, but no proxy fence between
  MissingWait,   ///< the earlier one is asynchronous and was not waited for
};

struct Conflict {
  ConflictKind kind = ConflictKind::Race;
  uint32_t offset = 0; ///< of the first granule in conflict, bytes
  AccessPlace earlier; ///< unless Uninitialised
};

class SharedMemory {
public:
  /// `warps`: warps of the cluster, whose components are 0..warps-1.
  SharedMemory(uint32_t bytes, uint32_t warps);

  uint32_t size() const { return uint32_t(bytes.size()); }
  uint8_t *data() { return bytes.data(); }
  bool contains(uint64_t offset, uint64_t size) const {
    return offset <= bytes.size() && size <= bytes.size() - offset;
  }

  /// Checks and records one access of [offset, offset + size) by the warp of
  /// `time` at `instruction`. The range must be contained. Synchronous kinds
  /// (Read, Write) happen at time.now(); others belong to `operation`.
  std::optional<Conflict> access(AccessKind kind, const WarpTimeline &time,
                                 uint32_t instruction, uint32_t offset,
                                 uint32_t size, OperationId operation = 0);

  /// Whether the bytes hold a value computed from undefined ones.
  void setDefined(uint32_t offset, uint32_t size, bool defined);
  bool isDefined(uint32_t offset, uint32_t size) const;

  /// A new asynchronous operation, not completed. Never 0.
  OperationId begin(AccessPlace place);
  /// From now on whoever has seen `epoch` of `component` has seen the operation
  /// (cp.async and wgmma after their wait: the warp's own component and now();
  /// TMA loads: the mbarrier's component and the phase that they complete).
  void complete(OperationId operation, Component component, Epoch epoch);
  bool isComplete(OperationId operation) const {
    return operations[operation].epoch != 0;
  }

private:
  /// Of an access: an epoch of `warp`, or an operation (asynchronous = true).
  struct Mark {
    uint32_t value = 0; ///< 0: none
    uint32_t instruction = 0;
    uint16_t warp = 0;
    AccessKind kind = AccessKind::Read;
    bool asynchronous = false;
  };
  struct Operation {
    Component component = 0;
    Epoch epoch = 0; ///< 0: not complete
    AccessPlace place;
  };
  enum class Order : uint8_t { Before, NoBarrier, NoFence, NotWaited };
  Order order(const Mark &earlier, AccessKind kind,
              const WarpTimeline &time) const;
  std::optional<Conflict> conflict(Order order, uint32_t granule,
                                   const Mark &mark) const;

  std::vector<uint8_t> bytes;
  uint32_t warps;
  std::vector<Mark> writes;       ///< one a granule
  std::vector<Mark> reads;        ///< granule-major, one a granule and warp
  std::vector<uint8_t> undefined; ///< one a granule
  std::vector<Operation> operations;
};

} // namespace kgen::emulator

#endif // KGEN_LIB_EMULATOR_CORE_SHAREDMEMORY_H
