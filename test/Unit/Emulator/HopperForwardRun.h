//===- HopperForwardRun.h - Runs HopperForward on the emulator ------------===//
#ifndef KGEN_TEST_UNIT_EMULATOR_HOPPERFORWARDRUN_H
#define KGEN_TEST_UNIT_EMULATOR_HOPPERFORWARDRUN_H

#include "HopperForward.h"
#include "kgen/Emulator/Emulator.h"

#include <optional>
#include <string>

namespace kgen::emulator::test {

/// How the host sets the kernel up.
struct ForwardSetup {
  uint32_t length = 256; ///< of queries, keys and values
  uint32_t heads = 1;
  uint64_t seed = 0;
  /// Run instead of the kernel's own text, if not empty; nothing is compared.
  std::string text = {};
  uint64_t instructionLimit = 20'000'000;
  /// Host-side mistakes.
  bool mapTooLarge = false;       ///< K's map claims more rows than there are
  bool mapOverwritten = false;    ///< a byte of V's map
  bool mapWithoutSwizzle = false; ///< K's
};

struct ForwardOutcome {
  std::optional<Error> error;
  /// Largest error of a row against attention in f64, relative to the row
  /// (both in the Euclidean norm).
  double worstRow = 0;
  Counts counts;
  double seconds = 0; ///< of the launch
};

ForwardOutcome runForward(const HopperForward &kernel,
                          const ForwardSetup &setup);

} // namespace kgen::emulator::test

#endif // KGEN_TEST_UNIT_EMULATOR_HOPPERFORWARDRUN_H
