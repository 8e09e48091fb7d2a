//===- Record.h - What became of one candidate ----------------------------===//
#ifndef KGEN_SEARCH_RECORD_H
#define KGEN_SEARCH_RECORD_H

#include "kgen/Schedule/Problem.h"
#include "kgen/Schedule/Schedule.h"
#include "kgen/Search/MeasureService.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kgen::search {

/// Where a candidate's way ended.
enum class Outcome : uint8_t {
  Accepted,      ///< right, and timed
  Illegal,       ///< Legality refused it; nothing was built
  CompileFailed, ///< the compiler gave an error
  Rejected,      ///< it ran and was wrong
  Failed,        ///< it crashed, hung or could not be launched
};
std::string_view spelling(Outcome outcome); // "accepted", "compile_failed", ...

/// What must be equal for a recorded result to stand for a new measurement,
/// besides the schedule itself.
struct RecordContext {
  std::string problemKey;  ///< see makeProblemKey
  std::string hardwareKey; ///< HardwareModel::key and arch, "h100/sm_90"
  std::string device;      ///< MeasureIdentity::device
  std::string compiler;    ///< CompileService::compilerVersion
  std::string verifier;    ///< MeasureIdentity::verifierVersion
  bool operator==(const RecordContext &) const = default;
};

/// Hash of a problem at concrete sizes, 16 hexadecimal digits. The problem's
/// name is not part of it: a renamed function is the same problem.
std::string makeProblemKey(const Problem &problem, const ProblemSizes &sizes);

/// One candidate, as it is kept in memory and in the history.
struct CandidateRecord {
  Schedule schedule;
  Outcome outcome = Outcome::Failed;
  std::string code;                  ///< "KG2004"; empty if accepted
  std::string text;                  ///< why it fell out; empty if accepted
  std::vector<std::string> findings; ///< violations, diagnostics, wrong rows
  std::vector<std::string> remarks;  ///< the compiler's remarks
  std::optional<Timing> timing;      ///< only if accepted
  /// Counts of one launch, where the measuring service gave them. The cost
  /// model is calibrated with them, and a model's prompt shows them.
  std::optional<KernelFeatures> features;
  ResourceUsage resources;
  std::string fingerprint; ///< Artifact::fingerprint; empty before compilation
  std::string proposer;    ///< who proposed it, "evolutionary"
  double costSeconds = 0;  ///< search time this candidate took when measured
  double elapsedSeconds = 0; ///< since the start of the run that measured it
  bool fromHistory = false;  ///< not stored: taken from an earlier run
};

/// The verdict of the final, paired re-measurement: `winner` was compared with
/// every one of `compared` (it is among them). Kept so that a warm run names
/// the same winner without compiling anything.
struct FinalRecord {
  Schedule winner;
  std::vector<Schedule> compared;
  std::optional<Timing> timing; ///< the winner's, from the paired measurement
};

} // namespace kgen::search

#endif // KGEN_SEARCH_RECORD_H
