//===- Search.h - Propose, check, compile, measure, keep the best ---------===//
#ifndef KGEN_SEARCH_SEARCH_H
#define KGEN_SEARCH_SEARCH_H

#include "kgen/Search/CompileService.h"
#include "kgen/Search/MeasureService.h"
#include "kgen/Search/Proposer.h"
#include "kgen/Search/Record.h"

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kgen::search {

class History;

/// Whichever runs out first ends the proposing; the final re-measurement comes
/// after it. A candidate taken from the history is charged what it cost when it
/// was measured, so the same command stops at the same place the second time.
struct SearchBudget {
  double seconds = 900;
  size_t candidates = 64; ///< legal ones; illegal ones cost no build
};

struct SearchOptions {
  SearchBudget budget;
  size_t candidatesPerRound = 8; ///< asked of the proposer at a time
  size_t finalists = 3; ///< re-measured in pairs at the end; below 2: none
  /// Measure again what an earlier run recorded as Outcome::Failed.
  bool retryFailed = false;
  MeasureOptions measure;
  /// Set it (from a signal handler, say) to stop after the current candidate
  /// and keep the best so far; null: never.
  const std::atomic<bool> *stop = nullptr;
  /// Receives one line (no newline) per candidate and event; may be empty.
  std::function<void(std::string_view)> progress;
  /// Monotonic seconds; empty: the steady clock. Tests give their own.
  std::function<double()> clock;
};

enum class StopReason : uint8_t { Candidates, Seconds, Exhausted, Interrupted };
/// "all candidates tried", "time budget spent", ...
std::string_view spelling(StopReason reason);

struct SearchCounts {
  size_t accepted = 0, illegal = 0, compileFailed = 0, rejected = 0, failed = 0;
  size_t fromHistory = 0; ///< of all legal ones, how many were not measured now
  size_t compiled = 0;    ///< calls of CompileService::compile in this run
  size_t duplicates = 0;  ///< proposals that the loop dropped
  size_t legal() const { return accepted + compileFailed + rejected + failed; }
};

struct SearchResult {
  CandidateRecord best; ///< accepted; best.fromHistory says where it comes from
  /// The compiled best, if this run compiled it. A warm run does not: a caller
  /// that needs the artefact compiles best.schedule once.
  std::optional<Artifact> artifact;
  /// The winner was re-measured against the runners-up, now or in the run that
  /// the history tells of.
  bool confirmed = false;
  StopReason stopReason = StopReason::Candidates;
  SearchCounts counts;
  double seconds = 0;                   ///< wall time of this run
  std::vector<CandidateRecord> records; ///< in the order they were tried
  std::string summary; ///< one line: "nothing compiled: 12 of 12 ..."
};

/// What is searched for: `hardware` is what the candidates are compiled for.
struct SearchTask {
  Problem problem;
  ProblemSizes sizes;
  HardwareModel hardware;
  std::string command; ///< how the user started it, for reports; may be empty
};

/// Runs the loop. `history` may be null (nothing is read or kept). Fails when
/// no worker answers, when the history cannot be written, or when no candidate
/// was accepted (the detail says why each fell out). Everything else is a
/// record.
Expected<SearchResult> runSearch(const SearchTask &task,
                                 CompileService &compiler,
                                 MeasureService &measurer, Proposer &proposer,
                                 History *history,
                                 const SearchOptions &options);

} // namespace kgen::search

#endif // KGEN_SEARCH_SEARCH_H
