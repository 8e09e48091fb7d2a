//===- State.cpp - What Hopper's instructions keep ------------------------===//

#include "State.h"
#include "Wgmma.h"

namespace kgen::emulator::ptx {

using namespace hopper;

// ---- CTA -------------------------------------------------------------------

static uint32_t registersAtLaunch(const Cta &cta) {
  const LaunchContext &context = cta.cluster.context;
  const Kernel &kernel = context.kernel;
  return RegisterPool::atLaunch(kernel.maximumRegisters, kernel.minCtasPerSm,
                                cta.threads(),
                                context.architecture.registersPerSm);
}

HopperCta::HopperCta(Cta &cta)
    : registers(uint32_t(cta.warps.size()), registersAtLaunch(cta)) {
  for (size_t w = 0; w < cta.warps.size(); w += kWarpgroupWarps)
    warpgroups.emplace_back(cta.cluster.newComponent());
}

void HopperCta::finish(Cta &cta) {
  checkSequences(cta);
  checkLoads(cta);
  checkRemoteUses(cta);
}

/// Whether any warp of the CTA had seen `epoch` of `component` when it ended.
static bool hasSeen(const Cta &cta, Component component, Epoch epoch) {
  for (const auto &warp : cta.warps)
    if (warp->timeline.generic.at(component) >= epoch)
      return true;
  return false;
}

void HopperCta::checkSequences(Cta &cta) {
  LaunchContext &context = cta.cluster.context;
  for (size_t g = 0; g < warpgroups.size(); ++g)
    if (const CollectiveStep *step = warpgroups[g].missing())
      context.faults.raise(
          ErrorCode::FindingDivergentBarrier,
          "warps " + std::to_string(g * kWarpgroupWarps) + " to " +
              std::to_string(g * kWarpgroupWarps + 3) +
              " are a warpgroup, but not all of them executed " +
              context.name(step->instruction));
}

void HopperCta::checkLoads(Cta &cta) const {
  LaunchContext &context = cta.cluster.context;
  for (const auto &[component, load] : loads)
    if (!hasSeen(cta, component, load.epoch))
      context.faults.raise(ErrorCode::FindingMissingWait,
                           "the block ended before anybody waited for the "
                           "bulk copy of " +
                               context.name(load.instruction));
}

void HopperCta::checkRemoteUses(Cta &cta) const {
  LaunchContext &context = cta.cluster.context;
  for (const auto &[warp, use] : remoteUses)
    if (!hasSeen(cta, warp, use.epoch))
      context.faults.raise(
          ErrorCode::FindingRace,
          "block " + std::to_string(cta.rank) +
              " of the cluster may end before warp " + std::to_string(warp) +
              " uses its shared memory at " + context.name(use.instruction) +
              "; no barrier orders the two");
}

HopperCta &hopperOf(Cta &cta) {
  if (!cta.extension)
    cta.extension = std::make_unique<HopperCta>(cta);
  return static_cast<HopperCta &>(*cta.extension);
}

// ---- warp ------------------------------------------------------------------

HopperWarp::HopperWarp(const Warp &warp)
    : inFlight(warp.cta.cluster.context.program.layout.rows) {}

void HopperWarp::touch(Warp &warp, const Instruction &instruction) {
  if (isWgmmaProduct(instruction))
    return; // checks its registers itself
  for (const Touch &touched : instruction.touches) {
    if (touched.isPredicate)
      continue;
    auto hazard =
        inFlight.touch(instruction.index, touched.row, touched.isWritten);
    if (hazard)
      return raiseHazard(warp, instruction, *hazard);
  }
}

void HopperWarp::finish(Warp &warp) {
  LaunchContext &context = warp.context();
  std::string who = "warp " + std::to_string(warp.number) + " ended before ";
  if (!bulkStores.empty())
    context.faults.raise(ErrorCode::FindingMissingWait,
                         who + "it waited for the bulk store of " +
                             context.name(lastBulkStore));
  if (inFlight.issued() > inFlight.completed())
    context.faults.raise(
        ErrorCode::FindingMissingWait,
        who + "it waited for " +
            context.name(inFlight.instructionOf(inFlight.issued())));
  if (clusterToWait)
    context.faults.raise(ErrorCode::FindingBarrierMisuse,
                         who + "it waited for the cluster's barrier that it "
                               "had arrived at");
}

HopperWarp &hopperOf(Warp &warp) {
  if (!warp.extension)
    warp.extension = std::make_unique<HopperWarp>(warp);
  return static_cast<HopperWarp &>(*warp.extension);
}

// ---- warpgroup -------------------------------------------------------------

Warpgroup *warpgroupOf(Warp &warp, const Instruction &i) {
  uint32_t group = warp.number / kWarpgroupWarps;
  if (warp.cta.threads() >= (group + 1) * kWarpgroupWarps * kLanes)
    return &hopperOf(warp.cta).warpgroups[group];
  warp.raise(i, ErrorCode::FindingDivergentBarrier,
             "a warpgroup is four whole warps, and the block has " +
                 std::to_string(warp.cta.threads()) + " threads");
  return nullptr;
}

CollectiveStep *advance(Warp &warp, const Instruction &i,
                        const CollectiveStep &step) {
  Warpgroup *group = warpgroupOf(warp, i);
  if (!group)
    return nullptr;
  CollectiveStep &first = group->advance(warp.number % kWarpgroupWarps, step);
  if (first.sameAs(step))
    return &first;
  warp.raise(i, ErrorCode::FindingDivergentBarrier,
             first.instruction == i.index
                 ? std::string("another warp of the warpgroup executes it with "
                               "other descriptors or another scale-d")
                 : "another warp of the warpgroup executes " +
                       warp.context().name(first.instruction) + " instead");
  return nullptr;
}

} // namespace kgen::emulator::ptx
