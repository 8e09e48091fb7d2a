//===- IntegerOperations.cpp - Integer arithmetic in lanes
//-----------------===//

#include "VectorOperation.h"

#include <algorithm>

namespace kgen::emulator::amd {

using enum InstructionClass;

static uint32_t low24(uint32_t x) { return x & 0xFFFFFF; }
static int32_t signed24(int32_t x) { return int32_t(uint32_t(x) << 8) >> 8; }
template <typename T>
static T median(T a, T b, T c) {
  return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

static void addSums(OperationTable &t) {
  t.add(vectorOperation<[](uint32_t a, uint32_t b) { return a + b; }>(
      "v_add_u32", Integer));
  t.add(vectorOperation<[](uint32_t a, uint32_t b) { return a - b; }>(
      "v_sub_u32", Integer));
  t.add(vectorOperation<[](uint32_t a, uint32_t b) { return b - a; }>(
      "v_subrev_u32", Integer));
  t.add(vectorOperation<[](uint32_t a, uint32_t b) { return a + b; }>(
      "v_add_i32", Integer));
  t.add(vectorOperation<[](uint32_t a, uint32_t b) { return a - b; }>(
      "v_sub_i32", Integer));
  t.add(vectorOperation<[](uint32_t a, uint32_t b, uint32_t c) {
    return a + b + c;
  }>("v_add3_u32", Integer));
  t.add(vectorOperation<[](uint32_t a, uint32_t b, uint32_t c) {
    return (a << (b & 31)) + c;
  }>("v_lshl_add_u32", Integer));
  t.add(vectorOperation<[](uint64_t a, uint32_t b, uint64_t c) {
    return (a << (b & 7)) + c;
  }>("v_lshl_add_u64", Integer));
  t.add(vectorOperation<[](uint32_t a, uint32_t b, uint32_t c) {
    return (a + b) << (c & 31);
  }>("v_add_lshl_u32", Integer));
  t.add(vectorOperation<[](uint32_t a, uint32_t b, uint32_t c) {
    return (a ^ b) + c;
  }>("v_xad_u32", Integer));
  t.add(vectorOperation<[](uint16_t a, uint16_t b) { return uint16_t(a + b); }>(
      "v_add_u16", Integer));
  t.add(vectorOperation<[](uint16_t a, uint16_t b) { return uint16_t(a - b); }>(
      "v_sub_u16", Integer));
  t.add(vectorOperation<[](uint16_t a, uint16_t b) { return uint16_t(b - a); }>(
      "v_subrev_u16", Integer));
}

/// Sums with the modifier clamp, which saturates them. No mnemonic has a space:
/// the reader finds these by the modifier.
static void addSaturatingSums(OperationTable &t) {
  t.add(vectorOperation<[](uint32_t a, uint32_t b) {
    return a + b < a ? ~uint32_t(0) : a + b;
  }>("v_add_u32 clamp", Integer));
  t.add(vectorOperation<[](uint32_t a, uint32_t b) {
    return a < b ? 0 : a - b;
  }>("v_sub_u32 clamp", Integer));
  t.add(vectorOperation<[](uint32_t a, uint32_t b) {
    return b < a ? 0 : b - a;
  }>("v_subrev_u32 clamp", Integer));
}

static void addProducts(OperationTable &t) {
  t.add(vectorOperation<[](uint32_t a, uint32_t b) { return a * b; }>(
      "v_mul_lo_u32", Integer));
  t.add(vectorOperation<[](uint32_t a, uint32_t b) {
    return uint32_t(uint64_t(a) * b >> 32);
  }>("v_mul_hi_u32", Integer));
  t.add(vectorOperation<[](int32_t a, int32_t b) {
    return int32_t(int64_t(a) * b >> 32);
  }>("v_mul_hi_i32", Integer));
  t.add(vectorOperation<[](uint32_t a, uint32_t b) {
    return low24(a) * low24(b);
  }>("v_mul_u32_u24", Integer));
  t.add(vectorOperation<[](uint32_t a, uint32_t b) {
    return uint32_t(uint64_t(low24(a)) * low24(b) >> 32);
  }>("v_mul_hi_u32_u24", Integer));
  t.add(vectorOperation<[](int32_t a, int32_t b) {
    return uint32_t(int64_t(signed24(a)) * signed24(b));
  }>("v_mul_i32_i24", Integer));
  t.add(vectorOperation<[](uint32_t a, uint32_t b, uint32_t c) {
    return low24(a) * low24(b) + c;
  }>("v_mad_u32_u24", Integer));
  t.add(vectorOperation<[](int32_t a, int32_t b, uint32_t c) {
    return uint32_t(int64_t(signed24(a)) * signed24(b)) + c;
  }>("v_mad_i32_i24", Integer));
  t.add(vectorOperation<[](uint16_t a, uint16_t b) {
    return uint16_t(uint32_t(a) * b);
  }>("v_mul_lo_u16", Integer));
  t.add(vectorOperation<[](uint16_t a, uint16_t b, uint32_t c) {
    return uint32_t(a) * b + c;
  }>("v_mad_u32_u16", Integer));
  t.add(vectorOperation<[](uint16_t a, uint16_t b, uint16_t c) {
    return uint16_t(uint32_t(a) * b + c);
  }>("v_mad_u16", Integer));
}

template <typename T>
static void addExtrema(OperationTable &t, const std::string &type) {
  t.add(vectorOperation<[](T a, T b) { return std::max(a, b); }>(
      "v_max_" + type, Integer));
  t.add(vectorOperation<[](T a, T b) { return std::min(a, b); }>(
      "v_min_" + type, Integer));
  t.add(vectorOperation<[](T a, T b, T c) {
    return std::max({a, b, c});
  }>("v_max3_" + type, Integer));
  t.add(vectorOperation<[](T a, T b, T c) {
    return std::min({a, b, c});
  }>("v_min3_" + type, Integer));
  t.add(vectorOperation<[](T a, T b, T c) { return median(a, b, c); }>(
      "v_med3_" + type, Integer));
}

static void addSads(OperationTable &t) {
  t.add(vectorOperation<[](uint32_t a, uint32_t b, uint32_t c) {
    return (a > b ? a - b : b - a) + c;
  }>("v_sad_u32", Integer));
}

void addIntegerOperations(OperationTable &table) {
  addSums(table);
  addSaturatingSums(table);
  addProducts(table);
  addExtrema<uint32_t>(table, "u32");
  addExtrema<int32_t>(table, "i32");
  addExtrema<uint16_t>(table, "u16");
  addExtrema<int16_t>(table, "i16");
  addSads(table);
}

} // namespace kgen::emulator::amd
