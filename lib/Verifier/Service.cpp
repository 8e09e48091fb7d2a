//===- Service.cpp - What kgen-verify is made of ---------------------------===//

#include "kgen/Verifier/Service.h"

#include "HostDevice.h"
#include "JsonFields.h"
#include "Mutants.h"
#include "RuntimeDevice.h"
#include "Worker.h"
#include "kgen/Schedule/Json.h"

namespace kgen {

int serveDevice(const std::string &device, int input, int output) {
  return serveWorker(openRuntimeDevice(device), input, output);
}

Expected<std::vector<std::string>> listDevices() {
  Expected<std::vector<std::string>> lines = listRuntimeDevices();
  if (!lines)
    return lines;
  // A machine without the emulator has its hardware all the same.
  if (Expected<std::vector<std::string>> emulated = listRuntimeEmulated())
    lines->insert(lines->end(), emulated->begin(), emulated->end());
  return lines;
}

Expected<std::vector<std::string>> listEmulatedDevices() { return listRuntimeEmulated(); }

bool isEmulatedDevice(std::string_view device) { return device.starts_with("emulated:"); }

ProblemSizes defaultSizes(const Problem &problem, std::string_view device) {
  if (!isEmulatedDevice(device))
    return nominalSizes(problem);
  Problem small = problem;
  for (auto [size, value] : {std::pair(&small.batch, 2), std::pair(&small.seqQ, 197),
                             std::pair(&small.seqKV, 203)})
    if (*size == kDynamicSize)
      *size = value;
  return nominalSizes(small);
}

double defaultLimitSeconds(std::string_view device) {
  return isEmulatedDevice(device) ? 1800 : VerifyOptions().limitSeconds;
}

Expected<Problem> problemOfArtifact(const std::string &path) {
  Expected<std::string> info = readArtifactInfo({path, {}});
  if (!info)
    return info.error();
  Json json = Json::parse(*info, nullptr, false);
  if (!json.is_object() || !json.contains("problem"))
    return Error(ErrorCode::ArtifactMismatch,
                 "'" + path + "' carries no problem; give one with --problem");
  return parseProblem(json["problem"].dump());
}

Expected<std::string> archOfArtifact(const std::string &path) {
  return readArtifactArch({path, {}});
}

Expected<std::string> describeProgram(const std::string &path, const std::string &device) {
  return describeRuntimeProgram({path, {}}, device);
}

static bool isAsExpected(const MutantCase &one, const Verdict &verdict) {
  if (!one.expected)
    return verdict.accepted();
  return verdict.status == VerdictStatus::Rejected && verdict.code == one.expected;
}

SelfTestResult runSelfTest(const std::function<void(const std::string &)> &report) {
  HostDevice device;
  CaseCache cache;
  SelfTestResult result;
  for (const MutantCase &one : mutantSuite()) {
    MutantProblem problem =
        one.isCausal ? causalMutantProblem(one.dtype) : plainMutantProblem(one.dtype);
    auto kernel = makeMutant(problem, one.style, one.fault);
    VerifyOptions options;
    options.repeats = 2;
    Verdict verdict = verifyKernel(
        device, cache, {kernel.get(), problem.problem, problem.sizes}, options);
    bool isRight = isAsExpected(one, verdict);
    ++(one.expected ? result.mutants : result.honest);
    (one.expected ? result.mutantsKilled : result.honestAccepted) += isRight;
    std::string outcome(spelling(verdict.status));
    if (verdict.code)
      outcome += " " + formatCode(*verdict.code);
    std::string line = (isRight ? "ok    " : "WRONG ") + one.name + ": " + outcome;
    for (const std::string &hint : verdict.hints)
      line += "; " + hint;
    if (!isRight)
      line += "\n" + toString(verdict);
    report(line);
  }
  return result;
}

} // namespace kgen
