//===- AmdAttention.h - A real kernel, and what it shall compute
//-----------===//
//
// Inputs/attention-gfx942.elf is what kgen made of the .mlir file beside it:
// one head of 64 elements, tiles of 64 queries by 32 keys, two waves, K and V
// in two stages of LDS.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TEST_UNIT_EMULATOR_AMDATTENTION_H
#define KGEN_TEST_UNIT_EMULATOR_AMDATTENTION_H

#include "AmdHarness.h"

namespace kgen::emulator::amd::test {

/// The bytes of the code object.
std::vector<char> attentionCode();
/// Its listing. Throws nothing; empty text when the file cannot be read.
Listing attentionListing();

/// Random inputs, and the output of a launch.
class Attention {
public:
  Attention(int64_t queries, int64_t keys);
  Outcome run(const Listing &listing, uint64_t seed = 0);
  /// The same through loadCodeObject.
  Outcome runCode(const std::vector<char> &code);
  /// Largest difference to attention in float64; infinite if any is NaN.
  double error() const;

private:
  std::vector<void *> arguments();
  static constexpr int64_t kDim = 64;
  int64_t batch = 1, queries, keys;
  std::vector<uint16_t> q, k, v, o;
  void *pointers[4];
  std::vector<void *> places;
  GlobalMemory memory;
};

} // namespace kgen::emulator::amd::test

#endif // KGEN_TEST_UNIT_EMULATOR_AMDATTENTION_H
