//===- ClusterOps.cpp - barrier.cluster, mapa, getctarank -----------------===//

#include "Families.h"
#include "Operands.h"
#include "State.h"

namespace kgen::emulator::ptx {

// ---- barrier.cluster -------------------------------------------------------

static ClusterBarrier &barrierOf(Warp &w) {
  return hopperOf(*w.cluster().ctas.front()).clusterBarrier;
}

/// Lanes of a warp that have not arrived in the phase under way.
static uint32_t lanesMissing(Warp &w) {
  uint32_t arrived = w.extension ? hopperOf(w).clusterArrived : 0;
  return w.liveLanes() & ~arrived;
}

/// Ends the phase if every thread of the cluster that has not exited arrived.
static void completeIfAllArrived(Warp &any) {
  Cluster &cluster = any.cluster();
  for (const auto &cta : cluster.ctas)
    for (const auto &warp : cta->warps)
      if (lanesMissing(*warp))
        return;
  ClusterBarrier &barrier = barrierOf(any);
  ++barrier.phase;
  barrier.completed = barrier.gathering;
  barrier.completedInits = barrier.gatheringInits;
  for (const auto &cta : cluster.ctas)
    for (const auto &warp : cta->warps)
      if (warp->extension)
        hopperOf(*warp).clusterArrived = 0;
  cluster.scheduler.noteEvent();
}

/// i.modifier: .relaxed
static void executeArrive(Warp &w, const Instruction &i) {
  // target: .aligned
  if (i.target && !w.converged(i, kAllLanes))
    return;
  HopperWarp &state = hopperOf(w);
  if ((state.clusterArrived | state.clusterToWait) & w.lanes())
    return w.raise(i, ErrorCode::FindingBarrierMisuse,
                   "arrives a second time without barrier.cluster.wait");
  ClusterBarrier &barrier = barrierOf(w);
  if (i.modifier)
    barrier.gatheringInits.join(state.initialisations);
  else
    w.timeline.release(barrier.gathering);
  state.clusterArrived |= w.lanes();
  state.clusterToWait |= w.lanes();
  state.clusterPhase = barrier.phase + 1;
  state.noteProgress(w.lanes());
  completeIfAllArrived(w);
}

static void executeWait(Warp &w, const Instruction &i) {
  if (i.target && !w.converged(i, kAllLanes))
    return;
  HopperWarp &state = hopperOf(w);
  if (w.lanes() & ~state.clusterToWait)
    return w.raise(i, ErrorCode::FindingBarrierMisuse,
                   "waits without barrier.cluster.arrive");
  ClusterBarrier &barrier = barrierOf(w);
  // Threads may have exited since the last arrival.
  if (barrier.phase < state.clusterPhase)
    completeIfAllArrived(w);
  if (barrier.phase < state.clusterPhase)
    return w.stall();
  state.clusterToWait &= ~w.lanes();
  w.timeline.acquire(barrier.completed);
  state.initialisations.join(barrier.completedInits);
}

static std::string describeClusterWait(const Warp &warp, const Instruction &) {
  Warp &w = const_cast<Warp &>(warp);
  std::string missing;
  for (const auto &cta : w.cluster().ctas)
    for (const auto &other : cta->warps)
      if (lanesMissing(*other))
        missing += (missing.empty() ? " " : ", ") + std::to_string(cta->rank) +
                   "/" + std::to_string(other->number);
  return "the cluster's barrier; block/warp not there:" + missing;
}

static void decodeBarrier(Decoder &d, Instruction &i, Execute execute) {
  i.modifier = d.takeOneOf({"release", "acquire", "relaxed"}) == 2;
  i.target = d.take("aligned");
  d.expectOperands(0, 0);
  i.instructionClass = InstructionClass::Barrier;
  i.execute = execute;
}

static void decodeArrive(Decoder &d, Instruction &i) {
  decodeBarrier(d, i, executeArrive);
}

static void decodeWait(Decoder &d, Instruction &i) {
  decodeBarrier(d, i, executeWait);
  i.describeWait = describeClusterWait;
}

// ---- addresses -------------------------------------------------------------

static constexpr uint64_t kOffsetMask = (1ull << kSharedOffsetBits) - 1;

/// Whether a generic address is one of shared memory; raises otherwise.
static bool isSharedWindow(Warp &w, const Instruction &i, uint64_t address) {
  if ((address & kWindowMask) == kSharedWindow)
    return true;
  w.raise(i, ErrorCode::FindingOperand,
          "the generic address is not one of shared memory");
  return false;
}

/// slot: result, address, rank. modifier: 64 bits wide; target: generic.
static void executeMapa(Warp &w, const Instruction &i) {
  if (!w.requireDefined(i, i.slot[1], "the address") ||
      !w.requireDefined(i, i.slot[2], "the rank"))
    return;
  size_t ctas = w.cluster().ctas.size();
  for (uint32_t rest = w.lanes(); rest; rest &= rest - 1) {
    uint32_t lane = uint32_t(std::countr_zero(rest));
    uint32_t rank = w.row(i.slot[2])[lane];
    if (rank >= ctas)
      return w.raise(i, ErrorCode::FindingOperand,
                     "rank " + std::to_string(rank) + " in a cluster of " +
                         std::to_string(ctas) + " blocks");
    uint64_t address =
        i.modifier ? w.wide(i.slot[1])[lane] : w.row(i.slot[1])[lane];
    if (i.target && !isSharedWindow(w, i, address))
      return;
    uint64_t mapped = (address & kOffsetMask) |
                      uint64_t(rank + 1) << kSharedOffsetBits |
                      (i.target ? kSharedWindow : 0);
    if (i.modifier)
      w.wide(i.slot[0])[lane] = mapped;
    else
      w.row(i.slot[0])[lane] = uint32_t(mapped);
  }
  w.setDefined(i.slot[0], kAllLanes);
}

static void executeRank(Warp &w, const Instruction &i) {
  if (!w.requireDefined(i, i.slot[1], "the address"))
    return;
  for (uint32_t rest = w.lanes(); rest; rest &= rest - 1) {
    uint32_t lane = uint32_t(std::countr_zero(rest));
    uint64_t address =
        i.modifier ? w.wide(i.slot[1])[lane] : w.row(i.slot[1])[lane];
    if (i.target && !isSharedWindow(w, i, address))
      return;
    uint32_t which = uint32_t((address & ~kWindowMask) >> kSharedOffsetBits);
    w.row(i.slot[0])[lane] = which ? which - 1 : w.cta.rank;
  }
  w.setDefined(i.slot[0], kAllLanes);
}

static Type decodeAddressType(Decoder &d, Instruction &i) {
  bool isShared = d.take("shared::cluster");
  Type type = d.type();
  if (type != Type::U32 && type != Type::U64)
    d.malformed("addresses are .u32 or .u64");
  i.modifier = type == Type::U64;
  i.target = !isShared;
  i.instructionClass = InstructionClass::Integer;
  return type;
}

static void decodeMapa(Decoder &d, Instruction &i) {
  Type type = decodeAddressType(d, i);
  d.expectOperands(3, 3);
  i.slot[0] = d.destination(0, type);
  i.slot[1] = d.source(1, type);
  i.slot[2] = d.source(2, Type::U32);
  i.execute = executeMapa;
}

static void decodeRank(Decoder &d, Instruction &i) {
  Type type = decodeAddressType(d, i);
  d.expectOperands(2, 2);
  i.slot[0] = d.destination(0, Type::U32);
  i.slot[1] = d.source(1, type);
  i.execute = executeRank;
}

std::span<const InstructionForm> clusterForms() {
  static constexpr InstructionForm forms[] = {
      {"barrier.cluster.arrive", decodeArrive},
      {"barrier.cluster.wait", decodeWait},
      {"mapa", decodeMapa},
      {"getctarank", decodeRank},
  };
  return forms;
}

} // namespace kgen::emulator::ptx
