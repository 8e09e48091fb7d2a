//===- GlobalMemoryOperations.cpp - buffer_, global_, flat_, scratch_
//------===//

#include "GlobalAccess.h"
#include "Workgroup.h"

#include <algorithm>
#include <bit>

namespace kgen::emulator::amd {

namespace {

std::string laneText(uint32_t lane) { return "lane " + std::to_string(lane); }

/// The host bytes of an access to global memory, or null after a fault.
uint8_t *locate(Wave &wave, uint64_t address, uint32_t size, uint32_t lane,
                bool store) {
  Workgroup &group = wave.workgroup();
  GlobalMemory &memory = group.launch().memory;
  uint8_t *bytes = memory.find(address, size);
  if (!bytes) {
    wave.fault(ErrorCode::FindingOutOfBounds,
               laneText(lane) + (store ? " stores " : " loads ") +
                   memory.describe(address, size));
    return nullptr;
  }
  if (address % std::min(size, 4u) != 0) {
    wave.fault(ErrorCode::FindingMisaligned,
               laneText(lane) + (store ? " stores " : " loads ") +
                   memory.describe(address, size));
    return nullptr;
  }
  auto conflict = store ? memory.noteStore(address, size, group.blockIndex(),
                                           wave.current())
                        : memory.checkLoad(address, size, group.blockIndex());
  if (conflict) {
    wave.fault(ErrorCode::FindingRace,
               laneText(lane) + (store ? " stores " : " loads ") +
                   memory.describe(address, size) + ", which block " +
                   std::to_string(conflict->block) + " stores at " +
                   group.code().name(conflict->instruction));
    return nullptr;
  }
  return bytes;
}

/// A lane's range of its wave's private segment, or null after a fault.
Workgroup::Scratch *locateScratch(Wave &wave, uint64_t address, uint32_t size,
                                  uint32_t lane, uint64_t &at) {
  Workgroup &group = wave.workgroup();
  uint64_t segment = group.code().facts.privateBytes;
  if (address > segment || size > segment - address) {
    wave.fault(ErrorCode::FindingOutOfBounds,
               laneText(lane) + " touches bytes " + std::to_string(address) +
                   ".." + std::to_string(address + size) +
                   " of a private segment of " + std::to_string(segment));
    return nullptr;
  }
  at = lane * segment + address;
  return &group.scratch(wave.index());
}

Datum loadScratch(Wave &wave, uint64_t address, uint32_t size, uint32_t lane) {
  uint64_t at = 0;
  Workgroup::Scratch *scratch = locateScratch(wave, address, size, lane, at);
  if (!scratch)
    return {};
  Datum datum = fromBytes(scratch->bytes.data() + at, size);
  datum.shadow = fromBytes(scratch->undefined.data() + at, size).value;
  return datum;
}
void storeScratch(Wave &wave, uint64_t address, uint32_t size, uint32_t lane,
                  const Datum &datum) {
  uint64_t at = 0;
  Workgroup::Scratch *scratch = locateScratch(wave, address, size, lane, at);
  if (!scratch)
    return;
  toBytes(datum, scratch->bytes.data() + at, size);
  Datum shadow;
  shadow.value = datum.shadow;
  toBytes(shadow, scratch->undefined.data() + at, size);
}

/// Bytes of an element that a buffer's range lets through: whole words.
uint32_t granted(const MemoryShape &shape, uint64_t inRange) {
  if (inRange >= shape.bytes)
    return shape.bytes;
  return shape.bytes < 4 ? 0 : uint32_t(inRange / 4 * 4);
}

Datum loadLane(Wave &wave, const MemoryShape &shape, const Addresses &a,
               uint32_t lane) {
  if (a.space == Addresses::Space::Scratch)
    return loadScratch(wave, a.address[lane], shape.bytes, lane);
  uint32_t size = granted(shape, a.inRange[lane]);
  if (size == 0)
    return {}; // out of range: 0
  const uint8_t *bytes = locate(wave, a.address[lane], size, lane, false);
  if (!bytes)
    return {};
  wave.counts().globalLoadBytes += size;
  return fromBytes(bytes, size);
}

void storeLane(Wave &wave, const MemoryShape &shape, const Addresses &a,
               uint32_t lane, const Datum &datum) {
  if (a.space == Addresses::Space::Scratch)
    return storeScratch(wave, a.address[lane], shape.bytes, lane, datum);
  uint32_t size = granted(shape, a.inRange[lane]);
  if (size == 0)
    return; // dropped
  for (uint32_t r = 0; r != registersFor(shape); ++r)
    if (4 * r < size && datum.shadow[r]) {
      wave.fault(ErrorCode::FindingUninitialised,
                 laneText(lane) + " stores a value that was never written to "
                                  "global memory");
      return;
    }
  uint8_t *bytes = locate(wave, a.address[lane], size, lane, true);
  if (!bytes)
    return;
  wave.counts().globalStoreBytes += size;
  toBytes(datum, bytes, size);
}

/// Loads into LDS (CDNA3 ISA guide, "Memory Buffer Load to LDS"): the lane's
/// place is M0's low half, plus the instruction's offset, plus the lane number
/// times the size (bytes and halves take a word).
void loadToLds(Wave &wave, const Instruction &i, const Addresses &a) {
  const MemoryShape &shape = i.operation->memory;
  SharedMemory &lds = wave.workgroup().lds();
  if (!wave.requireDefined(wave.unitShadow(kM0), "m0, the LDS address"))
    return;
  uint32_t size = std::max<uint32_t>(shape.bytes, 4);
  uint64_t base = (wave.unitValue(kM0) & 0xFFFF) + uint32_t(i.modifiers.offset);
  OperationId operation =
      lds.begin({wave.index(), wave.current(), AccessKind::AsyncCopyWrite});
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    if (!(a.lanes >> lane & 1))
      continue;
    uint64_t at = base + lane * size;
    if (!lds.contains(at, size)) {
      wave.fault(ErrorCode::FindingOutOfBounds,
                 laneText(lane) + " loads to LDS bytes " + std::to_string(at) +
                     ".." + std::to_string(at + size) + " of " +
                     std::to_string(lds.size()));
      return;
    }
    if (auto conflict =
            lds.access(AccessKind::AsyncCopyWrite, wave.timeline,
                       wave.current(), uint32_t(at), size, operation)) {
      wave.fault(*conflict, AccessKind::AsyncCopyWrite);
      return;
    }
    Datum datum = loadLane(wave, shape, a, lane);
    if (shape.bytes < 4 && shape.signExtend)
      datum.value[0] =
          uint32_t(int32_t(datum.value[0] << (32 - 8 * shape.bytes)) >>
                   (32 - 8 * shape.bytes));
    toBytes(datum, lds.data() + at, size);
    lds.setDefined(uint32_t(at), size, true);
    wave.counts().sharedStoreBytes += size;
  }
  wave.pendingMemory().add(i, wave.current(), operation);
}

using AddressFunction = bool (*)(Wave &, const Instruction &, Addresses &);

template <AddressFunction F>
void execute(Wave &wave, const Instruction &i) {
  Addresses addresses;
  if (!F(wave, i, addresses))
    return;
  const MemoryShape &shape = i.operation->memory;
  if (shape.toLds || i.modifiers.lds)
    return loadToLds(wave, i, addresses);
  Unit data = i.operands[addresses.dataOperand].unit;
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    if (!(addresses.lanes >> lane & 1))
      continue;
    if (shape.store)
      storeLane(wave, shape, addresses, lane, gather(wave, shape, data, lane));
    else
      scatter(wave, shape, data, lane, loadLane(wave, shape, addresses, lane));
  }
  wave.pendingMemory().add(i, wave.current(), 0);
}

struct Form {
  const char *suffix;
  MemoryShape shape;
};

MemoryShape shapeOf(uint8_t bytes, bool signExtend = false, bool half = false,
                    bool highHalf = false) {
  MemoryShape shape;
  shape.bytes = bytes;
  shape.signExtend = signExtend;
  shape.half = half;
  shape.highHalf = highHalf;
  return shape;
}

void add(OperationTable &t, const std::string &prefix, Handler handler,
         Pipe pipe, bool store, const Form &form) {
  Operation operation;
  operation.name = prefix + (store ? "_store_" : "_load_") + form.suffix;
  operation.execute = handler;
  operation.instructionClass = InstructionClass::GlobalMemory;
  operation.pipe = pipe;
  operation.memory = form.shape;
  operation.memory.store = store;
  operation.results = store ? 0 : 1;
  operation.readsResult = !store && form.shape.half; // one half stays
  operation.types.fill(Type::Raw);
  t.add(operation);
}

void addAll(OperationTable &t, const std::string &prefix, Handler handler,
            Pipe pipe) {
  for (const Form &form :
       {Form{"ubyte", shapeOf(1)}, Form{"sbyte", shapeOf(1, true)},
        Form{"ushort", shapeOf(2)}, Form{"sshort", shapeOf(2, true)},
        Form{"dword", shapeOf(4)}, Form{"dwordx2", shapeOf(8)},
        Form{"dwordx3", shapeOf(12)}, Form{"dwordx4", shapeOf(16)},
        Form{"short_d16", shapeOf(2, false, true)},
        Form{"short_d16_hi", shapeOf(2, false, true, true)},
        Form{"ubyte_d16", shapeOf(1, false, true)},
        Form{"ubyte_d16_hi", shapeOf(1, false, true, true)},
        Form{"sbyte_d16", shapeOf(1, true, true)},
        Form{"sbyte_d16_hi", shapeOf(1, true, true, true)}})
    add(t, prefix, handler, pipe, false, form);
  for (const Form &form :
       {Form{"byte", shapeOf(1)}, Form{"short", shapeOf(2)},
        Form{"dword", shapeOf(4)}, Form{"dwordx2", shapeOf(8)},
        Form{"dwordx3", shapeOf(12)}, Form{"dwordx4", shapeOf(16)},
        Form{"byte_d16_hi", shapeOf(1, false, false, true)},
        Form{"short_d16_hi", shapeOf(2, false, false, true)}})
    add(t, prefix, handler, pipe, true, form);
}

} // namespace

void addGlobalMemoryOperations(OperationTable &t) {
  addAll(t, "buffer", execute<bufferAddresses>, Pipe::VectorMemory);
  addAll(t, "global", execute<globalAddresses>, Pipe::VectorMemory);
  addAll(t, "flat", execute<flatAddresses>, Pipe::Flat);
  addAll(t, "scratch", execute<scratchAddresses>, Pipe::VectorMemory);
  for (const Form &form :
       {Form{"lds_ubyte", shapeOf(1)}, Form{"lds_sbyte", shapeOf(1, true)},
        Form{"lds_ushort", shapeOf(2)}, Form{"lds_sshort", shapeOf(2, true)},
        Form{"lds_dword", shapeOf(4)}, Form{"lds_dwordx3", shapeOf(12)},
        Form{"lds_dwordx4", shapeOf(16)}}) {
    Operation operation;
    operation.name = std::string("global_load_") + form.suffix;
    operation.execute = execute<globalAddresses>;
    operation.instructionClass = InstructionClass::GlobalMemory;
    operation.pipe = Pipe::VectorMemory;
    operation.memory = form.shape;
    operation.memory.toLds = true;
    operation.results = 0;
    operation.readsM0 = true;
    operation.types.fill(Type::Raw);
    t.add(operation);
  }
}

} // namespace kgen::emulator::amd
