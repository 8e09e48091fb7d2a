//===- ScalarOperations.cpp - Arithmetic and comparisons of scalars
//--------===//

#include "ScalarOperation.h"

namespace kgen::emulator::amd {

using U = uint32_t;
using I = int32_t;
using U64 = uint64_t;

static bool overflows(I a, I b, I sum) { return ((a ^ sum) & (b ^ sum)) < 0; }
static uint64_t same(const uint64_t *, const uint64_t *s) {
  return s[0] | s[1];
}

/// SOPK: with a constant of 16 bits.
static Operation shortForm(Operation operation, bool isSigned = true) {
  operation.shortConstant =
      isSigned ? Operation::Short::Signed : Operation::Short::Unsigned;
  return operation;
}

static void addMoves(OperationTable &t) {
  t.add(scalarOperation<[](bool &, U a) { return a; }>("s_mov_b32", same));
  t.add(scalarOperation<[](bool &, U64 a) { return a; }>("s_mov_b64", same));
  t.add(
      shortForm(scalarOperation<[](bool &, I a) { return a; }>("s_movk_i32")));
  t.add(scalarOperation<[](bool &scc, U a, U old) { return scc ? a : old; },
                        Scc::Read>("s_cmov_b32", nullptr, true));
  t.add(scalarOperation<[](bool &scc, U64 a, U64 old) { return scc ? a : old; },
                        Scc::Read>("s_cmov_b64", nullptr, true));
  t.add(scalarOperation<[](bool &scc, U a, U b) { return scc ? a : b; },
                        Scc::Read>("s_cselect_b32"));
  t.add(scalarOperation<[](bool &scc, U64 a, U64 b) { return scc ? a : b; },
                        Scc::Read>("s_cselect_b64"));
}

static void addSums(OperationTable &t) {
  constexpr auto add = [](bool &scc, U a, U b) {
    U64 sum = U64(a) + b;
    scc = sum >> 32;
    return U(sum);
  };
  constexpr auto sub = [](bool &scc, U a, U b) {
    scc = b > a;
    return a - b;
  };
  t.add(scalarOperation<add, Scc::Written>("s_add_u32"));
  t.add(scalarOperation<sub, Scc::Written>("s_sub_u32"));
  t.add(scalarOperation<[](bool &scc, U a, U b) {
    U64 sum = U64(a) + b + scc;
    scc = sum >> 32;
    return U(sum);
  },
                        Scc::ReadWritten>("s_addc_u32"));
  t.add(scalarOperation<[](bool &scc, U a, U b) {
    U64 taken = U64(b) + scc;
    scc = taken > a;
    return U(a - taken);
  },
                        Scc::ReadWritten>("s_subb_u32"));
  t.add(scalarOperation<[](bool &scc, I a, I b) {
    I sum = I(U(a) + U(b));
    scc = overflows(a, b, sum);
    return sum;
  },
                        Scc::Written>("s_add_i32"));
  t.add(scalarOperation<[](bool &scc, I a, I b) {
    I difference = I(U(a) - U(b));
    scc = overflows(a, ~b, difference);
    return difference;
  },
                        Scc::Written>("s_sub_i32"));
  t.add(shortForm(scalarOperation<[](bool &scc, I k, I old) {
    I sum = I(U(k) + U(old));
    scc = overflows(k, old, sum);
    return sum;
  },
                                  Scc::Written>("s_addk_i32", nullptr, true)));
  t.add(
      shortForm(scalarOperation<[](bool &, I k, U old) { return U(k) * old; }>(
          "s_mulk_i32", nullptr, true)));
  t.add(scalarOperation<[](bool &scc, I a) {
    I result = a < 0 ? I(0u - U(a)) : a;
    scc = result != 0;
    return result;
  },
                        Scc::Written>("s_abs_i32"));
  t.add(scalarOperation<[](bool &scc, I a, I b) {
    I result = I(U(a) - U(b));
    result = result < 0 ? I(0u - U(result)) : result;
    scc = result != 0;
    return result;
  },
                        Scc::Written>("s_absdiff_i32"));
}

static void addProducts(OperationTable &t) {
  t.add(scalarOperation<[](bool &, U a, U b) { return a * b; }>("s_mul_i32"));
  t.add(scalarOperation<[](bool &, U a, U b) { return U(U64(a) * b >> 32); }>(
      "s_mul_hi_u32"));
  t.add(
      scalarOperation<[](bool &, I a, I b) { return I(int64_t(a) * b >> 32); }>(
          "s_mul_hi_i32"));
  t.add(scalarOperation<[](bool &scc, U a, U b) {
    U64 sum = (U64(a) << 1) + b;
    scc = sum >> 32;
    return U(sum);
  },
                        Scc::Written>("s_lshl1_add_u32"));
  t.add(scalarOperation<[](bool &scc, U a, U b) {
    U64 sum = (U64(a) << 2) + b;
    scc = sum >> 32;
    return U(sum);
  },
                        Scc::Written>("s_lshl2_add_u32"));
  t.add(scalarOperation<[](bool &scc, U a, U b) {
    U64 sum = (U64(a) << 3) + b;
    scc = sum >> 32;
    return U(sum);
  },
                        Scc::Written>("s_lshl3_add_u32"));
  t.add(scalarOperation<[](bool &scc, U a, U b) {
    U64 sum = (U64(a) << 4) + b;
    scc = sum >> 32;
    return U(sum);
  },
                        Scc::Written>("s_lshl4_add_u32"));
}

/// The first operand is chosen: scc tells.
template <typename T>
static void addExtrema(OperationTable &t, const std::string &type) {
  t.add(scalarOperation<[](bool &scc, T a, T b) {
    scc = a < b;
    return scc ? a : b;
  },
                        Scc::Written>("s_min_" + type));
  t.add(scalarOperation<[](bool &scc, T a, T b) {
    scc = a > b;
    return scc ? a : b;
  },
                        Scc::Written>("s_max_" + type));
}

template <typename T>
static void addComparisons(OperationTable &t, const std::string &type) {
  for (std::string prefix : {"s_cmp_", "s_cmpk_"}) {
    auto add = [&](Operation operation) {
      t.add(prefix == "s_cmp_" ? operation
                               : shortForm(operation, std::is_signed_v<T>));
    };
    add(scalarOperation<[](bool &scc, T a, T b) { scc = a == b; },
                        Scc::Written>(prefix + "eq_" + type));
    add(scalarOperation<[](bool &scc, T a, T b) { scc = a != b; },
                        Scc::Written>(prefix + "lg_" + type));
    t.add(
        scalarOperation<[](bool &scc, T a, T b) { scc = a > b; }, Scc::Written>(
            prefix + "gt_" + type));
    add(scalarOperation<[](bool &scc, T a, T b) { scc = a >= b; },
                        Scc::Written>(prefix + "ge_" + type));
    t.add(
        scalarOperation<[](bool &scc, T a, T b) { scc = a < b; }, Scc::Written>(
            prefix + "lt_" + type));
    add(scalarOperation<[](bool &scc, T a, T b) { scc = a <= b; },
                        Scc::Written>(prefix + "le_" + type));
  }
}

static void addBitTests(OperationTable &t) {
  t.add(scalarOperation<[](bool &scc, U64 a, U64 b) { scc = a == b; },
                        Scc::Written>("s_cmp_eq_u64"));
  t.add(scalarOperation<[](bool &scc, U64 a, U64 b) { scc = a != b; },
                        Scc::Written>("s_cmp_lg_u64"));
  t.add(scalarOperation<[](bool &scc, U a, U b) { scc = a >> (b & 31) & 1; },
                        Scc::Written>("s_bitcmp1_b32"));
  t.add(scalarOperation<[](bool &scc, U a, U b) { scc = !(a >> (b & 31) & 1); },
                        Scc::Written>("s_bitcmp0_b32"));
  t.add(scalarOperation<[](bool &scc, U64 a, U b) { scc = a >> (b & 63) & 1; },
                        Scc::Written>("s_bitcmp1_b64"));
  t.add(
      scalarOperation<[](bool &scc, U64 a, U b) { scc = !(a >> (b & 63) & 1); },
                      Scc::Written>("s_bitcmp0_b64"));
}

void addScalarOperations(OperationTable &table) {
  addMoves(table);
  addSums(table);
  addProducts(table);
  addExtrema<U>(table, "u32");
  addExtrema<I>(table, "i32");
  addComparisons<U>(table, "u32");
  addComparisons<I>(table, "i32");
  addBitTests(table);
}

} // namespace kgen::emulator::amd
