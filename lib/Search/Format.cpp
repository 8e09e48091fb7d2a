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

} // namespace kgen::search
