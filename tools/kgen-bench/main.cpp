//===- main.cpp - kgen-bench: times artefacts against each other -----------===//
//
// kgen-bench BASE.kgen OTHER.kgen... [--json=FILE] [options of kgen-verify]
//
// Verifies every artefact, then times each of the others against the first one,
// in turn, in the same worker and on the same random tensors. All of them must
// be of the same problem. A ratio below 1: faster than the first. Only accepted
// kernels are timed. --json appends one line a comparison. Exit status: 0 all
// accepted, 1 one was rejected, 2 one could not be judged.
//
//===----------------------------------------------------------------------===//

#include "../kgen-verify/Arguments.h"

#include "kgen/Verifier/Client.h"
#include "kgen/Verifier/Service.h"
#include "nlohmann/json.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

using namespace kgen;

namespace {

constexpr const char *kBenchUsage =
    "usage: kgen-bench BASE.kgen OTHER.kgen... [--json=FILE] [options of "
    "kgen-verify]\n"
    "Verifies each artefact, then times each against the first, interleaved.\n"
    "--json=FILE appends each comparison as a line of JSON.\n"
    "\nexit status: 0 all accepted, 1 one rejected, 2 one not judged\n";

int fail(const Error &error) {
  std::fprintf(stderr, "kgen-bench: %s\n", error.message().c_str());
  return 2;
}

/// kgen-verify's request for one artefact with the given options.
Expected<VerifyRequest> requestFor(const char *artifact,
                                   std::vector<char *> options) {
  std::vector<char *> argv = {const_cast<char *>("kgen-bench"),
                              const_cast<char *>(artifact)};
  argv.insert(argv.end(), options.begin(), options.end());
  Expected<ToolArguments> arguments =
      parseArguments(static_cast<int>(argv.size()), argv.data());
  if (!arguments)
    return arguments.error();
  return makeRequest(*arguments);
}

/// Verifies and keeps the artefact loaded under its path; the exit status.
int verify(WorkerClient &client, const char *artifact, VerifyRequest request) {
  request.id = artifact;
  request.options.time = false;
  Verdict verdict = client.verify(request);
  if (!verdict.accepted())
    std::printf("%s\n%s", artifact, toString(verdict).c_str());
  return static_cast<int>(verdict.status);
}

/// What is on the command line.
struct BenchOptions {
  std::vector<char *> artifacts, verifier;
  std::string device = "cpu", jsonPath, sizes;
};

BenchOptions readOptions(int argc, char **argv) {
  BenchOptions options;
  for (int i = 1; i < argc; ++i) {
    std::string_view text = argv[i];
    if (text.starts_with("--json=")) {
      options.jsonPath = text.substr(7);
      continue;
    }
    if (text.starts_with("--device="))
      options.device = text.substr(9);
    if (text.starts_with("--sizes="))
      options.sizes = text.substr(8);
    (text.starts_with("--") ? options.verifier : options.artifacts)
        .push_back(argv[i]);
  }
  return options;
}

nlohmann::ordered_json timingJson(const Timing &timing) {
  nlohmann::ordered_json json = {{"median_ms", timing.medianMs},
                                 {"mad_ms", timing.madMs},
                                 {"p10_ms", timing.p10Ms},
                                 {"p90_ms", timing.p90Ms},
                                 {"samples", timing.samples}};
  if (timing.smClockMhz)
    json["sm_clock_mhz"] = *timing.smClockMhz;
  return json;
}

/// Appends one comparison to the JSON lines; false if that failed.
bool record(WorkerClient &client, const BenchOptions &options, const char *base,
            const char *other, const PairTiming &timing) {
  if (options.jsonPath.empty())
    return true;
  nlohmann::ordered_json line = {{"base", base},
                                 {"other", other},
                                 {"device", options.device},
                                 {"sizes", options.sizes},
                                 {"ratio", timing.ratio},
                                 {"ratio_mad", timing.ratioMad},
                                 {"bursts", timing.bursts},
                                 {"base_time", timingJson(timing.incumbent)},
                                 {"other_time", timingJson(timing.candidate)}};
  if (Expected<WorkerHello> hello = client.hello())
    line["machine"] = hello->name + " (" + hello->arch + ")";
  std::ofstream file(options.jsonPath, std::ios::app);
  file << line.dump() << std::endl;
  return file.good();
}

int compare(WorkerClient &client, const BenchOptions &options, const char *base,
            const char *other, const VerifyRequest &request) {
  TimePairRequest pair;
  pair.candidate = other;
  pair.incumbent = base;
  pair.seed = request.options.seed;
  pair.timeSeconds = request.options.timeSeconds;
  pair.floorSeconds = request.options.floorSeconds;
  Expected<PairTiming> timing = client.timePair(pair);
  if (!timing)
    return fail(timing.error());
  std::printf("%s: %.4f ms, base %.4f ms, ratio %.4f +- %.4f (%lld bursts)\n",
              other, timing->candidate.medianMs, timing->incumbent.medianMs,
              timing->ratio, timing->ratioMad,
              static_cast<long long>(timing->bursts));
  if (!record(client, options, base, other, *timing))
    return fail(Error(ErrorCode::FileNotWritten, "'" + options.jsonPath + "'"));
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  BenchOptions options = readOptions(argc, argv);
  const std::vector<char *> &artifacts = options.artifacts;
  if (artifacts.empty()) {
    std::fputs(kBenchUsage, stdout);
    return 2;
  }
  if (isEmulatedDevice(options.device))
    return fail(Error(ErrorCode::NoClock, "--device=" + options.device +
                                              ": kgen-bench compares times"));
  WorkerOptions worker;
  worker.command.front() = workerBeside();
  worker.device = options.device;
  WorkerClient client(worker);
  int status = 0;
  std::vector<VerifyRequest> requests;
  for (const char *artifact : artifacts) {
    Expected<VerifyRequest> request = requestFor(artifact, options.verifier);
    if (!request)
      return fail(request.error());
    status = std::max(status, verify(client, artifact, *request));
    requests.push_back(std::move(*request));
  }
  if (status != 0)
    return status;
  for (size_t i = 1; i < artifacts.size(); ++i)
    status = std::max(status,
                      compare(client, options, artifacts[0], artifacts[i],
                              requests[i]));
  return status;
}
