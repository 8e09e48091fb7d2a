//===- Finals.h - The fastest few, measured again in pairs ----------------===//
//
// The smallest of many noisy times is an optimistic one. So the fastest few are
// timed again against each other, launch by launch, in a fresh worker; a tie
// keeps the one that was ahead.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_SEARCH_FINALS_H
#define KGEN_SEARCH_FINALS_H

#include "kgen/Search/History.h"
#include "kgen/Search/Search.h"

#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace kgen::search {

/// What the finals need of a search.
struct FinalsTask {
  const std::vector<CandidateRecord> &records;
  /// Artefacts that this run still holds, by position in `records`. The finals
  /// add those of finalists from the history.
  std::map<size_t, Artifact> &artifacts;
  CompileService &compiler;
  MeasureService &measurer;
  const SearchOptions &options;
  /// Finals of earlier runs in the same context.
  std::vector<FinalRecord> earlier;
  std::function<void(const std::string &)> say;
  size_t compiled = 0; ///< counts compilations
};

struct FinalsResult {
  size_t winner = 0;            ///< position in `records`
  std::optional<Timing> timing; ///< of the winner, paired; none if unmeasured
  bool confirmed = false;
  std::optional<FinalRecord> record; ///< to be kept; set if measured now
};

/// Needs at least one accepted record.
FinalsResult runFinals(FinalsTask &task);

} // namespace kgen::search

#endif // KGEN_SEARCH_FINALS_H
