//===- MeasureService.h - Artefact in, verdict and time out ---------------===//
//
// What the search needs from the verifier's worker, and no more. A time exists
// only for an accepted artefact; a crash, a hang or a sticky device error is a
// verdict like any other, and the service has respawned its worker by the time
// it returns.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_SEARCH_MEASURESERVICE_H
#define KGEN_SEARCH_MEASURESERVICE_H

#include "kgen/Schedule/KernelFeatures.h"
#include "kgen/Search/CompileService.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kgen::search {

/// Accepted: right on every input family. Rejected: it ran and was wrong.
/// Error: it could not be judged (crash, hang, launch failure, no device).
enum class Verdict : uint8_t { Accepted, Rejected, Error };
std::string_view spelling(Verdict verdict); // "accepted", "rejected", "error"

/// What the numbers of a Timing are. Numbers of two kinds are never compared.
enum class Metric : uint8_t {
  Seconds,        ///< on hardware
  EmulatedCycles, ///< issue cycles on an emulated device: a count, no time
};
std::string_view spelling(Metric metric); // "seconds", "emulated_cycles"

/// How long one launch takes, in units of `metric`: seconds over repeated
/// launches with a cold last-level cache, or the cycles of one emulated launch.
struct Timing {
  double median = 0;
  double low = 0;  ///< 20th percentile
  double high = 0; ///< 80th percentile
  int64_t samples = 0;
  double clockMhz = 0; ///< processor clock during the samples; 0: unknown
  /// Median of (this / incumbent) over paired launches of the same worker; 0
  /// when there was no incumbent. Free of drift between candidates.
  double ratioToIncumbent = 0;
  Metric metric = Metric::Seconds;
  bool operator==(const Timing &) const = default;
};

/// What came of one candidate.
struct Measurement {
  Verdict verdict = Verdict::Error;
  std::optional<ErrorCode> code; ///< unless accepted
  std::string text;              ///< one sentence: why it fell out
  /// Facts that help the next proposal, one sentence each: which rows, heads
  /// or tiles are wrong and by how much.
  std::vector<std::string> findings;
  std::optional<Timing> timing; ///< only if accepted
  /// What one launch at the problem's sizes does, where the service counts it.
  std::optional<KernelFeatures> features;
};

struct MeasureOptions {
  /// Wall time for one candidate, checks and timing together; past it the
  /// worker is killed and the verdict is Error.
  double limitSeconds = 120;
  uint64_t seed = 1; ///< of the verification inputs
};

/// Two artefacts timed launch by launch in turn, in one fresh worker.
struct Comparison {
  Timing first;
  Timing second;
  /// Median over pairs of second / first: below 1, the second is faster.
  double ratio = 1;
  /// Half-width of the spread of that ratio; a |ratio - 1| below it is a tie.
  double noise = 0;
};

/// The machine a service measures on and the rules it judges by.
struct MeasureIdentity {
  std::string device;          ///< "NVIDIA H100 80GB HBM3", CPU model name
  std::string verifierVersion; ///< changes whenever a verdict may change
  Metric metric = Metric::Seconds; ///< of every Timing that comes from here
};

/// Judges and times artefacts of one fixed problem at fixed sizes.
class MeasureService {
public:
  virtual ~MeasureService();

  /// Fails when there is no worker or device at all: the search cannot start.
  virtual Expected<MeasureIdentity> identify() = 0;

  /// Checks, and if right times, one artefact. The service interleaves the
  /// candidate with the incumbent (see setIncumbent) as it sees fit.
  virtual Measurement measure(const Artifact &artifact,
                              const MeasureOptions &options) = 0;

  /// Tells which accepted artefact later candidates are to be paired with. The
  /// service copies what it needs.
  virtual void setIncumbent(const Artifact &artifact) {}

  /// Re-measures two accepted artefacts, paired, in a fresh worker.
  virtual Expected<Comparison> compare(const Artifact &first,
                                       const Artifact &second,
                                       const MeasureOptions &options) = 0;
};

} // namespace kgen::search

#endif // KGEN_SEARCH_MEASURESERVICE_H
