//===- BitOperations.cpp - Moves, logic and shifts in lanes
//----------------===//
//
// These keep undefined bits apart: a register is often put together of parts,
// one of which was never written and is masked out again.
//
//===----------------------------------------------------------------------===//

#include "VectorOperation.h"

namespace kgen::emulator::amd {

using enum InstructionClass;

// Undefined bits of a result: v values, s undefined bits, one each operand.
static uint64_t united(const uint64_t *, const uint64_t *s) {
  return s[0] | s[1] | s[2];
}
/// A defined zero settles a bit of a conjunction, a defined one of a
/// disjunction.
static uint64_t ofAnd(uint64_t a, uint64_t b, uint64_t sa, uint64_t sb) {
  return (sa & sb) | (sa & b) | (sb & a);
}
static uint64_t ofOr(uint64_t a, uint64_t b, uint64_t sa, uint64_t sb) {
  return (sa & sb) | (sa & ~b) | (sb & ~a);
}
static uint64_t andShadow(const uint64_t *v, const uint64_t *s) {
  return ofAnd(v[0], v[1], s[0], s[1]);
}
static uint64_t orShadow(const uint64_t *v, const uint64_t *s) {
  return ofOr(v[0], v[1], s[0], s[1]);
}
static uint64_t or3Shadow(const uint64_t *v, const uint64_t *s) {
  return ofOr(v[0] | v[1], v[2], ofOr(v[0], v[1], s[0], s[1]), s[2]);
}
static uint64_t andOrShadow(const uint64_t *v, const uint64_t *s) {
  return ofOr(v[0] & v[1], v[2], ofAnd(v[0], v[1], s[0], s[1]), s[2]);
}
static uint64_t shiftOrShadow(const uint64_t *v, const uint64_t *s) {
  if (s[1])
    return ~0ull;
  uint32_t by = v[1] & 31;
  return ofOr(v[0] << by, v[2], s[0] << by, s[2]);
}
/// An undefined amount spoils everything; else undefined bits move along.
template <auto F, int kValue, int kAmount>
static uint64_t shiftShadow(const uint64_t *v, const uint64_t *s) {
  return s[kAmount] ? ~0ull : F(s[kValue], v[kAmount]);
}

static uint32_t permute(uint32_t a, uint32_t b, uint32_t select) {
  uint64_t bytes = uint64_t(a) << 32 | b;
  uint32_t result = 0;
  for (uint32_t n = 0; n != 4; ++n) {
    uint32_t s = select >> 8 * n & 0xFF;
    uint32_t byte = 0xFF; // 13 and up
    if (s < 8)
      byte = uint32_t(bytes >> 8 * s) & 0xFF;
    else if (s < 12) // signs of the four halfwords
      byte = bytes >> (16 * (s - 8) + 15) & 1 ? 0xFF : 0;
    else if (s == 12)
      byte = 0;
    result |= byte << 8 * n;
  }
  return result;
}
/// Selected as the values are; constants are defined.
static uint64_t permuteShadow(const uint64_t *v, const uint64_t *s) {
  if (s[2])
    return ~0ull;
  uint32_t select = uint32_t(v[2]);
  for (uint32_t n = 0; n != 4; ++n)
    if ((select >> 8 * n & 0xFF) >= 13)
      select = (select & ~(0xFFu << 8 * n)) | 12u << 8 * n;
  return permute(uint32_t(s[0]), uint32_t(s[1]), select);
}
static uint64_t insertShadow(const uint64_t *v, const uint64_t *s) {
  return s[0] ? ~0ull : (s[1] & v[0]) | (s[2] & ~v[0]);
}
static uint64_t packShadow(const uint64_t *, const uint64_t *s) {
  return (s[0] & 0xFFFF) | (s[1] & 0xFFFF) << 16;
}

static uint32_t extract(uint32_t value, uint32_t offset, uint32_t width) {
  offset &= 31, width &= 31;
  return width ? value >> offset & ((1u << width) - 1) : 0;
}
static int32_t extractSigned(uint32_t value, uint32_t offset, uint32_t width) {
  offset &= 31, width &= 31;
  if (width == 0)
    return 0;
  uint32_t part = extract(value, offset, width);
  return int32_t(part << (32 - width)) >> (32 - width);
}
static uint64_t extractShadow(const uint64_t *v, const uint64_t *s) {
  if (s[1] | s[2])
    return ~0ull;
  return extract(uint32_t(s[0]), uint32_t(v[1]), uint32_t(v[2]));
}
static uint64_t extractSignedShadow(const uint64_t *v, const uint64_t *s) {
  if (s[1] | s[2])
    return ~0ull;
  return uint32_t(
      extractSigned(uint32_t(s[0]), uint32_t(v[1]), uint32_t(v[2])));
}
static uint64_t alignShadow(const uint64_t *v, const uint64_t *s) {
  if (s[2])
    return ~0ull;
  return uint32_t((s[0] << 32 | s[1]) >> (v[2] & 31));
}

static void addMoves(OperationTable &t) {
  constexpr auto same = [](uint32_t a) { return a; };
  for (const char *name : {"v_mov_b32", "v_accvgpr_read_b32",
                           "v_accvgpr_write_b32", "v_accvgpr_mov_b32"})
    t.add(vectorOperation<same>(name, Integer, united));
  t.add(vectorOperation<[](uint64_t a) { return a; }>("v_mov_b64", Integer,
                                                      united));
  t.add(vectorOperation<[](uint32_t a) { return ~a; }>("v_not_b32", Integer,
                                                       united));
  t.add(vectorOperation<[](uint32_t a) { return __builtin_bitreverse32(a); }>(
      "v_bfrev_b32", Integer));
  t.add(vectorOperation<[](uint16_t a, uint16_t b) {
    return uint32_t(b) << 16 | a;
  }>("v_pack_b32_f16", Integer, packShadow));
}

static void addLogic(OperationTable &t) {
  t.add(vectorOperation<[](uint32_t a, uint32_t b) { return a & b; }>(
      "v_and_b32", Integer, andShadow));
  t.add(vectorOperation<[](uint32_t a, uint32_t b) { return a | b; }>(
      "v_or_b32", Integer, orShadow));
  t.add(vectorOperation<[](uint32_t a, uint32_t b) { return a ^ b; }>(
      "v_xor_b32", Integer, united));
  t.add(vectorOperation<[](uint32_t a, uint32_t b) { return ~(a ^ b); }>(
      "v_xnor_b32", Integer, united));
  t.add(vectorOperation<[](uint32_t a, uint32_t b, uint32_t c) {
    return a | b | c;
  }>("v_or3_b32", Integer, or3Shadow));
  t.add(vectorOperation<[](uint32_t a, uint32_t b, uint32_t c) {
    return (a & b) | c;
  }>("v_and_or_b32", Integer, andOrShadow));
  t.add(vectorOperation<[](uint32_t a, uint32_t b, uint32_t c) {
    return a << (b & 31) | c;
  }>("v_lshl_or_b32", Integer, shiftOrShadow));
  t.add(vectorOperation<[](uint32_t m, uint32_t a, uint32_t b) {
    return (a & m) | (b & ~m);
  }>("v_bfi_b32", Integer, insertShadow));
  t.add(vectorOperation<[](uint32_t a, uint32_t b, uint32_t c) {
    return permute(a, b, c);
  }>("v_perm_b32", Integer, permuteShadow));
  t.add(vectorOperation<[](uint32_t v, uint32_t o, uint32_t w) {
    return extract(v, o, w);
  }>("v_bfe_u32", Integer, extractShadow));
  t.add(vectorOperation<[](uint32_t v, uint32_t o, uint32_t w) {
    return extractSigned(v, o, w);
  }>("v_bfe_i32", Integer, extractSignedShadow));
  t.add(vectorOperation<[](uint32_t a, uint32_t b, uint32_t c) {
    return uint32_t((uint64_t(a) << 32 | b) >> (c & 31));
  }>("v_alignbit_b32", Integer, alignShadow));
  t.add(vectorOperation<[](uint32_t a, uint32_t b, uint32_t c) {
    return uint32_t((uint64_t(a) << 32 | b) >> 8 * (c & 3));
  }>("v_alignbyte_b32", Integer));
  t.add(vectorOperation<[](uint32_t w, uint32_t o) {
    return ((1u << (w & 31)) - 1) << (o & 31);
  }>("v_bfm_b32", Integer));
}

/// "rev": the amount comes first.
static void addShifts(OperationTable &t) {
  constexpr auto left = [](uint64_t x, uint64_t by) {
    return uint64_t(uint32_t(x) << (by & 31));
  };
  constexpr auto right = [](uint64_t x, uint64_t by) {
    return uint64_t(uint32_t(x) >> (by & 31));
  };
  constexpr auto arithmetic = [](uint64_t x, uint64_t by) {
    return uint64_t(uint32_t(int32_t(x) >> (by & 31)));
  };
  constexpr auto left64 = [](uint64_t x, uint64_t by) {
    return x << (by & 63);
  };
  constexpr auto right64 = [](uint64_t x, uint64_t by) {
    return x >> (by & 63);
  };
  t.add(vectorOperation<[](uint32_t by, uint32_t x) { return x << (by & 31); }>(
      "v_lshlrev_b32", Integer, shiftShadow<left, 1, 0>));
  t.add(vectorOperation<[](uint32_t by, uint32_t x) { return x >> (by & 31); }>(
      "v_lshrrev_b32", Integer, shiftShadow<right, 1, 0>));
  t.add(vectorOperation<[](uint32_t by, int32_t x) { return x >> (by & 31); }>(
      "v_ashrrev_i32", Integer, shiftShadow<arithmetic, 1, 0>));
  t.add(vectorOperation<[](uint32_t by, uint64_t x) { return x << (by & 63); }>(
      "v_lshlrev_b64", Integer, shiftShadow<left64, 1, 0>));
  t.add(vectorOperation<[](uint32_t by, uint64_t x) { return x >> (by & 63); }>(
      "v_lshrrev_b64", Integer, shiftShadow<right64, 1, 0>));
  t.add(vectorOperation<[](uint32_t by, int64_t x) { return x >> (by & 63); }>(
      "v_ashrrev_i64", Integer));
  t.add(vectorOperation<[](uint16_t by, uint16_t x) {
    return uint16_t(x << (by & 15));
  }>("v_lshlrev_b16", Integer));
  t.add(vectorOperation<[](uint16_t by, uint16_t x) {
    return uint16_t(x >> (by & 15));
  }>("v_lshrrev_b16", Integer));
  t.add(vectorOperation<[](uint16_t by, int16_t x) {
    return int16_t(x >> (by & 15));
  }>("v_ashrrev_i16", Integer));
}

static void addCounts(OperationTable &t) {
  t.add(vectorOperation<[](uint32_t a, uint32_t b) {
    return uint32_t(std::popcount(a)) + b;
  }>("v_bcnt_u32_b32", Integer));
  t.add(vectorOperation<[](uint32_t a) {
    return a ? uint32_t(std::countl_zero(a)) : ~0u;
  }>("v_ffbh_u32", Integer));
  t.add(vectorOperation<[](uint32_t a) {
    return a ? uint32_t(std::countr_zero(a)) : ~0u;
  }>("v_ffbl_b32", Integer));
  // Position of the first bit that differs from the sign.
  t.add(vectorOperation<[](int32_t a) {
    uint32_t x = uint32_t(a < 0 ? ~a : a);
    return x ? uint32_t(std::countl_zero(x)) : ~0u;
  }>("v_ffbh_i32", Integer));
}

/// gfx950's v_bitop3_b32: bit n of the table answers for the operands' bits
/// (first, second, third) read as the number n.
static void executeTruthTable(Wave &wave, const Instruction &i) {
  std::array<LaneValues, 3> in;
  std::array<uint32_t, 3> operands{1, 2, 3};
  bool undefined = false;
  for (uint32_t n = 0; n != 3; ++n) {
    wave.lanes(i, operands[n], in[n]);
    undefined |= wave.anyUndefined(i, operands[n]);
  }
  LaneValues out{}, shadows;
  if (undefined)
    resultShadows(wave, i, operands.data(), in.data(), 3, shadows);
  for (uint32_t lane = 0; lane != kLanes; ++lane)
    for (uint32_t n = 0; n != 8; ++n) {
      uint64_t a = n & 4 ? in[0][lane] : ~in[0][lane];
      uint64_t b = n & 2 ? in[1][lane] : ~in[1][lane];
      uint64_t c = n & 1 ? in[2][lane] : ~in[2][lane];
      if (i.modifiers.truthTable >> n & 1)
        out[lane] |= a & b & c;
    }
  uint64_t mask = wave.writtenLanes(i);
  wave.setLanes(i, 0, out, mask);
  if (undefined)
    wave.setLaneShadows(i, 0, shadows, mask);
}

void addBitOperations(OperationTable &table) {
  Operation truthTable;
  truthTable.name = "v_bitop3_b32";
  truthTable.execute = executeTruthTable;
  truthTable.instructionClass = Integer;
  truthTable.types = {Type::B32, Type::B32, Type::B32, Type::B32};
  truthTable.shadow = united;
  table.add(truthTable);
  addMoves(table);
  addLogic(table);
  addShifts(table);
  addCounts(table);
}

} // namespace kgen::emulator::amd
