//===- Html.cpp - A report as one self-contained page ---------------------===//
//
// Everything that comes from a history file is escaped: a device name, a
// command or a model's text may hold anything.
//
//===----------------------------------------------------------------------===//

#include "../Format.h"
#include "Chart.h"
#include "Facts.h"
#include "Style.h"
#include "kgen/Schedule/Json.h"

#include <sstream>

namespace kgen::search {
namespace {

// Words that every number of the page stands under.
const char *measureName(const Report &report) {
  return metricOf(report) == Metric::Seconds ? "time"
                                             : "emulated cycles (not seconds)";
}

void tile(const std::string &value, const std::string &label,
          std::ostringstream &out, bool isMain = false) {
  if (value.empty())
    return;
  out << "<div class=\"tile" << (isMain ? " main" : "") << "\"><b>"
      << escapeHtml(value) << "</b><span>" << escapeHtml(label)
      << "</span></div>\n";
}

void writeTiles(const Report &report, std::ostringstream &out) {
  out << "<div class=\"tiles\">\n";
  const bool isTimed = metricOf(report) == Metric::Seconds;
  tile(report.best ? bestTime(report) : "none",
       report.best ? (report.confirmed ? "best, re-measured in pairs"
                      : isTimed        ? "best"
                                       : "best, emulated: not seconds")
                   : "no candidate was accepted",
       out, true);
  tile(bestRate(report), "over kept pairs", out);
  if (double ratio = speedupOverFirst(report); ratio > 0)
    tile(formatNumber(ratio) + "x", "over the first candidate", out);
  size_t illegal = countOf(report, Outcome::Illegal);
  tile(std::to_string(countOf(report, Outcome::Accepted)) + " / " +
           std::to_string(report.candidates.size() - illegal),
       "accepted / tried", out);
  tile(std::to_string(countOf(report, Outcome::Rejected)), "wrong results",
       out);
  tile(std::to_string(illegal), "illegal, not built", out);
  out << "</div>\n";
}

void writeFacts(const FactList &facts, std::ostringstream &out) {
  out << "<dl>\n";
  for (const auto &[name, value] : facts)
    out << "<dt>" << escapeHtml(name) << "</dt><dd>"
        << (name == "Command" ? "<code>" + escapeHtml(value) + "</code>"
                              : escapeHtml(value))
        << "</dd>\n";
  out << "</dl>\n";
}

void writeCharts(const Report &report, std::ostringstream &out) {
  if (!report.best)
    return;
  out << "<section><h2>Best " << measureName(report)
      << " so far</h2><div class=\"charts\">\n"
      << "<div>" << renderChart(report, ChartAxis::Candidates) << "</div>\n"
      << "<div>" << renderChart(report, ChartAxis::Seconds) << "</div>\n"
      << "</div><div class=\"legend\">"
         "<span class=\"accepted\"><i>&#9679;</i>accepted</span>"
         "<span class=\"rejected\"><i>&#10005;</i>wrong result</span>"
         "<span class=\"failed\"><i>&#10005;</i>crashed or hung</span>"
         "<span class=\"compile_failed\"><i>&#10005;</i>did not compile</span>"
         "</div></section>\n";
}

void writeWinner(const Report &report, std::ostringstream &out) {
  if (!report.best)
    return;
  const CandidateRecord &best = report.candidates[*report.best];
  out << "<section><h2>Winning schedule</h2><div class=\"scroll\"><table>"
         "<tr>";
  FactList knobs = listKnobs(best.schedule);
  FactList defaults = listKnobs(Schedule());
  // Only what differs from a plain schedule: the JSON below has it all.
  std::string values;
  for (size_t i = 0; i < knobs.size(); ++i) {
    if (i >= 3 && knobs[i] == defaults[i])
      continue;
    out << "<th>" << escapeHtml(knobs[i].first) << "</th>";
    values += "<td>" + escapeHtml(knobs[i].second) + "</td>";
  }
  out << "</tr><tr>" << values << "</tr></table></div><pre>"
      << escapeHtml(toJson(best.schedule)) << "</pre></section>\n";
}

void writeFallen(const Report &report, std::ostringstream &out) {
  std::vector<FallenGroup> groups = groupFallen(report);
  if (groups.empty())
    return;
  out << "<section><h2>Why candidates fell out</h2><div class=\"scroll\">"
         "<table><tr><th class=\"num\">Count</th><th>Outcome</th><th>Code</th>"
         "<th>First example</th></tr>\n";
  for (const FallenGroup &group : groups)
    out << "<tr><td class=\"num\">" << group.count << "</td><td class=\""
        << spelling(group.outcome) << "\">" << spelling(group.outcome)
        << "</td><td><code>" << escapeHtml(group.code) << "</code></td><td>"
        << escapeHtml(group.example) << "<br><code class=\"why\">"
        << escapeHtml(group.schedule) << "</code></td></tr>\n";
  out << "</table></div></section>\n";
}

void writeDetails(const CandidateRecord &record, std::ostringstream &out) {
  std::vector<std::string> lines = record.findings;
  lines.insert(lines.end(), record.remarks.begin(), record.remarks.end());
  if (!record.text.empty())
    out << "<div class=\"why\">[" << escapeHtml(record.code) << "] "
        << escapeHtml(record.text) << "</div>";
  if (lines.empty())
    return;
  out << "<details class=\"why\"><summary>" << lines.size()
      << (lines.size() == 1 ? " finding" : " findings") << "</summary><ul>";
  for (const std::string &line : lines)
    out << "<li>" << escapeHtml(line) << "</li>";
  out << "</ul></details>";
}

std::string positive(int64_t value) {
  return value > 0 ? std::to_string(value) : "";
}

void writeRow(const Report &report, size_t index, size_t number,
              std::ostringstream &out) {
  const CandidateRecord &record = report.candidates[index];
  const double best =
      report.best ? report.candidates[*report.best].timing->median : 0;
  out << (report.best == index ? "<tr class=\"winner\">" : "<tr>")
      << "<td class=\"num\">"
      << (record.outcome == Outcome::Illegal ? "&ndash;"
                                             : std::to_string(number))
      << "</td><td class=\"" << spelling(record.outcome) << "\">"
      << spelling(record.outcome) << "</td><td class=\"num\">";
  if (record.timing)
    out << formatMedian(*record.timing) << "</td><td class=\"num\">"
        << formatNumber(record.timing->median / best) << "x";
  else
    out << "</td><td class=\"num\">";
  out << "</td><td><code>" << escapeHtml(toString(record.schedule))
      << "</code>";
  writeDetails(record, out);
  out << "</td><td class=\"num\">"
      << positive(record.resources.registersPerThread)
      << "</td><td class=\"num\">" << positive(record.resources.spillBytes)
      << "</td><td class=\"num\">" << positive(record.resources.sharedBytes)
      << "</td><td class=\"num\">" << formatNumber(record.costSeconds)
      << "</td><td>" << escapeHtml(record.proposer) << "</td></tr>\n";
}

void writeCandidates(const Report &report, std::ostringstream &out) {
  out << "<section><h2>Candidates</h2><div class=\"scroll\"><table><tr>"
         "<th class=\"num\">#</th><th>Outcome</th><th class=\"num\">"
      << (metricOf(report) == Metric::Seconds ? "Time" : "Emulated cycles")
      << "</th>"
         "<th class=\"num\">To best</th><th>Schedule</th>"
         "<th class=\"num\">Registers</th><th class=\"num\">Spills</th>"
         "<th class=\"num\">Shared</th><th class=\"num\">Cost (s)</th>"
         "<th>Proposer</th></tr>\n";
  size_t number = 0;
  for (size_t i = 0; i < report.candidates.size(); ++i) {
    number += report.candidates[i].outcome != Outcome::Illegal;
    writeRow(report, i, number, out);
  }
  out << "</table></div></section>\n";
}

void writeFooter(const Report &report, std::ostringstream &out) {
  out << "<section><h2>Where and how</h2>\n";
  writeFacts(describeRun(report), out);
  out << "</section>\n";
  if (!report.warnings.empty() || report.otherTopics) {
    out << "<section><h2>About the file</h2><ul>\n";
    if (report.otherTopics)
      out << "<li>" << report.otherTopics
          << " other problems, machines or versions in this file.</li>\n";
    for (const Error &warning : report.warnings)
      out << "<li>" << escapeHtml(warning.message()) << "</li>\n";
    out << "</ul></section>\n";
  }
}

} // namespace

std::string renderHtml(const Report &report) {
  std::ostringstream out;
  std::string title = escapeHtml(titleOf(report));
  out << "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, "
         "initial-scale=1\">\n<title>kgen: "
      << title << "</title>\n<style>\n"
      << report::style << "</style></head><body><main>\n<h1>" << title
      << "</h1>\n<p class=\"sub\">kgen search on "
      << escapeHtml(report.topic.context.device) << "</p>\n";
  writeTiles(report, out);
  writeCharts(report, out);
  writeWinner(report, out);
  writeFallen(report, out);
  writeCandidates(report, out);
  writeFooter(report, out);
  out << "</main></body></html>\n";
  return out.str();
}

} // namespace kgen::search
