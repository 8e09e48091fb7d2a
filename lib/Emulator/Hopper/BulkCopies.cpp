//===- BulkCopies.cpp - cp.async.bulk without a tensor map ----------------===//

#include "BulkTransfer.h"
#include "Families.h"

#include <cstring>

namespace kgen::emulator::ptx {

namespace {

enum class Direction : uint8_t {
  GlobalToShared,
  SharedToShared,
  SharedToGlobal
};

struct BulkPayload : Payload {
  Direction direction = Direction::GlobalToShared;
  MemoryOperand destination, source, barrier;
  uint32_t sizeRow = 0;
  bool multicast = false;
  uint32_t maskRow = 0;
};

} // namespace

static const BulkPayload &payload(const Instruction &i) {
  return static_cast<const BulkPayload &>(*i.payload);
}

/// Sizes and addresses are multiples of 16.
static bool checkSixteen(Warp &w, const Instruction &i, uint64_t value,
                         const char *what) {
  if (value % 16 == 0)
    return true;
  w.raise(i, ErrorCode::FindingMisaligned,
          std::string(what) + " is not a multiple of 16 bytes");
  return false;
}

/// What a load copies from; empty after raising.
static std::function<void(uint8_t *)> loadSource(Warp &w, const Instruction &i,
                                                 uint32_t lane, uint32_t bytes,
                                                 uint32_t offset) {
  const BulkPayload &p = payload(i);
  if (p.direction == Direction::GlobalToShared) {
    uint64_t address = addressOf(w, p.source, lane);
    if (!checkSixteen(w, i, address, "the source") ||
        !checkGlobalLoad(w, i, address, bytes))
      return {};
    w.counts().globalLoadBytes += bytes;
    return [address, bytes, offset](uint8_t *shared) {
      std::memcpy(shared + offset, reinterpret_cast<const void *>(address),
                  bytes);
    };
  }
  // Between blocks of a cluster. The bytes are taken now; whoever may change
  // them before the copy is complete races with its read.
  Warp::SharedPlace source = sharedPlace(w, i, p.source, lane, bytes);
  if (!source || !checkSixteen(w, i, source.offset, "the source"))
    return {};
  OperationId read = source.owner->shared.begin(
      {w.timeline.self, i.index, AccessKind::BulkRead});
  if (!w.accessShared(i, AccessKind::BulkRead, source, bytes, read))
    return {};
  // Nothing else tells when the source was read: with the copy's arrival.
  Warp::SharedPlace barrier =
      sharedPlace(w, i, p.barrier, lane, kMbarrierBytes);
  if (!barrier)
    return {};
  std::vector<uint8_t> data(source.data(), source.data() + bytes);
  w.counts().sharedLoadBytes += bytes;
  return [data, offset, read, source, barrier](uint8_t *shared) {
    std::memcpy(shared + offset, data.data(), data.size());
    if (hopper::Mbarrier *tracked = barrierAt(*barrier.owner, barrier.offset))
      source.owner->shared.complete(read, tracked->component(),
                                    tracked->phase() + 1);
  };
}

static void loadByLane(Warp &w, const Instruction &i, uint32_t lane) {
  const BulkPayload &p = payload(i);
  uint32_t bytes = w.row(p.sizeRow)[lane];
  BulkLoad load;
  load.bytes = bytes;
  load.destination = sharedPlace(w, i, p.destination, lane, bytes);
  if (!load.destination ||
      !checkSixteen(w, i, load.destination.offset, "the destination") ||
      !checkSixteen(w, i, bytes, "the size"))
    return;
  load.barrier = sharedPlace(w, i, p.barrier, lane, kMbarrierBytes);
  if (!load.barrier)
    return;
  load.copy = loadSource(w, i, lane, bytes, load.destination.offset);
  if (!load.copy)
    return;
  if (p.multicast)
    startMulticast(w, i, load, w.row(p.maskRow)[lane] & 0xffff);
  else
    startLoad(w, i, load);
}

static void storeByLane(Warp &w, const Instruction &i, uint32_t lane) {
  const BulkPayload &p = payload(i);
  uint32_t bytes = w.row(p.sizeRow)[lane];
  uint64_t address = addressOf(w, p.destination, lane);
  Warp::SharedPlace source = sharedPlace(w, i, p.source, lane, bytes);
  BulkSource whole[] = {{source, bytes}};
  if (!source || !checkSixteen(w, i, source.offset, "the source") ||
      !checkSixteen(w, i, address, "the destination") ||
      !checkSixteen(w, i, bytes, "the size") ||
      !startStore(w, i, *source.owner, whole, lane) ||
      !checkGlobalStore(w, i, address, bytes, false))
    return;
  std::memcpy(reinterpret_cast<void *>(address), source.data(), bytes);
}

static void executeCopy(Warp &w, const Instruction &i) {
  const BulkPayload &p = payload(i);
  if (!w.requireDefined(i, p.destination.row, "the destination") ||
      !w.requireDefined(i, p.source.row, "the source") ||
      !w.requireDefined(i, p.sizeRow, "the size") ||
      (p.multicast && !w.requireDefined(i, p.maskRow, "the multicast mask")))
    return;
  hopperOf(w).noteProgress(w.lanes());
  for (uint32_t rest = w.lanes(); rest && !w.faults().raised();
       rest &= rest - 1) {
    uint32_t lane = uint32_t(std::countr_zero(rest));
    if (p.direction == Direction::SharedToGlobal)
      storeByLane(w, i, lane);
    else
      loadByLane(w, i, lane);
  }
}

// ---- groups ----------------------------------------------------------------

static void executeCommit(Warp &w, const Instruction &) {
  hopperOf(w).bulkStores.commit(w.lanes());
}

/// .read waits for the sources to be read; here that is when the whole copy is
/// done, too: stores reach device memory when they are issued.
static void executeWait(Warp &w, const Instruction &i) {
  hopperOf(w).bulkStores.wait(w.lanes(), i.modifier, w.timeline);
}

// ---- decoding --------------------------------------------------------------

/// The destination's and the source's space, in this order.
static Direction decodeDirection(Decoder &d) {
  if (d.wordsLeft().size() < 2) {
    d.malformed("cp.async.bulk needs two state spaces");
    return Direction::GlobalToShared;
  }
  std::string_view to = d.wordsLeft()[0], from = d.wordsLeft()[1];
  d.dropWord(0);
  d.dropWord(0);
  bool toShared = to == "shared::cluster" || to == "shared::cta";
  if (to == "global" && from == "shared::cta")
    return Direction::SharedToGlobal;
  if (to == "shared::cluster" && from == "shared::cta")
    return Direction::SharedToShared;
  if (!toShared || from != "global")
    d.malformed("cp.async.bulk does not copy between these state spaces");
  return Direction::GlobalToShared;
}

static void decodeLoad(Decoder &d, BulkPayload &p) {
  if (!d.take("mbarrier::complete_tx::bytes"))
    d.malformed("a copy into shared memory needs "
                ".mbarrier::complete_tx::bytes");
  p.multicast = d.take("multicast::cluster");
  bool hint = d.take("L2::cache_hint");
  size_t operands = size_t(4) + p.multicast + hint;
  d.expectOperands(operands, operands);
  p.destination = decodeMemory(d, d.operand(0), false);
  p.source = decodeMemory(d, d.operand(1), false);
  p.sizeRow = d.source(2, Type::U32);
  p.barrier = decodeMemory(d, d.operand(3), false);
  if (p.multicast)
    p.maskRow = d.source(4, Type::U16);
  if (hint)
    d.source(operands - 1, Type::B64);
}

static void decodeStore(Decoder &d, BulkPayload &p) {
  if (!d.take("bulk_group"))
    d.malformed("a copy into device memory needs .bulk_group");
  bool hint = d.take("L2::cache_hint");
  d.expectOperands(3 + hint, 3 + hint);
  p.destination = decodeMemory(d, d.operand(0), false);
  p.source = decodeMemory(d, d.operand(1), false);
  p.sizeRow = d.source(2, Type::U32);
  if (hint)
    d.source(3, Type::B64);
}

static void decodeCopy(Decoder &d, Instruction &i) {
  auto p = std::make_shared<BulkPayload>();
  p->direction = decodeDirection(d);
  if (p->direction == Direction::SharedToGlobal)
    decodeStore(d, *p);
  else
    decodeLoad(d, *p);
  i.instructionClass = p->direction == Direction::SharedToShared
                           ? InstructionClass::SharedMemory
                           : InstructionClass::GlobalMemory;
  i.execute = executeCopy;
  i.payload = std::move(p);
}

static void decodeCommit(Decoder &d, Instruction &i) {
  d.expectOperands(0, 0);
  i.instructionClass = InstructionClass::Barrier;
  i.execute = executeCommit;
}

static void decodeWait(Decoder &d, Instruction &i) {
  d.take("read");
  d.expectOperands(1, 1);
  auto groups = d.immediate(d.operand(0));
  if (!groups || *groups < 0)
    d.malformed("the number of groups must be a constant");
  i.modifier = uint32_t(groups.value_or(0));
  i.instructionClass = InstructionClass::Barrier;
  i.execute = executeWait;
}

static void executeNothing(Warp &, const Instruction &) {}

/// cp.async.bulk.prefetch.L2.global [source], size: no cache is emulated.
static void decodePrefetch(Decoder &d, Instruction &i) {
  if (!d.take("global"))
    d.malformed("prefetches from .global");
  bool hint = d.take("L2::cache_hint");
  d.expectOperands(2 + hint, 2 + hint);
  decodeMemory(d, d.operand(0), false);
  d.source(1, Type::U32);
  if (hint)
    d.source(2, Type::B64);
  i.instructionClass = InstructionClass::GlobalMemory;
  i.execute = executeNothing;
}

std::span<const InstructionForm> bulkCopyForms() {
  static constexpr InstructionForm forms[] = {
      {"cp.async.bulk", decodeCopy},
      {"cp.async.bulk.commit_group", decodeCommit},
      {"cp.async.bulk.wait_group", decodeWait},
      {"cp.async.bulk.prefetch.L2", decodePrefetch},
  };
  return forms;
}

} // namespace kgen::emulator::ptx
