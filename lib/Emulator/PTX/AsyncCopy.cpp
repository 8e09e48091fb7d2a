//===- AsyncCopy.cpp - cp.async
//--------------------------------------------===//
//
// The bytes move when the instruction executes; until the issuing thread has
// waited for its group, SharedMemory treats the write as under way, and nobody
// may read or overwrite it.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Lanes.h"
#include "MemoryAccess.h"

#include <cstring>

namespace kgen::emulator::ptx {

namespace {

struct CopyPayload : Payload {
  uint32_t bytes = 16;
  int64_t sourceOffset = 0;
  bool wideDestination = false, wideSource = false;
  bool hasSourceBytes = false; ///< slot[2]: the rest is filled with 0
  bool hasIgnore = false;      ///< slot[3]: a predicate; true reads nothing
  bool ignoreNegated = false;
};

} // namespace

/// One lane's copy; false after raising.
static bool copyLane(Warp &w, const Instruction &i, const CopyPayload &p,
                     uint64_t to, uint64_t from, uint32_t sourceBytes,
                     OperationId operation) {
  if (sourceBytes > p.bytes) {
    w.raise(i, ErrorCode::FindingOperand,
            "copies " + std::to_string(sourceBytes) + " bytes into " +
                std::to_string(p.bytes));
    return false;
  }
  if (!checkAlignment(w, i, to, p.bytes))
    return false;
  Warp::SharedPlace place = w.shared(i, to, p.bytes);
  if (!place ||
      !w.accessShared(i, AccessKind::AsyncCopyWrite, place, p.bytes, operation))
    return false;
  if (sourceBytes) {
    if (!checkAlignment(w, i, from, p.bytes))
      return false;
    const uint8_t *bytes = globalBytes(w, i, from, sourceBytes);
    if (!bytes || !checkGlobalRace(w, i, from, sourceBytes, false))
      return false;
    std::memcpy(place.data(), bytes, sourceBytes);
  }
  std::memset(place.data() + sourceBytes, 0, p.bytes - sourceBytes);
  place.owner->shared.setDefined(place.offset, p.bytes, true);
  w.counts().globalLoadBytes += sourceBytes;
  w.counts().sharedStoreBytes += p.bytes;
  return true;
}

/// slot: destination, source, bytes to read, predicate.
static void executeCopy(Warp &w, const Instruction &i) {
  const auto &p = static_cast<const CopyPayload &>(*i.payload);
  if (!w.requireDefined(i, i.slot[0], "the destination's address") ||
      !w.requireDefined(i, i.slot[1], "the source's address") ||
      (p.hasSourceBytes &&
       !w.requireDefined(i, i.slot[2], "the number of bytes")) ||
      (p.hasIgnore && !w.requirePredicate(i, i.slot[3], "the predicate")))
    return;
  AddressOperand to(w, i, i.slot[0], p.wideDestination);
  uint32_t ignored = 0;
  if (p.hasIgnore)
    ignored = w.predicate(i.slot[3]) ^ (p.ignoreNegated ? kAllLanes : 0);
  SharedMemory &memory = w.cta.shared;
  OperationId operation =
      memory.begin({w.timeline.self, i.index, AccessKind::AsyncCopyWrite});
  w.asyncCopies.add(memory, operation, w.lanes());
  for (uint32_t left = w.lanes(); left; left &= left - 1) {
    uint32_t lane = uint32_t(std::countr_zero(left));
    uint64_t base =
        p.wideSource ? w.wide(i.slot[1])[lane] : w.row(i.slot[1])[lane];
    uint32_t sourceBytes = p.hasSourceBytes ? w.row(i.slot[2])[lane] : p.bytes;
    if (ignored >> lane & 1)
      sourceBytes = 0;
    if (!copyLane(w, i, p, to[lane], base + uint64_t(p.sourceOffset),
                  sourceBytes, operation))
      return;
  }
}

static void decodeLastOperands(Decoder &d, Instruction &i, CopyPayload &p) {
  if (d.operandCount() < 4)
    return;
  const Operand &fourth = d.operand(3);
  Type type = Type::None;
  if (d.isRegister(fourth, &type) && type == Type::Pred) {
    p.hasIgnore = true;
    i.slot[3] = d.predicateSource(fourth, &p.ignoreNegated);
  } else if (type != Type::B64 && type != Type::U64) { // else a cache policy
    p.hasSourceBytes = true;
    i.slot[2] = d.source(3, Type::U32);
  }
}

static void decodeCopy(Decoder &d, Instruction &i) {
  auto p = std::make_shared<CopyPayload>();
  bool bypass = d.take("cg");
  if (!bypass && !d.take("ca"))
    d.malformed("lacks .ca or .cg");
  d.takeOneOf({"shared", "shared::cta"});
  d.take("global");
  dropCacheHints(d);
  d.expectOperands(3, 5);
  Decoder::Address to = d.address(0), from = d.address(1);
  i.slot[0] = to.row;
  i.offset = to.offset;
  p->wideDestination = to.is64;
  i.slot[1] = from.row;
  p->sourceOffset = from.offset;
  p->wideSource = from.is64;
  int64_t bytes = d.immediate(d.operand(2)).value_or(0);
  if (bytes != 16 && (bypass || (bytes != 4 && bytes != 8)))
    d.malformed("copies 4, 8 or 16 bytes (.cg: 16)");
  p->bytes = uint32_t(bytes);
  decodeLastOperands(d, i, *p);
  i.payload = p;
  i.execute = executeCopy;
  i.instructionClass = InstructionClass::GlobalMemory;
}

static void decodeCommit(Decoder &d, Instruction &i) {
  d.expectOperands(0, 0);
  i.execute = [](Warp &w, const Instruction &) {
    w.asyncCopies.commit(w.lanes());
  };
  i.instructionClass = InstructionClass::Barrier;
}

static void decodeWait(Decoder &d, Instruction &i) {
  d.expectOperands(1, 1);
  std::optional<int64_t> groups = d.immediate(d.operand(0));
  if (!groups || *groups < 0)
    return d.malformed("waits for a constant number of groups");
  i.modifier = uint32_t(*groups);
  i.execute = [](Warp &w, const Instruction &i) {
    w.asyncCopies.wait(w.lanes(), i.modifier, w.timeline);
  };
  i.instructionClass = InstructionClass::Barrier;
}

static void decodeWaitAll(Decoder &d, Instruction &i) {
  d.expectOperands(0, 0);
  i.execute = [](Warp &w, const Instruction &) {
    w.asyncCopies.waitAll(w.lanes(), w.timeline);
  };
  i.instructionClass = InstructionClass::Barrier;
}

std::span<const InstructionForm> asyncCopyForms() {
  static constexpr InstructionForm kForms[] = {
      {"cp.async", decodeCopy},
      {"cp.async.commit_group", decodeCommit},
      {"cp.async.wait_group", decodeWait},
      {"cp.async.wait_all", decodeWaitAll},
  };
  return kForms;
}

} // namespace kgen::emulator::ptx
