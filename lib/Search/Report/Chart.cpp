//===- Chart.cpp - Best time over a search, as inline SVG -----------------===//

#include "Chart.h"

#include "../Format.h"
#include "Facts.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <vector>

namespace kgen::search {
namespace {

constexpr double kWidth = 640, kHeight = 300;
constexpr double kLeft = 70, kRight = 16, kTop = 14, kBottom = 44;
constexpr double kStrip = 16; ///< for the marks of those that fell out

struct Point {
  double x = 0;
  double value = 0; ///< in units of the metric; 0: it fell out
  const CandidateRecord *record = nullptr;
};

std::vector<Point> collect(const Report &report, ChartAxis axis) {
  std::vector<Point> points;
  double cost = 0, number = 0;
  for (const CandidateRecord &record : report.candidates) {
    if (record.outcome == Outcome::Illegal)
      continue;
    cost += record.costSeconds;
    number += 1;
    points.push_back({axis == ChartAxis::Candidates ? number : cost,
                      record.timing ? record.timing->median : 0, &record});
  }
  return points;
}

/// 1, 2 or 5 times a power of ten, so that about `count` steps cover `range`.
double niceStep(double range, int count) {
  double raw = range / count;
  double power = std::pow(10, std::floor(std::log10(raw)));
  for (double factor : {1.0, 2.0, 5.0})
    if (raw <= factor * power)
      return factor * power;
  return 10 * power;
}

/// Maps values to pixels. Numbers spread over more than a factor of five are
/// drawn on a logarithmic scale: the interesting end is the small one.
class Scale {
public:
  Scale(double low, double high, double from, double to, bool logarithmic)
      : low(low), high(high), from(from), to(to), logarithmic(logarithmic) {}
  double operator()(double value) const {
    double part = logarithmic ? std::log(value / low) / std::log(high / low)
                              : (value - low) / (high - low);
    return from + part * (to - from);
  }
  std::vector<double> ticks(int count) const {
    std::vector<double> values;
    if (logarithmic) {
      for (double power = std::pow(10, std::floor(std::log10(low)));
           power <= high; power *= 10)
        for (double factor : {1.0, 2.0, 5.0})
          if (power * factor >= low && power * factor <= high)
            values.push_back(power * factor);
      return values;
    }
    double step = niceStep(high - low, count);
    for (double value = std::ceil(low / step) * step;
         value <= high + step * 1e-9; value += step)
      values.push_back(value);
    return values;
  }

private:
  double low, high, from, to;
  bool logarithmic;
};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

struct Frame {
  std::vector<Point> points;
  Scale x, y;
  ChartAxis axis;
  Metric metric;
};

Frame makeFrame(std::vector<Point> points, ChartAxis axis, Metric metric) {
  double low = 0, high = 0;
  for (const Point &point : points)
    if (point.value > 0) {
      low = low > 0 ? std::min(low, point.value) : point.value;
      high = std::max(high, point.value);
    }
  bool logarithmic = high > 5 * low;
  low *= 0.93;
  high *= 1.07;
  double last = std::max(points.back().x, 1e-9);
  Scale x(0, last, kLeft, kWidth - kRight, false);
  Scale y(low, high, kHeight - kBottom - kStrip, kTop, logarithmic);
  return {std::move(points), x, y, axis, metric};
}

void drawAxes(const Frame &frame, std::ostringstream &out) {
  for (double value : frame.y.ticks(5)) {
    std::string y = number(frame.y(value));
    out << "<line class=\"grid\" x1=\"" << kLeft << "\" x2=\""
        << kWidth - kRight << "\" y1=\"" << y << "\" y2=\"" << y << "\"/>"
        << "<text class=\"tick\" text-anchor=\"end\" x=\"" << kLeft - 8
        << "\" y=\"" << number(frame.y(value) + 4) << "\">"
        << formatMeasured(value, frame.metric) << "</text>\n";
  }
  for (double value : frame.x.ticks(6)) {
    // Candidates are counted: no ticks between two of them.
    if (frame.axis == ChartAxis::Candidates && value != std::floor(value))
      continue;
    out << "<text class=\"tick\" text-anchor=\"middle\" x=\""
        << number(frame.x(value)) << "\" y=\"" << kHeight - kBottom + 16
        << "\">" << formatNumber(value) << "</text>\n";
  }
  out << "<line class=\"axis\" x1=\"" << kLeft << "\" x2=\"" << kWidth - kRight
      << "\" y1=\"" << kHeight - kBottom << "\" y2=\"" << kHeight - kBottom
      << "\"/><text class=\"label\" text-anchor=\"middle\" x=\""
      << (kLeft + kWidth - kRight) / 2 << "\" y=\"" << kHeight - 8 << "\">"
      << (frame.axis == ChartAxis::Candidates ? "candidates tried"
                                              : "seconds of search")
      << "</text>\n";
}

void drawBestLine(const Frame &frame, std::ostringstream &out) {
  std::string path;
  double best = 0;
  for (const Point &point : frame.points) {
    if (point.value <= 0 || (best > 0 && point.value >= best))
      continue;
    std::string x = number(frame.x(point.x));
    path += best > 0 ? " H" + x + " V" + number(frame.y(point.value))
                     : "M" + x + " " + number(frame.y(point.value));
    best = point.value;
  }
  path += " H" + number(kWidth - kRight);
  out << "<path class=\"best\" d=\"" << path << "\"/>\n";
}

void drawPoints(const Frame &frame, std::ostringstream &out) {
  for (const Point &point : frame.points) {
    const CandidateRecord &record = *point.record;
    std::string title =
        "<title>" +
        escapeHtml((record.timing ? formatMedian(*record.timing)
                                  : std::string(spelling(record.outcome)) +
                                        " " + record.code) +
                   ": " + toString(record.schedule)) +
        "</title>";
    std::string x = number(frame.x(point.x));
    if (record.timing) {
      out << "<circle class=\"accepted\" cx=\"" << x << "\" cy=\""
          << number(frame.y(point.value)) << "\" r=\"3.5\">" << title
          << "</circle>\n";
      continue;
    }
    double y = kHeight - kBottom - 7;
    out << "<path class=\"" << spelling(record.outcome) << "\" d=\"M"
        << number(frame.x(point.x) - 3.5) << " " << number(y - 3.5)
        << " l7 7 m0 -7 l-7 7\">" << title << "</path>\n";
  }
}

} // namespace

std::string escapeHtml(std::string_view text) {
  std::string result;
  for (char c : text) {
    switch (c) {
    case '&':
      result += "&amp;";
      break;
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    case '"':
      result += "&quot;";
      break;
    case '\'':
      result += "&#39;";
      break;
    default:
      result += static_cast<unsigned char>(c) < 0x20 && c != '\n' ? ' ' : c;
    }
  }
  return result;
}

std::string renderChart(const Report &report, ChartAxis axis) {
  std::vector<Point> points = collect(report, axis);
  if (!report.best || points.empty())
    return "";
  Frame frame = makeFrame(std::move(points), axis, metricOf(report));
  std::ostringstream out;
  out << "<svg viewBox=\"0 0 " << kWidth << " " << kHeight
      << "\" role=\"img\" aria-label=\"Best "
      << (metricOf(report) == Metric::Seconds ? "time" : "emulated cycles")
      << " so far\">\n";
  drawAxes(frame, out);
  drawBestLine(frame, out);
  drawPoints(frame, out);
  out << "</svg>\n";
  return out.str();
}

} // namespace kgen::search
