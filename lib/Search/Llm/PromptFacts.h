//===- PromptFacts.h - Problem, machine and results in words --------------===//
#ifndef KGEN_SEARCH_LLM_PROMPTFACTS_H
#define KGEN_SEARCH_LLM_PROMPTFACTS_H

#include "kgen/Search/Proposer.h"

#include <string>
#include <vector>

namespace kgen::search {

/// Shapes, formula, work and the least time that the machine allows.
std::string describeProblem(const SearchState &state);
/// Limits and rates as one line of JSON.
std::string describeHardware(const HardwareModel &hardware);
/// One line per knob: its key and the values worth trying.
std::string describeKnobs(const SearchState &state);
/// "31232 bytes of shared memory, about 120 registers a thread, ...".
std::string describeResources(const SearchState &state,
                              const Schedule &schedule);
/// The `limit` fastest accepted schedules, one a line.
std::string describeBest(const SearchState &state, size_t limit);
/// Why candidates fell out, grouped by code, a few examples each; empty if
/// none.
std::string describeFailures(const SearchState &state);
/// "14 tried: 9 accepted, 3 illegal, ...".
std::string describeCounts(const SearchState &state);

} // namespace kgen::search

#endif // KGEN_SEARCH_LLM_PROMPTFACTS_H
