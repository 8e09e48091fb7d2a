//===- ReportModel.cpp - What a report shows ------------------------------===//

#include "../Ranking.h"
#include "kgen/Schedule/Json.h"
#include "kgen/Search/Report.h"

#include <algorithm>
#include <unordered_map>

namespace kgen::search {
namespace {

std::string problemName(const RunRecord &run) {
  Expected<Problem> problem = parseProblem(run.problemJson);
  return problem ? problem->name : std::string();
}

std::string joinKeys(const std::vector<ReportTopic> &topics) {
  std::string text;
  for (const ReportTopic &topic : topics)
    text += (text.empty() ? "" : ", ") + topic.context.problemKey +
            (topic.problemName.empty() ? "" : " (" + topic.problemName + ")");
  return text.empty() ? "none" : text;
}

// The newest record of each schedule, in the order of first appearance.
class CandidateList {
public:
  void add(const CandidateRecord &record) {
    auto [known, isNew] =
        positions.emplace(toJson(record.schedule), records.size());
    if (isNew)
      records.push_back(record);
    else
      records[known->second] = record;
  }
  std::vector<CandidateRecord> take() { return std::move(records); }

private:
  std::unordered_map<std::string, size_t> positions;
  std::vector<CandidateRecord> records;
};

// The fastest candidate, unless a paired re-measurement it took part in was won
// by another one.
void chooseBest(const std::vector<FinalRecord> &finals, Report &report) {
  std::vector<size_t> first = fastest(report.candidates, 1);
  if (first.empty())
    return;
  report.best = first.front();
  const Schedule &schedule = report.candidates[first.front()].schedule;
  for (const FinalRecord &final : finals) {
    if (std::find(final.compared.begin(), final.compared.end(), schedule) ==
        final.compared.end())
      continue;
    for (size_t i = 0; i < report.candidates.size(); ++i)
      if (report.candidates[i].schedule == final.winner &&
          report.candidates[i].timing) {
        report.best = i;
        report.confirmed = true;
        report.bestTiming = final.timing;
      }
  }
  if (!report.bestTiming)
    report.bestTiming = report.candidates[*report.best].timing;
}

} // namespace

std::vector<ReportTopic> listTopics(const HistoryContents &contents) {
  std::vector<ReportTopic> topics;
  for (const HistoryEntry &entry : contents.entries) {
    auto found = std::find_if(topics.begin(), topics.end(), [&](auto &topic) {
      return topic.context == entry.context;
    });
    ReportTopic topic{entry.context, "", 0};
    if (found != topics.end()) {
      topic = std::move(*found);
      topics.erase(found);
    }
    topic.candidates += entry.candidate.has_value();
    if (entry.run)
      topic.problemName = problemName(*entry.run);
    topics.push_back(std::move(topic));
  }
  return topics;
}

Expected<Report> makeReport(const HistoryContents &contents,
                            std::string_view problemKey) {
  std::vector<ReportTopic> topics = listTopics(contents);
  auto found = std::find_if(topics.rbegin(), topics.rend(), [&](auto &topic) {
    return topic.context.problemKey.starts_with(problemKey);
  });
  if (found == topics.rend())
    return Error(ErrorCode::ReportNothingFound,
                 "no record of problem '" + std::string(problemKey) +
                     "', known are " + joinKeys(topics));
  Report report;
  report.topic = *found;
  report.otherTopics = topics.size() - 1;
  report.warnings = contents.warnings;
  CandidateList candidates;
  std::vector<FinalRecord> finals;
  for (const HistoryEntry &entry : contents.entries) {
    if (!(entry.context == report.topic.context))
      continue;
    if (entry.candidate)
      candidates.add(*entry.candidate);
    if (entry.final)
      finals.push_back(*entry.final);
    if (entry.run) {
      report.run = entry.run;
      ++report.runs;
    }
  }
  report.candidates = candidates.take();
  chooseBest(finals, report);
  return report;
}

} // namespace kgen::search
