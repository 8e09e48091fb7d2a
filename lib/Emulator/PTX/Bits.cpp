//===- Bits.cpp - Logic, shifts and bit fields
//-----------------------------===//
//
// PTX ISA, "Logic and Shift Instructions". Shift amounts above the width give
// what shifting out every bit gives; shf.wrap takes them modulo 32.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Lanes.h"

#include <algorithm>
#include <bit>

namespace kgen::emulator::ptx {

template <typename T>
static constexpr uint32_t kBits = 8 * sizeof(T);

template <typename T>
static T bitAnd(T a, T b) {
  return a & b;
}
template <typename T>
static T bitOr(T a, T b) {
  return a | b;
}
template <typename T>
static T bitXor(T a, T b) {
  return a ^ b;
}
template <typename T>
static T bitNot(T a) {
  return T(~a);
}
template <typename T>
static T logicalNot(T a) {
  return a == 0;
}
template <typename T>
static T shiftLeft(T a, uint32_t by) {
  return by >= kBits<T> ? T(0) : T(std::make_unsigned_t<T>(a) << by);
}
template <typename T>
static T shiftRight(T a, uint32_t by) {
  if (by >= kBits<T>)
    return T(a < 0 ? -1 : 0);
  return T(a >> by);
}
template <bool left, bool clamp>
static uint32_t funnel(uint32_t low, uint32_t high, uint32_t by) {
  uint64_t both = uint64_t(high) << 32 | low;
  by = clamp ? std::min(by, 32u) : by & 31;
  return left ? uint32_t((both << by) >> 32) : uint32_t(both >> by);
}
template <typename T>
static uint32_t countOnes(T a) {
  return uint32_t(std::popcount(a));
}
template <typename T>
static uint32_t leadingZeros(T a) {
  return uint32_t(std::countl_zero(a));
}
template <typename T>
static T reverse(T a) {
  T result = 0;
  for (uint32_t bit = 0; bit < kBits<T>; ++bit)
    result |= T((a >> bit) & 1) << (kBits<T> - 1 - bit);
  return result;
}
/// Of a signed number, the first bit that differs from its sign.
template <typename T, bool shift>
static uint32_t findLeading(T a) {
  using U = std::make_unsigned_t<T>;
  U bits = a < 0 ? U(~a) : U(a);
  if (!bits)
    return ~0u;
  uint32_t zeros = uint32_t(std::countl_zero(bits));
  return shift ? zeros : kBits<T> - 1 - zeros;
}
/// The ISA's pseudocode: bits past the top repeat the field's sign.
template <typename T>
static T extractField(T a, uint32_t position, uint32_t length) {
  using U = std::make_unsigned_t<T>;
  constexpr uint32_t top = kBits<T> - 1;
  position &= 0xFF;
  length &= 0xFF;
  bool sign = false;
  if (std::is_signed_v<T> && length != 0)
    sign = U(a) >> std::min(position + length - 1, top) & 1;
  U result = 0;
  if (length)
    result = position > top ? U(0) : U(U(a) >> position);
  uint32_t taken = position > top ? 0 : std::min(length, top + 1 - position);
  if (taken > top)
    return T(result);
  U mask = U(U(1) << taken) - 1;
  return T((result & mask) | (sign ? U(~mask) : U(0)));
}
template <typename T>
static T insertField(T a, T b, uint32_t position, uint32_t length) {
  position &= 0xFF;
  length &= 0xFF;
  if (position >= kBits<T> || !length)
    return b;
  length = std::min(length, kBits<T> - position);
  T mask = length == kBits<T> ? T(~T(0)) : T((T(1) << length) - 1);
  mask = T(mask << position);
  return T((b & ~mask) | (T(a << position) & mask));
}
static uint32_t permute(uint32_t a, uint32_t b, uint32_t selector) {
  uint64_t bytes = uint64_t(b) << 32 | a;
  uint32_t result = 0;
  for (uint32_t k = 0; k < 4; ++k) {
    uint32_t select = selector >> (4 * k) & 0xF;
    uint32_t byte = uint32_t(bytes >> (8 * (select & 7))) & 0xFF;
    if (select & 8)
      byte = byte & 0x80 ? 0xFF : 0;
    result |= byte << (8 * k);
  }
  return result;
}
/// prmt's modes with fixed patterns; the selector's low two bits choose a row.
static uint32_t permuteMode(uint32_t a, uint32_t b, uint32_t selector,
                            uint32_t mode) {
  static constexpr uint32_t kPatterns[6][4] = {
      {0x3210, 0x4321, 0x5432, 0x6543}, // f4e
      {0x5670, 0x6701, 0x7012, 0x0123}, // b4e
      {0x0000, 0x1111, 0x2222, 0x3333}, // rc8
      {0x3210, 0x3211, 0x3222, 0x3333}, // ecl
      {0x0000, 0x1110, 0x2210, 0x3210}, // ecr
      {0x1010, 0x3232, 0x1010, 0x3232}, // rc16
  };
  return permute(a, b, kPatterns[mode][selector & 3]);
}
static uint32_t lookUp3(uint32_t a, uint32_t b, uint32_t c, uint32_t table) {
  uint32_t result = 0;
  for (uint32_t k = 0; k < 8; ++k)
    if (table >> k & 1)
      result |= (k & 4 ? a : ~a) & (k & 2 ? b : ~b) & (k & 1 ? c : ~c);
  return result;
}

// ---- decoding --------------------------------------------------------------

static void finishShift(Decoder &d, Instruction &i, Execute execute,
                        Type type) {
  if (!execute)
    return d.unsupported("the type ." + std::string(spelling(type)));
  d.expectOperands(3, 3);
  i.slot = {d.destination(0, type), d.source(1, type), d.source(2, Type::U32)};
  i.execute = execute;
  i.instructionClass = InstructionClass::Integer;
}

static void decodeShiftLeft(Decoder &d, Instruction &i) {
  Type type = d.type();
  finishShift(d, i,
              forInteger(type,
                         []<typename T>() -> Execute {
                           return kElementwise<shiftLeft<T>>;
                         }),
              type);
}

static void decodeShiftRight(Decoder &d, Instruction &i) {
  Type type = d.type();
  finishShift(d, i,
              forInteger(type,
                         []<typename T>() -> Execute {
                           return kElementwise<shiftRight<T>>;
                         }),
              type);
}

static void decodeFunnel(Decoder &d, Instruction &i) {
  bool left = d.take("l");
  if (!left && !d.take("r"))
    d.malformed("lacks .l or .r");
  bool clamp = d.take("clamp");
  if (!clamp)
    d.take("wrap");
  d.type();
  Execute execute = left ? (clamp ? kElementwise<funnel<true, true>>
                                  : kElementwise<funnel<true, false>>)
                         : (clamp ? kElementwise<funnel<false, true>>
                                  : kElementwise<funnel<false, false>>);
  finishElementwise(d, i, execute, Type::B32, 3, InstructionClass::Integer);
}

enum class Predicates : uint8_t { And, Or, Xor, Not };

template <Predicates operation>
static void executePredicates(Warp &w, const Instruction &i) {
  uint32_t a = w.predicate(i.slot[1]), b = w.predicate(i.slot[2]);
  uint32_t definedA = w.predicateDefined(i.slot[1]);
  uint32_t definedB = w.predicateDefined(i.slot[2]);
  uint32_t both = definedA & definedB;
  switch (operation) {
  case Predicates::And: // a defined false decides alone
    return w.setPredicate(i.slot[0], a & b,
                          both | (definedA & ~a) | (definedB & ~b));
  case Predicates::Or:
    return w.setPredicate(i.slot[0], a | b,
                          both | (definedA & a) | (definedB & b));
  case Predicates::Xor:
    return w.setPredicate(i.slot[0], a ^ b, both);
  case Predicates::Not:
    return w.setPredicate(i.slot[0], ~a, definedA);
  }
}

template <Predicates operation>
static void decodePredicates(Decoder &d, Instruction &i) {
  bool isNot = operation == Predicates::Not;
  d.expectOperands(isNot ? 2 : 3, isNot ? 2 : 3);
  i.slot[0] = d.predicateDestination(d.operand(0));
  i.slot[1] = d.predicateSource(d.operand(1));
  if (!isNot)
    i.slot[2] = d.predicateSource(d.operand(2));
  i.execute = executePredicates<operation>;
  i.instructionClass = InstructionClass::Integer;
}

template <Predicates operation>
static void decodeLogic(Decoder &d, Instruction &i) {
  Type type = d.type();
  if (type == Type::Pred)
    return decodePredicates<operation>(d, i);
  Execute execute = forInteger(type, []<typename T>() -> Execute {
    switch (operation) {
    case Predicates::And:
      return kElementwise<bitAnd<T>>;
    case Predicates::Or:
      return kElementwise<bitOr<T>>;
    case Predicates::Xor:
      return kElementwise<bitXor<T>>;
    case Predicates::Not:
      return kElementwise<bitNot<T>>;
    }
  });
  finishElementwise(d, i, execute, type, operation == Predicates::Not ? 1 : 2,
                    InstructionClass::Integer);
}

static void decodeLogicalNot(Decoder &d, Instruction &i) {
  Type type = d.type();
  finishElementwise(d, i,
                    forInteger(type,
                               []<typename T>() -> Execute {
                                 return kElementwise<logicalNot<T>>;
                               }),
                    type, 1, InstructionClass::Integer);
}

/// popc, clz, bfind: the result has 32 bits whatever the operand has.
static void finishCount(Decoder &d, Instruction &i, Execute execute,
                        Type type) {
  if (!execute)
    return d.unsupported("the type ." + std::string(spelling(type)));
  d.expectOperands(2, 2);
  i.slot[0] = d.destination(0, Type::U32);
  i.slot[1] = d.source(1, type);
  i.execute = execute;
  i.instructionClass = InstructionClass::Integer;
}

static void decodePopulation(Decoder &d, Instruction &i) {
  Type type = d.type();
  finishCount(d, i,
              type == Type::B32   ? kElementwise<countOnes<uint32_t>>
              : type == Type::B64 ? kElementwise<countOnes<uint64_t>>
                                  : nullptr,
              type);
}

static void decodeLeadingZeros(Decoder &d, Instruction &i) {
  Type type = d.type();
  finishCount(d, i,
              type == Type::B32   ? kElementwise<leadingZeros<uint32_t>>
              : type == Type::B64 ? kElementwise<leadingZeros<uint64_t>>
                                  : nullptr,
              type);
}

static void decodeFindLeading(Decoder &d, Instruction &i) {
  bool shift = d.take("shiftamt");
  Type type = d.type();
  finishCount(d, i,
              forInteger(type,
                         [&]<typename T>() -> Execute {
                           if constexpr (sizeof(T) < 4)
                             return nullptr;
                           else
                             return shift ? kElementwise<findLeading<T, true>>
                                          : kElementwise<findLeading<T, false>>;
                         }),
              type);
}

static void decodeReverse(Decoder &d, Instruction &i) {
  Type type = d.type();
  finishElementwise(d, i,
                    type == Type::B32   ? kElementwise<reverse<uint32_t>>
                    : type == Type::B64 ? kElementwise<reverse<uint64_t>>
                                        : nullptr,
                    type, 1, InstructionClass::Integer);
}

static void decodeExtract(Decoder &d, Instruction &i) {
  Type type = d.type();
  i.execute = forInteger(type, []<typename T>() -> Execute {
    if constexpr (sizeof(T) < 4)
      return nullptr;
    else
      return kElementwise<extractField<T>>;
  });
  if (!i.execute)
    return d.unsupported("the type ." + std::string(spelling(type)));
  d.expectOperands(4, 4);
  i.slot = {d.destination(0, type), d.source(1, type), d.source(2, Type::U32),
            d.source(3, Type::U32)};
  i.instructionClass = InstructionClass::Integer;
}

static void decodeInsert(Decoder &d, Instruction &i) {
  Type type = d.type();
  i.execute = type == Type::B32   ? kElementwise<insertField<uint32_t>>
              : type == Type::B64 ? kElementwise<insertField<uint64_t>>
                                  : nullptr;
  if (!i.execute)
    return d.unsupported("the type ." + std::string(spelling(type)));
  d.expectOperands(5, 5);
  i.slot = {d.destination(0, type), d.source(1, type), d.source(2, type),
            d.source(3, Type::U32), d.source(4, Type::U32)};
  i.instructionClass = InstructionClass::Integer;
}

static void decodePermute(Decoder &d, Instruction &i) {
  if (d.type() != Type::B32)
    d.malformed("takes .b32");
  int mode = d.takeOneOf({"f4e", "b4e", "rc8", "ecl", "ecr", "rc16"});
  finishElementwise(
      d, i, mode < 0 ? kElementwise<permute> : kElementwise<permuteMode>,
      Type::B32, 3, InstructionClass::Integer);
  if (mode >= 0)
    i.slot[4] = d.constant(uint64_t(mode), false);
}

static void decodeLookUp3(Decoder &d, Instruction &i) {
  d.type();
  d.expectOperands(5, 5);
  i.slot = {d.destination(0, Type::B32), d.source(1, Type::B32),
            d.source(2, Type::B32), d.source(3, Type::B32),
            d.source(4, Type::B32)};
  i.execute = kElementwise<lookUp3>;
  i.instructionClass = InstructionClass::Integer;
}

std::span<const InstructionForm> bitForms() {
  static constexpr InstructionForm kForms[] = {
      {"and", decodeLogic<Predicates::And>},
      {"or", decodeLogic<Predicates::Or>},
      {"xor", decodeLogic<Predicates::Xor>},
      {"not", decodeLogic<Predicates::Not>},
      {"cnot", decodeLogicalNot},
      {"shl", decodeShiftLeft},
      {"shr", decodeShiftRight},
      {"shf", decodeFunnel},
      {"popc", decodePopulation},
      {"clz", decodeLeadingZeros},
      {"bfind", decodeFindLeading},
      {"brev", decodeReverse},
      {"bfe", decodeExtract},
      {"bfi", decodeInsert},
      {"prmt", decodePermute},
      {"lop3", decodeLookUp3},
  };
  return kForms;
}

} // namespace kgen::emulator::ptx
