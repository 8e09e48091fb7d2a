//===- Facts.h - What both renderers say, in words ------------------------===//
#ifndef KGEN_SEARCH_REPORT_FACTS_H
#define KGEN_SEARCH_REPORT_FACTS_H

#include "kgen/Search/Report.h"

#include <string>
#include <utility>
#include <vector>

namespace kgen::search {

/// A name and its value; empty values are left out.
using FactList = std::vector<std::pair<std::string, std::string>>;

/// Where and how the search ran: device, shapes, compiler, command, ...
FactList describeRun(const Report &report);

/// Every knob of a schedule and its value, in forEachKnob's order.
FactList listKnobs(const Schedule &schedule);

/// Why candidates fell out: one group per outcome and code, largest first.
struct FallenGroup {
  Outcome outcome;
  std::string code;
  size_t count = 0;
  std::string example;  ///< the first text
  std::string schedule; ///< of the first
};
std::vector<FallenGroup> groupFallen(const Report &report);

/// "relative_position", or the key when no run told the name.
std::string titleOf(const Report &report);

/// What the report's numbers are; a topic is of one device, so they are of one
/// kind.
Metric metricOf(const Report &report);

/// "1.234 ms" or "812.3 kcycles"; empty when nothing was accepted.
std::string bestTime(const Report &report);

/// Achieved rate of the best over kept pairs: "123.4 TFLOP/s"; may be empty,
/// and is for an emulated device.
std::string bestRate(const Report &report);

/// Time of the first accepted candidate over the best's; 0 if unknown. Every
/// proposer but replay starts with the default schedule.
double speedupOverFirst(const Report &report);

/// Number of candidates with this outcome.
size_t countOf(const Report &report, Outcome outcome);

} // namespace kgen::search

#endif // KGEN_SEARCH_REPORT_FACTS_H
