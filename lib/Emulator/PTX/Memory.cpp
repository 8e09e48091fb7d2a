//===- Memory.cpp - Loads and stores --------------------------------------===//

#include "Families.h"
#include "Lanes.h"
#include "MemoryAccess.h"

#include <algorithm>
#include <cstring>

namespace kgen::emulator::ptx {

namespace {

struct AccessPayload : Payload {
  StateSpace space = StateSpace::Generic;
  Ordering ordering;
  uint32_t elementBytes = 0;
  uint32_t totalBytes = 0;
  bool wideAddress = false;
  bool wideRegisters = false; ///< 64-bit rows, whatever the type
  bool signExtends = false;
  bool shortRegisters = false; ///< 16-bit registers
};

constexpr size_t kMostElements = 8; ///< of a vector

/// Offsets of the lanes that met shared memory, for the bank counts.
struct SharedOffsets {
  uint32_t count = 0;
  uint32_t offsets[kLanes];
  Cta *owner = nullptr; ///< of all of them; null if there are several
  std::span<const uint32_t> span() const { return {offsets, count}; }
  /// Whether an earlier lane read the same place: it is checked already. (Of
  /// one instruction all places mostly lie in one CTA; others are not found.)
  bool holds(const Warp::SharedPlace &place) const {
    return place.owner == owner &&
           std::find(offsets, offsets + count, place.offset) != offsets + count;
  }
  void add(const Warp::SharedPlace &place) {
    owner = count == 0 || owner == place.owner ? place.owner : nullptr;
    offsets[count++] = place.offset;
  }
};

} // namespace

static const AccessPayload &payload(const Instruction &i) {
  return static_cast<const AccessPayload &>(*i.payload);
}

// ---- where the bytes are ---------------------------------------------------

static const uint8_t *blockBytes(Warp &w, const Instruction &i,
                                 const std::vector<uint8_t> &block,
                                 const char *what, uint64_t address,
                                 uint32_t size) {
  if (address <= block.size() && size <= block.size() - address)
    return block.data() + address;
  w.raise(i, ErrorCode::FindingOutOfBounds,
          std::to_string(size) + " bytes at byte " + std::to_string(address) +
              " of the " + std::to_string(block.size()) + " bytes of " + what);
  return nullptr;
}

static bool checkLocal(Warp &w, const Instruction &i, uint64_t address,
                       uint32_t size) {
  uint64_t have = w.localBytesPerLane();
  if (address <= have && size <= have - address)
    return true;
  w.raise(i, ErrorCode::FindingOutOfBounds,
          std::to_string(size) + " bytes at byte " + std::to_string(address) +
              " of the thread's " + std::to_string(have) +
              " bytes of local memory");
  return false;
}

/// What one lane reads or writes: its bytes, of which those in shared memory
/// have a place.
struct LaneBytes {
  uint8_t *bytes = nullptr;
  Warp::SharedPlace shared;
};

/// Checks one lane's access and records it; no bytes after raising.
static LaneBytes accessLane(Warp &w, const Instruction &i, AccessKind kind,
                            StateSpace space, uint64_t address,
                            SharedOffsets &offsets, uint32_t lane) {
  const AccessPayload &p = payload(i);
  uint32_t size = p.totalBytes;
  bool writes = kind == AccessKind::Write;
  if (!checkAlignment(w, i, address, size))
    return {};
  switch (space) {
  case StateSpace::Global: {
    uint8_t *bytes = globalBytes(w, i, address, size);
    if (!bytes ||
        (!p.ordering.isAtomic && !checkGlobalRace(w, i, address, size, writes)))
      return {};
    orderGlobal(w, address, p.ordering);
    (writes ? w.counts().globalStoreBytes : w.counts().globalLoadBytes) += size;
    return {bytes, {}};
  }
  case StateSpace::Shared: {
    Warp::SharedPlace place = w.shared(i, address, size);
    if (!place)
      return {};
    bool fine = p.ordering.isAtomic
                    ? accessSharedOrdered(w, i, kind, place, size, p.ordering)
                    : (!writes && offsets.holds(place)) ||
                          w.accessShared(i, kind, place, size);
    if (!fine)
      return {};
    offsets.add(place);
    return {place.data(), place};
  }
  case StateSpace::Local:
    if (!checkLocal(w, i, address, size))
      return {};
    return {w.local(lane) + address, {}};
  default:
    w.raise(i, ErrorCode::FindingOutOfBounds,
            "constant memory and parameters are read only");
    return {};
  }
}

/// The same of a read in constant memory or the parameters.
static const uint8_t *readOnlyBytes(Warp &w, const Instruction &i,
                                    StateSpace space, uint64_t address) {
  uint32_t size = payload(i).totalBytes;
  if (!checkAlignment(w, i, address, size))
    return nullptr;
  return space == StateSpace::Const
             ? blockBytes(w, i, w.context().constants, "constant memory",
                          address, size)
             : blockBytes(w, i, w.context().parameters, "parameters", address,
                          size);
}

// ---- loads -----------------------------------------------------------------

/// Bit k: element k holds an undefined value.
static uint32_t undefinedElements(const SharedMemory &memory, uint32_t offset,
                                  const AccessPayload &p) {
  if (memory.isDefined(offset, p.totalBytes))
    return 0;
  uint32_t mask = 0;
  for (uint32_t k = 0; k * p.elementBytes < p.totalBytes; ++k)
    mask |=
        uint32_t(!memory.isDefined(offset + k * p.elementBytes, p.elementBytes))
        << k;
  return mask;
}

static uint32_t undefinedElements(const uint8_t *marks,
                                  const AccessPayload &p) {
  uint32_t mask = 0;
  for (uint32_t k = 0; k * p.elementBytes < p.totalBytes; ++k)
    mask |= uint32_t(std::memchr(marks + k * p.elementBytes, 0,
                                 p.elementBytes) != nullptr)
            << k;
  return mask;
}

/// One lane's bytes, or null after raising. `undefined`: bit k for element k.
static const uint8_t *loadLane(Warp &w, const Instruction &i, StateSpace space,
                               uint64_t address, uint32_t lane,
                               uint32_t &undefined, SharedOffsets &offsets) {
  const AccessPayload &p = payload(i);
  if (space == StateSpace::Const || space == StateSpace::Param)
    return readOnlyBytes(w, i, space, address);
  LaneBytes at =
      accessLane(w, i, AccessKind::Read, space, address, offsets, lane);
  if (at.shared)
    undefined = undefinedElements(at.shared.owner->shared, at.shared.offset, p);
  else if (at.bytes && space == StateSpace::Local)
    undefined = undefinedElements(w.localDefined(lane) + address, p);
  return at.bytes;
}

template <typename T>
static T read(const uint8_t *bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

static uint64_t readElement(const uint8_t *bytes, const AccessPayload &p) {
  switch (p.elementBytes) {
  case 1:
    return p.signExtends ? uint64_t(int64_t(int8_t(*bytes))) : *bytes;
  case 2:
    return p.signExtends ? uint64_t(int64_t(read<int16_t>(bytes)))
                         : read<uint16_t>(bytes);
  case 4:
    return p.signExtends ? uint64_t(int64_t(read<int32_t>(bytes)))
                         : read<uint32_t>(bytes);
  default:
    return read<uint64_t>(bytes);
  }
}

static void writeRegister(Warp &w, const AccessPayload &p, uint32_t row,
                          uint32_t lane, uint64_t value) {
  if (p.wideRegisters)
    w.wide(row)[lane] = value;
  else
    w.row(row)[lane] = p.shortRegisters ? value & 0xFFFF : uint32_t(value);
}

static void countShared(Warp &w, const SharedOffsets &offsets, uint32_t size,
                        uint64_t Counts::*bytes) {
  if (!offsets.count)
    return;
  w.counts().*bytes += uint64_t(offsets.count) * size;
  w.counts().bankConflictCycles += conflictCycles(offsets.span(), size);
}

static void executeLoad(Warp &w, const Instruction &i) {
  const AccessPayload &p = payload(i);
  if (!w.requireDefined(i, i.slot[0], "the address"))
    return;
  AddressOperand addresses(w, i, i.slot[0], p.wideAddress);
  SharedOffsets offsets;
  // The address register may be among the destinations.
  uint64_t at[kLanes];
  forLanes(w.lanes(), [&](uint32_t lane) { at[lane] = addresses[lane]; });
  uint32_t definedLanes[kMostElements];
  std::fill_n(definedLanes, kMostElements, kAllLanes);
  for (uint32_t left = w.lanes(); left; left &= left - 1) {
    uint32_t lane = uint32_t(std::countr_zero(left));
    uint64_t address = at[lane];
    StateSpace space =
        p.space == StateSpace::Generic ? resolveGeneric(address) : p.space;
    uint32_t undefined = 0;
    const uint8_t *bytes =
        loadLane(w, i, space, address, lane, undefined, offsets);
    if (!bytes)
      return;
    for (size_t k = 0; k < i.list.size(); ++k)
      writeRegister(w, p, i.list[k], lane,
                    readElement(bytes + k * p.elementBytes, p));
    for (; undefined; undefined &= undefined - 1)
      definedLanes[std::countr_zero(undefined)] &= ~(1u << lane);
  }
  for (size_t k = 0; k < i.list.size(); ++k)
    w.setDefined(i.list[k], definedLanes[k]);
  countShared(w, offsets, p.totalBytes, &Counts::sharedLoadBytes);
}

/// ld.param of a parameter: the same for all lanes.
static void executeLoadParameter(Warp &w, const Instruction &i) {
  const AccessPayload &p = payload(i);
  AddressOperand addresses(w, i, i.slot[0], p.wideAddress);
  const uint8_t *bytes = blockBytes(w, i, w.context().parameters, "parameters",
                                    addresses[0], p.totalBytes);
  if (!bytes || !checkAlignment(w, i, addresses[0], p.totalBytes))
    return;
  for (size_t k = 0; k < i.list.size(); ++k) {
    uint64_t value = readElement(bytes + k * p.elementBytes, p);
    forLanes(w.lanes(), [&](uint32_t lane) {
      writeRegister(w, p, i.list[k], lane, value);
    });
    w.setDefined(i.list[k], kAllLanes);
  }
}

// ---- stores ----------------------------------------------------------------

/// Where one lane's bytes go, or null after raising. `defined`: all elements
/// are.
static uint8_t *storeLane(Warp &w, const Instruction &i, StateSpace space,
                          uint64_t address, uint32_t lane, bool defined,
                          SharedOffsets &offsets) {
  const AccessPayload &p = payload(i);
  LaneBytes at =
      accessLane(w, i, AccessKind::Write, space, address, offsets, lane);
  auto isDefined = [&](size_t k) {
    return (w.definedLanes(i.list[k]) >> lane & 1) != 0;
  };
  if (at.shared) {
    SharedMemory &memory = at.shared.owner->shared;
    memory.setDefined(at.shared.offset, p.totalBytes, true);
    for (size_t k = 0; !defined && k < i.list.size(); ++k)
      memory.setDefined(at.shared.offset + uint32_t(k) * p.elementBytes,
                        p.elementBytes, isDefined(k));
  } else if (at.bytes && space == StateSpace::Local) {
    for (size_t k = 0; k < i.list.size(); ++k)
      std::memset(w.localDefined(lane) + address + k * p.elementBytes,
                  int(isDefined(k)), p.elementBytes);
  }
  return at.bytes;
}

static void executeStore(Warp &w, const Instruction &i) {
  const AccessPayload &p = payload(i);
  if (!w.requireDefined(i, i.slot[0], "the address"))
    return;
  AddressOperand addresses(w, i, i.slot[0], p.wideAddress);
  SharedOffsets offsets;
  uint32_t defined = kAllLanes;
  for (uint32_t row : i.list)
    defined &= w.definedLanes(row);
  for (uint32_t left = w.lanes(); left; left &= left - 1) {
    uint32_t lane = uint32_t(std::countr_zero(left));
    uint64_t address = addresses[lane];
    StateSpace space =
        p.space == StateSpace::Generic ? resolveGeneric(address) : p.space;
    bool laneDefined = defined >> lane & 1;
    if (space == StateSpace::Global && !laneDefined)
      for (uint32_t row : i.list)
        if (!w.requireDefined(i, row, "the value stored"))
          return;
    uint8_t *bytes =
        storeLane(w, i, space, address, lane, laneDefined, offsets);
    if (!bytes)
      return;
    for (size_t k = 0; k < i.list.size(); ++k) {
      uint64_t value =
          p.wideRegisters ? w.wide(i.list[k])[lane] : w.row(i.list[k])[lane];
      std::memcpy(bytes + k * p.elementBytes, &value, p.elementBytes);
    }
  }
  countShared(w, offsets, p.totalBytes, &Counts::sharedStoreBytes);
}

// ---- decoding --------------------------------------------------------------

static InstructionClass classOf(StateSpace space) {
  switch (space) {
  case StateSpace::Shared:
    return InstructionClass::SharedMemory;
  case StateSpace::Const:
  case StateSpace::Param:
    return InstructionClass::Other;
  default:
    return InstructionClass::GlobalMemory;
  }
}

/// The words that ld and st share, and the vector's length.
static uint32_t decodeWords(Decoder &d, AccessPayload &p, Type &type) {
  p.ordering = takeOrdering(d);
  p.space = takeSpace(d);
  dropCacheHints(d);
  int vector = d.takeOneOf({"v2", "v4", "v8"});
  type = d.type();
  uint32_t count = vector < 0 ? 1 : 2u << vector;
  p.elementBytes = bytesOf(type);
  p.totalBytes = count * p.elementBytes;
  p.signExtends = type == Type::S8 || type == Type::S16 || type == Type::S32;
  if (p.elementBytes == 0 || p.elementBytes > 8)
    d.unsupported("the type ." + std::string(spelling(type)));
  if (p.totalBytes > 32)
    d.malformed("moves more than 32 bytes");
  return count;
}

/// The registers of a vector must all be of one size.
static void decodeRegisters(Decoder &d, Instruction &i, AccessPayload &p,
                            const Operand &operand, uint32_t count) {
  if (i.list.size() != count)
    return d.malformed("the vector's length is not that of the mnemonic");
  const Operand &first =
      operand.kind == OperandKind::Vector ? operand.elements[0] : operand;
  p.wideRegisters = d.isWide(i.list[0]);
  Type registerType = Type::B32;
  if (d.isRegister(first, &registerType))
    p.shortRegisters = bytesOf(registerType) <= 2;
  for (uint32_t row : i.list)
    if (d.isWide(row) != p.wideRegisters)
      d.unsupported("registers of different sizes in one vector");
}

static void decodeAddress(Decoder &d, Instruction &i, AccessPayload &p,
                          size_t operand) {
  Decoder::Address address = d.address(operand);
  i.slot[0] = address.row;
  i.offset = address.offset;
  p.wideAddress = address.is64;
  if (address.symbol && p.space == StateSpace::Generic)
    d.unsupported("a variable in a generic address");
}

static void decodeLoad(Decoder &d, Instruction &i) {
  auto p = std::make_shared<AccessPayload>();
  Type type;
  uint32_t count = decodeWords(d, *p, type);
  d.expectOperands(2, 3); // the third: a cache policy
  decodeAddress(d, i, *p, 1);
  i.list = d.destinations(d.operand(0), type, true);
  decodeRegisters(d, i, *p, d.operand(0), count);
  bool isParameter = p->space == StateSpace::Param &&
                     !d.operand(1).elements.empty() &&
                     d.operand(1).elements[0].kind == OperandKind::Symbol;
  i.execute = isParameter ? executeLoadParameter : executeLoad;
  i.instructionClass = classOf(p->space);
  i.payload = p;
}

static void decodeStore(Decoder &d, Instruction &i) {
  auto p = std::make_shared<AccessPayload>();
  Type type;
  uint32_t count = decodeWords(d, *p, type);
  d.expectOperands(2, 3);
  decodeAddress(d, i, *p, 0);
  i.list = d.sources(d.operand(1), type, true);
  decodeRegisters(d, i, *p, d.operand(1), count);
  i.execute = executeStore;
  i.instructionClass = classOf(p->space);
  i.payload = p;
}

std::span<const InstructionForm> memoryForms() {
  static constexpr InstructionForm kForms[] = {
      {"ld", decodeLoad},
      {"ldu", decodeLoad},
      {"st", decodeStore},
  };
  return kForms;
}

} // namespace kgen::emulator::ptx
