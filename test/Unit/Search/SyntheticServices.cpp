//===- SyntheticServices.cpp - A compiler and a machine out of arithmetic -===//

#include "SyntheticServices.h"

#include "kgen/Support/Hash.h"

#include <cmath>
#include <cstdlib>
#include <sstream>

namespace kgen::search {

SearchTask makeTask() {
  SearchTask task;
  task.problem.name = "causal";
  task.problem.dtype = ElementType::BF16;
  task.problem.batch = 4;
  task.problem.headsQ = task.problem.headsKV = 16;
  task.problem.seqQ = task.problem.seqKV = 4096;
  task.problem.headDimQK = task.problem.headDimV = 128;
  task.problem.scale = 0.0883883;
  task.problem.maskSummary = {0.5, true};
  task.sizes = nominalSizes(task.problem);
  task.hardware = *findHardware("h100");
  task.command = "unit test";
  return task;
}

double syntheticSeconds(const Schedule &schedule, const Schedule &optimum) {
  auto octaves = [](int64_t a, int64_t b) {
    return std::fabs(std::log2(double(std::max<int64_t>(a, 1)) /
                               double(std::max<int64_t>(b, 1))));
  };
  double slower = 0.20 * octaves(schedule.tileQ, optimum.tileQ) +
                  0.15 * octaves(schedule.tileKV, optimum.tileKV) +
                  0.10 * octaves(schedule.warps, optimum.warps) +
                  0.08 * std::abs(schedule.stagesK - optimum.stagesK) +
                  0.06 * std::abs(schedule.stagesV - optimum.stagesV) +
                  0.05 * (schedule.maxRegisters != optimum.maxRegisters) +
                  0.07 * (schedule.qOperand != optimum.qOperand) +
                  0.04 * (schedule.order != optimum.order) +
                  0.03 * (schedule.exp2 != optimum.exp2);
  double grain = double(hashBytes(toJson(schedule)) % 1000) / 1000 * 0.005;
  return 1e-3 * (1 + slower + grain);
}

Expected<Artifact> SyntheticCompiler::compile(const Schedule &schedule) {
  ++calls;
  if (failure)
    if (std::optional<Error> error = failure(schedule))
      return *error;
  Artifact artifact;
  artifact.bytes = toJson(schedule);
  artifact.fingerprint = fingerprint ? fingerprint(schedule) : "";
  artifact.resources.registersPerThread = 168;
  artifact.resources.codeBytes = 4096;
  return artifact;
}

Expected<MeasureIdentity> SyntheticMeasurer::identify() {
  if (identifyFailure)
    return *identifyFailure;
  return identity;
}

void SyntheticMeasurer::emulate() {
  identity.metric = Metric::EmulatedCycles;
  identity.device = "emulated synthetic device";
}

Measurement SyntheticMeasurer::measure(const Artifact &artifact,
                                       const MeasureOptions &options) {
  ++measured;
  if (onMeasure)
    onMeasure();
  Schedule schedule = *parseSchedule(artifact.bytes);
  if (verdict)
    if (std::optional<Measurement> other = verdict(schedule))
      return *other;
  Measurement measurement;
  measurement.verdict = Verdict::Accepted;
  Timing timing;
  timing.median = syntheticSeconds(schedule, optimum);
  if (error)
    timing.median *= error(schedule);
  timing.samples = 10;
  timing.metric = identity.metric;
  if (timing.metric == Metric::EmulatedCycles)
    timing.median *= 1e9;
  measurement.timing = timing;
  if (features)
    measurement.features = features(schedule);
  return measurement;
}

void SyntheticMeasurer::setIncumbent(const Artifact &artifact) {
  incumbents.push_back(artifact.bytes);
}

Expected<Comparison> SyntheticMeasurer::compare(const Artifact &first,
                                                const Artifact &second,
                                                const MeasureOptions &options) {
  ++compared;
  if (compareFailure)
    return *compareFailure;
  Comparison comparison;
  comparison.first.median =
      syntheticSeconds(*parseSchedule(first.bytes), optimum);
  comparison.second.median =
      syntheticSeconds(*parseSchedule(second.bytes), optimum);
  comparison.ratio =
      comparison.second.median / comparison.first.median;
  comparison.noise = 0.001;
  return comparison;
}

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "kgen-search-XXXXXX").string();
  path = mkdtemp(pattern.data());
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

std::string readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void writeFile(const std::string &path, const std::string &text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

CandidateRecord acceptedRecord(const Schedule &schedule, double seconds) {
  CandidateRecord record;
  record.schedule = schedule;
  record.outcome = Outcome::Accepted;
  record.timing.emplace().median = seconds;
  record.proposer = "test";
  return record;
}

} // namespace kgen::search
