//===- Progress.h - What a running search says ----------------------------===//
#ifndef KGEN_SEARCH_PROGRESS_H
#define KGEN_SEARCH_PROGRESS_H

#include "kgen/Search/Search.h"

#include <string>

namespace kgen::search {

/// One line about one candidate: its number, what became of it, its time and
/// the ratio to the best before it, or why it fell out. `number` counts legal
/// candidates; an illegal one shows a dash.
std::string candidateLine(const CandidateRecord &record, size_t number,
                          size_t total, const CandidateRecord *bestBefore);

/// Counts records by outcome.
void count(const CandidateRecord &record, SearchCounts &counts);

/// The one-line summary of a finished search.
std::string summaryLine(const SearchResult &result);

/// Why no candidate was accepted: each code once, with the first text.
std::string describeFallen(const std::vector<CandidateRecord> &records,
                           StopReason reason);

} // namespace kgen::search

#endif // KGEN_SEARCH_PROGRESS_H
