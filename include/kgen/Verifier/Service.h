//===- Service.h - What kgen-verify is made of -----------------------------===//
#ifndef KGEN_VERIFIER_SERVICE_H
#define KGEN_VERIFIER_SERVICE_H

#include "kgen/Verifier/Protocol.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kgen {

/// Opens the device ("cpu", "cuda:0", "emulated:sm_80") and serves the protocol on two file
/// descriptors until end of file. A device that cannot be opened is the answer
/// to every request. Returns the process' exit status.
int serveDevice(const std::string &device, int input, int output);

/// One line for each device that this machine has, then for each that can be
/// emulated (none without the emulator's library).
Expected<std::vector<std::string>> listDevices();
/// The emulated ones alone; fails, saying why, without the library.
Expected<std::vector<std::string>> listEmulatedDevices();

/// Whether a device's name is "emulated:ARCH...".
bool isEmulatedDevice(std::string_view device);
/// nominalSizes(), but small and ragged on an emulated device: B=2, Sq=197,
/// Skv=203. It executes a few million instructions in a second.
ProblemSizes defaultSizes(const Problem &problem, std::string_view device);
/// What a verification on the device may take, in seconds.
double defaultLimitSeconds(std::string_view device);

/// The problem in an artefact's info text (key "problem").
Expected<Problem> problemOfArtifact(const std::string &path);
/// The architecture that an artefact was compiled for, "sm_80".
Expected<std::string> archOfArtifact(const std::string &path);
/// A table of the program in an artefact before it runs: instructions by class,
/// declared memory and registers. `device`: "emulated:sm_80".
Expected<std::string> describeProgram(const std::string &path,
                                      const std::string &device);

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
