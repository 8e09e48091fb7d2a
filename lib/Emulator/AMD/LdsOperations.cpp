//===- LdsOperations.cpp - ds_read and ds_write
//----------------------------===//

#include "LdsAccess.h"

namespace kgen::emulator::amd {

namespace {

/// Byte offset of element `e` from the lanes' addresses.
uint32_t offsetOf(const Instruction &i, uint32_t e) {
  const MemoryShape &shape = i.operation->memory;
  if (shape.elements == 1)
    return uint32_t(i.modifiers.offset);
  return uint32_t(i.modifiers.offsets[e]) * shape.bytes * shape.stride;
}

void executeRead(Wave &wave, const Instruction &i) {
  const MemoryShape &shape = i.operation->memory;
  LdsAccess access(wave, i, AccessKind::Read);
  std::array<uint32_t, kLanes> address;
  std::array<std::array<Datum, kLanes>, 2> data;
  uint64_t exec = wave.exec();
  // All addresses are read before any result is written: they may overlap.
  for (uint32_t e = 0; e != shape.elements; ++e) {
    if (!access.addresses(i.operands[1], offsetOf(i, e), address))
      return;
    access.countConflicts(address, shape.bytes);
    for (uint32_t lane = 0; lane != kLanes; ++lane)
      if (exec >> lane & 1)
        data[e][lane] = access.load(lane, address[lane], shape.bytes);
  }
  for (uint32_t e = 0; e != shape.elements; ++e)
    for (uint32_t lane = 0; lane != kLanes; ++lane)
      if (exec >> lane & 1)
        scatter(wave, shape, Unit(i.operands[0].unit + e * registersFor(shape)),
                lane, data[e][lane]);
  access.finish();
}

void executeWrite(Wave &wave, const Instruction &i) {
  const MemoryShape &shape = i.operation->memory;
  LdsAccess access(wave, i, AccessKind::Write);
  std::array<uint32_t, kLanes> address;
  uint64_t exec = wave.exec();
  for (uint32_t e = 0; e != shape.elements; ++e) {
    if (!access.addresses(i.operands[0], offsetOf(i, e), address))
      return;
    access.countConflicts(address, shape.bytes);
    for (uint32_t lane = 0; lane != kLanes; ++lane)
      if (exec >> lane & 1)
        access.store(lane, address[lane], shape.bytes,
                     gather(wave, shape, i.operands[1 + e].unit, lane));
  }
  access.finish();
}

/// gfx950's ds_read_b64_tr_b16: each row of 16 lanes reads 8 bytes a lane, a
/// tile of 4 x 16 elements of which a lane holds a quarter of a row, and gets
/// its column: element r of lane l is element l % 4 of what lane 4 r + l / 4
/// read (CDNA4 ISA guide, "LDS transpose load").
void executeReadTransposed(Wave &wave, const Instruction &i) {
  LdsAccess access(wave, i, AccessKind::Read);
  std::array<uint32_t, kLanes> address;
  if (!access.addresses(i.operands[1], uint32_t(i.modifiers.offset), address))
    return;
  access.countConflicts(address, 8);
  uint64_t exec = wave.exec();
  if (exec != kAllLanes) {
    wave.fault(ErrorCode::FindingOperand,
               "a transposing read needs all lanes: their data are exchanged");
    return;
  }
  std::array<Datum, kLanes> read;
  for (uint32_t lane = 0; lane != kLanes; ++lane)
    read[lane] = access.load(lane, address[lane], 8);
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    Datum column;
    uint32_t row = lane & ~15u, within = lane & 15;
    for (uint32_t r = 0; r != 4; ++r) {
      const Datum &from = read[row + 4 * r + within / 4];
      uint32_t element = within % 4, shift = 16 * (element % 2);
      uint32_t half = from.value[element / 2] >> shift & 0xFFFF;
      uint32_t shadow = from.shadow[element / 2] >> shift & 0xFFFF;
      column.value[r / 2] |= half << 16 * (r % 2);
      column.shadow[r / 2] |= shadow << 16 * (r % 2);
    }
    scatter(wave, i.operation->memory, i.operands[0].unit, lane, column);
  }
  access.finish();
}

Operation ldsOperation(std::string name, Handler execute, uint8_t bytes,
                       bool store) {
  Operation operation;
  operation.name = std::move(name);
  operation.execute = execute;
  operation.instructionClass = InstructionClass::SharedMemory;
  operation.pipe = Pipe::Lds;
  operation.memory.bytes = bytes;
  operation.memory.store = store;
  operation.results = store ? 0 : 1;
  operation.types.fill(Type::Raw);
  return operation;
}

void addNarrow(OperationTable &t) {
  auto narrow = [&](const char *name, uint8_t bytes, bool signExtend, bool half,
                    bool high) {
    bool store = std::string_view(name).starts_with("ds_write");
    Operation operation =
        ldsOperation(name, store ? executeWrite : executeRead, bytes, store);
    operation.memory.signExtend = signExtend;
    operation.memory.half = half && !store;
    operation.memory.highHalf = high;
    operation.readsResult = operation.memory.half;
    t.add(operation);
  };
  narrow("ds_read_u8", 1, false, false, false);
  narrow("ds_read_i8", 1, true, false, false);
  narrow("ds_read_u16", 2, false, false, false);
  narrow("ds_read_i16", 2, true, false, false);
  narrow("ds_read_u8_d16", 1, false, true, false);
  narrow("ds_read_u8_d16_hi", 1, false, true, true);
  narrow("ds_read_i8_d16", 1, true, true, false);
  narrow("ds_read_i8_d16_hi", 1, true, true, true);
  narrow("ds_read_u16_d16", 2, false, true, false);
  narrow("ds_read_u16_d16_hi", 2, false, true, true);
  narrow("ds_write_b8", 1, false, false, false);
  narrow("ds_write_b16", 2, false, false, false);
  narrow("ds_write_b8_d16_hi", 1, false, false, true);
  narrow("ds_write_b16_d16_hi", 2, false, false, true);
}

} // namespace

void addLdsOperations(OperationTable &t) {
  addNarrow(t);
  for (uint8_t bytes : {4, 8, 12, 16}) {
    std::string width = "b" + std::to_string(8 * bytes);
    t.add(ldsOperation("ds_read_" + width, executeRead, bytes, false));
    t.add(ldsOperation("ds_write_" + width, executeWrite, bytes, true));
  }
  for (uint8_t bytes : {4, 8})
    for (bool far : {false, true}) {
      std::string width =
          std::string(far ? "st64_b" : "_b") + std::to_string(8 * bytes);
      Operation read =
          ldsOperation("ds_read2" + width, executeRead, bytes, false);
      Operation write =
          ldsOperation("ds_write2" + width, executeWrite, bytes, true);
      read.memory.elements = write.memory.elements = 2;
      read.memory.stride = write.memory.stride = far ? 64 : 1;
      t.add(read);
      t.add(write);
    }
  t.add(ldsOperation("ds_read_b64_tr_b16", executeReadTransposed, 8, false));
}

} // namespace kgen::emulator::amd
