//===- SyntheticServices.h - A compiler and a machine out of arithmetic ---===//
#ifndef KGEN_TEST_UNIT_SEARCH_SYNTHETICSERVICES_H
#define KGEN_TEST_UNIT_SEARCH_SYNTHETICSERVICES_H

#include "kgen/Schedule/Json.h"
#include "kgen/Schedule/Legality.h"
#include "kgen/Search/Search.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <unistd.h>
#include <vector>

namespace kgen::search {

/// A causal bf16 problem on the H100 table.
SearchTask makeTask();

/// Seconds of a schedule: smooth, with its minimum at `optimum`, plus up to
/// 0.5 % that depends on the schedule only. No two runs differ.
double syntheticSeconds(const Schedule &schedule, const Schedule &optimum);

/// An artefact is the schedule's JSON. `failure` may make candidates fail.
class SyntheticCompiler final : public CompileService {
public:
  Expected<Artifact> compile(const Schedule &schedule) override;
  std::string compilerVersion() const override { return version; }

  std::string version = "synthetic 1";
  std::function<std::optional<Error>(const Schedule &)> failure;
  /// Fingerprint of an artefact; the default is none.
  std::function<std::string(const Schedule &)> fingerprint;
  size_t calls = 0;
};

class SyntheticMeasurer final : public MeasureService {
public:
  explicit SyntheticMeasurer(const Schedule &optimum) : optimum(optimum) {}

  Expected<MeasureIdentity> identify() override;
  Measurement measure(const Artifact &artifact,
                      const MeasureOptions &options) override;
  void setIncumbent(const Artifact &artifact) override;
  Expected<Comparison> compare(const Artifact &first, const Artifact &second,
                               const MeasureOptions &options) override;

  Schedule optimum;
  MeasureIdentity identity{"synthetic device", "synthetic verifier 1"};
  std::optional<Error> identifyFailure;
  /// A verdict other than accepted for some schedules.
  std::function<std::optional<Measurement>(const Schedule &)> verdict;
  /// Factor by which a first measurement is off (the compare is not).
  std::function<double(const Schedule &)> error;
  /// Counts of a schedule's kernel; the default is none.
  std::function<KernelFeatures(const Schedule &)> features;
  std::function<void()> onMeasure; ///< for clocks and stop flags
  std::optional<Error> compareFailure;
  /// Counts in place of times: `identity.metric` and every measurement.
  void emulate();
  size_t measured = 0, compared = 0;
  std::vector<std::string> incumbents;
};

/// A directory of its own for one test, removed with what is in it.
class TemporaryDirectory {
public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  std::string file(const std::string &name) const { return path + "/" + name; }

private:
  std::string path;
};

std::string readFile(const std::string &path);
void writeFile(const std::string &path, const std::string &text);

/// A record that was accepted with this time.
CandidateRecord acceptedRecord(const Schedule &schedule, double seconds);

} // namespace kgen::search

#endif // KGEN_TEST_UNIT_SEARCH_SYNTHETICSERVICES_H
