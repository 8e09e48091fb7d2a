//===- Format.h - Numbers for people --------------------------------------===//
#ifndef KGEN_SEARCH_FORMAT_H
#define KGEN_SEARCH_FORMAT_H

#include <string>

namespace kgen::search {

/// Four significant digits, no exponent below a million: "12.35", "0.001234".
std::string formatNumber(double value);
/// Seconds in the unit that fits: "1.234 ms", "56.7 us", "2.5 s".
std::string formatSeconds(double seconds);

} // namespace kgen::search

#endif // KGEN_SEARCH_FORMAT_H
