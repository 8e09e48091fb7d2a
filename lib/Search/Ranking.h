//===- Ranking.h - The fastest accepted records ---------------------------===//
#ifndef KGEN_SEARCH_RANKING_H
#define KGEN_SEARCH_RANKING_H

#include "kgen/Search/Record.h"

#include <algorithm>
#include <vector>

namespace kgen::search {

/// Positions of the `limit` fastest accepted records, fastest first; equal
/// times keep their order.
inline std::vector<size_t> fastest(const std::vector<CandidateRecord> &records,
                                   size_t limit) {
  std::vector<size_t> accepted;
  for (size_t i = 0; i < records.size(); ++i)
    if (records[i].timing)
      accepted.push_back(i);
  std::sort(accepted.begin(), accepted.end(), [&](size_t a, size_t b) {
    double timeA = records[a].timing->median;
    double timeB = records[b].timing->median;
    return timeA != timeB ? timeA < timeB : a < b;
  });
  accepted.resize(std::min(accepted.size(), limit));
  return accepted;
}

} // namespace kgen::search

#endif // KGEN_SEARCH_RANKING_H
