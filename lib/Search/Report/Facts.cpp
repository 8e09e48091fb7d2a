//===- Facts.cpp - What both renderers say, in words ----------------------===//

#include "Facts.h"

#include "../Format.h"
#include "kgen/Schedule/Json.h"

#include <algorithm>

namespace kgen::search {
namespace {

std::string printValue(int64_t value) { return std::to_string(value); }
std::string printValue(bool value) { return value ? "true" : "false"; }
template <typename EnumT>
std::string printValue(EnumT value) {
  return std::string(spelling(value));
}

std::string tensor(std::initializer_list<int64_t> shape) {
  std::string text = "[";
  for (int64_t size : shape)
    text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

struct Shapes {
  Problem problem;
  ProblemSizes sizes;
};

std::optional<Shapes> readShapes(const Report &report) {
  if (!report.run)
    return std::nullopt;
  Expected<Problem> problem = parseProblem(report.run->problemJson);
  Expected<ProblemSizes> sizes = parseProblemSizes(report.run->sizesJson);
  if (!problem || !sizes)
    return std::nullopt;
  return Shapes{*problem, *sizes};
}

void describeShapes(const Shapes &shapes, FactList &facts) {
  const auto &[problem, sizes] = shapes;
  facts.emplace_back("Q", tensor({sizes.batch, problem.headsQ, sizes.seqQ,
                                  problem.headDimQK}));
  facts.emplace_back("K", tensor({sizes.batch, problem.headsKV, sizes.seqKV,
                                  problem.headDimQK}));
  facts.emplace_back("V", tensor({sizes.batch, problem.headsKV, sizes.seqKV,
                                  problem.headDimV}));
  facts.emplace_back("Element type", std::string(spelling(problem.dtype)));
  bool unknown = !problem.mask.empty() && problem.maskSummary.density >= 1;
  facts.emplace_back(
      "Kept pairs",
      unknown ? "depends on captured values; rates count all pairs"
              : formatNumber(100 * problem.maskSummary.density) + " %");
}

} // namespace

FactList describeRun(const Report &report) {
  const RecordContext &context = report.topic.context;
  FactList facts;
  facts.emplace_back("Device", context.device);
  if (metricOf(report) != Metric::Seconds)
    facts.emplace_back("Numbers", "issue cycles of an emulated device: counts, "
                                  "not seconds");
  std::string hardware = context.hardwareKey;
  if (report.run && !report.run->hardwareName.empty())
    hardware += ", " + report.run->hardwareName;
  facts.emplace_back("Compiled for", hardware);
  if (std::optional<Shapes> shapes = readShapes(report))
    describeShapes(*shapes, facts);
  facts.emplace_back("Problem key", context.problemKey);
  facts.emplace_back("Compiler", context.compiler);
  facts.emplace_back("Verifier", context.verifier);
  if (report.run) {
    facts.emplace_back("Proposer", report.run->proposer);
    facts.emplace_back("Last run", report.run->startedAt);
    facts.emplace_back("Command", report.run->command);
  }
  facts.emplace_back("Runs in this file", std::to_string(report.runs));
  std::erase_if(facts, [](const auto &fact) { return fact.second.empty(); });
  return facts;
}

FactList listKnobs(const Schedule &schedule) {
  FactList facts;
  forEachKnob(schedule, [&](const char *key, const auto &value) {
    facts.emplace_back(key, printValue(value));
  });
  return facts;
}

std::vector<FallenGroup> groupFallen(const Report &report) {
  std::vector<FallenGroup> groups;
  for (const CandidateRecord &record : report.candidates) {
    if (record.outcome == Outcome::Accepted)
      continue;
    auto found = std::find_if(groups.begin(), groups.end(), [&](auto &group) {
      return group.outcome == record.outcome && group.code == record.code;
    });
    if (found != groups.end())
      ++found->count;
    else
      groups.push_back({record.outcome, record.code, 1, record.text,
                        toString(record.schedule)});
  }
  std::sort(groups.begin(), groups.end(), [](auto &a, auto &b) {
    return a.count != b.count ? a.count > b.count : a.code < b.code;
  });
  return groups;
}

std::string titleOf(const Report &report) {
  return report.topic.problemName.empty() ? report.topic.context.problemKey
                                          : report.topic.problemName;
}

std::string bestTime(const Report &report) {
  return report.bestTiming ? formatMedian(*report.bestTiming) : std::string();
}

Metric metricOf(const Report &report) {
  return report.bestTiming ? report.bestTiming->metric : Metric::Seconds;
}

std::string bestRate(const Report &report) {
  std::optional<Shapes> shapes = readShapes(report);
  if (!shapes || !report.bestTiming || metricOf(report) != Metric::Seconds)
    return "";
  double rate = attentionFlops(shapes->problem, shapes->sizes) /
                report.bestTiming->median;
  return rate >= 1e12 ? formatNumber(rate / 1e12) + " TFLOP/s"
                      : formatNumber(rate / 1e9) + " GFLOP/s";
}

double speedupOverFirst(const Report &report) {
  if (!report.best)
    return 0;
  const Timing &best = *report.candidates[*report.best].timing;
  for (const CandidateRecord &record : report.candidates)
    if (record.timing)
      return record.timing->median / best.median;
  return 0;
}

size_t countOf(const Report &report, Outcome outcome) {
  return static_cast<size_t>(
      std::count_if(report.candidates.begin(), report.candidates.end(),
                    [&](auto &record) { return record.outcome == outcome; }));
}

} // namespace kgen::search
