//===- LaneOperations.cpp - Between lanes, and to scalars
//------------------===//

#include "Wave.h"

#include <bit>

namespace kgen::emulator::amd {

using enum InstructionClass;

/// The first lane that is on; lane 0 if none is (CDNA3 ISA guide).
static void executeReadFirstLane(Wave &wave, const Instruction &i) {
  const Operand &source = i.operands[1];
  uint64_t exec = wave.exec();
  uint32_t lane = exec ? uint32_t(std::countr_zero(exec)) : 0;
  if (source.bank == Bank::Vector)
    wave.setScalar(i.operands[0], wave.vector(source.unit, lane),
                   wave.vectorShadow(source.unit, lane));
  else
    wave.setScalar(i.operands[0], wave.scalar(source),
                   wave.scalarShadow(source));
}

static void executeReadLane(Wave &wave, const Instruction &i) {
  if (!wave.requireDefined(wave.scalarShadow(i.operands[2]), "the lane number"))
    return;
  uint32_t lane = wave.scalar(i.operands[2]) & 63;
  Unit unit = i.operands[1].unit;
  wave.setScalar(i.operands[0], wave.vector(unit, lane),
                 wave.vectorShadow(unit, lane));
}

static void executeWriteLane(Wave &wave, const Instruction &i) {
  if (!wave.requireDefined(wave.scalarShadow(i.operands[2]), "the lane number"))
    return;
  uint32_t lane = wave.scalar(i.operands[2]) & 63;
  wave.setVector(i.operands[0].unit, lane, uint32_t(wave.scalar(i.operands[1])),
                 uint32_t(wave.scalarShadow(i.operands[1])));
}

static void exchange(Wave &wave, Unit a, uint32_t laneA, Unit b,
                     uint32_t laneB) {
  uint32_t value = wave.vector(a, laneA), shadow = wave.vectorShadow(a, laneA);
  wave.setVector(a, laneA, wave.vector(b, laneB), wave.vectorShadow(b, laneB));
  wave.setVector(b, laneB, value, shadow);
}

static void executeSwap(Wave &wave, const Instruction &i) {
  for (uint32_t lane = 0; lane != kLanes; ++lane)
    if (wave.exec() >> lane & 1)
      exchange(wave, i.operands[0].unit, lane, i.operands[1].unit, lane);
}

/// v_permlane{16,32}_swap_b32 (CDNA4 ISA guide): the odd rows of `kRow` lanes
/// of the first register change places with the even rows of the second.
template <uint32_t kRow>
static void executeRowSwap(Wave &wave, const Instruction &i) {
  uint64_t exec = wave.exec();
  for (uint32_t lane = kRow; lane != kLanes; ++lane) {
    if (!(lane & kRow) || !(exec >> lane & 1) || !(exec >> (lane - kRow) & 1))
      continue;
    exchange(wave, i.operands[0].unit, lane, i.operands[1].unit, lane - kRow);
  }
}

/// Bits of the mask below this lane, within lanes kFirst..kFirst+31, plus the
/// second operand.
template <uint32_t kFirst>
static void executeMbcnt(Wave &wave, const Instruction &i) {
  LaneValues mask, base, shadows{}, baseShadows;
  wave.lanes(i, 1, mask);
  wave.lanes(i, 2, base);
  bool undefined = wave.anyUndefined(i, 1) || wave.anyUndefined(i, 2);
  if (undefined) {
    wave.laneShadows(i, 1, shadows);
    wave.laneShadows(i, 2, baseShadows);
  }
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    uint64_t below = ((1ull << lane) - 1) >> kFirst & 0xFFFFFFFF;
    base[lane] = uint32_t(std::popcount(mask[lane] & below) + base[lane]);
    if (undefined)
      shadows[lane] = (shadows[lane] & below) || baseShadows[lane] ? ~0ull : 0;
  }
  uint64_t written = wave.writtenLanes(i);
  wave.setLanes(i, 0, base, written);
  if (undefined)
    wave.setLaneShadows(i, 0, shadows, written);
}

static Operation laneOperation(std::string name, Handler execute,
                               std::array<Type, 6> types, uint8_t results = 1,
                               bool readsResult = false) {
  Operation operation;
  operation.name = std::move(name);
  operation.execute = execute;
  operation.instructionClass = Shuffle;
  operation.types = types;
  operation.results = results;
  operation.readsResult = readsResult;
  return operation;
}

void addLaneOperations(OperationTable &t) {
  constexpr std::array<Type, 6> kPair{Type::B32, Type::B32};
  constexpr std::array<Type, 6> kWords{Type::B32, Type::B32, Type::B32};
  t.add(laneOperation("v_readfirstlane_b32", executeReadFirstLane, kPair));
  t.add(laneOperation("v_readlane_b32", executeReadLane, kWords));
  t.add(laneOperation("v_writelane_b32", executeWriteLane, kWords, 1, true));
  t.add(laneOperation("v_swap_b32", executeSwap, kPair, 2, true));
  t.add(laneOperation("v_permlane16_swap_b32", executeRowSwap<16>, kPair, 2,
                      true));
  t.add(laneOperation("v_permlane32_swap_b32", executeRowSwap<32>, kPair, 2,
                      true));
  t.add(laneOperation("v_mbcnt_lo_u32_b32", executeMbcnt<0>, kWords));
  t.add(laneOperation("v_mbcnt_hi_u32_b32", executeMbcnt<32>, kWords));
}

} // namespace kgen::emulator::amd
