//===- Probes.h - Single instructions to compare
//-----------------------------===//
#ifndef KGEN_BENCH_AGREEMENT_PROBES_H
#define KGEN_BENCH_AGREEMENT_PROBES_H

#include <cstdint>
#include <string>
#include <vector>

namespace kgen::agreement {

/// How the input words of a probe are drawn; see probes.def.
enum class Values : uint8_t { Bits, Real, Unit, Positive, Halves, HalvesBf16 };
/// When two results agree; see probes.def.
enum class Comparison : uint8_t {
  Exact,
  Ulp1,
  Ulp2,
  Relative20,
  Relative11,
  Absolute20,
  Logarithm,
  Product
};

struct Probe {
  const char *name;
  uint32_t inputs, outputs; ///< 32-bit words of a thread
  Values values;
  Comparison comparison;
  const char *body;
};
/// The table of probes.def.
const std::vector<Probe> &probes();

/// Threads of a block, and of the whole launch.
inline constexpr uint32_t kBlock = 128, kThreads = 16384;

/// An artefact (kgen_artifact.h) that runs the probe on in[kThreads, inputs]
/// and writes out[kThreads, outputs]; code is PTX for sm_80.
std::string probeArtifact(const Probe &probe);

/// Input words, thread by thread.
std::vector<uint32_t> probeInputs(const Probe &probe, uint64_t seed);

/// What a comparison found.
struct Agreement {
  uint64_t words = 0;
  uint64_t different = 0;    ///< bitwise; any NaN equals any NaN
  uint64_t outside = 0;      ///< beyond what the comparison allows
  double worst = 0;          ///< in the comparison's unit; Exact: 0 or 1
  uint64_t firstOutside = 0; ///< index of a word, if outside > 0
};
Agreement compare(const Probe &probe, const std::vector<uint32_t> &inputs,
                  const std::vector<uint32_t> &real,
                  const std::vector<uint32_t> &emulated);

} // namespace kgen::agreement

#endif // KGEN_BENCH_AGREEMENT_PROBES_H
