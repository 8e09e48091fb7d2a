//===- Report.h - A history file as a page for people ---------------------===//
#ifndef KGEN_SEARCH_REPORT_H
#define KGEN_SEARCH_REPORT_H

#include "kgen/Search/History.h"

#include <string>
#include <string_view>
#include <vector>

namespace kgen::search {

/// One problem on one machine that a history knows something about.
struct ReportTopic {
  RecordContext context;
  std::string problemName; ///< of the newest run; empty if there is none
  size_t candidates = 0;
};

/// What a report shows: the newest record of each candidate of one topic.
struct Report {
  ReportTopic topic;
  std::optional<RunRecord> run; ///< the newest
  size_t runs = 0;
  std::vector<CandidateRecord> candidates; ///< in the order of the file
  std::optional<size_t> best;              ///< position in `candidates`
  bool confirmed = false; ///< `best` won a paired re-measurement
  std::optional<Timing> bestTiming; ///< the paired one where there is one
  size_t otherTopics = 0;           ///< in the same file
  std::vector<Error> warnings;      ///< of the file
};

/// Every topic in the order of its newest record, newest last.
std::vector<ReportTopic> listTopics(const HistoryContents &contents);

/// The newest topic of the problem whose key begins with `problemKey`; an empty
/// key means the newest topic of all. ReportNothingFound lists the keys.
Expected<Report> makeReport(const HistoryContents &contents,
                            std::string_view problemKey = "");

/// Plain text, 100 columns or so.
std::string renderText(const Report &report);
/// One self-contained HTML page: no scripts, no external files; light and dark.
std::string renderHtml(const Report &report);

} // namespace kgen::search

#endif // KGEN_SEARCH_REPORT_H
