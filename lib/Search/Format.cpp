//===- Format.cpp - Numbers for people ------------------------------------===//

#include "Format.h"

#include <cmath>
#include <cstdio>

namespace kgen::search {

std::string formatNumber(double value) {
  char text[64];
  double size = std::fabs(value);
  if (size >= 1000 && size < 1e6)
    std::snprintf(text, sizeof text, "%.0f", value);
  else
    std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

std::string formatSeconds(double seconds) {
  if (seconds < 1e-3)
    return formatNumber(seconds * 1e6) + " us";
  if (seconds < 1)
    return formatNumber(seconds * 1e3) + " ms";
  return formatNumber(seconds) + " s";
}

std::string formatMeasured(double value, Metric metric) {
  if (metric == Metric::Seconds)
    return formatSeconds(value);
  if (value < 1e3)
    return formatNumber(value) + " cycles";
  if (value < 1e6)
    return formatNumber(value * 1e-3) + " kcycles";
  if (value < 1e9)
    return formatNumber(value * 1e-6) + " Mcycles";
  return formatNumber(value * 1e-9) + " Gcycles";
}

std::string formatMedian(const Timing &timing) {
  return formatMeasured(timing.median, timing.metric);
}

} // namespace kgen::search
