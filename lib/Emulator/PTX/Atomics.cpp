//===- Atomics.cpp - atom and red
//------------------------------------------===//
//
// The lanes of a warp take turns, in order. Atomics of one address never race
// with each other; .acquire and .release order what stands around them.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "HalfFloat.h"
#include "Lanes.h"
#include "MemoryAccess.h"

#include <algorithm>
#include <cstring>

namespace kgen::emulator::ptx {

namespace {

enum class AtomicKind : uint8_t {
  Add,
  And,
  Or,
  Xor,
  Exchange,
  CompareSwap,
  Min,
  Max,
  Increment,
  Decrement,
};

/// The new value from the old one and the operands.
using Update = uint64_t (*)(uint64_t old, uint64_t b, uint64_t c);

struct AtomicPayload : Payload {
  StateSpace space = StateSpace::Generic;
  Ordering ordering;
  Update update = nullptr;
  uint32_t bytes = 4;
  bool wideAddress = false;
  bool hasResult = false;
  bool hasThird = false; ///< cas
};

} // namespace

template <typename T, AtomicKind kind>
static uint64_t updateInteger(uint64_t oldBits, uint64_t bBits,
                              uint64_t cBits) {
  using U = std::make_unsigned_t<T>;
  T old = T(oldBits), b = T(bBits), c = T(cBits);
  switch (kind) {
  case AtomicKind::Add:
    return U(U(old) + U(b));
  case AtomicKind::And:
    return U(old & b);
  case AtomicKind::Or:
    return U(old | b);
  case AtomicKind::Xor:
    return U(old ^ b);
  case AtomicKind::Exchange:
    return U(b);
  case AtomicKind::CompareSwap:
    return U(old == b ? c : old);
  case AtomicKind::Min:
    return U(std::min(old, b));
  case AtomicKind::Max:
    return U(std::max(old, b));
  case AtomicKind::Increment:
    return U(U(old) >= U(b) ? U(0) : U(U(old) + 1));
  case AtomicKind::Decrement:
    return U(old == 0 || U(old) > U(b) ? U(b) : U(U(old) - 1));
  }
}

/// atom.add.f32 flushes subnormals in global memory on real units; here it
/// keeps them, as atom.shared does.
static uint64_t addF32(uint64_t old, uint64_t b, uint64_t) {
  return std::bit_cast<uint32_t>(canonical(std::bit_cast<float>(uint32_t(old)) +
                                           std::bit_cast<float>(uint32_t(b))));
}
static uint64_t addF64(uint64_t old, uint64_t b, uint64_t) {
  return std::bit_cast<uint64_t>(std::bit_cast<double>(old) +
                                 std::bit_cast<double>(b));
}
template <bool isBrain>
static uint16_t addHalf(uint16_t a, uint16_t b) {
  ExactSum sum = isBrain ? twoSum(brainToFloat(a), brainToFloat(b))
                         : twoSum(halfToFloat(a), halfToFloat(b));
  double value = roundToOdd(sum);
  return isBrain ? doubleToBrain(value) : doubleToHalf(value);
}
template <bool isBrain>
static uint64_t addHalves(uint64_t old, uint64_t b, uint64_t) {
  uint32_t low = addHalf<isBrain>(uint16_t(old), uint16_t(b));
  uint32_t high = addHalf<isBrain>(uint16_t(old >> 16), uint16_t(b >> 16));
  return high << 16 | low;
}

static uint64_t readBytes(const uint8_t *bytes, uint32_t size) {
  uint64_t value = 0;
  std::memcpy(&value, bytes, size);
  return value;
}

/// The place of one lane's operation, checked; null after raising.
static uint8_t *atomicBytes(Warp &w, const Instruction &i,
                            const AtomicPayload &p, uint64_t address,
                            bool operandsDefined, bool &defined) {
  if (!checkAlignment(w, i, address, p.bytes))
    return nullptr;
  StateSpace space =
      p.space == StateSpace::Generic ? resolveGeneric(address) : p.space;
  if (space == StateSpace::Global) {
    orderGlobal(w, address, p.ordering);
    w.counts().globalLoadBytes += p.bytes;
    w.counts().globalStoreBytes += p.bytes;
    return globalBytes(w, i, address, p.bytes);
  }
  if (space != StateSpace::Shared) {
    w.raise(i, ErrorCode::FindingOperand,
            "atomics work on global and shared memory");
    return nullptr;
  }
  Warp::SharedPlace place = w.shared(i, address, p.bytes);
  // Once as a read, so that a place that nobody wrote is found.
  if (!place ||
      !accessSharedOrdered(w, i, AccessKind::Read, place, p.bytes,
                           p.ordering) ||
      !accessSharedOrdered(w, i, AccessKind::Write, place, p.bytes,
                           {true, false, false}))
    return nullptr;
  SharedMemory &memory = place.owner->shared;
  defined = operandsDefined && memory.isDefined(place.offset, p.bytes);
  memory.setDefined(place.offset, p.bytes, defined);
  w.counts().sharedLoadBytes += p.bytes;
  w.counts().sharedStoreBytes += p.bytes;
  return place.data();
}

/// slot: d, address, b, c.
static void executeAtomic(Warp &w, const Instruction &i) {
  const auto &p = static_cast<const AtomicPayload &>(*i.payload);
  if (!w.requireDefined(i, i.slot[1], "the address"))
    return;
  AddressOperand addresses(w, i, i.slot[1], p.wideAddress);
  bool wide = p.bytes == 8;
  auto operand = [&](uint32_t row, uint32_t lane) -> uint64_t {
    return wide ? w.wide(row)[lane] : w.row(row)[lane];
  };
  uint32_t operandsDefined = w.definedLanes(i.slot[2]);
  if (p.hasThird)
    operandsDefined &= w.definedLanes(i.slot[3]);
  uint32_t definedLanes = 0;
  for (uint32_t left = w.lanes(); left; left &= left - 1) {
    uint32_t lane = uint32_t(std::countr_zero(left));
    bool laneDefined = operandsDefined >> lane & 1, defined = true;
    if (!laneDefined && p.space != StateSpace::Shared)
      return (void)w.requireDefined(i, i.slot[p.hasThird ? 3 : 2],
                                    "the operand", 1u << lane);
    uint8_t *bytes =
        atomicBytes(w, i, p, addresses[lane], laneDefined, defined);
    if (!bytes)
      return;
    uint64_t b = operand(i.slot[2], lane);
    uint64_t c = p.hasThird ? operand(i.slot[3], lane) : 0;
    uint64_t old = readBytes(bytes, p.bytes);
    uint64_t updated = p.update(old, b, c);
    std::memcpy(bytes, &updated, p.bytes);
    definedLanes |= uint32_t(defined) << lane;
    if (!p.hasResult)
      continue;
    if (wide)
      w.wide(i.slot[0])[lane] = old;
    else
      w.row(i.slot[0])[lane] = uint32_t(old);
  }
  if (p.hasResult)
    w.setDefined(i.slot[0], definedLanes);
  w.scheduler().noteEvent();
}

// ---- decoding --------------------------------------------------------------

template <typename T>
static Update integerUpdate(AtomicKind kind) {
  static constexpr Update kTable[] = {
      updateInteger<T, AtomicKind::Add>,
      updateInteger<T, AtomicKind::And>,
      updateInteger<T, AtomicKind::Or>,
      updateInteger<T, AtomicKind::Xor>,
      updateInteger<T, AtomicKind::Exchange>,
      updateInteger<T, AtomicKind::CompareSwap>,
      updateInteger<T, AtomicKind::Min>,
      updateInteger<T, AtomicKind::Max>,
      updateInteger<T, AtomicKind::Increment>,
      updateInteger<T, AtomicKind::Decrement>,
  };
  return kTable[size_t(kind)];
}

static Update pickUpdate(AtomicKind kind, Type type) {
  switch (type) {
  case Type::B16:
    return kind == AtomicKind::CompareSwap || kind == AtomicKind::Exchange
               ? integerUpdate<uint16_t>(kind)
               : nullptr;
  case Type::B32:
  case Type::U32:
    return integerUpdate<uint32_t>(kind);
  case Type::S32:
    return integerUpdate<int32_t>(kind);
  case Type::B64:
  case Type::U64:
    return integerUpdate<uint64_t>(kind);
  case Type::S64:
    return integerUpdate<int64_t>(kind);
  default:
    break;
  }
  if (kind != AtomicKind::Add)
    return nullptr;
  switch (type) {
  case Type::F32:
    return addF32;
  case Type::F64:
    return addF64;
  case Type::F16:
  case Type::F16x2: // of a single half, the upper one is 0 + 0
    return addHalves<false>;
  case Type::BF16:
  case Type::BF16x2:
    return addHalves<true>;
  default:
    return nullptr;
  }
}

static void decodeAtomic(Decoder &d, Instruction &i, bool hasResult) {
  auto p = std::make_shared<AtomicPayload>();
  p->ordering = takeOrdering(d, {true, false, false});
  p->space = takeSpace(d);
  dropCacheHints(d);
  int kind = d.takeOneOf(
      {"add", "and", "or", "xor", "exch", "cas", "min", "max", "inc", "dec"});
  d.take("noftz");
  Type type = d.type();
  if (kind < 0)
    return d.unsupported("this operation");
  p->update = pickUpdate(AtomicKind(kind), type);
  if (!p->update)
    return d.unsupported("this operation of this type");
  p->bytes = bytesOf(type);
  p->hasResult = hasResult;
  p->hasThird = AtomicKind(kind) == AtomicKind::CompareSwap;
  size_t first = hasResult ? 1 : 0, least = first + (p->hasThird ? 3 : 2);
  d.expectOperands(least, least + 1); // the last: a cache policy
  if (hasResult)
    i.slot[0] = d.destination(0, type);
  Decoder::Address address = d.address(first);
  i.slot[1] = address.row;
  i.offset = address.offset;
  p->wideAddress = address.is64;
  i.slot[2] = d.source(first + 1, type);
  if (p->hasThird)
    i.slot[3] = d.source(first + 2, type);
  i.payload = p;
  i.execute = executeAtomic;
  i.instructionClass = p->space == StateSpace::Shared
                           ? InstructionClass::SharedMemory
                           : InstructionClass::GlobalMemory;
}

static void decodeAtom(Decoder &d, Instruction &i) {
  // An unused result: atom with a sink is red.
  decodeAtomic(d, i, true);
}
static void decodeRed(Decoder &d, Instruction &i) { decodeAtomic(d, i, false); }

std::span<const InstructionForm> atomicForms() {
  static constexpr InstructionForm kForms[] = {{"atom", decodeAtom},
                                               {"red", decodeRed}};
  return kForms;
}

} // namespace kgen::emulator::ptx
