//===- CompareOperations.cpp - Comparisons of lanes
//------------------------===//

#include "VectorOperation.h"

namespace kgen::emulator::amd {

namespace {

/// One bit a lane that is on; the others get a defined 0.
template <typename A, typename B, auto F, bool kWritesExec>
void executeCompare(Wave &wave, const Instruction &i) {
  LaneValues a, b;
  wave.lanes(i, 1, a);
  wave.lanes(i, 2, b);
  flushInputs(wave, Codec<A>::type, a);
  flushInputs(wave, Codec<B>::type, b);
  uint64_t undefined = 0;
  for (uint32_t k : {1u, 2u})
    if (wave.anyUndefined(i, k)) {
      LaneValues shadows;
      wave.laneShadows(i, k, shadows);
      for (uint32_t lane = 0; lane != kLanes; ++lane)
        undefined |= uint64_t(shadows[lane] != 0) << lane;
    }
  uint64_t bits = 0;
  for (uint32_t lane = 0; lane != kLanes; ++lane)
    bits |= uint64_t(F(Codec<A>::decode(a[lane]), Codec<B>::decode(b[lane])))
            << lane;
  uint64_t mask = wave.exec();
  wave.setPair(i.operands[0].unit, bits & mask, undefined & mask);
  if constexpr (kWritesExec) {
    wave.requireDefined(undefined & mask, "the exec mask");
    wave.setPair(kExec, bits & mask, 0);
  }
}

template <typename T>
double number(T value) {
  return double(value);
}
double number(Half value) { return value.value; }
template <typename T>
bool unordered(T a, T b) {
  return std::isnan(number(a)) || std::isnan(number(b));
}
template <typename T>
bool less(T a, T b) {
  return a < b;
}
bool less(Half a, Half b) { return a.value < b.value; }
template <typename T>
bool equal(T a, T b) {
  return a == b;
}
bool equal(Half a, Half b) { return a.value == b.value; }

Operation compareOperation(std::string name, Handler execute, Type a, Type b,
                           bool writesExec) {
  Operation operation;
  operation.name = std::move(name);
  operation.execute = execute;
  operation.instructionClass = InstructionClass::Integer;
  operation.types = {Type::Lanes, a, b};
  operation.writesExec = writesExec;
  return operation;
}

template <typename A, typename B, auto F>
void addPair(OperationTable &t, const std::string &relation,
             const std::string &type) {
  t.add(compareOperation("v_cmp_" + relation + "_" + type,
                         executeCompare<A, B, F, false>, Codec<A>::type,
                         Codec<B>::type, false));
  t.add(compareOperation("v_cmpx_" + relation + "_" + type,
                         executeCompare<A, B, F, true>, Codec<A>::type,
                         Codec<B>::type, true));
}
template <typename T, auto F>
void add(OperationTable &t, const std::string &relation,
         const std::string &type) {
  addPair<T, T, F>(t, relation, type);
}

template <typename T>
void addReal(OperationTable &t, const std::string &type) {
  add<T, [](T, T) { return false; }>(t, "f", type);
  add<T, [](T a, T b) { return less(a, b); }>(t, "lt", type);
  add<T, [](T a, T b) { return equal(a, b); }>(t, "eq", type);
  add<T, [](T a, T b) { return less(a, b) || equal(a, b); }>(t, "le", type);
  add<T, [](T a, T b) { return less(b, a); }>(t, "gt", type);
  add<T, [](T a, T b) { return less(a, b) || less(b, a); }>(t, "lg", type);
  add<T, [](T a, T b) { return less(b, a) || equal(a, b); }>(t, "ge", type);
  add<T, [](T a, T b) { return !unordered(a, b); }>(t, "o", type);
  add<T, [](T a, T b) { return unordered(a, b); }>(t, "u", type);
  add<T, [](T a, T b) { return !(less(b, a) || equal(a, b)); }>(t, "nge", type);
  add<T, [](T a, T b) { return !(less(a, b) || less(b, a)); }>(t, "nlg", type);
  add<T, [](T a, T b) { return !less(b, a); }>(t, "ngt", type);
  add<T, [](T a, T b) { return !(less(a, b) || equal(a, b)); }>(t, "nle", type);
  add<T, [](T a, T b) { return !equal(a, b); }>(t, "neq", type);
  add<T, [](T a, T b) { return !less(a, b); }>(t, "nlt", type);
  add<T, [](T, T) { return true; }>(t, "tru", type);
}

template <typename T>
void addInteger(OperationTable &t, const std::string &type) {
  add<T, [](T, T) { return false; }>(t, "f", type);
  add<T, [](T a, T b) { return a < b; }>(t, "lt", type);
  add<T, [](T a, T b) { return a == b; }>(t, "eq", type);
  add<T, [](T a, T b) { return a <= b; }>(t, "le", type);
  add<T, [](T a, T b) { return a > b; }>(t, "gt", type);
  add<T, [](T a, T b) { return a != b; }>(t, "ne", type);
  add<T, [](T a, T b) { return a >= b; }>(t, "ge", type);
  add<T, [](T, T) { return true; }>(t, "t", type);
}

/// V_CMP_CLASS_F32: bit n of the mask asks for class n.
bool inClass(float value, uint32_t mask) {
  uint32_t bits = bitsOf(value);
  uint32_t which = 0;
  bool negative = std::signbit(value);
  switch (std::fpclassify(value)) {
  case FP_NAN:
    which = bits & 0x400000 ? 1 : 0;
    break;
  case FP_INFINITE:
    which = negative ? 2 : 9;
    break;
  case FP_SUBNORMAL:
    which = negative ? 4 : 7;
    break;
  case FP_ZERO:
    which = negative ? 5 : 6;
    break;
  default:
    which = negative ? 3 : 8;
  }
  return mask >> which & 1;
}

} // namespace

void addCompareOperations(OperationTable &table) {
  addReal<float>(table, "f32");
  addReal<Half>(table, "f16");
  addReal<double>(table, "f64");
  addInteger<int16_t>(table, "i16");
  addInteger<uint16_t>(table, "u16");
  addInteger<int32_t>(table, "i32");
  addInteger<uint32_t>(table, "u32");
  addInteger<int64_t>(table, "i64");
  addInteger<uint64_t>(table, "u64");
  addPair<float, uint32_t, [](float value, uint32_t mask) {
    return inClass(value, mask);
  }>(table, "class", "f32");
}

} // namespace kgen::emulator::amd
