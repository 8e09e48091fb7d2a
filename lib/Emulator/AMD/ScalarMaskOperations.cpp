//===- ScalarMaskOperations.cpp - Logic and shifts of scalars
//--------------===//
//
// Structured control flow lives here: s_and_saveexec and its like narrow the
// exec mask, s_or widens it again.
//
//===----------------------------------------------------------------------===//

#include "ScalarOperation.h"

namespace kgen::emulator::amd {

using U = uint32_t;
using U64 = uint64_t;

static uint64_t andShadow(const uint64_t *v, const uint64_t *s) {
  return (s[0] & s[1]) | (s[0] & v[1]) | (s[1] & v[0]);
}
static uint64_t andNotShadow(const uint64_t *v, const uint64_t *s) {
  return (s[0] & s[1]) | (s[0] & ~v[1]) | (s[1] & v[0]);
}
static uint64_t orShadow(const uint64_t *v, const uint64_t *s) {
  return (s[0] & s[1]) | (s[0] & ~v[1]) | (s[1] & ~v[0]);
}
static uint64_t orNotShadow(const uint64_t *v, const uint64_t *s) {
  return (s[0] & s[1]) | (s[0] & v[1]) | (s[1] & ~v[0]);
}
static uint64_t xorShadow(const uint64_t *, const uint64_t *s) {
  return s[0] | s[1];
}

template <typename T>
static void addLogic(OperationTable &t, const std::string &type) {
  constexpr Scc kZ = Scc::NonZero;
  t.add(scalarOperation<[](bool &, T a, T b) -> T { return a & b; }, kZ>(
      "s_and_" + type, andShadow));
  t.add(scalarOperation<[](bool &, T a, T b) -> T { return a | b; }, kZ>(
      "s_or_" + type, orShadow));
  t.add(scalarOperation<[](bool &, T a, T b) -> T { return a ^ b; }, kZ>(
      "s_xor_" + type, xorShadow));
  t.add(scalarOperation<[](bool &, T a, T b) -> T { return a & ~b; }, kZ>(
      "s_andn2_" + type, andNotShadow));
  t.add(scalarOperation<[](bool &, T a, T b) -> T { return a | ~b; }, kZ>(
      "s_orn2_" + type, orNotShadow));
  t.add(scalarOperation<[](bool &, T a, T b) -> T { return ~(a & b); }, kZ>(
      "s_nand_" + type));
  t.add(scalarOperation<[](bool &, T a, T b) -> T { return ~(a | b); }, kZ>(
      "s_nor_" + type));
  t.add(scalarOperation<[](bool &, T a, T b) -> T { return ~(a ^ b); }, kZ>(
      "s_xnor_" + type, xorShadow));
  t.add(scalarOperation<[](bool &, T a) -> T { return ~a; }, kZ>(
      "s_not_" + type, xorShadow));
}

static void addShifts(OperationTable &t) {
  constexpr Scc kZ = Scc::NonZero;
  t.add(scalarOperation<[](bool &, U a, U b) { return a << (b & 31); }, kZ>(
      "s_lshl_b32"));
  t.add(scalarOperation<[](bool &, U a, U b) { return a >> (b & 31); }, kZ>(
      "s_lshr_b32"));
  t.add(
      scalarOperation<[](bool &, int32_t a, U b) { return a >> (b & 31); }, kZ>(
          "s_ashr_i32"));
  t.add(scalarOperation<[](bool &, U64 a, U b) { return a << (b & 63); }, kZ>(
      "s_lshl_b64"));
  t.add(scalarOperation<[](bool &, U64 a, U b) { return a >> (b & 63); }, kZ>(
      "s_lshr_b64"));
  t.add(
      scalarOperation<[](bool &, int64_t a, U b) { return a >> (b & 63); }, kZ>(
          "s_ashr_i64"));
}

/// Second operand: offset in bits 4..0 (5..0 of 64), width in bits 22..16.
static void addFields(OperationTable &t) {
  constexpr Scc kZ = Scc::NonZero;
  t.add(scalarOperation<[](bool &, U a, U f) {
    U width = f >> 16 & 0x7F;
    U moved = a >> (f & 31);
    return width >= 32 ? moved : moved & ((1u << width) - 1);
  },
                        kZ>("s_bfe_u32"));
  t.add(scalarOperation<[](bool &, U a, U f) {
    U width = f >> 16 & 0x7F;
    U moved = a >> (f & 31);
    if (width == 0)
      return 0;
    return width >= 32 ? int32_t(moved)
                       : int32_t(moved << (32 - width)) >> (32 - width);
  },
                        kZ>("s_bfe_i32"));
  t.add(scalarOperation<[](bool &, U64 a, U f) -> U64 {
    U width = f >> 16 & 0x7F;
    U64 moved = a >> (f & 63);
    return width >= 64 ? moved : moved & ((1ull << width) - 1);
  },
                        kZ>("s_bfe_u64"));
  t.add(scalarOperation<[](bool &, U w, U o) {
    return ((1u << (w & 31)) - 1) << (o & 31);
  }>("s_bfm_b32"));
  t.add(scalarOperation<[](bool &, U w, U o) -> U64 {
    return ((1ull << (w & 63)) - 1) << (o & 63);
  }>("s_bfm_b64"));
  t.add(
      scalarOperation<[](bool &, U a, U old) { return old | 1u << (a & 31); }>(
          "s_bitset1_b32", nullptr, true));
  t.add(scalarOperation<[](bool &, U a, U old) {
    return old & ~(1u << (a & 31));
  }>("s_bitset0_b32", nullptr, true));
  t.add(
      scalarOperation<[](bool &, U a, U b) { return (a & 0xFFFF) | b << 16; }>(
          "s_pack_ll_b32_b16"));
  t.add(scalarOperation<[](bool &, U a, U b) {
    return (a & 0xFFFF) | (b & 0xFFFF0000);
  }>("s_pack_lh_b32_b16"));
  t.add(scalarOperation<[](bool &, U a, U b) {
    return a >> 16 | (b & 0xFFFF0000);
  }>("s_pack_hh_b32_b16"));
}

static void addCounts(OperationTable &t) {
  constexpr Scc kZ = Scc::NonZero;
  t.add(scalarOperation<[](bool &, U a) { return U(std::popcount(a)); }, kZ>(
      "s_bcnt1_i32_b32"));
  t.add(scalarOperation<[](bool &, U64 a) { return U(std::popcount(a)); }, kZ>(
      "s_bcnt1_i32_b64"));
  t.add(scalarOperation<[](bool &, U a) { return __builtin_bitreverse32(a); }>(
      "s_brev_b32"));
  t.add(scalarOperation<[](bool &, U a) {
    return a ? U(std::countr_zero(a)) : ~0u;
  }>("s_ff1_i32_b32"));
  t.add(scalarOperation<[](bool &, U64 a) {
    return a ? U(std::countr_zero(a)) : ~0u;
  }>("s_ff1_i32_b64"));
  t.add(scalarOperation<[](bool &, U a) {
    return a ? U(std::countl_zero(a)) : ~0u;
  }>("s_flbit_i32_b32"));
  t.add(
      scalarOperation<[](bool &, U a) { return int32_t(int8_t(uint8_t(a))); }>(
          "s_sext_i32_i8"));
  t.add(scalarOperation<[](bool &, U a) {
    return int32_t(int16_t(uint16_t(a)));
  }>("s_sext_i32_i16"));
}

/// The result gets the old mask; the new one is F(operand, old).
template <auto F>
static void executeSaveExec(Wave &wave, const Instruction &i) {
  uint64_t operand = wave.scalar(i.operands[1], 2);
  uint64_t undefined = wave.scalarShadow(i.operands[1], 2);
  uint64_t old = wave.exec();
  uint64_t now = F(operand, old);
  // Bits that the old mask decides need not be defined.
  uint64_t matters = F(operand, old) ^ F(operand ^ undefined, old);
  if (!wave.requireDefined(matters, "the exec mask"))
    return;
  if (now != 0 && now != old && (now & ~old) == 0)
    ++wave.counts().divergentBranches;
  wave.setScalar(i.operands[0], old, 0);
  wave.setPair(kExec, now, 0);
  wave.setScc(now != 0, false);
}

template <auto F>
static Operation saveExec(std::string name) {
  Operation operation;
  operation.name = std::move(name);
  operation.execute = executeSaveExec<F>;
  operation.instructionClass = InstructionClass::Scalar;
  operation.pipe = Pipe::Scalar;
  operation.types = {Type::B64, Type::B64};
  operation.readsExec = operation.writesExec = operation.writesScc = true;
  return operation;
}

void addScalarMaskOperations(OperationTable &t) {
  addLogic<U>(t, "b32");
  addLogic<U64>(t, "b64");
  addShifts(t);
  addFields(t);
  addCounts(t);
  t.add(saveExec<[](U64 s, U64 e) { return s & e; }>("s_and_saveexec_b64"));
  t.add(saveExec<[](U64 s, U64 e) { return s | e; }>("s_or_saveexec_b64"));
  t.add(saveExec<[](U64 s, U64 e) { return s ^ e; }>("s_xor_saveexec_b64"));
  t.add(saveExec<[](U64 s, U64 e) { return s & ~e; }>("s_andn2_saveexec_b64"));
  t.add(saveExec<[](U64 s, U64 e) { return s | ~e; }>("s_orn2_saveexec_b64"));
  t.add(saveExec<[](U64 s, U64 e) { return ~s & e; }>("s_andn1_saveexec_b64"));
}

} // namespace kgen::emulator::amd
