//===- WaveLanes.cpp - Vector operands, lane by lane
//-----------------------===//
//
// Modifiers apply in the order of the ISA guides: DPP moves lanes, SDWA or
// op_sel takes a part of the register, then absolute value, then negation.
//
//===----------------------------------------------------------------------===//

#include "Wave.h"

namespace kgen::emulator::amd {

/// The lane that `lane` reads under DPP, or -1: none ("Data-Parallel
/// Primitives": rows are 16 lanes).
static int dppSource(const Modifiers &m, uint32_t lane) {
  int row = int(lane) & ~15, at = int(lane) & 15, amount = m.dppValues[0];
  auto within = [&](int source) {
    return source >= 0 && source < 16 ? row + source : -1;
  };
  switch (m.dpp) {
  case DppControl::None:
    return int(lane);
  case DppControl::QuadPerm:
    return (int(lane) & ~3) + m.dppValues[lane & 3];
  case DppControl::RowShl:
    return within(at + amount);
  case DppControl::RowShr:
    return within(at - amount);
  case DppControl::RowRor:
    return row + ((at - amount) & 15);
  case DppControl::RowMirror:
    return row + 15 - at;
  case DppControl::RowHalfMirror:
    return row + (at & 8) + 7 - (at & 7);
  case DppControl::RowNewBcast:
    return row + amount;
  case DppControl::RowBcast15: // the last lane of a row into the next row
    return row == 0 ? -1 : row - 1;
  case DppControl::RowBcast31:
    return lane < 32 ? -1 : 31;
  case DppControl::WaveShl:
    return lane == 63 ? -1 : int(lane) + 1;
  case DppControl::WaveShr:
    return int(lane) - 1;
  case DppControl::WaveRol:
    return int(lane + 1) & 63;
  case DppControl::WaveRor:
    return int(lane + 63) & 63;
  }
  return -1;
}

/// Whether DPP gives `lane` a value: its source exists and is switched on.
static bool dppValid(const Modifiers &m, uint32_t lane, uint64_t exec) {
  int source = dppSource(m, lane);
  return source >= 0 && (exec >> source & 1);
}

uint64_t Wave::writtenLanes(const Instruction &i) const {
  uint64_t mask = exec();
  const Modifiers &m = i.modifiers;
  if (m.dpp == DppControl::None)
    return mask;
  uint64_t written = 0;
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    bool inRow = m.rowMask >> (lane / 16) & 1;
    bool inBank = m.bankMask >> (lane % 16 / 4) & 1;
    bool valid = m.boundControl || dppValid(m, lane, mask);
    written |= uint64_t(inRow && inBank && valid) << lane;
  }
  return mask & written;
}

static uint64_t selectPart(uint64_t value, SdwaSelect select, bool sext) {
  switch (select) {
  case SdwaSelect::Dword:
    return value;
  case SdwaSelect::Word0:
  case SdwaSelect::Word1: {
    uint16_t word = uint16_t(value >> (select == SdwaSelect::Word1 ? 16 : 0));
    return sext ? uint32_t(int32_t(int16_t(word))) : word;
  }
  default: {
    uint32_t byte = uint32_t(select) - uint32_t(SdwaSelect::Byte0);
    uint8_t part = uint8_t(value >> 8 * byte);
    return sext ? uint32_t(int32_t(int8_t(part))) : part;
  }
  }
}

/// Bits of the sign, for absolute value and negation; 0: no such modifier.
static uint64_t signBit(Type type) {
  switch (type) {
  case Type::F16:
  case Type::B16:
    return 0x8000;
  case Type::F32:
  case Type::B32: // v_cndmask, moves
    return 0x80000000;
  case Type::F64:
    return 1ull << 63;
  default:
    return 0;
  }
}

void Wave::rawLanes(const Operand &operand, Type type, bool wantShadows,
                    LaneValues &values) const {
  uint32_t registers = registersOf(type);
  if (operand.bank != Bank::Vector) {
    uint64_t value = wantShadows ? scalarShadow(operand, registers)
                                 : scalar(operand, registers);
    values.fill(value);
    return;
  }
  auto fetch = [&](Unit unit, uint32_t lane) {
    return wantShadows ? vectorShadow(unit, lane) : vector(unit, lane);
  };
  if (registers < 2) {
    for (uint32_t lane = 0; lane != kLanes; ++lane)
      values[lane] = fetch(operand.unit, lane);
    return;
  }
  for (uint32_t lane = 0; lane != kLanes; ++lane)
    values[lane] = uint64_t(fetch(operand.unit + 1, lane)) << 32 |
                   fetch(operand.unit, lane);
}

/// DPP, SDWA and op_sel of source `k`; the same for values and shadows.
void Wave::arrange(const Instruction &i, uint32_t k, bool wantShadows,
                   LaneValues &values) const {
  const Modifiers &m = i.modifiers;
  uint32_t source = k - i.operation->results;
  if (m.dpp != DppControl::None && source == 0) {
    LaneValues before = values;
    uint64_t on = exec();
    for (uint32_t lane = 0; lane != kLanes; ++lane)
      values[lane] =
          dppValid(m, lane, on) ? before[uint32_t(dppSource(m, lane))] : 0;
  }
  const Operand &operand = i.operands[k];
  if (m.sdwa && source < 2) {
    for (uint64_t &value : values)
      value = selectPart(value, m.srcSel[source], operand.signExtend);
    return;
  }
  Type type = i.operation->types[k];
  bool half = type == Type::F16 || type == Type::B16;
  if (half && operand.bank != Bank::Constant && (m.opSel >> source & 1))
    for (uint64_t &value : values)
      value >>= 16;
}

void Wave::lanes(const Instruction &i, uint32_t k, LaneValues &values) const {
  const Operand &operand = i.operands[k];
  Type type = i.operation->types[k];
  rawLanes(operand, type, false, values);
  const Modifiers &m = i.modifiers;
  if (m.dpp != DppControl::None || m.sdwa || m.opSel)
    arrange(i, k, false, values);
  if (!operand.absolute && !operand.negate)
    return;
  uint64_t sign = signBit(type);
  uint64_t keep = operand.absolute ? ~sign : ~0ull;
  uint64_t flip = operand.negate ? sign : 0;
  for (uint64_t &value : values)
    value = (value & keep) ^ flip;
}

void Wave::laneShadows(const Instruction &i, uint32_t k,
                       LaneValues &values) const {
  rawLanes(i.operands[k], i.operation->types[k], true, values);
  const Modifiers &m = i.modifiers;
  if (m.dpp != DppControl::None || m.sdwa || m.opSel)
    arrange(i, k, true, values);
}

bool Wave::anyUndefined(const Instruction &i, uint32_t k) const {
  const Operand &operand = i.operands[k];
  if (operand.bank == Bank::Scalar)
    return scalarShadow(operand, registersOf(i.operation->types[k])) != 0;
  if (operand.bank != Bank::Vector)
    return false;
  // DPP reads lanes that exec switches on, too.
  uint64_t mask = undefinedLanes[operand.unit];
  if (registersOf(i.operation->types[k]) > 1)
    mask |= undefinedLanes[operand.unit + 1];
  return (mask & exec()) != 0;
}

/// Where SDWA or op_sel writes into the register.
struct Placement {
  uint32_t shift = 0, mask = ~0u;
  bool preserve = false, sext = false;
};
static Placement placement(const Instruction &i, uint32_t k) {
  const Modifiers &m = i.modifiers;
  Placement p;
  if (m.sdwa) {
    if (m.dstSel == SdwaSelect::Word0 || m.dstSel == SdwaSelect::Word1)
      p.mask = 0xFFFF, p.shift = m.dstSel == SdwaSelect::Word1 ? 16 : 0;
    else if (m.dstSel != SdwaSelect::Dword)
      p.mask = 0xFF,
      p.shift = 8 * (uint32_t(m.dstSel) - uint32_t(SdwaSelect::Byte0));
    p.preserve = m.dstUnused == SdwaUnused::Preserve;
    p.sext = m.dstUnused == SdwaUnused::Sext;
    return p;
  }
  Type type = i.operation->types[k];
  // The bit after the sources' says which half of the result; the other stays.
  uint32_t sources = uint32_t(i.operands.size()) - i.operation->results;
  bool half = type == Type::F16 || type == Type::B16;
  if (half && m.opSel >> std::min(sources, 3u) & 1 &&
      i.operation->pipe == Pipe::Vector)
    p.mask = 0xFFFF, p.shift = 16, p.preserve = true;
  return p;
}

static uint32_t place(const Placement &p, uint32_t value, uint32_t old) {
  if (p.mask == ~0u)
    return value;
  uint32_t part = value & p.mask;
  if (p.preserve)
    return (old & ~(p.mask << p.shift)) | part << p.shift;
  bool negative = part >> (p.mask == 0xFF ? 7 : 15) & 1;
  uint32_t above =
      p.sext && negative ? ~((p.mask << p.shift) - 1 | p.mask << p.shift) : 0;
  return part << p.shift | above;
}

void Wave::setLanes(const Instruction &i, uint32_t k, const LaneValues &values,
                    uint64_t mask) {
  const Operand &operand = i.operands[k];
  Unit unit = operand.unit;
  uint32_t *row = vectorRow(unit);
  Placement p = placement(i, k);
  bool wide = registersOf(i.operation->types[k]) > 1;
  uint32_t *high = wide ? vectorRow(unit + 1) : nullptr;
  if (mask == kAllLanes && p.mask == ~0u) {
    for (uint32_t lane = 0; lane != kLanes; ++lane)
      row[lane] = uint32_t(values[lane]);
    for (uint32_t lane = 0; wide && lane != kLanes; ++lane)
      high[lane] = uint32_t(values[lane] >> 32);
  } else {
    for (uint32_t lane = 0; lane != kLanes; ++lane) {
      if (!(mask >> lane & 1))
        continue;
      row[lane] = place(p, uint32_t(values[lane]), row[lane]);
      if (wide)
        high[lane] = uint32_t(values[lane] >> 32);
    }
  }
  if (!p.preserve)
    setDefined(unit, mask);
  else
    setLaneShadows(i, k, {}, mask);
  if (wide)
    setDefined(unit + 1, mask);
}

void Wave::setLaneShadows(const Instruction &i, uint32_t k,
                          const LaneValues &bits, uint64_t mask) {
  const Operand &operand = i.operands[k];
  Placement p = placement(i, k);
  bool wide = registersOf(i.operation->types[k]) > 1;
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    if (!(mask >> lane & 1))
      continue;
    Unit unit = operand.unit;
    uint32_t shadow = place(p, uint32_t(bits[lane]), vectorShadow(unit, lane));
    setVector(unit, lane, vector(unit, lane), shadow);
    if (wide)
      setVector(unit + 1, lane, vector(unit + 1, lane),
                uint32_t(bits[lane] >> 32));
  }
}

} // namespace kgen::emulator::amd
