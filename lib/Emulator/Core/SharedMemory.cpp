//===- SharedMemory.cpp - Shared memory that knows who touched it
//----------===//

#include "SharedMemory.h"

namespace kgen::emulator {

static constexpr uint32_t kGranule = 2;

std::string_view spelling(AccessKind kind) {
  switch (kind) {
  case AccessKind::Read:
    return "read";
  case AccessKind::Write:
    return "write";
  case AccessKind::AsyncCopyWrite:
    return "asynchronous copy's write";
  case AccessKind::BulkWrite:
    return "bulk copy's write";
  case AccessKind::BulkRead:
    return "bulk copy's read";
  case AccessKind::TensorRead:
    return "wgmma operand read";
  }
  return "access";
}

SharedMemory::SharedMemory(uint32_t size, uint32_t warps)
    : bytes(size, 0xA5), warps(warps), writes((size + 1) / kGranule),
      reads(size_t((size + 1) / kGranule) * warps),
      undefined((size + 1) / kGranule), operations(1) {}

OperationId SharedMemory::begin(AccessPlace place) {
  operations.push_back({0, 0, place});
  return OperationId(operations.size() - 1);
}

void SharedMemory::complete(OperationId operation, Component component,
                            Epoch epoch) {
  operations[operation].component = component;
  operations[operation].epoch = epoch;
}

/// Whether an earlier access is ordered before one of `kind` by `time`'s warp.
/// A proxy fence is due where generic writes meet the async proxy: its reads of
/// them and its writes over them (PTX ISA, async proxy). An async write is
/// visible to the generic proxy once its mbarrier phase was observed, and a
/// generic read that happened before an async write needs no fence.
SharedMemory::Order SharedMemory::order(const Mark &earlier, AccessKind kind,
                                        const WarpTimeline &time) const {
  if (!earlier.asynchronous) {
    if (earlier.warp != time.self &&
        time.generic.at(earlier.warp) < earlier.value)
      return Order::NoBarrier;
    if (isAsyncProxy(kind) && isWrite(earlier.kind) &&
        time.proxied.at(earlier.warp) < earlier.value)
      return Order::NoFence;
    return Order::Before;
  }
  // AMD's ds_ instructions: pending for others, but one wave's take effect in
  // their order.
  if (earlier.warp == time.self && (earlier.kind == AccessKind::Read ||
                                    earlier.kind == AccessKind::Write))
    return Order::Before;
  const Operation &operation = operations[earlier.value];
  if (operation.epoch == 0)
    return Order::NotWaited;
  if (time.generic.at(operation.component) < operation.epoch)
    return Order::NoBarrier;
  if (isAsyncProxy(kind) && earlier.kind == AccessKind::AsyncCopyWrite &&
      time.proxied.at(operation.component) < operation.epoch)
    return Order::NoFence;
  return Order::Before;
}

std::optional<Conflict> SharedMemory::conflict(Order order, uint32_t granule,
                                               const Mark &mark) const {
  ConflictKind kind = order == Order::NoFence     ? ConflictKind::ProxyRace
                      : order == Order::NotWaited ? ConflictKind::MissingWait
                                                  : ConflictKind::Race;
  // Whoever has not seen an mbarrier's phase did not wait for the bulk copy.
  if (order == Order::NoBarrier && mark.kind == AccessKind::BulkWrite)
    kind = ConflictKind::MissingWait;
  return Conflict{
      kind, granule * kGranule, {mark.warp, mark.instruction, mark.kind}};
}

std::optional<Conflict> SharedMemory::access(AccessKind kind,
                                             const WarpTimeline &time,
                                             uint32_t instruction,
                                             uint32_t offset, uint32_t size,
                                             OperationId operation) {
  if (size == 0)
    return std::nullopt;
  bool write = isWrite(kind);
  bool synchronous = operation == 0;
  Mark mark{synchronous ? time.now() : operation, instruction,
            uint16_t(time.self), kind, !synchronous};
  uint32_t end = (offset + size - 1) / kGranule + 1;
  // Neighbours were mostly written together: one look at the order does.
  Mark known;
  for (uint32_t g = offset / kGranule; g != end; ++g) {
    Mark &written = writes[g];
    if (written.value == 0) {
      if (!write)
        return Conflict{ConflictKind::Uninitialised, g * kGranule, {}};
    } else if (!(written.value == known.value && written.warp == known.warp &&
                 written.asynchronous == known.asynchronous &&
                 written.kind == known.kind)) {
      Order o = order(written, kind, time);
      if (o != Order::Before && !(!synchronous && written.asynchronous &&
                                  written.value == operation))
        return conflict(o, g, written);
      known = written;
    }
    Mark *readers = &reads[size_t(g) * warps];
    if (!write) {
      // A pending read must stay known until its wait: a later one of the same
      // warp may replace it only when it ends no earlier.
      Mark &mine = readers[time.self];
      if (!synchronous || !mine.asynchronous || mine.value == 0 ||
          order(mine, kind, time) == Order::Before)
        mine = mark;
      continue;
    }
    for (uint32_t w = 0; w != warps; ++w) {
      if (readers[w].value == 0)
        continue;
      if (Order o = order(readers[w], kind, time);
          o == Order::NoBarrier || o == Order::NotWaited)
        return conflict(o, g, readers[w]);
      readers[w].value = 0;
    }
    written = mark;
  }
  return std::nullopt;
}

void SharedMemory::setDefined(uint32_t offset, uint32_t size, bool defined) {
  if (size == 0)
    return;
  for (uint32_t g = offset / kGranule; g <= (offset + size - 1) / kGranule; ++g)
    undefined[g] = !defined;
}

bool SharedMemory::isDefined(uint32_t offset, uint32_t size) const {
  if (size == 0)
    return true;
  for (uint32_t g = offset / kGranule; g <= (offset + size - 1) / kGranule; ++g)
    if (undefined[g])
      return false;
  return true;
}

} // namespace kgen::emulator
