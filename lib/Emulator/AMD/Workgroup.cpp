//===- Workgroup.cpp - Waves that share LDS and a barrier
//------------------===//

#include "Workgroup.h"

namespace kgen::emulator::amd {

std::string Code::name(uint32_t index) const {
  const Instruction &i = instructions[index];
  return "line " + std::to_string(i.line) + ": " + i.text;
}

static uint32_t waveCount(const Launch &launch) {
  return (launch.threads + kLanes - 1) / kLanes;
}

Workgroup::Workgroup(LaunchState &state, std::array<uint32_t, 3> block,
                     uint32_t linearBlock)
    : state(state), blockId(block), linear(linearBlock),
      shared(state.code.facts.ldsBytes +
                 uint32_t(state.launch.dynamicSharedBytes),
             waveCount(state.launch)),
      scheduler(state.launch.seed * 0x9E3779B97F4A7C15ull + linearBlock,
                state.faults) {
  uint32_t count = waveCount(state.launch);
  size_t scratch = size_t(state.code.facts.privateBytes) * kLanes;
  scratches.assign(count, {std::vector<uint8_t>(scratch, 0xA5),
                           std::vector<uint8_t>(scratch, 0xFF)});
  for (uint32_t w = 0; w != count; ++w)
    waves.push_back(std::make_unique<Wave>(*this, w));
}

void Workgroup::run() {
  std::vector<Agent *> agents;
  for (auto &wave : waves)
    agents.push_back(wave.get());
  scheduler.run(agents);
}

void Workgroup::arrive(Wave &wave) {
  if (gone) {
    wave.fault(ErrorCode::FindingDivergentBarrier,
               "waits at a barrier that wave " + std::to_string(gone->index()) +
                   " will never reach: it has ended");
    return;
  }
  wave.timeline.release(barrier);
  if (++arrived == waves.size())
    open();
}

void Workgroup::open() {
  for (auto &wave : waves) {
    wave->timeline.acquire(barrier);
    wave->leaveBarrier();
  }
  arrived = 0;
  noteEvent();
}

void Workgroup::finished(Wave &wave) {
  gone = &wave;
  for (auto &other : waves)
    if (other->waitsAtBarrier()) {
      wave.fault(ErrorCode::FindingDivergentBarrier,
                 "ends while wave " + std::to_string(other->index()) +
                     " waits at the barrier at " +
                     state.code.name(other->current()));
      return;
    }
  noteEvent();
}

std::string Workgroup::barrierState() const {
  return std::to_string(arrived) + " of " + std::to_string(waves.size()) +
         " waves have arrived";
}

} // namespace kgen::emulator::amd
