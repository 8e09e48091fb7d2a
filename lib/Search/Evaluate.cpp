//===- Evaluate.cpp - One candidate, from schedule to record --------------===//

#include "Evaluate.h"

#include "Format.h"
#include "kgen/Schedule/Legality.h"

#include <cmath>

namespace kgen::search {
namespace {

Outcome outcomeOf(Verdict verdict) {
  switch (verdict) {
  case Verdict::Accepted:
    return Outcome::Accepted;
  case Verdict::Rejected:
    return Outcome::Rejected;
  case Verdict::Error:
    break;
  }
  return Outcome::Failed;
}

} // namespace

std::optional<CandidateRecord> checkCandidate(const SearchTask &task,
                                              const Schedule &schedule) {
  std::vector<Violation> violations =
      checkLegality(task.problem, schedule, task.hardware);
  if (violations.empty())
    return std::nullopt;
  CandidateRecord record;
  record.schedule = schedule;
  record.outcome = Outcome::Illegal;
  record.code = formatCode(violations.front().code);
  record.text = violations.front().detail;
  for (const Violation &violation : violations)
    record.findings.push_back(toString(violation));
  return record;
}

Compiled compileCandidate(CompileService &compiler, const Schedule &schedule) {
  Compiled compiled;
  compiled.record.schedule = schedule;
  Expected<Artifact> artifact = compiler.compile(schedule);
  if (!artifact) {
    compiled.record.outcome = Outcome::CompileFailed;
    compiled.record.code = formatCode(artifact.error().code());
    compiled.record.text = artifact.error().detail();
    // Who proposes the next schedule should read what to do about it.
    compiled.record.findings.emplace_back(
        errorSentence(artifact.error().code()));
    return compiled;
  }
  compiled.record.resources = artifact->resources;
  compiled.record.remarks = artifact->remarks;
  compiled.record.fingerprint = artifact->fingerprint;
  compiled.artifact = *std::move(artifact);
  return compiled;
}

void measureCandidate(MeasureService &measurer, const Artifact &artifact,
                      const MeasureOptions &options, double floor,
                      CandidateRecord &record) {
  Measurement measurement = measurer.measure(artifact, options);
  record.outcome = outcomeOf(measurement.verdict);
  record.findings = std::move(measurement.findings);
  if (record.outcome != Outcome::Accepted) {
    record.code = measurement.code ? formatCode(*measurement.code) : "";
    record.text = std::move(measurement.text);
    return;
  }
  // The smallest number wins a search: one that is none must not get in.
  double measured = measurement.timing ? measurement.timing->median : 0;
  if (!std::isfinite(measured) || measured <= 0) {
    record.outcome = Outcome::Failed;
    record.code = formatCode(ErrorCode::TimeBelowFloor);
    record.text = "accepted without a positive, finite time";
    return;
  }
  record.timing = measurement.timing;
  record.features = measurement.features;
  if (record.timing->metric == Metric::Seconds && measured < floor)
    record.findings.push_back(
        Error(ErrorCode::TimeBelowFloor, "has " + formatSeconds(measured) +
                                             ", floor " + formatSeconds(floor))
            .message());
}

} // namespace kgen::search
