//===- CarryOperations.cpp - Lane masks in and out of lanes
//----------------===//
//
// Instructions that read or write one bit a lane of a scalar pair: carries,
// borrows and selections.
//
//===----------------------------------------------------------------------===//

#include "VectorOperation.h"

namespace kgen::emulator::amd {

using enum InstructionClass;

namespace {

struct Sum {
  uint64_t value;
  bool carry;
};

/// Value operands of the instruction, and where they are undefined.
struct Inputs {
  std::array<LaneValues, 3> values;
  uint64_t undefined = 0; ///< lanes
};

void load(Wave &wave, const Instruction &i, uint32_t first, uint32_t count,
          Inputs &in) {
  for (uint32_t n = 0; n != count; ++n) {
    wave.lanes(i, first + n, in.values[n]);
    if (!wave.anyUndefined(i, first + n))
      continue;
    LaneValues shadows;
    wave.laneShadows(i, first + n, shadows);
    for (uint32_t lane = 0; lane != kLanes; ++lane)
      in.undefined |= uint64_t(shadows[lane] != 0) << lane;
  }
}

/// Writes the value and its lane mask: lanes that are off get a defined 0.
void store(Wave &wave, const Instruction &i, const LaneValues &out,
           uint64_t bits, uint64_t undefined) {
  uint64_t mask = wave.writtenLanes(i);
  wave.setLanes(i, 0, out, mask);
  if (undefined & mask) {
    LaneValues shadows;
    for (uint32_t lane = 0; lane != kLanes; ++lane)
      shadows[lane] = undefined >> lane & 1 ? ~0ull : 0;
    wave.setLaneShadows(i, 0, shadows, mask);
  }
  wave.setPair(i.operands[1].unit, bits & mask, undefined & mask);
}

template <auto F>
void executeCarryOut(Wave &wave, const Instruction &i) {
  Inputs in;
  bool carryIn = i.operands.size() == 5;
  load(wave, i, 2, 2, in);
  uint64_t carries = 0;
  if (carryIn) {
    carries = wave.scalar(i.operands[4], 2);
    in.undefined |= wave.scalarShadow(i.operands[4], 2);
  }
  LaneValues out;
  uint64_t bits = 0;
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    Sum sum = F(in.values[0][lane], in.values[1][lane], carries >> lane & 1);
    out[lane] = uint32_t(sum.value);
    bits |= uint64_t(sum.carry) << lane;
  }
  store(wave, i, out, bits, in.undefined);
}

template <auto F>
void executeWideMultiply(Wave &wave, const Instruction &i) {
  Inputs in;
  load(wave, i, 2, 3, in);
  LaneValues out;
  uint64_t bits = 0;
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    uint64_t product =
        F(uint32_t(in.values[0][lane]), uint32_t(in.values[1][lane]));
    out[lane] = product + in.values[2][lane];
    bits |= uint64_t(out[lane] < product) << lane;
  }
  store(wave, i, out, bits, in.undefined);
}

/// v_cndmask_b32: the second source where the mask's bit is set.
void executeSelect(Wave &wave, const Instruction &i) {
  LaneValues no, yes, noShadow, yesShadow;
  wave.lanes(i, 1, no);
  wave.lanes(i, 2, yes);
  uint64_t select = wave.scalar(i.operands[3], 2);
  uint64_t selectShadow = wave.scalarShadow(i.operands[3], 2);
  bool undefined =
      selectShadow || wave.anyUndefined(i, 1) || wave.anyUndefined(i, 2);
  if (undefined) {
    wave.laneShadows(i, 1, noShadow);
    wave.laneShadows(i, 2, yesShadow);
  }
  LaneValues shadows;
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    bool takes = select >> lane & 1;
    if (undefined)
      shadows[lane] = selectShadow >> lane & 1 ? ~0ull
                      : takes                  ? yesShadow[lane]
                                               : noShadow[lane];
    no[lane] = takes ? yes[lane] : no[lane];
  }
  uint64_t mask = wave.writtenLanes(i);
  wave.setLanes(i, 0, no, mask);
  if (undefined)
    wave.setLaneShadows(i, 0, shadows, mask);
}

Sum added(uint64_t a, uint64_t b, uint64_t carry) {
  uint64_t sum = a + b + carry;
  return {sum, sum >> 32 != 0};
}
Sum subtracted(uint64_t a, uint64_t b, uint64_t borrow) {
  return {a - b - borrow, b + borrow > a};
}

Operation carryOperation(std::string name, Handler execute, bool carryIn) {
  Operation operation;
  operation.name = std::move(name);
  operation.execute = execute;
  operation.instructionClass = Integer;
  operation.results = 2;
  operation.types = {Type::B32, Type::Lanes, Type::B32, Type::B32};
  if (carryIn)
    operation.types[4] = Type::Lanes;
  return operation;
}

} // namespace

void addCarryOperations(OperationTable &t) {
  constexpr auto add = [](uint64_t a, uint64_t b, uint64_t c) {
    return added(a, b, c);
  };
  constexpr auto sub = [](uint64_t a, uint64_t b, uint64_t c) {
    return subtracted(a, b, c);
  };
  constexpr auto subReversed = [](uint64_t a, uint64_t b, uint64_t c) {
    return subtracted(b, a, c);
  };
  t.add(carryOperation("v_add_co_u32", executeCarryOut<add>, false));
  t.add(carryOperation("v_addc_co_u32", executeCarryOut<add>, true));
  t.add(carryOperation("v_sub_co_u32", executeCarryOut<sub>, false));
  t.add(carryOperation("v_subb_co_u32", executeCarryOut<sub>, true));
  t.add(carryOperation("v_subrev_co_u32", executeCarryOut<subReversed>, false));
  t.add(carryOperation("v_subbrev_co_u32", executeCarryOut<subReversed>, true));

  Operation wide = carryOperation(
      "v_mad_u64_u32", executeWideMultiply<[](uint32_t a, uint32_t b) {
        return uint64_t(a) * b;
      }>,
      false);
  wide.types = {Type::B64, Type::Lanes, Type::B32, Type::B32, Type::B64};
  t.add(wide);
  wide.name = "v_mad_i64_i32";
  wide.types[4] = Type::I64;
  wide.execute = executeWideMultiply<[](uint32_t a, uint32_t b) {
    return uint64_t(int64_t(int32_t(a)) * int32_t(b));
  }>;
  t.add(wide);

  Operation select;
  select.name = "v_cndmask_b32";
  select.execute = executeSelect;
  select.instructionClass = Integer;
  select.types = {Type::B32, Type::B32, Type::B32, Type::Lanes};
  t.add(select);
}

} // namespace kgen::emulator::amd
