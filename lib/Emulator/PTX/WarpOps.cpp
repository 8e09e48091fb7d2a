//===- WarpOps.cpp - shfl, vote, match, redux
//------------------------------===//
//
// What lanes of a warp tell each other. The lanes of the member mask have to
// execute it together; those that wait for others let them come.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Lanes.h"

#include <algorithm>

namespace kgen::emulator::ptx {

/// True if all members are here; the executing lanes must be members.
static bool gather(Warp &w, const Instruction &i, uint32_t maskRow) {
  std::optional<uint32_t> members = w.uniform(i, maskRow, "the member mask");
  if (!members)
    return false;
  if (w.lanes() & ~*members) {
    w.raise(i, ErrorCode::FindingOperand,
            "a lane that executes it is not in the member mask");
    return false;
  }
  return w.converged(i, *members);
}

// ---- shfl ------------------------------------------------------------------

enum class Shuffle : uint8_t { Up, Down, Butterfly, Index };

/// slot: d, p (or none), a, b, c, membermask.
template <Shuffle mode>
static void executeShuffle(Warp &w, const Instruction &i) {
  if (!gather(w, i, i.slot[5]) || !w.requireDefined(i, i.slot[3], "the lane") ||
      !w.requireDefined(i, i.slot[4], "the clamp"))
    return;
  const uint32_t *a = w.row(i.slot[2]), *b = w.row(i.slot[3]);
  const uint32_t *c = w.row(i.slot[4]);
  // A lane that does not take part gives nothing.
  uint32_t given = w.definedLanes(i.slot[2]) & w.lanes();
  uint32_t result[kLanes], inRange = 0, defined = 0;
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    uint32_t clamp = c[lane] & 31, segment = c[lane] >> 8 & 31;
    int32_t most = int32_t((lane & segment) | (clamp & ~segment));
    int32_t by = int32_t(b[lane] & 31), from = 0;
    bool valid = false;
    if constexpr (mode == Shuffle::Up) {
      from = int32_t(lane) - by;
      valid = from >= most;
    } else {
      if constexpr (mode == Shuffle::Down)
        from = int32_t(lane) + by;
      else if constexpr (mode == Shuffle::Butterfly)
        from = int32_t(lane) ^ by;
      else
        from = int32_t((lane & segment) | (uint32_t(by) & ~segment));
      valid = from <= most;
    }
    uint32_t source = valid ? uint32_t(from) & 31 : lane;
    result[lane] = a[source];
    inRange |= uint32_t(valid) << lane;
    defined |= (given >> source & 1) << lane;
  }
  uint32_t *d = w.row(i.slot[0]);
  forLanes(w.lanes(), [&](uint32_t lane) { d[lane] = result[lane]; });
  w.setDefined(i.slot[0], defined);
  if (i.slot[1] != ~0u)
    w.setPredicate(i.slot[1], inRange, kAllLanes);
}

static void decodeShuffle(Decoder &d, Instruction &i) {
  int mode = d.takeOneOf({"up", "down", "bfly", "idx"});
  if (mode < 0 || !d.take("b32"))
    return d.malformed("lacks .up, .down, .bfly or .idx, or .b32");
  d.expectOperands(5, 5);
  static constexpr Execute kExecutes[] = {
      executeShuffle<Shuffle::Up>, executeShuffle<Shuffle::Down>,
      executeShuffle<Shuffle::Butterfly>, executeShuffle<Shuffle::Index>};
  i.execute = kExecutes[mode];
  const Operand &result = d.operand(0);
  bool isPair = result.kind == OperandKind::Pair;
  i.slot[0] = d.destination(isPair ? result.elements[0] : result, Type::B32);
  i.slot[1] = isPair ? d.predicateDestination(result.elements[1]) : ~0u;
  for (size_t k = 1; k < 5; ++k)
    i.slot[k + 1] = d.source(k, Type::B32);
  i.instructionClass = InstructionClass::Shuffle;
}

// ---- vote ------------------------------------------------------------------

enum class Vote : uint8_t { All, Any, Uniform, Ballot };

/// slot: d or p, the predicate, membermask. modifier: negated.
template <Vote mode>
static void executeVote(Warp &w, const Instruction &i) {
  if (!gather(w, i, i.slot[2]) || !w.requirePredicate(i, i.slot[1], "the vote"))
    return;
  uint32_t bits = w.predicate(i.slot[1]);
  uint32_t yes = (i.modifier ? ~bits : bits) & w.lanes();
  if constexpr (mode == Vote::Ballot) {
    forLanes(w.lanes(), [&](uint32_t lane) { w.row(i.slot[0])[lane] = yes; });
    return w.setDefined(i.slot[0], kAllLanes);
  }
  bool all = yes == w.lanes(), none = yes == 0;
  bool result = mode == Vote::All   ? all
                : mode == Vote::Any ? !none
                                    : all || none;
  w.setPredicate(i.slot[0], result ? kAllLanes : 0, kAllLanes);
}

static void decodeVote(Decoder &d, Instruction &i) {
  int mode = d.takeOneOf({"all", "any", "uni", "ballot"});
  bool isBallot = mode == 3;
  if (mode < 0 || !d.take(isBallot ? "b32" : "pred"))
    return d.malformed("lacks .all, .any, .uni or .ballot with its type");
  d.expectOperands(3, 3);
  static constexpr Execute kExecutes[] = {
      executeVote<Vote::All>, executeVote<Vote::Any>,
      executeVote<Vote::Uniform>, executeVote<Vote::Ballot>};
  i.execute = kExecutes[mode];
  i.slot[0] = isBallot ? d.destination(0, Type::B32)
                       : d.predicateDestination(d.operand(0));
  bool negated = false;
  i.slot[1] = d.predicateSource(d.operand(1), &negated);
  i.modifier = negated;
  i.slot[2] = d.source(2, Type::B32);
  i.instructionClass = InstructionClass::Shuffle;
}

// ---- match -----------------------------------------------------------------

/// slot: d, p (or none), a, membermask.
template <typename T, bool all>
static void executeMatch(Warp &w, const Instruction &i) {
  if (!gather(w, i, i.slot[3]) || !w.requireDefined(i, i.slot[2], "the value"))
    return;
  Values<T> a(w, i.slot[2]);
  uint32_t equal[kLanes] = {};
  forLanes(w.lanes(), [&](uint32_t lane) {
    equal[lane] =
        maskOf([&](uint32_t other) { return a[other] == a[lane]; }) & w.lanes();
  });
  bool same = equal[std::countr_zero(w.lanes())] == w.lanes();
  forLanes(w.lanes(), [&](uint32_t lane) {
    w.row(i.slot[0])[lane] = all && !same ? 0 : equal[lane];
  });
  w.setDefined(i.slot[0], kAllLanes);
  if (all && i.slot[1] != ~0u)
    w.setPredicate(i.slot[1], same ? kAllLanes : 0, kAllLanes);
}

static void decodeMatch(Decoder &d, Instruction &i) {
  int mode = d.takeOneOf({"any", "all"});
  if (!d.take("sync") || mode < 0)
    return d.malformed("lacks .any.sync or .all.sync");
  Type type = d.type();
  d.expectOperands(3, 3);
  bool wide = bytesOf(type) == 8;
  if (mode == 0)
    i.execute =
        wide ? executeMatch<uint64_t, false> : executeMatch<uint32_t, false>;
  else
    i.execute =
        wide ? executeMatch<uint64_t, true> : executeMatch<uint32_t, true>;
  const Operand &result = d.operand(0);
  bool isPair = result.kind == OperandKind::Pair;
  i.slot[0] = d.destination(isPair ? result.elements[0] : result, Type::B32);
  i.slot[1] = isPair ? d.predicateDestination(result.elements[1]) : ~0u;
  i.slot[2] = d.source(1, type);
  i.slot[3] = d.source(2, Type::B32);
  i.instructionClass = InstructionClass::Shuffle;
}

// ---- redux -----------------------------------------------------------------

enum class Reduction : uint8_t { Add, Min, Max, And, Or, Xor };

/// slot: d, a, membermask.
template <typename T, Reduction operation>
static void executeReduction(Warp &w, const Instruction &i) {
  if (!gather(w, i, i.slot[2]))
    return;
  Values<T> a(w, i.slot[1]);
  T sum = a[uint32_t(std::countr_zero(w.lanes()))];
  for (uint32_t left = w.lanes() & (w.lanes() - 1); left; left &= left - 1) {
    T value = a[uint32_t(std::countr_zero(left))];
    switch (operation) {
    case Reduction::Add:
      sum = T(uint32_t(sum) + uint32_t(value));
      break;
    case Reduction::Min:
      sum = std::min(sum, value);
      break;
    case Reduction::Max:
      sum = std::max(sum, value);
      break;
    case Reduction::And:
      sum &= value;
      break;
    case Reduction::Or:
      sum |= value;
      break;
    case Reduction::Xor:
      sum ^= value;
      break;
    }
  }
  bool defined = !(w.lanes() & ~w.definedLanes(i.slot[1]));
  Values<T> d(w, i.slot[0]);
  forLanes(w.lanes(), [&](uint32_t lane) { d.set(lane, sum); });
  w.setDefined(i.slot[0], defined ? kAllLanes : 0);
}

template <typename T>
static Execute pickReduction(int operation) {
  static constexpr Execute kExecutes[] = {
      executeReduction<T, Reduction::Add>, executeReduction<T, Reduction::Min>,
      executeReduction<T, Reduction::Max>, executeReduction<T, Reduction::And>,
      executeReduction<T, Reduction::Or>,  executeReduction<T, Reduction::Xor>};
  return kExecutes[operation];
}

static void decodeReduction(Decoder &d, Instruction &i) {
  int operation = d.takeOneOf({"add", "min", "max", "and", "or", "xor"});
  Type type = d.type();
  bool isSigned = type == Type::S32;
  if (operation < 0 || (!isSigned && type != Type::U32 && type != Type::B32))
    return d.unsupported("this reduction");
  d.expectOperands(3, 3);
  i.execute = isSigned ? pickReduction<int32_t>(operation)
                       : pickReduction<uint32_t>(operation);
  i.slot = {d.destination(0, type), d.source(1, type), d.source(2, Type::B32)};
  i.instructionClass = InstructionClass::Shuffle;
}

static void executeActiveMask(Warp &w, const Instruction &i) {
  uint32_t mask = w.lanes();
  forLanes(mask, [&](uint32_t lane) { w.row(i.slot[0])[lane] = mask; });
  w.setDefined(i.slot[0], kAllLanes);
}

static void decodeActiveMask(Decoder &d, Instruction &i) {
  d.type();
  d.expectOperands(1, 1);
  i.slot[0] = d.destination(0, Type::B32);
  i.execute = executeActiveMask;
  i.instructionClass = InstructionClass::Shuffle;
}

std::span<const InstructionForm> warpForms() {
  static constexpr InstructionForm kForms[] = {
      {"shfl.sync", decodeShuffle},     {"vote.sync", decodeVote},
      {"match", decodeMatch},           {"redux.sync", decodeReduction},
      {"activemask", decodeActiveMask},
  };
  return kForms;
}

} // namespace kgen::emulator::ptx
