//===- Move.cpp - mov, cvta, isspacep
//--------------------------------------===//

#include "Families.h"
#include "Lanes.h"

namespace kgen::emulator::ptx {

template <typename T>
static T copyValue(T a) {
  return a;
}

static void executeMovePredicate(Warp &w, const Instruction &i) {
  uint32_t bits = w.predicate(i.slot[1]);
  w.setPredicate(i.slot[0], i.modifier ? ~bits : bits,
                 w.predicateDefined(i.slot[1]));
}

static void executeConstantPredicate(Warp &w, const Instruction &i) {
  w.setPredicate(i.slot[0], i.modifier ? kAllLanes : 0, kAllLanes);
}

/// slot[0] = {list[0], list[1], ...}, the first lowest. modifier: bits of an
/// element.
static void executePack(Warp &w, const Instruction &i, uint64_t *wide,
                        uint32_t *row) {
  uint32_t defined = kAllLanes;
  for (uint32_t part : i.list)
    defined &= w.definedLanes(part);
  uint32_t bits = i.modifier;
  uint64_t mask = (1ull << bits) - 1;
  forLanes(w.lanes(), [&](uint32_t lane) {
    uint64_t value = 0;
    for (uint32_t k = 0; k < i.list.size(); ++k)
      value |= (w.row(i.list[k])[lane] & mask) << (k * bits);
    if (wide)
      wide[lane] = value;
    else
      row[lane] = uint32_t(value);
  });
  w.setDefined(i.slot[0], defined);
}
static void executePack64(Warp &w, const Instruction &i) {
  executePack(w, i, w.wide(i.slot[0]), nullptr);
}
static void executePack32(Warp &w, const Instruction &i) {
  executePack(w, i, nullptr, w.row(i.slot[0]));
}
/// The commonest form: two of 16 bits.
static uint32_t packPair(uint32_t low, uint32_t high) {
  return (low & 0xFFFF) | high << 16;
}

/// {list[0], list[1], ...} = slot[1].
template <typename T>
static void executeUnpack(Warp &w, const Instruction &i) {
  Values<T> source(w, i.slot[1]);
  // The source may be among the destinations.
  T values[kLanes];
  for (uint32_t lane = 0; lane < kLanes; ++lane)
    values[lane] = source[lane];
  uint32_t bits = i.modifier, defined = w.definedLanes(i.slot[1]);
  T mask = T((1ull << bits) - 1);
  for (uint32_t k = 0; k < i.list.size(); ++k) {
    uint32_t *part = w.row(i.list[k]);
    forLanes(w.lanes(), [&](uint32_t lane) {
      part[lane] = uint32_t((values[lane] >> (k * bits)) & mask);
    });
    w.setDefined(i.list[k], defined);
  }
}

static Type bitsType(uint32_t bytes) {
  return bytes == 1   ? Type::B8
         : bytes == 2 ? Type::B16
         : bytes == 4 ? Type::B32
                      : Type::B64;
}

/// The type of a vector's elements; None if the vector does not make `bytes`.
static Type elementType(const Operand &vector, uint32_t bytes) {
  size_t count = vector.elements.size();
  if (count < 2 || bytes % count || bytes / count > 4)
    return Type::None;
  return bitsType(bytes / uint32_t(count));
}

static void decodePack(Decoder &d, Instruction &i, Type type, Type part) {
  i.list = d.sources(d.operand(1), part);
  i.slot[0] = d.destination(0, type);
  i.modifier = 8 * bytesOf(part);
  if (part == Type::B16 && type == Type::B32 && i.list.size() == 2) {
    i.slot[1] = i.list[0];
    i.slot[2] = i.list[1];
    i.execute = kElementwise<packPair>;
  } else {
    i.execute = bytesOf(type) == 8 ? executePack64 : executePack32;
  }
}

static void decodeMovePredicate(Decoder &d, Instruction &i) {
  i.slot[0] = d.predicateDestination(d.operand(0));
  if (auto value = d.immediate(d.operand(1))) {
    i.modifier = *value != 0;
    i.execute = executeConstantPredicate;
    return;
  }
  bool negated = false;
  i.slot[1] = d.predicateSource(d.operand(1), &negated);
  i.modifier = negated;
  i.execute = executeMovePredicate;
}

static void decodeMove(Decoder &d, Instruction &i) {
  Type type = d.type();
  d.expectOperands(2, 2);
  i.instructionClass = InstructionClass::Integer;
  if (type == Type::Pred)
    return decodeMovePredicate(d, i);
  uint32_t bytes = bytesOf(type);
  if (bytes > 8)
    return d.unsupported("128-bit values");
  const Operand &to = d.operand(0), &from = d.operand(1);
  bool packs = from.kind == OperandKind::Vector;
  if (!packs && to.kind != OperandKind::Vector)
    return finishElementwise(d, i,
                             bytes == 8 ? kElementwise<copyValue<uint64_t>>
                                        : kElementwise<copyValue<uint32_t>>,
                             type, 1, InstructionClass::Integer);
  Type part = elementType(packs ? from : to, bytes);
  if (part == Type::None)
    return d.malformed("the vector's elements do not make the value");
  if (packs)
    return decodePack(d, i, bitsType(bytes), part);
  i.slot[1] = d.source(1, bitsType(bytes));
  i.list = d.destinations(to, part);
  i.modifier = 8 * bytesOf(part);
  i.execute = bytes == 8 ? executeUnpack<uint64_t> : executeUnpack<uint32_t>;
}

// ---- addresses -------------------------------------------------------------

static std::optional<uint64_t> takeWindow(Decoder &d) {
  if (d.takeOneOf({"shared", "shared::cta", "shared::cluster"}) >= 0)
    return kSharedWindow;
  if (d.take("global"))
    return 0;
  if (d.take("local"))
    return kLocalWindow;
  if (d.take("const"))
    return kConstWindow;
  if (d.take("param") || d.take("param::entry"))
    return kParamWindow;
  return std::nullopt;
}

static uint64_t addWindow(uint64_t address, uint64_t window) {
  return address + window;
}
static uint64_t dropWindow(uint64_t address, uint64_t window) {
  return address - window;
}

static void decodeConvertAddress(Decoder &d, Instruction &i) {
  bool to = d.take("to");
  std::optional<uint64_t> window = takeWindow(d);
  if (!window)
    return d.unsupported("this state space");
  if (bytesOf(d.type()) != 8)
    return d.unsupported("32-bit generic addresses");
  d.expectOperands(2, 2);
  i.slot = {d.destination(0, Type::B64), d.source(1, Type::B64),
            d.constant(*window, true)};
  i.execute = to ? kElementwise<dropWindow> : kElementwise<addWindow>;
  i.instructionClass = InstructionClass::Integer;
}

static void executeIsSpace(Warp &w, const Instruction &i) {
  const uint64_t *address = w.wide(i.slot[1]);
  uint64_t window = w.wide(i.slot[2])[0];
  bool ownOnly = i.modifier;
  uint32_t mask = maskOf([&](uint32_t lane) {
    uint64_t a = address[lane];
    if (window == 0)
      return a >> 56 < kSharedWindow >> 56 || a >> 56 > kParamWindow >> 56;
    return (a & kWindowMask) == window &&
           (!ownOnly || uint32_t(a) >> kSharedOffsetBits == 0);
  });
  w.setPredicate(i.slot[0], mask, w.definedLanes(i.slot[1]));
}

static void decodeIsSpace(Decoder &d, Instruction &i) {
  bool ownOnly = !d.wordsLeft().empty() && (d.wordsLeft()[0] == "shared" ||
                                            d.wordsLeft()[0] == "shared::cta");
  std::optional<uint64_t> window = takeWindow(d);
  if (!window)
    return d.unsupported("this state space");
  d.expectOperands(2, 2);
  i.slot[0] = d.predicateDestination(d.operand(0));
  i.slot[1] = d.source(1, Type::B64);
  i.slot[2] = d.constant(*window, true);
  i.modifier = ownOnly;
  i.execute = executeIsSpace;
  i.instructionClass = InstructionClass::Integer;
}

std::span<const InstructionForm> moveForms() {
  static constexpr InstructionForm kForms[] = {
      {"mov", decodeMove},
      {"cvta", decodeConvertAddress},
      {"isspacep", decodeIsSpace},
  };
  return kForms;
}

} // namespace kgen::emulator::ptx
