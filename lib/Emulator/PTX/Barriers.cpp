//===- Barriers.cpp - bar, barrier, membar, fence
//--------------------------===//

#include "Families.h"
#include "Warp.h"

namespace kgen::emulator::ptx {

namespace {

enum class Reduction : uint8_t { None, Popc, And, Or };

struct BarrierPayload : Payload {
  bool arriveOnly = false;
  bool hasCount = false;
  bool negated = false;
  Reduction reduction = Reduction::None;
  uint32_t idRow = 0, countRow = 0;
  uint32_t vote = 0;        ///< predicate that is reduced
  uint32_t destination = 0; ///< row (popc) or predicate
};

} // namespace

static const BarrierPayload &payload(const Instruction &i) {
  return static_cast<const BarrierPayload &>(*i.payload);
}

static std::string describeBarrier(const Warp &warp, const Instruction &i) {
  const BarrierPayload &p = payload(i);
  Warp &w = const_cast<Warp &>(warp);
  uint32_t id = w.row(p.idRow)[0];
  const NamedBarrier &barrier = warp.cta.barriers[id % kNamedBarriers];
  return "barrier " + std::to_string(id) + " (" +
         std::to_string(barrier.arrivals) + " of " +
         (barrier.expected ? std::to_string(barrier.expected)
                           : "all " + std::to_string(warp.cta.threads())) +
         " threads have arrived)";
}

/// How many threads the instruction waits for; 0: all of the CTA.
static std::optional<uint32_t> expectedThreads(Warp &w, const Instruction &i) {
  const BarrierPayload &p = payload(i);
  if (!p.hasCount)
    return 0;
  std::optional<uint32_t> count = w.uniform(i, p.countRow, "the thread count");
  if (!count)
    return std::nullopt;
  uint32_t warps = uint32_t(w.cta.warps.size());
  if (*count == 0 || *count % kLanes || *count > warps * kLanes) {
    w.raise(i, ErrorCode::FindingBarrierMisuse,
            "the thread count " + std::to_string(*count) +
                " is not a multiple of 32 up to the block's " +
                std::to_string(w.cta.threads()) + " threads");
    return std::nullopt;
  }
  return count;
}

static bool joinPhase(Warp &w, const Instruction &i, NamedBarrier &barrier,
                      uint32_t id, uint32_t expected) {
  if (!barrier.arrivals) {
    barrier.expected = expected;
    barrier.firstArrival = i.index;
  } else if (barrier.expected != expected) {
    // "All threads" and their number are the same demand.
    uint32_t all = uint32_t(w.cta.warps.size()) * kLanes;
    if ((barrier.expected ? barrier.expected : all) !=
        (expected ? expected : all)) {
      w.raise(i, ErrorCode::FindingBarrierMisuse,
              "barrier " + std::to_string(id) + " waits for " +
                  std::to_string(expected ? expected : all) +
                  " threads here and for " +
                  std::to_string(barrier.expected ? barrier.expected : all) +
                  " at " + w.context().name(barrier.firstArrival));
      return false;
    }
  }
  if (barrier.arrivedWarps >> w.number & 1) {
    w.raise(i, ErrorCode::FindingBarrierMisuse,
            "the warp arrives a second time in one phase of barrier " +
                std::to_string(id));
    return false;
  }
  return true;
}

static void vote(Warp &w, const BarrierPayload &p, NamedBarrier &barrier) {
  uint32_t bits = w.predicate(p.vote);
  if (p.negated)
    bits = ~bits;
  barrier.trueThreads += uint32_t(std::popcount(bits & w.lanes()));
  barrier.votes += uint32_t(std::popcount(w.lanes()));
}

static void giveResult(Warp &w, const BarrierPayload &p,
                       const NamedBarrier &barrier) {
  switch (p.reduction) {
  case Reduction::None:
    return;
  case Reduction::Popc:
    forLanes(w.lanes(), [&](uint32_t lane) {
      w.row(p.destination)[lane] = barrier.completedTrue;
    });
    return w.setDefined(p.destination, kAllLanes);
  case Reduction::And:
    return w.setPredicate(
        p.destination,
        barrier.completedTrue == barrier.completedVotes ? kAllLanes : 0,
        kAllLanes);
  case Reduction::Or:
    return w.setPredicate(p.destination, barrier.completedTrue ? kAllLanes : 0,
                          kAllLanes);
  }
}

static void executeBarrier(Warp &w, const Instruction &i) {
  const BarrierPayload &p = payload(i);
  std::optional<uint32_t> id = w.uniform(i, p.idRow, "the barrier's number");
  if (!id)
    return;
  if (*id >= kNamedBarriers)
    return w.raise(i, ErrorCode::FindingOperand,
                   "barrier " + std::to_string(*id) + " of 0 to 15");
  NamedBarrier &barrier = w.cta.barriers[*id];
  if (uint64_t token = w.token()) {
    if (barrier.phase < token)
      return w.stall();
    w.timeline.acquire(barrier.completed);
    return giveResult(w, p, barrier);
  }
  if (!w.converged(i, kAllLanes))
    return;
  std::optional<uint32_t> expected = expectedThreads(w, i);
  if (!expected || !joinPhase(w, i, barrier, *id, *expected))
    return;
  if (p.reduction != Reduction::None) {
    if (!w.requirePredicate(i, p.vote, "the vote"))
      return;
    vote(w, p, barrier);
  }
  barrier.arrivedWarps |= 1u << w.number;
  barrier.arrivals += kLanes;
  w.timeline.release(barrier.timeline);
  uint64_t waited = barrier.phase + 1;
  w.cta.completeIfAllArrived(barrier);
  w.scheduler().noteEvent();
  if (p.arriveOnly)
    return;
  w.token() = waited;
  if (barrier.phase < waited)
    return w.stall();
  w.timeline.acquire(barrier.completed);
  giveResult(w, p, barrier);
}

static void decodeReduction(Decoder &d, BarrierPayload &p) {
  int operation = d.takeOneOf({"popc", "and", "or"});
  p.reduction = operation == 0   ? Reduction::Popc
                : operation == 1 ? Reduction::And
                                 : Reduction::Or;
  if (operation < 0)
    d.malformed("names no reduction");
  if (p.reduction == Reduction::Popc) {
    d.take("u32");
    p.destination = d.destination(0, Type::U32);
  } else {
    d.take("pred");
    p.destination = d.predicateDestination(d.operand(0));
  }
  p.vote = d.predicateSource(d.operand(d.operandCount() - 1), &p.negated);
}

static void decodeBarrier(Decoder &d, Instruction &i) {
  auto p = std::make_shared<BarrierPayload>();
  d.take("cta");
  // .aligned or not, the lanes of a warp have to meet: arrivals are counted by
  // warps.
  d.take("aligned");
  int what = d.takeOneOf({"sync", "arrive", "red"});
  size_t first = 0, end = d.operandCount();
  if (what == 2) {
    decodeReduction(d, *p);
    d.expectOperands(3, 4);
    first = 1;
    end = end ? end - 1 : 0;
  } else {
    d.expectOperands(what == 1 ? 2 : 1, 2);
  }
  if (what < 0)
    d.malformed("neither sync, arrive nor red");
  p->arriveOnly = what == 1;
  p->idRow = d.source(first, Type::U32);
  if (first + 1 < end) {
    p->hasCount = true;
    p->countRow = d.source(first + 1, Type::U32);
  }
  i.payload = p;
  i.execute = executeBarrier;
  i.describeWait = describeBarrier;
  i.instructionClass = InstructionClass::Barrier;
}

/// Lanes of one warp need no order here: a warp executes them together.
static void executeWarpBarrier(Warp &w, const Instruction &i) {
  std::optional<uint32_t> members = w.uniform(i, i.slot[0], "the member mask");
  if (members && (w.lanes() & ~*members))
    return w.raise(i, ErrorCode::FindingOperand,
                   "a lane that executes it is not in the member mask");
  if (members)
    w.converged(i, *members);
}

static void decodeWarpBarrier(Decoder &d, Instruction &i) {
  if (!d.take("sync"))
    d.malformed("lacks .sync");
  d.expectOperands(1, 1);
  i.slot[0] = d.source(0, Type::B32);
  i.execute = executeWarpBarrier;
  i.instructionClass = InstructionClass::Barrier;
}

/// Every access takes effect at once, so that a fence has nothing to do. It
/// does not order warps by itself either: the accesses around it do.
static void executeFence(Warp &, const Instruction &) {}

static void decodeFence(Decoder &d, Instruction &i) {
  d.takeOneOf({"sc", "acq_rel", "acquire", "release"});
  d.takeOneOf({"cta", "cluster", "gpu", "gl", "sys"});
  d.expectOperands(0, 0);
  i.execute = executeFence;
  i.instructionClass = InstructionClass::Barrier;
}

std::span<const InstructionForm> barrierForms() {
  static constexpr InstructionForm kForms[] = {
      {"bar", decodeBarrier},          {"barrier", decodeBarrier},
      {"bar.warp", decodeWarpBarrier}, {"fence", decodeFence},
      {"membar", decodeFence},
  };
  return kForms;
}

} // namespace kgen::emulator::ptx
