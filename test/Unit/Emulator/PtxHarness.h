//===- PtxHarness.h - Runs small PTX kernels
//-------------------------------===//
#ifndef KGEN_TEST_UNIT_EMULATOR_PTXHARNESS_H
#define KGEN_TEST_UNIT_EMULATOR_PTXHARNESS_H

#include "kgen/Emulator/Emulator.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kgen::emulator {

/// A kernel `k(.param .u64 in, .param .u64 out)` whose body begins with
///   %in, %out   the two pointers
///   %tid        %tid.x; %at: 8 times it, 64 bits
/// and may use %p<9>, %h<40> (b16), %r<80> (b32), %x<40> (b64) besides.
struct PtxKernel {
  std::string body;
  std::string target = "sm_80";
  std::string directives = {}; ///< ".reqntid 32"
  std::string globals = {};    ///< ".shared .align 16 .b8 s[1024];"
  uint32_t threads = 32;
  std::array<int64_t, 3> grid{1, 1, 1};
  uint64_t dynamicSharedBytes = 0;
  uint64_t seed = 0;
  uint64_t instructionLimit = 1'000'000;

  std::string text() const;
  /// Loads and launches; what happened is added to `counts`.
  Expected<void> run(const void *in, size_t inBytes, void *out, size_t outBytes,
                     Counts *counts = nullptr) const;
  /// The error that loading or running it ends with; "no error" if it runs.
  /// `in` and `out` have 4096 bytes each.
  std::string failure() const;
};

/// Widths in bits of %d and of %a, %b, %c, and the statements between.
struct Evaluation {
  std::string_view statements; ///< "add.s32 %d, %a, %b;"
  uint32_t result = 32;
  std::vector<uint32_t> operands;
};

/// Thread t executes the statements with %a = a[t], %b = b[t], ...; %d of each
/// thread. At most 1024 threads; fails the test on an error.
std::vector<uint64_t>
evaluate(const Evaluation &evaluation,
         const std::vector<std::vector<uint64_t>> &values);

/// All pairs (triples) of `values`, as one vector for each position.
std::vector<std::vector<uint64_t>> pairsOf(const std::vector<uint64_t> &values);
std::vector<std::vector<uint64_t>>
triplesOf(const std::vector<uint64_t> &values);

/// Numbers that are worth trying.
std::vector<uint64_t> interesting32();
std::vector<uint64_t> interesting64();
std::vector<uint64_t> interesting16();
/// Bits of f32: zeros, subnormals, halves, large, infinite, NaN.
std::vector<uint64_t> interestingFloats();

} // namespace kgen::emulator

#endif // KGEN_TEST_UNIT_EMULATOR_PTXHARNESS_H
