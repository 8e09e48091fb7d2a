//===- Progress.cpp - What a running search says --------------------------===//

#include "Progress.h"

#include "Format.h"

#include <cstdio>
#include <vector>

namespace kgen::search {
namespace {

constexpr size_t kMaxReason = 400;

std::string firstLine(const std::string &text) {
  std::string line = text.substr(0, text.find('\n'));
  if (line.size() > kMaxReason)
    line = line.substr(0, kMaxReason) + "...";
  return line;
}

std::string coded(const CandidateRecord &record) {
  std::string text = firstLine(record.text);
  return record.code.empty() ? text : "[" + record.code + "] " + text;
}

} // namespace

std::string_view spelling(StopReason reason) {
  switch (reason) {
  case StopReason::Candidates:
    return "candidate budget spent";
  case StopReason::Seconds:
    return "time budget spent";
  case StopReason::Exhausted:
    return "the proposer has no more schedules";
  case StopReason::Interrupted:
    break;
  }
  return "interrupted";
}

std::string candidateLine(const CandidateRecord &record, size_t number,
                          size_t total, const CandidateRecord *bestBefore) {
  const bool legal = record.outcome != Outcome::Illegal;
  std::string totalText = std::to_string(total);
  char head[96];
  std::snprintf(head, sizeof head, "[%*s/%s] %-14s",
                static_cast<int>(totalText.size()),
                legal ? std::to_string(number).c_str() : "-", totalText.c_str(),
                spelling(record.outcome).data());
  std::string line = head;
  if (record.timing) {
    double median = record.timing->median;
    double ratio = bestBefore ? median / bestBefore->timing->median : 1;
    char body[64];
    std::snprintf(body, sizeof body, " %10s  %5.2fx %-8s",
                  formatMedian(*record.timing).c_str(), ratio,
                  ratio < 1 || !bestBefore ? "new best" : "best");
    line += body;
  } else {
    line += std::string(28, ' ');
  }
  line += " " + toString(record.schedule) + "  (" + record.proposer +
          (record.fromHistory ? ", history)" : ")");
  if (!record.timing)
    line += ": " + coded(record);
  return line;
}

void count(const CandidateRecord &record, SearchCounts &counts) {
  switch (record.outcome) {
  case Outcome::Accepted:
    ++counts.accepted;
    break;
  case Outcome::Illegal:
    ++counts.illegal;
    break;
  case Outcome::CompileFailed:
    ++counts.compileFailed;
    break;
  case Outcome::Rejected:
    ++counts.rejected;
    break;
  case Outcome::Failed:
    ++counts.failed;
    break;
  }
  if (record.fromHistory && record.outcome != Outcome::Illegal)
    ++counts.fromHistory;
}

std::string summaryLine(const SearchResult &result) {
  const SearchCounts &counts = result.counts;
  std::string legal = std::to_string(counts.legal());
  std::string text;
  if (counts.compiled == 0)
    text = "nothing compiled: " + std::to_string(counts.fromHistory) + " of " +
           legal + " candidates from history";
  else
    text = legal + " candidates, " + std::to_string(counts.fromHistory) +
           " from history, " + std::to_string(counts.compiled) + " compiled";
  text +=
      "; " + std::to_string(counts.accepted) + " accepted, " +
      std::to_string(counts.rejected) + " rejected, " +
      std::to_string(counts.compileFailed) + " not compilable, " +
      std::to_string(counts.failed) + " failed, " +
      std::to_string(counts.illegal) + " illegal; " +
      std::string(spelling(result.stopReason)) + "; best " +
      formatMedian(*result.best.timing) +
      (result.confirmed ? " (re-measured against the runners-up): " : ": ") +
      toString(result.best.schedule);
  return text;
}

std::string describeFallen(const std::vector<CandidateRecord> &records,
                           StopReason reason) {
  struct Group {
    const CandidateRecord *first;
    size_t count;
  };
  std::vector<Group> groups;
  for (const CandidateRecord &record : records) {
    bool known = false;
    for (Group &group : groups)
      if (group.first->code == record.code &&
          group.first->outcome == record.outcome) {
        ++group.count;
        known = true;
      }
    if (!known)
      groups.push_back({&record, 1});
  }
  std::string text = std::to_string(records.size()) + " tried, " +
                     std::string(spelling(reason));
  for (const Group &group : groups)
    text += "; " + std::to_string(group.count) + " " +
            std::string(spelling(group.first->outcome)) +
            " (first: " + toString(group.first->schedule) + ": " +
            coded(*group.first) + ")";
  return text;
}

} // namespace kgen::search
