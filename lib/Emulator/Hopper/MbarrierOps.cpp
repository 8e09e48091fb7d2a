//===- MbarrierOps.cpp - mbarrier instructions ----------------------------===//

#include "BarrierAccess.h"
#include "Families.h"
#include "Operands.h"

namespace kgen::emulator::ptx {

using namespace hopper;

namespace {

enum class Change : uint8_t { Arrive, ArriveDrop, Expect, Complete };

struct MbarrierPayload : Payload {
  MemoryOperand address;
  Change change = Change::Arrive;
  bool expects = false;    ///< arrive.expect_tx
  bool noComplete = false; ///< the arrival must not end the phase
  bool relaxed = false;    ///< releases (or acquires) nothing
  bool hasCount = false;
  bool hasState = false; ///< gives a state, in slot[0]
  uint32_t countRow = 0; ///< arrivals, or transaction bytes
  // Waits.
  bool byParity = false;
  uint32_t phaseRow = 0; ///< parity (32 bits) or state (64)
  uint32_t result = 0;   ///< predicate
};

} // namespace

static const MbarrierPayload &payload(const Instruction &i) {
  return static_cast<const MbarrierPayload &>(*i.payload);
}

/// The lanes of `rest` that use the same barrier (and value) as the first of
/// them, and that barrier; `rest` loses them.
struct SameBarrier {
  Warp::SharedPlace place;
  uint32_t lanes = 0;
};
static SameBarrier takeSame(Warp &w, const Instruction &i, uint32_t &rest) {
  const MbarrierPayload &p = payload(i);
  uint32_t first = uint32_t(std::countr_zero(rest));
  uint64_t address = addressOf(w, p.address, first);
  SameBarrier same;
  for (uint32_t lane = first; lane != kLanes; ++lane)
    if ((rest >> lane & 1) && addressOf(w, p.address, lane) == address)
      same.lanes |= 1u << lane;
  rest &= ~same.lanes;
  same.place = sharedPlace(w, i, p.address, first, kMbarrierBytes);
  return same;
}

static bool requireOperands(Warp &w, const Instruction &i) {
  const MbarrierPayload &p = payload(i);
  return w.requireDefined(i, p.address.row, "the address") &&
         (!p.hasCount || w.requireDefined(i, p.countRow, "the count"));
}

// ---- init, inval -----------------------------------------------------------

static void executeInit(Warp &w, const Instruction &i) {
  if (!requireOperands(w, i))
    return;
  const MbarrierPayload &p = payload(i);
  for (uint32_t rest = w.lanes(); rest; rest &= rest - 1) {
    uint32_t lane = uint32_t(std::countr_zero(rest));
    auto place = sharedPlace(w, i, p.address, lane, kMbarrierBytes);
    if (!place)
      return;
    initBarrier(w, i, place, w.row(p.countRow)[lane]);
    if (w.faults().raised())
      return;
  }
}

static void executeInval(Warp &w, const Instruction &i) {
  if (!requireOperands(w, i))
    return;
  for (uint32_t rest = w.lanes(); rest; rest &= rest - 1) {
    uint32_t lane = uint32_t(std::countr_zero(rest));
    auto place = sharedPlace(w, i, payload(i).address, lane, kMbarrierBytes);
    if (!place)
      return;
    invalidateBarrier(w, i, place);
    if (w.faults().raised())
      return;
  }
}

// ---- arrivals and transactions ---------------------------------------------

/// What one lane adds; the sum over lanes that share a barrier is one change.
static uint32_t sumOfCounts(Warp &w, const MbarrierPayload &p, uint32_t lanes) {
  if (!p.hasCount)
    return uint32_t(std::popcount(lanes));
  uint64_t sum = 0;
  for (uint32_t rest = lanes; rest; rest &= rest - 1)
    sum += w.row(p.countRow)[std::countr_zero(rest)];
  return uint32_t(std::min<uint64_t>(sum, ~0u));
}

static Mbarrier::Misuse arrive(Warp &w, const MbarrierPayload &p,
                               Mbarrier &barrier, uint32_t count) {
  if (p.noComplete && barrier.wouldComplete(count))
    return "an arrival with .noComplete that completes the phase";
  if (p.change == Change::ArriveDrop)
    if (auto misuse = barrier.drop(count))
      return misuse;
  return p.relaxed ? barrier.arriveRelaxed(count)
                   : barrier.arrive(w.timeline, count);
}

static Mbarrier::Misuse change(Warp &w, const MbarrierPayload &p,
                               Mbarrier &barrier, uint32_t lanes) {
  uint32_t sum = sumOfCounts(w, p, lanes);
  if (p.change == Change::Complete)
    return barrier.completeTransactions(sum);
  if (p.change == Change::Expect)
    return barrier.expectTransactions(sum);
  if (!p.expects)
    return arrive(w, p, barrier, sum);
  if (auto misuse = barrier.expectTransactions(sum))
    return misuse;
  return arrive(w, p, barrier, uint32_t(std::popcount(lanes)));
}

static void executeChange(Warp &w, const Instruction &i) {
  if (!requireOperands(w, i))
    return;
  const MbarrierPayload &p = payload(i);
  hopperOf(w).noteProgress(w.lanes());
  for (uint32_t rest = w.lanes(); rest;) {
    SameBarrier same = takeSame(w, i, rest);
    if (!same.place)
      return;
    Mbarrier *barrier = findBarrier(w, i, same.place, BarrierUse::Generic);
    if (!barrier)
      return;
    uint64_t token = barrier->token();
    if (!finishChange(w, i, same.place, *barrier,
                      change(w, p, *barrier, same.lanes)))
      return;
    if (p.hasState)
      forLanes(same.lanes,
               [&](uint32_t lane) { w.wide(i.slot[0])[lane] = token; });
  }
  if (p.hasState)
    w.setDefined(i.slot[0], kAllLanes);
}

// ---- waits -----------------------------------------------------------------

static std::string describeWait(const Warp &warp, const Instruction &i) {
  // Reading registers changes nothing.
  Warp &w = const_cast<Warp &>(warp);
  const MbarrierPayload &p = payload(i);
  HopperWarp &state = hopperOf(w);
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    if (state.failedWait[lane] != i.index + 1)
      continue;
    uint32_t offset = uint32_t(addressOf(w, p.address, lane)) &
                      ((1u << kSharedOffsetBits) - 1);
    const auto &barriers = hopperOf(w.cta).barriers;
    auto found = barriers.find(offset);
    if (found == barriers.end())
      break;
    std::string text = describeBarrier(offset, *found->second);
    return p.byParity
               ? "parity " + std::to_string(w.row(p.phaseRow)[lane] & 1) +
                     " of the " + text
               : text;
  }
  return "an mbarrier";
}

/// Whether the lane's phase has passed.
static bool hasPassed(Warp &w, const MbarrierPayload &p,
                      const Mbarrier &barrier, uint32_t lane) {
  return p.byParity ? barrier.parityPassed(w.row(p.phaseRow)[lane] & 1)
                    : barrier.tokenPassed(w.wide(p.phaseRow)[lane]);
}

static void executeWait(Warp &w, const Instruction &i) {
  const MbarrierPayload &p = payload(i);
  if (!requireOperands(w, i) || !w.requireDefined(i, p.phaseRow, "the phase"))
    return;
  uint32_t passed = 0;
  for (uint32_t rest = w.lanes(); rest;) {
    SameBarrier same = takeSame(w, i, rest);
    if (!same.place)
      return;
    Mbarrier *barrier = findBarrier(w, i, same.place, BarrierUse::Generic);
    if (!barrier)
      return;
    uint32_t here = 0;
    for (uint32_t lanes = same.lanes; lanes; lanes &= lanes - 1)
      if (hasPassed(w, p, *barrier, uint32_t(std::countr_zero(lanes))))
        here |= lanes & -lanes;
    if (here && !p.relaxed)
      w.timeline.acquire(barrier->released());
    passed |= here;
  }
  HopperWarp &state = hopperOf(w);
  // A wait may fail, once; the same one again is a loop, which can go on only
  // after something has changed.
  bool again = passed == 0;
  for (uint32_t lanes = w.lanes(); lanes; lanes &= lanes - 1) {
    uint32_t lane = uint32_t(std::countr_zero(lanes));
    again = again && state.failedWait[lane] == i.index + 1;
    state.failedWait[lane] = passed >> lane & 1 ? 0 : i.index + 1;
  }
  if (again)
    return w.stall();
  w.setPredicate(p.result, passed, kAllLanes);
}

static void executePendingCount(Warp &w, const Instruction &i) {
  if (!w.requireDefined(i, i.slot[1], "the state"))
    return;
  forLanes(w.lanes(), [&](uint32_t lane) {
    w.row(i.slot[0])[lane] = Mbarrier::pendingOf(w.wide(i.slot[1])[lane]);
  });
  w.setDefined(i.slot[0], kAllLanes);
}

// ---- cp.async.mbarrier.arrive ----------------------------------------------

/// The copies are there: they complete in the barrier's phase under way.
static void finishCopies(Warp &w, const Instruction &i, Warp::SharedPlace place,
                         uint32_t count,
                         const std::vector<AsyncGroups::Pending> &copies) {
  Mbarrier *barrier = barrierAt(*place.owner, place.offset);
  if (!barrier)
    return w.raise(i, ErrorCode::FindingBarrierMisuse,
                   "the mbarrier at byte " + std::to_string(place.offset) +
                       " was invalidated or overwritten before the copies "
                       "were complete");
  Epoch epoch = barrier->phase() + 1;
  if (!finishChange(w, i, place, *barrier, barrier->arriveRelaxed(count)))
    return;
  for (const AsyncGroups::Pending &copy : copies)
    copy.memory->complete(copy.operation, barrier->component(), epoch);
}

/// Completes the copies that the warp's cp.async began, and arrives, when the
/// scheduler says so. i.modifier: the arrival is counted already (.noinc).
static void executeCopyArrive(Warp &w, const Instruction &i) {
  if (!requireOperands(w, i))
    return;
  hopperOf(w).noteProgress(w.lanes());
  std::vector<AsyncGroups::Pending> copies = w.asyncCopies.takeAll();
  for (uint32_t rest = w.lanes(); rest;) {
    SameBarrier same = takeSame(w, i, rest);
    if (!same.place)
      return;
    Mbarrier *barrier = findBarrier(w, i, same.place, BarrierUse::Generic);
    if (!barrier)
      return;
    uint32_t count = uint32_t(std::popcount(same.lanes));
    if (!i.modifier &&
        !finishChange(w, i, same.place, *barrier, barrier->addPending(count)))
      return;
    w.scheduler().defer([&w, &i, place = same.place, count, copies] {
      finishCopies(w, i, place, count, copies);
    });
  }
}

// ---- decoding --------------------------------------------------------------

static std::shared_ptr<MbarrierPayload> begin(Decoder &d, Instruction &i) {
  i.instructionClass = InstructionClass::Barrier;
  return std::make_shared<MbarrierPayload>();
}

/// .shared, .shared::cta, .shared::cluster or generic; and .b64.
static MemoryOperand decodePlace(Decoder &d, size_t operand) {
  bool isShared =
      d.takeOneOf({"shared", "shared::cta", "shared::cluster"}) >= 0;
  if (!d.take("b64"))
    d.malformed("mbarrier objects are .b64");
  return decodeMemory(d, d.operand(operand), !isShared);
}

/// .sem and .scope. Scopes beyond the cluster add nothing here.
static void decodeOrder(Decoder &d, MbarrierPayload &p) {
  p.relaxed = d.takeOneOf({"release", "acquire", "relaxed"}) == 2;
  d.takeOneOf({"cta", "cluster"});
}

static void decodeInit(Decoder &d, Instruction &i) {
  auto p = begin(d, i);
  d.expectOperands(2, 2);
  p->address = decodePlace(d, 0);
  p->hasCount = true;
  p->countRow = d.source(1, Type::U32);
  i.execute = executeInit;
  i.payload = std::move(p);
}

static void decodeInval(Decoder &d, Instruction &i) {
  auto p = begin(d, i);
  d.expectOperands(1, 1);
  p->address = decodePlace(d, 0);
  i.execute = executeInval;
  i.payload = std::move(p);
}

/// mbarrier.arrive and .arrive_drop: [state | _ ,] [address] {, count}.
static void decodeArrival(Decoder &d, Instruction &i, Change change) {
  auto p = begin(d, i);
  p->change = change;
  p->expects = d.take("expect_tx");
  p->noComplete = d.take("noComplete");
  decodeOrder(d, *p);
  // Older PTX has no "_" for remote barriers.
  size_t place = d.operand(0).kind == OperandKind::Address ? 0 : 1;
  p->address = decodePlace(d, place);
  d.expectOperands(place + 1, place + 2);
  if (place && d.operand(0).kind != OperandKind::Sink) {
    p->hasState = true;
    i.slot[0] = d.destination(0, Type::B64);
  }
  p->hasCount = d.operandCount() == place + 2;
  if (p->hasCount)
    p->countRow = d.source(place + 1, Type::U32);
  else if (p->expects || p->noComplete)
    d.malformed("needs a count");
  i.execute = executeChange;
  i.payload = std::move(p);
}
static void decodeArrive(Decoder &d, Instruction &i) {
  decodeArrival(d, i, Change::Arrive);
}
static void decodeArriveDrop(Decoder &d, Instruction &i) {
  decodeArrival(d, i, Change::ArriveDrop);
}

static void decodeTransactions(Decoder &d, Instruction &i, Change change) {
  auto p = begin(d, i);
  p->change = change;
  decodeOrder(d, *p);
  d.expectOperands(2, 2);
  p->address = decodePlace(d, 0);
  p->hasCount = true;
  p->countRow = d.source(1, Type::U32);
  i.execute = executeChange;
  i.payload = std::move(p);
}
static void decodeExpect(Decoder &d, Instruction &i) {
  decodeTransactions(d, i, Change::Expect);
}
static void decodeComplete(Decoder &d, Instruction &i) {
  decodeTransactions(d, i, Change::Complete);
}

/// p, [address], state | parity {, time hint}
static void decodeWaitFor(Decoder &d, Instruction &i, bool takesHint) {
  auto p = begin(d, i);
  p->byParity = d.take("parity");
  decodeOrder(d, *p);
  d.expectOperands(3, takesHint ? 4 : 3);
  p->result = d.predicateDestination(d.operand(0));
  p->address = decodePlace(d, 1);
  p->phaseRow = d.source(2, p->byParity ? Type::U32 : Type::B64);
  if (d.operandCount() == 4)
    d.source(3, Type::U32); // how long to wait: there is no time here
  i.execute = executeWait;
  i.describeWait = describeWait;
  i.payload = std::move(p);
}
static void decodeTestWait(Decoder &d, Instruction &i) {
  decodeWaitFor(d, i, false);
}
static void decodeTryWait(Decoder &d, Instruction &i) {
  decodeWaitFor(d, i, true);
}

static void decodePendingCount(Decoder &d, Instruction &i) {
  begin(d, i);
  if (!d.take("b64"))
    d.malformed("mbarrier states are .b64");
  d.expectOperands(2, 2);
  i.slot[0] = d.destination(0, Type::U32);
  i.slot[1] = d.source(1, Type::B64);
  i.execute = executePendingCount;
}

static void decodeCopyArrive(Decoder &d, Instruction &i) {
  auto p = begin(d, i);
  i.modifier = d.take("noinc");
  d.expectOperands(1, 1);
  p->address = decodePlace(d, 0);
  i.execute = executeCopyArrive;
  i.payload = std::move(p);
}

std::span<const InstructionForm> mbarrierForms() {
  static constexpr InstructionForm forms[] = {
      {"mbarrier.init", decodeInit},
      {"mbarrier.inval", decodeInval},
      {"mbarrier.arrive", decodeArrive},
      {"mbarrier.arrive_drop", decodeArriveDrop},
      {"mbarrier.expect_tx", decodeExpect},
      {"mbarrier.complete_tx", decodeComplete},
      {"mbarrier.test_wait", decodeTestWait},
      {"mbarrier.try_wait", decodeTryWait},
      {"mbarrier.pending_count", decodePendingCount},
      {"cp.async.mbarrier.arrive", decodeCopyArrive},
  };
  return forms;
}

} // namespace kgen::emulator::ptx
