//===- GlobalAddresses.cpp - Where the lanes of a memory instruction go
//----===//

#include "GlobalAccess.h"

namespace kgen::emulator::amd {

/// Operand positions: loads give the result first, stores the address.
static uint32_t firstSource(const Instruction &i) {
  return i.operation->results;
}

/// Undefined bits of an address operand in any lane that takes part.
static bool definedAddress(Wave &wave, const Operand &operand, uint64_t lanes) {
  if (operand.bank == Bank::Scalar)
    return wave.requireDefined(wave.scalarShadow(operand), "the address");
  for (uint32_t r = 0; operand.bank == Bank::Vector && r != operand.width; ++r)
    if (!wave.requireDefinedRow(Unit(operand.unit + r), lanes, "the address"))
      return false;
  return true;
}

static uint64_t vectorPair(const Wave &wave, Unit unit, uint32_t lane) {
  return uint64_t(wave.vector(unit + 1, lane)) << 32 | wave.vector(unit, lane);
}

/// The buffer resource (CDNA3 ISA guide, "Buffer Resource Descriptor").
struct Resource {
  uint64_t base = 0;
  uint32_t stride = 0;
  uint64_t records = 0;
  bool scratch = false;
};

static bool readResource(Wave &wave, const Operand &operand, Resource &out) {
  Unit unit = operand.unit;
  uint64_t shadow = wave.pairShadow(unit) | wave.unitShadow(unit + 2) |
                    wave.unitShadow(unit + 3);
  if (!wave.requireDefined(shadow, "the buffer resource"))
    return false;
  uint64_t low = wave.pairValue(unit);
  uint32_t flags = wave.unitValue(unit + 3);
  out.base = low & 0xFFFFFFFFFFFF;
  out.stride = uint32_t(low >> 48) & 0x3FFF;
  out.records = wave.unitValue(unit + 2);
  bool swizzled = low >> 63 & 1, addsLane = flags >> 23 & 1;
  out.scratch = swizzled && out.base == kScratchBase;
  if (!out.scratch && (swizzled || addsLane)) {
    wave.fault(ErrorCode::EmulatorUnsupported,
               "swizzled buffers are not emulated");
    return false;
  }
  return true;
}

bool bufferAddresses(Wave &wave, const Instruction &i, Addresses &out) {
  const Modifiers &m = i.modifiers;
  bool store = i.operation->memory.store, toLds = m.lds;
  // Data stand first, except in loads into LDS.
  uint32_t vaddr = toLds ? 0 : 1;
  const Operand &index = i.operands[vaddr];
  const Operand &soffset = i.operands[vaddr + 2];
  (void)store;
  out.dataOperand = 0;
  out.lanes = wave.exec();
  Resource resource;
  if (!readResource(wave, i.operands[vaddr + 1], resource) ||
      !definedAddress(wave, soffset, out.lanes) ||
      !definedAddress(wave, index, out.lanes))
    return false;
  out.space =
      resource.scratch ? Addresses::Space::Scratch : Addresses::Space::Global;
  uint64_t constant = wave.scalar(soffset, 1);
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    uint64_t record = m.idxen ? wave.vector(index.unit, lane) : 0;
    uint64_t offset = uint64_t(uint32_t(m.offset));
    if (m.offen)
      offset += wave.vector(Unit(index.unit + (m.idxen ? 1 : 0)), lane);
    // The scalar offset is not part of the range check (LLVM,
    // IntrinsicsAMDGPU.td, raw and struct buffer loads).
    bool structured = resource.stride != 0 && m.idxen;
    uint64_t size =
        structured ? (record < resource.records ? ~0ull : 0) : resource.records;
    out.inRange[lane] = offset < size ? size - offset : 0;
    uint64_t base = resource.scratch ? 0 : resource.base;
    out.address[lane] = base + constant + record * resource.stride + offset;
    if (resource.scratch)
      out.inRange[lane] = ~0ull;
  }
  return true;
}

/// Vector address (a pair, or an offset to a scalar base) and its base.
static bool vectorAndBase(Wave &wave, const Instruction &i,
                          const Operand &vaddr, const Operand *base,
                          Addresses &out) {
  out.lanes = wave.exec();
  out.inRange.fill(~0ull);
  if (!definedAddress(wave, vaddr, out.lanes) ||
      (base && !definedAddress(wave, *base, out.lanes)))
    return false;
  bool scalarBase = base && base->bank == Bank::Scalar;
  uint64_t constant = uint64_t(int64_t(i.modifiers.offset)) +
                      (scalarBase ? wave.scalar(*base, 2) : 0);
  for (uint32_t lane = 0; lane != kLanes; ++lane)
    out.address[lane] =
        constant + (vaddr.width > 1 ? vectorPair(wave, vaddr.unit, lane)
                                    : wave.vector(vaddr.unit, lane));
  return true;
}

bool globalAddresses(Wave &wave, const Instruction &i, Addresses &out) {
  uint32_t vaddr = firstSource(i);
  out.dataOperand = i.operation->memory.store ? 1 : 0;
  uint32_t base = i.operation->memory.store ? 2 : vaddr + 1;
  return vectorAndBase(wave, i, i.operands[vaddr], &i.operands[base], out);
}

bool flatAddresses(Wave &wave, const Instruction &i, Addresses &out) {
  out.dataOperand = i.operation->memory.store ? 1 : 0;
  return vectorAndBase(wave, i, i.operands[firstSource(i)], nullptr, out);
}

/// Offsets within a lane's private segment: a vector, a scalar, both or none.
bool scratchAddresses(Wave &wave, const Instruction &i, Addresses &out) {
  uint32_t vaddr = firstSource(i);
  out.space = Addresses::Space::Scratch;
  out.dataOperand = i.operation->memory.store ? 1 : 0;
  uint32_t saddr = i.operation->memory.store ? 2 : vaddr + 1;
  const Operand &vector = i.operands[vaddr], &scalar = i.operands[saddr];
  out.lanes = wave.exec();
  out.inRange.fill(~0ull);
  if (!definedAddress(wave, vector, out.lanes) ||
      !definedAddress(wave, scalar, out.lanes))
    return false;
  uint64_t constant =
      uint64_t(int64_t(i.modifiers.offset)) +
      (scalar.bank == Bank::Scalar ? wave.scalar(scalar, 1) : 0);
  for (uint32_t lane = 0; lane != kLanes; ++lane)
    out.address[lane] =
        constant +
        (vector.bank == Bank::Vector ? wave.vector(vector.unit, lane) : 0);
  return true;
}

} // namespace kgen::emulator::amd
