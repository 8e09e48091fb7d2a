//===- Chart.h - Best time over a search, as inline SVG -------------------===//
#ifndef KGEN_SEARCH_REPORT_CHART_H
#define KGEN_SEARCH_REPORT_CHART_H

#include "kgen/Search/Report.h"

#include <string>
#include <string_view>

namespace kgen::search {

enum class ChartAxis : uint8_t {
  Candidates, ///< legal candidates tried
  Seconds,    ///< search time, summed over the candidates' costs
};

/// A step line of the best time so far, a dot per accepted candidate and a mark
/// on the lower edge for each that fell out. Empty if nothing was accepted.
std::string renderChart(const Report &report, ChartAxis axis);

/// Text for HTML and for attribute values: & < > " ' escaped, and control
/// characters replaced.
std::string escapeHtml(std::string_view text);

} // namespace kgen::search

#endif // KGEN_SEARCH_REPORT_CHART_H
