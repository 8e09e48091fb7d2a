//===- Service.h - What kgen-verify is made of -----------------------------===//
#ifndef KGEN_VERIFIER_SERVICE_H
#define KGEN_VERIFIER_SERVICE_H

#include "kgen/Verifier/Protocol.h"

#include <functional>
#include <string>
#include <vector>

namespace kgen {

/// Opens the device ("cpu", "cuda:0") and serves the protocol on two file
/// descriptors until end of file. A device that cannot be opened is the answer
/// to every request. Returns the process' exit status.
int serveDevice(const std::string &device, int input, int output);

/// One line for each device that this machine has.
Expected<std::vector<std::string>> listDevices();

/// The problem in an artefact's info text (key "problem").
Expected<Problem> problemOfArtifact(const std::string &path);

/// Honest kernels that must be accepted and mutants that must be rejected.
struct SelfTestResult {
  int64_t honest = 0, honestAccepted = 0;
  int64_t mutants = 0, mutantsKilled = 0;
  bool passed() const {
    return honest == honestAccepted && mutants == mutantsKilled;
  }
};
/// Runs the verifier on its own mutants; calls `report` with a line for each.
/// Needs no device. Takes about half a minute on two cores.
SelfTestResult runSelfTest(const std::function<void(const std::string &)> &report);

} // namespace kgen

#endif // KGEN_VERIFIER_SERVICE_H
