//===- Format.h - Numbers for people --------------------------------------===//
#ifndef KGEN_SEARCH_FORMAT_H
#define KGEN_SEARCH_FORMAT_H

#include "kgen/Search/MeasureService.h"

#include <string>

namespace kgen::search {

/// Four significant digits, no exponent below a million: "12.35", "0.001234".
std::string formatNumber(double value);
/// Seconds in the unit that fits: "1.234 ms", "56.7 us", "2.5 s".
std::string formatSeconds(double seconds);
/// A number of a Timing with its unit, seconds as above or "812.3 kcycles".
std::string formatMeasured(double value, Metric metric);
/// The median of a Timing with its unit.
std::string formatMedian(const Timing &timing);

} // namespace kgen::search

#endif // KGEN_SEARCH_FORMAT_H
