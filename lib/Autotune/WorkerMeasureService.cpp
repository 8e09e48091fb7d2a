//===- WorkerMeasureService.cpp - The worker as the search sees it
//---------===//

#include "WorkerMeasureService.h"

#include "kgen/Schedule/CostModel.h"

namespace kgen {
namespace {

constexpr const char *kIncumbent = "incumbent";
/// Changes whenever a verdict may change for the same artefact.
constexpr const char *kVerifierVersion = "1";

search::Timing toSearchTiming(const Timing &timing) {
  search::Timing result;
  result.median = timing.medianMs * 1e-3;
  result.low = timing.p10Ms * 1e-3;
  result.high = timing.p90Ms * 1e-3;
  result.samples = timing.samples;
  result.clockMhz = timing.smClockMhz.value_or(0);
  return result;
}

/// Exact, so that there is no spread. Issue cycles take everything into account
/// that the emulator counts.
search::Timing toSearchTiming(const EmulatedCounts &counts) {
  search::Timing result;
  result.metric = search::Metric::EmulatedCycles;
  result.median = static_cast<double>(counts.issueCycles);
  result.low = result.high = result.median;
  result.samples = 1;
  return result;
}

KernelFeatures toFeatures(const EmulatedCounts &counts) {
  auto number = [](uint64_t count) { return static_cast<double>(count); };
  KernelFeatures features;
  features.instructions = number(counts.instructions);
  features.integer = number(counts.integerInstructions);
  features.floating = number(counts.floatInstructions);
  features.conversion = number(counts.conversionInstructions);
  features.transcendental = number(counts.transcendentalInstructions);
  features.tensorFlops = number(counts.tensorFlops);
  features.globalBytes = number(counts.globalBytes);
  features.sharedBytes = number(counts.sharedBytes);
  features.bankConflictCycles = number(counts.bankConflictCycles);
  return features;
}

search::Verdict toSearchVerdict(VerdictStatus status) {
  switch (status) {
  case VerdictStatus::Accepted:
    return search::Verdict::Accepted;
  case VerdictStatus::Rejected:
    return search::Verdict::Rejected;
  case VerdictStatus::Error:
    return search::Verdict::Error;
  }
  return search::Verdict::Error;
}

} // namespace

WorkerMeasureService::WorkerMeasureService(WorkerOptions options,
                                           Problem problem, ProblemSizes sizes,
                                           HardwareModel hardware)
    : client(std::move(options)), problem(std::move(problem)),
      sizes(std::move(sizes)),
      // What a mask keeps is an estimate, and a floor must not be one.
      leastSeconds(this->problem.mask.empty()
                       ? floorSeconds(this->problem, this->sizes, hardware)
                       : 0) {}

Expected<search::MeasureIdentity> WorkerMeasureService::identify() {
  Expected<WorkerHello> hello = client.hello();
  if (!hello)
    return hello.error();
  isEmulated = hello->emulated;
  if (!isEmulated)
    return search::MeasureIdentity{hello->name, kVerifierVersion};
  return search::MeasureIdentity{hello->name + " (" + hello->arch + ")",
                                 kVerifierVersion,
                                 search::Metric::EmulatedCycles};
}

search::Measurement
WorkerMeasureService::measure(const search::Artifact &artifact,
                              const search::MeasureOptions &options) {
  VerifyRequest request;
  request.artifact.bytes = artifact.bytes;
  request.problem = problem;
  request.sizes = sizes;
  request.options.seed = options.seed;
  request.options.time = true;
  request.options.floorSeconds = leastSeconds;
  request.options.limitSeconds = options.limitSeconds;
  if (hasIncumbent)
    request.options.incumbent = kIncumbent;
  Verdict verdict = client.verify(request);

  search::Measurement measurement;
  measurement.verdict = toSearchVerdict(verdict.status);
  measurement.code = verdict.code;
  measurement.text = verdict.reason;
  measurement.findings = verdict.hints;
  if (verdict.accepted() && verdict.timing) {
    measurement.timing = toSearchTiming(*verdict.timing);
    if (verdict.pair)
      measurement.timing->ratioToIncumbent = verdict.pair->ratio;
  }
  if (verdict.accepted() && verdict.counts) {
    measurement.timing = toSearchTiming(*verdict.counts);
    measurement.features = toFeatures(*verdict.counts);
    measurement.findings.push_back("emulated: " + inOneLine(*verdict.counts));
  }
  return measurement;
}

Expected<void> WorkerMeasureService::load(const std::string &id,
                                          const search::Artifact &artifact) {
  LoadRequest request;
  request.id = id;
  request.artifact.bytes = artifact.bytes;
  request.problem = problem;
  request.sizes = sizes;
  return client.load(request);
}

void WorkerMeasureService::setIncumbent(const search::Artifact &artifact) {
  if (isEmulated)
    return; // counts need no pairing
  if (hasIncumbent)
    (void)static_cast<bool>(client.unload(kIncumbent));
  // Without an incumbent candidates are timed alone: no reason to stop.
  hasIncumbent = static_cast<bool>(load(kIncumbent, artifact));
}

Expected<search::Comparison>
WorkerMeasureService::compare(const search::Artifact &first,
                              const search::Artifact &second,
                              const search::MeasureOptions &options) {
  client.restart();
  if (Expected<void> loaded = load("first", first); !loaded)
    return loaded.error();
  if (Expected<void> loaded = load("second", second); !loaded)
    return loaded.error();
  TimePairRequest request;
  request.candidate = "second";
  request.incumbent = "first";
  request.seed = options.seed;
  request.floorSeconds = leastSeconds;
  Expected<PairTiming> pair = client.timePair(request);
  (void)static_cast<bool>(client.unload("first"));
  (void)static_cast<bool>(client.unload("second"));
  if (!pair)
    return pair.error();
  search::Comparison comparison;
  comparison.first = toSearchTiming(pair->incumbent);
  comparison.second = toSearchTiming(pair->candidate);
  comparison.ratio = pair->ratio;
  comparison.noise = pair->ratioMad;
  return comparison;
}

} // namespace kgen
