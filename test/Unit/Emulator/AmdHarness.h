//===- AmdHarness.h - Runs listings of a few lines
//-------------------------===//
#ifndef KGEN_TEST_UNIT_EMULATOR_AMDHARNESS_H
#define KGEN_TEST_UNIT_EMULATOR_AMDHARNESS_H

#include "AMD/Listing.h"

#include <optional>

namespace kgen::emulator::amd::test {

using Lanes = std::array<uint64_t, 64>;

struct Outcome {
  std::optional<Error> error;
  Lanes result{}; ///< v[20:21] of each lane at the end
  Counts counts;
};

/// Facts of a kernel with the arguments (in, out): s[0:1] their segment,
/// s2..s4 the workgroup's numbers, v0 the thread.
KernelFacts plainFacts(uint32_t ldsBytes = 0);

/// Loads and launches a whole listing.
Outcome launchListing(std::string_view arch, const Listing &listing,
                      std::span<void *const> arguments, GlobalMemory &memory,
                      uint32_t threads = 64, uint64_t seed = 0,
                      int64_t blocks = 1);

/// Runs `body` in one wave between a beginning that loads the inputs into
/// v[10:11], v[12:13] and v[14:15], and an end that stores v[20:21]. v1 is the
/// lane times 8; s[8:9] and s[10:11] are the input's and the output's address;
/// v20 and v21 begin as 0.
Outcome runBody(std::string_view arch, std::string_view body,
                const std::array<Lanes, 3> &inputs, uint32_t ldsBytes = 0);

/// The same, without inputs, in as many waves as `threads` need.
Outcome runWaves(std::string_view arch, std::string_view body, uint32_t threads,
                 uint32_t ldsBytes, uint64_t seed = 0, int64_t blocks = 1);

/// Random bits with a fixed seed.
Lanes randomBits(uint64_t seed);
/// f32 values in the low word: ordinary numbers, and in the first lanes zeros,
/// infinities, a NaN, subnormals and extremes.
Lanes randomFloats(uint64_t seed);
/// The same as f16.
Lanes randomHalves(uint64_t seed);
Lanes broadcast(uint64_t value);

/// "no error" or the code, for comparisons that print well.
std::string codeOf(const Outcome &outcome);

} // namespace kgen::emulator::amd::test

#endif // KGEN_TEST_UNIT_EMULATOR_AMDHARNESS_H
