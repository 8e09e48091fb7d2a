//===- Text.cpp - A report as plain text ----------------------------------===//

#include "../Format.h"
#include "Facts.h"
#include "kgen/Schedule/Json.h"

#include <cstdio>
#include <sstream>

namespace kgen::search {
namespace {

constexpr size_t kCurveWidth = 40;

void printFacts(const FactList &facts, std::ostringstream &out) {
  for (const auto &[name, value] : facts) {
    char label[32];
    std::snprintf(label, sizeof label, "  %-18s ", name.c_str());
    out << label << value << "\n";
  }
}

// Best so far after each legal candidate, as a bar: the longer, the slower.
void printCurve(const Report &report, std::ostringstream &out) {
  double worst = 0, best = 0;
  for (const CandidateRecord &record : report.candidates)
    if (record.timing)
      worst = std::max(worst, record.timing->median);
  out << (metricOf(report) == Metric::Seconds
              ? "\nBest so far\n"
              : "\nBest so far (emulated cycles, not seconds)\n");
  size_t number = 0;
  for (const CandidateRecord &record : report.candidates) {
    number += record.outcome != Outcome::Illegal;
    if (!record.timing || (best > 0 && record.timing->median >= best))
      continue;
    best = record.timing->median;
    auto width = static_cast<size_t>(kCurveWidth * best / worst + 0.5);
    char line[96];
    std::snprintf(line, sizeof line, "  %4zu %10s ", number,
                  formatMeasured(best, metricOf(report)).c_str());
    out << line << std::string(std::max<size_t>(width, 1), '#') << "\n";
  }
}

void printCandidates(const Report &report, std::ostringstream &out) {
  out << "\nCandidates\n";
  size_t number = 0;
  for (const CandidateRecord &record : report.candidates) {
    bool legal = record.outcome != Outcome::Illegal;
    number += legal;
    bool isBest = report.best && &record == &report.candidates[*report.best];
    char line[96];
    std::snprintf(line, sizeof line, "%s %4s %-14s %10s ", isBest ? "*" : " ",
                  legal ? std::to_string(number).c_str() : "-",
                  spelling(record.outcome).data(),
                  record.timing ? formatMedian(*record.timing).c_str() : "");
    out << line << toString(record.schedule) << "  (" << record.proposer << ")";
    if (!record.code.empty() || !record.text.empty())
      out << ": [" << record.code << "] "
          << record.text.substr(0, record.text.find('\n'));
    out << "\n";
  }
}

void printBest(const Report &report, std::ostringstream &out) {
  if (!report.best) {
    out << "\nNo candidate was accepted.\n";
    return;
  }
  out << "\nBest: " << bestTime(report);
  if (std::string rate = bestRate(report); !rate.empty())
    out << ", " << rate;
  if (double ratio = speedupOverFirst(report); ratio > 0)
    out << ", " << formatNumber(ratio) << "x the first accepted candidate";
  out << (report.confirmed ? ", re-measured against the runners-up\n" : "\n");
  out << "  " << toJson(report.candidates[*report.best].schedule) << "\n";
}

void printFallen(const Report &report, std::ostringstream &out) {
  std::vector<FallenGroup> groups = groupFallen(report);
  if (groups.empty())
    return;
  out << "\nWhy candidates fell out\n";
  for (const FallenGroup &group : groups)
    out << "  " << group.count << " " << spelling(group.outcome) << " ["
        << group.code << "], first: " << group.schedule << ": "
        << group.example.substr(0, group.example.find('\n')) << "\n";
}

} // namespace

std::string renderText(const Report &report) {
  std::ostringstream out;
  out << "kgen search report: " << titleOf(report) << "\n\n";
  printFacts(describeRun(report), out);
  printBest(report, out);
  if (report.best)
    printCurve(report, out);
  printFallen(report, out);
  printCandidates(report, out);
  if (report.otherTopics)
    out << "\n"
        << report.otherTopics
        << " other problems, machines or versions in this file.\n";
  for (const Error &warning : report.warnings)
    out << "warning: " << warning.message() << "\n";
  return out.str();
}

} // namespace kgen::search
