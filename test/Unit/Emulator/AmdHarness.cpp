//===- AmdHarness.cpp - Runs listings of a few lines
//-----------------------===//

#include "AmdHarness.h"

#include "AMD/FloatFormats.h"

#include <cstring>
#include <random>

namespace kgen::emulator::amd::test {

KernelFacts plainFacts(uint32_t ldsBytes) {
  KernelFacts facts;
  facts.name = "test";
  facts.argumentBytes = 16;
  facts.arguments = {{0, 8, "global_buffer"}, {8, 8, "global_buffer"}};
  facts.ldsBytes = ldsBytes;
  return facts;
}

Outcome launchListing(std::string_view arch, const Listing &listing,
                      std::span<void *const> arguments, GlobalMemory &memory,
                      uint32_t threads, uint64_t seed, int64_t blocks) {
  Outcome outcome;
  Expected<const Architecture *> found = findArchitecture(arch);
  if (!found) {
    outcome.error = found.error();
    return outcome;
  }
  Expected<std::unique_ptr<Program>> program = parseListing(listing, **found);
  if (!program) {
    outcome.error = program.error();
    return outcome;
  }
  Launch launch;
  launch.grid = {blocks, 1, 1};
  launch.threads = threads;
  launch.arguments = arguments;
  launch.seed = seed;
  launch.instructionLimit = 10'000'000;
  Expected<void> done = (*program)->launch(launch, memory, outcome.counts);
  if (!done)
    outcome.error = done.error();
  return outcome;
}

/// Covers the wait states of any rule.
static constexpr std::string_view kPause = "s_nop 15\ns_nop 7\n";

Outcome runBody(std::string_view arch, std::string_view body,
                const std::array<Lanes, 3> &inputs, uint32_t ldsBytes) {
  Listing listing{plainFacts(ldsBytes),
                  "s_load_dwordx4 s[8:11], s[0:1], 0x0\n"
                  "v_lshlrev_b32_e32 v1, 3, v0\n"
                  "s_waitcnt lgkmcnt(0)\n"
                  "global_load_dwordx2 v[10:11], v1, s[8:9]\n"
                  "global_load_dwordx2 v[12:13], v1, s[8:9] offset:512\n"
                  "global_load_dwordx2 v[14:15], v1, s[8:9] offset:1024\n"
                  "v_mov_b32_e32 v20, 0\nv_mov_b32_e32 v21, 0\n"
                  "s_waitcnt vmcnt(0)\n"};
  listing.text += kPause;
  listing.text += body;
  listing.text += "\ns_waitcnt vmcnt(0) lgkmcnt(0)\n";
  listing.text += kPause;
  listing.text += "global_store_dwordx2 v1, v[20:21], s[10:11]\ns_endpgm\n";
  GlobalMemory memory;
  void *inPointer = *memory.allocate(sizeof inputs);
  void *outPointer = *memory.allocate(sizeof(Lanes));
  std::memcpy(inPointer, inputs.data(), sizeof inputs);
  std::memset(outPointer, 0, sizeof(Lanes));
  void *arguments[] = {&inPointer, &outPointer};
  Outcome outcome = launchListing(arch, listing, arguments, memory);
  std::memcpy(outcome.result.data(), outPointer, sizeof(Lanes));
  return outcome;
}

Outcome runWaves(std::string_view arch, std::string_view body, uint32_t threads,
                 uint32_t ldsBytes, uint64_t seed, int64_t blocks) {
  Listing listing{plainFacts(ldsBytes), "s_load_dwordx4 s[8:11], s[0:1], 0x0\n"
                                        "s_waitcnt lgkmcnt(0)\n"};
  listing.text += body;
  listing.text += "\ns_endpgm\n";
  GlobalMemory memory;
  std::vector<uint32_t> in(1024), out(1024);
  memory.adopt(in.data(), in.size() * 4);
  memory.adopt(out.data(), out.size() * 4);
  void *inPointer = in.data(), *outPointer = out.data();
  void *arguments[] = {&inPointer, &outPointer};
  Outcome outcome =
      launchListing(arch, listing, arguments, memory, threads, seed, blocks);
  for (uint32_t lane = 0; lane != 64; ++lane)
    outcome.result[lane] = out[lane];
  return outcome;
}

Lanes randomBits(uint64_t seed) {
  std::mt19937_64 random(seed);
  Lanes lanes;
  for (uint64_t &lane : lanes)
    lane = random();
  return lanes;
}

Lanes randomFloats(uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal(0, 8);
  Lanes lanes;
  for (uint64_t &lane : lanes)
    lane = bitsOf(normal(random));
  const float special[] = {0.0f,    -0.0f, HUGE_VALF, -HUGE_VALF,   1e-40f,
                           -3e-42f, 3e38f, -1.5e-38f, std::nanf("")};
  // Where the special values stand depends on the seed, so that they meet.
  for (size_t n = 0; n != std::size(special); ++n)
    lanes[(n * seed + n) % 24] = bitsOf(special[n]);
  return lanes;
}

Lanes randomHalves(uint64_t seed) {
  Lanes lanes = randomFloats(seed);
  for (uint64_t &lane : lanes)
    lane = toHalf(floatOf(uint32_t(lane)));
  return lanes;
}

Lanes broadcast(uint64_t value) {
  Lanes lanes;
  lanes.fill(value);
  return lanes;
}

std::string codeOf(const Outcome &outcome) {
  if (!outcome.error)
    return "no error";
  return std::string(errorName(outcome.error->code())) + ": " +
         outcome.error->detail();
}

} // namespace kgen::emulator::amd::test
