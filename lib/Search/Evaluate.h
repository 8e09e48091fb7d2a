//===- Evaluate.h - One candidate, from schedule to record ----------------===//
#ifndef KGEN_SEARCH_EVALUATE_H
#define KGEN_SEARCH_EVALUATE_H

#include "kgen/Search/Search.h"

#include <optional>

namespace kgen::search {

/// The record of an illegal schedule; none if it is legal.
std::optional<CandidateRecord> checkCandidate(const SearchTask &task,
                                              const Schedule &schedule);

/// What compiling a schedule gave: an artefact, or the record of its failure.
struct Compiled {
  std::optional<Artifact> artifact;
  CandidateRecord record;
};
Compiled compileCandidate(CompileService &compiler, const Schedule &schedule);

/// Completes `record` with the verdict about `artifact`. An acceptance without
/// a usable time becomes a failure; a time below the machine's floor stays,
/// with a finding (`floor` in seconds; 0: none known).
void measureCandidate(MeasureService &measurer, const Artifact &artifact,
                      const MeasureOptions &options, double floor,
                      CandidateRecord &record);

} // namespace kgen::search

#endif // KGEN_SEARCH_EVALUATE_H
