//===- Hazards.cpp - Wait states that the hardware does not insert
//---------===//

#include "Hazards.h"

#include <algorithm>

namespace kgen::emulator::amd {

/// No rule asks for more.
static constexpr uint64_t kLongest = 20;

static bool isVector(const Instruction &i) {
  Pipe pipe = i.operation->pipe;
  return pipe == Pipe::Vector || pipe == Pipe::Transcendental;
}
static bool isMatrix(const Instruction &i) {
  return i.operation->pipe == Pipe::Matrix;
}
static bool isVectorMemory(const Instruction &i) {
  Pipe pipe = i.operation->pipe;
  return pipe == Pipe::VectorMemory || pipe == Pipe::Flat;
}
static bool isMemory(const Instruction &i) {
  return isVectorMemory(i) || i.operation->pipe == Pipe::Lds;
}

uint32_t Hazards::passes(const Instruction &matrix) const {
  return matrix.operation->matrix.passes[size_t(target)];
}

/// Matrix instructions of f32 operands do not run on the XDL unit of gfx942 and
/// later.
bool Hazards::isXdl(const Instruction &matrix) const {
  return matrix.operation->matrix.element != MatrixShape::Element::F32;
}

/// A matrix instruction reads what another one writes.
Hazards::Need Hazards::matrixAfterMatrix(const Instruction &i, Unit unit,
                                         const Access &write) const {
  const Instruction &before = *write.by;
  uint32_t n = passes(before);
  const Operand &c = i.operands[3];
  bool asC =
      c.bank == Bank::Vector && unit >= c.unit && unit < c.unit + c.width;
  bool asOperand = false;
  for (uint32_t k : {1u, 2u}) {
    const Operand &operand = i.operands[k];
    asOperand |= operand.bank == Bank::Vector && unit >= operand.unit &&
                 unit < operand.unit + operand.width;
  }
  if (asOperand) {
    if (target == Target::Gfx90a)
      return {n + 3, "MFMA result read as A or B"};
    // One more on gfx950 from 4 passes on (LLVM 21, the CDNA4 guide).
    uint32_t extra = target == Target::Gfx950 && isXdl(before) && n != 2;
    return {n + (isXdl(before) ? 3 : 2) + extra, "MFMA result read as A or B"};
  }
  if (!asC)
    return {};
  // The accumulator as a whole is forwarded.
  if (c.unit == before.operands[0].unit)
    return {target != Target::Gfx90a && n == 2 ? 2u : 0u,
            "MFMA result read as C"};
  if (target == Target::Gfx90a)
    return {n, "overlapping MFMA result read as C"};
  if (isXdl(i) && !isXdl(before))
    return {};
  uint32_t extra = target == Target::Gfx950 && isXdl(before) && n != 2;
  return {n + (isXdl(before) ? 1 : 0) + extra,
          "overlapping MFMA result read as C"};
}

/// `i` reads what an ordinary vector instruction wrote.
Hazards::Need Hazards::afterVector(const Instruction &i, Unit unit,
                                   const Access &write) const {
  bool scalar = unit >= kScalarBase;
  if (isMatrix(i))
    return {scalar ? 0u : 2u, "vector result read by an MFMA"};
  if (scalar && isVectorMemory(i))
    return {5, "scalar result of a vector instruction read by memory access"};
  if (scalar && i.operation->readsVcc && i.operation->name == "v_div_fmas_f32")
    return {4, "vcc read by v_div_fmas"};
  if (unit == kExec || unit == kExec + 1)
    return {i.modifiers.dpp != DppControl::None ? 5u : 0u,
            "exec written before DPP"};
  if (!isVector(i))
    return {};
  if (!scalar && i.modifiers.dpp != DppControl::None)
    return {2, "vector result read by DPP"};
  if (target == Target::Gfx90a)
    return {};
  if (scalar)
    return {2, "scalar result of a vector instruction read by another"};
  if (write.by->operation->pipe == Pipe::Transcendental &&
      i.operation->pipe != Pipe::Transcendental)
    return {1, "transcendental result read"};
  return {};
}

Hazards::Need Hazards::beforeRead(const Instruction &i, Unit unit,
                                  const Access &write) const {
  if (!isMatrix(*write.by))
    return afterVector(i, unit, write);
  if (isMatrix(i))
    return matrixAfterMatrix(i, unit, write);
  if (isVector(i) || isMemory(i))
    return beforeWrite(write);
  return {};
}

/// A vector or memory instruction touches what a matrix instruction writes.
Hazards::Need Hazards::beforeWrite(const Access &write) const {
  uint32_t n = passes(*write.by);
  const char *rule = "MFMA result touched by a vector or memory instruction";
  if (target == Target::Gfx90a || isXdl(*write.by)) {
    uint32_t extra = target == Target::Gfx950 && n != 2;
    return {n + 3 + extra, rule};
  }
  return {n + 2, rule};
}

std::optional<Hazards::Finding> Hazards::due(Unit unit, const Access &earlier,
                                             Need need) const {
  uint64_t had = now - earlier.when - 1;
  if (need.states <= had)
    return std::nullopt;
  return Finding{unit, earlier.instruction, need.states, uint32_t(had),
                 need.rule};
}

std::optional<Hazards::Finding> Hazards::check(const Instruction &i) const {
  for (Unit unit : i.reads) {
    const Access &write = writes[unit];
    if (write.when == 0 || now - write.when > kLongest)
      continue;
    if (auto finding = due(unit, write, beforeRead(i, unit, write)))
      return finding;
  }
  if (!isVector(i) && !isMemory(i))
    return std::nullopt;
  for (Unit unit : i.writes) {
    const Access &write = writes[unit];
    if (write.when && now - write.when <= kLongest && isMatrix(*write.by))
      if (auto finding = due(unit, write, beforeWrite(write)))
        return finding;
    if (unit >= kVectorUnits || !isVector(i))
      continue;
    const Access &read = accumulatorReads[unit];
    if (read.when == 0 || now - read.when > kLongest ||
        (target != Target::Gfx90a && !isXdl(*read.by)))
      continue;
    Need need{passes(*read.by) - 1, "C of an MFMA written too early"};
    if (auto finding = due(unit, read, need))
      return finding;
  }
  return std::nullopt;
}

void Hazards::record(const Instruction &i, uint32_t index) {
  if (!isVector(i) && !isMatrix(i)) {
    // A load or a scalar instruction ends what was due on its results.
    for (Unit unit : i.writes)
      writes[unit].when = 0;
    return;
  }
  for (Unit unit : i.writes)
    writes[unit] = {now, index, &i};
  lastVector = now;
  if (!isMatrix(i))
    return;
  lastMatrix = now;
  const Operand &c = i.operands[3];
  if (c.bank == Bank::Vector)
    for (Unit unit = c.unit; unit != c.unit + c.width; ++unit)
      accumulatorReads[unit] = {now, index, &i};
}

std::optional<Hazards::Finding> Hazards::issue(const Instruction &i,
                                               uint32_t index) {
  std::optional<Finding> finding;
  if (lastVector && now - lastVector <= kLongest)
    finding = check(i);
  record(i, index);
  ++now;
  return finding;
}

} // namespace kgen::emulator::amd
