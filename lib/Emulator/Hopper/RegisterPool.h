//===- RegisterPool.h - Registers that warps give to each other -----------===//
//
// setmaxnreg (PTX ISA, "Miscellaneous Instructions"): warps begin with the
// registers that the kernel was compiled for; a warp that gives up some leaves
// them to the CTA's pool, from which another can take.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_REGISTERPOOL_H
#define KGEN_LIB_EMULATOR_HOPPER_REGISTERPOOL_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kgen::emulator::hopper {

class RegisterPool {
public:
  static constexpr uint32_t kLeast = 24, kMost = 256, kMultiple = 8;

  /// `perThread`: registers of a thread at launch. 0: unknown, as the kernel
  /// says nothing about registers; then ptxas ignores setmaxnreg.
  RegisterPool(uint32_t warps, uint32_t perThread)
      : held(warps, perThread), initial(perThread) {}

  /// Registers of a thread at launch, from the directives of the kernel:
  /// .maxnreg, or as many as `minimumCtas` CTAs of `threads` leave to each.
  static uint32_t atLaunch(uint32_t maximumRegisters, uint32_t minimumCtas,
                           uint32_t threads, uint32_t registersPerSm);

  enum class Result : uint8_t { Done, Blocked, Misuse };
  /// warp keeps `count` registers a thread.
  Result decrease(uint32_t warp, uint32_t count, std::string &misuse);
  /// Takes as many as it lacks; Blocked: not enough are free now.
  Result increase(uint32_t warp, uint32_t count, std::string &misuse);

  uint32_t freeRegisters() const { return free; }
  uint32_t of(uint32_t warp) const { return held[warp]; }

private:
  bool canEverIncrease(uint32_t warp, uint32_t count) const;

  std::vector<uint32_t> held; ///< registers of a thread, by warp
  uint32_t initial;
  uint32_t free = 0; ///< registers, of all threads together
};

} // namespace kgen::emulator::hopper

#endif // KGEN_LIB_EMULATOR_HOPPER_REGISTERPOOL_H
