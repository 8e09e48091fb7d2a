//===- Workgroup.h - Waves that share LDS and a barrier
//--------------------===//
#ifndef KGEN_LIB_EMULATOR_AMD_WORKGROUP_H
#define KGEN_LIB_EMULATOR_AMD_WORKGROUP_H

#include "Listing.h"
#include "Wave.h"

namespace kgen::emulator::amd {

/// What is executed; immutable.
struct Code {
  KernelFacts facts;
  Target target = Target::Gfx942;
  const Architecture *arch = nullptr;
  std::vector<Instruction> instructions;
  /// "line 12: v_add_f32 v0, v1, v2"
  std::string name(uint32_t index) const;
};

/// What all workgroups of a launch share.
struct LaunchState {
  const Code &code;
  const Launch &launch;
  GlobalMemory &memory;
  Counts counts;
  FaultSink faults;
  uint64_t executed = 0;
  /// The kernel argument segment, and which of its bytes were given.
  std::vector<uint8_t> arguments;
  std::vector<bool> argumentGiven;
};

class Workgroup {
public:
  Workgroup(LaunchState &state, std::array<uint32_t, 3> block,
            uint32_t linearBlock);
  /// Runs to the end or to the first fault.
  void run();

  LaunchState &launch() { return state; }
  const Code &code() const { return state.code; }
  SharedMemory &lds() { return shared; }
  uint32_t blockIndex() const { return linear; }
  std::array<uint32_t, 3> block() const { return blockId; }
  /// A wave's private segments, lane after lane, and their undefined bits.
  struct Scratch {
    std::vector<uint8_t> bytes, undefined;
  };
  Scratch &scratch(uint32_t wave) { return scratches[wave]; }

  /// s_barrier: opens once all waves are there.
  void arrive(Wave &wave);
  /// s_endpgm.
  void finished(Wave &wave);
  void noteEvent() { scheduler.noteEvent(); }
  std::string barrierState() const;

private:
  void open();

  LaunchState &state;
  std::array<uint32_t, 3> blockId;
  uint32_t linear;
  SharedMemory shared;
  Scheduler scheduler;
  std::vector<std::unique_ptr<Wave>> waves;
  std::vector<Scratch> scratches;
  Timeline barrier;
  uint32_t arrived = 0;
  const Wave *gone = nullptr; ///< a wave that has ended
};

} // namespace kgen::emulator::amd

#endif // KGEN_LIB_EMULATOR_AMD_WORKGROUP_H
