//===- Cta.cpp - What runs together: a block, a cluster, a launch
//----------===//

#include "Cta.h"

#include "Warp.h"

#include <utility>

namespace kgen::emulator::ptx {

std::string LaunchContext::name(uint32_t instruction) const {
  if (instruction >= kernel.statements.size())
    return "the end of the kernel";
  const Statement &statement = kernel.statements[instruction];
  return "line " + std::to_string(statement.line) + ": " +
         std::string(statement.text);
}

static uint32_t warpsOf(const Launch &launch) {
  return (launch.threads + kLanes - 1) / kLanes;
}

static uint32_t ctasOf(const Launch &launch) {
  return launch.cluster[0] * launch.cluster[1] * launch.cluster[2];
}

// ---- Cta -------------------------------------------------------------------

Cta::Cta(Cluster &cluster, uint32_t rank, std::array<uint32_t, 3> index)
    : cluster(cluster), rank(rank), index(index),
      block(uint32_t(index[0] + cluster.context.launch.grid[0] *
                                    (index[1] + cluster.context.launch.grid[1] *
                                                    index[2]))),
      shared(uint32_t(cluster.context.sharedBytes),
             warpsOf(cluster.context.launch) * ctasOf(cluster.context.launch)) {
}

Cta::~Cta() = default;

uint32_t Cta::threads() const { return cluster.context.launch.threads; }

uint32_t Cta::liveWarps() const {
  uint32_t mask = 0;
  for (const auto &warp : warps)
    mask |= uint32_t(warp->liveLanes() != 0) << warp->number;
  return mask;
}

void Cta::noteExit() {
  // "As threads exit, barriers waiting on all threads are checked": PTX, exit.
  for (NamedBarrier &barrier : barriers)
    if (barrier.arrivedWarps && barrier.expected == 0)
      completeIfAllArrived(barrier);
}

void Cta::completeIfAllArrived(NamedBarrier &barrier) {
  bool complete = barrier.expected ? barrier.arrivals >= barrier.expected
                                   : !(liveWarps() & ~barrier.arrivedWarps);
  if (!complete)
    return;
  barrier.completed = std::exchange(barrier.timeline, {});
  barrier.completedTrue = std::exchange(barrier.trueThreads, 0);
  barrier.completedVotes = std::exchange(barrier.votes, 0);
  barrier.arrivedWarps = 0;
  barrier.arrivals = 0;
  barrier.expected = 0;
  ++barrier.phase;
  cluster.scheduler.noteEvent();
}

// ---- Cluster ---------------------------------------------------------------

Cluster::Cluster(LaunchContext &context, std::array<uint32_t, 3> origin,
                 uint64_t seed)
    : context(context), scheduler(seed, context.faults) {
  const auto &[cx, cy, cz] = context.launch.cluster;
  for (uint32_t z = 0; z < cz; ++z)
    for (uint32_t y = 0; y < cy; ++y)
      for (uint32_t x = 0; x < cx; ++x)
        ctas.push_back(std::make_unique<Cta>(
            *this, uint32_t(ctas.size()),
            std::array{origin[0] + x, origin[1] + y, origin[2] + z}));
  for (const auto &cta : ctas)
    for (uint32_t w = 0; w < warpsOf(context.launch); ++w)
      cta->warps.push_back(std::make_unique<Warp>(*cta, w, newComponent()));
}

Cluster::~Cluster() = default;

void Cluster::run() {
  std::vector<Agent *> agents;
  for (const auto &cta : ctas)
    for (const auto &warp : cta->warps)
      agents.push_back(warp.get());
  scheduler.run(agents);
  for (const auto &cta : ctas)
    if (cta->extension && !context.faults.raised())
      cta->extension->finish(*cta);
}

} // namespace kgen::emulator::ptx
