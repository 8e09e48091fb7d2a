//===- Cta.h - What runs together: a block, a cluster, a launch
//------------===//
#ifndef KGEN_LIB_EMULATOR_PTX_CTA_H
#define KGEN_LIB_EMULATOR_PTX_CTA_H

#include "../Core/Clock.h"
#include "../Core/Fault.h"
#include "../Core/Scheduler.h"
#include "../Core/SharedMemory.h"
#include "Decoder.h"
#include "Module.h"
#include "kgen/Emulator/Emulator.h"

#include <array>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace kgen::emulator::ptx {

class Cluster;
class Cta;
class Warp;

// Windows of generic addresses. Host addresses, which global addresses are, are
// below 2^56 on every machine; the top byte of these tells them apart.
inline constexpr uint64_t kWindowMask = 0xFF00'0000'0000'0000;
inline constexpr uint64_t kSharedWindow = 0xA100'0000'0000'0000;
inline constexpr uint64_t kLocalWindow = 0xA200'0000'0000'0000;
inline constexpr uint64_t kConstWindow = 0xA300'0000'0000'0000;
inline constexpr uint64_t kParamWindow = 0xA400'0000'0000'0000;

/// A shared::cluster address is 32 bits: 0 in the top byte means the CTA's own
/// memory, 1 + rank that of the cluster's CTA of this rank; the byte's offset
/// in the CTA's shared memory lies below. (mapa makes such addresses.)
inline constexpr uint32_t kSharedOffsetBits = 24;

/// State of one CTA that a family of instructions keeps (mbarriers, ...).
struct CtaExtension {
  virtual ~CtaExtension() = default;
  /// All warps of the cluster have ended: what is still under way is checked.
  virtual void finish(Cta &cta) {}
};

/// State of one warp that a family of instructions keeps (wgmma groups, ...).
struct WarpExtension {
  virtual ~WarpExtension() = default;
  /// Called before each instruction while Warp::watched is set.
  virtual void touch(Warp &warp, const Instruction &instruction) {}
  /// The warp's last lane has ended.
  virtual void finish(Warp &warp) {}
};

/// What all blocks of a launch share; outlives them.
struct LaunchContext {
  const Kernel &kernel;
  const DecodedKernel &program;
  const Architecture &architecture;
  const Launch &launch;
  GlobalMemory &memory;
  Counts &counts;
  FaultSink &faults;
  std::vector<uint8_t> parameters; ///< the parameter block
  std::vector<uint8_t> constants;  ///< .const variables
  uint64_t sharedBytes = 0;        ///< of each CTA, static and dynamic
  uint64_t instructionsLeft = 0;

  /// "line 120: st.shared.b32 [%r1], %r2"
  std::string name(uint32_t instruction) const;
};

/// barrier{.cta} resource (PTX: 16 a CTA). Warps arrive as a whole: each counts
/// 32 threads, as the ISA says.
struct NamedBarrier {
  uint32_t expected = 0;     ///< threads; 0: all of the CTA
  uint32_t arrivedWarps = 0; ///< mask; of the phase under way, like the rest
  uint32_t arrivals = 0;     ///< threads
  uint32_t firstArrival = 0; ///< instruction that opened the phase
  uint64_t phase = 0;        ///< completed phases
  Timeline timeline;
  Timeline completed;         ///< of the phase before
  uint32_t trueThreads = 0;   ///< barrier.red: whose predicate holds
  uint32_t votes = 0;         ///< barrier.red: who gave one
  uint32_t completedTrue = 0; ///< of the phase before
  uint32_t completedVotes = 0;
};
inline constexpr uint32_t kNamedBarriers = 16;

class Cta {
public:
  Cta(Cluster &cluster, uint32_t rank, std::array<uint32_t, 3> index);
  ~Cta();

  Cluster &cluster;
  uint32_t rank;                 ///< %cluster_ctarank
  std::array<uint32_t, 3> index; ///< %ctaid
  uint32_t block;                ///< linear, for GlobalMemory::noteStore
  SharedMemory shared;
  std::array<NamedBarrier, kNamedBarriers> barriers;
  std::vector<std::unique_ptr<Warp>> warps;
  /// The Hopper room's; made by its first instruction that needs it.
  std::unique_ptr<CtaExtension> extension;

  uint32_t threads() const;
  uint32_t liveWarps() const; ///< mask: with a thread that has not exited
  /// After threads exited: barriers that wait for all threads may be complete.
  void noteExit();
  /// Ends the phase if all who must have arrived.
  void completeIfAllArrived(NamedBarrier &barrier);
};

/// Runs as one set of agents: one Scheduler, one set of components.
class Cluster {
public:
  /// `origin`: %ctaid of its first CTA.
  Cluster(LaunchContext &context, std::array<uint32_t, 3> origin,
          uint64_t seed);
  ~Cluster();
  void run();

  LaunchContext &context;
  Scheduler scheduler;
  std::vector<std::unique_ptr<Cta>> ctas; ///< by rank
  /// What atomics and ld.acquire/st.release at one address order. By generic
  /// address.
  struct AtomicPlace {
    Timeline touched;  ///< holds the accesses themselves
    Timeline released; ///< what released before them
  };
  std::unordered_map<uint64_t, AtomicPlace> atomics;
  /// A component of its own, for an mbarrier say.
  Component newComponent() { return components++; }

private:
  Component components = 0; ///< the warps' come first
};

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_PTX_CTA_H
