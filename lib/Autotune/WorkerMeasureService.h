//===- WorkerMeasureService.h - The worker as the search sees it
//-----------===//
#ifndef KGEN_AUTOTUNE_WORKERMEASURESERVICE_H
#define KGEN_AUTOTUNE_WORKERMEASURESERVICE_H

#include "kgen/Schedule/HardwareModel.h"
#include "kgen/Schedule/Problem.h"
#include "kgen/Search/MeasureService.h"
#include "kgen/Verifier/Client.h"

namespace kgen {

/// Measures artefacts of one problem at fixed sizes in a kgen-verify worker.
class WorkerMeasureService : public search::MeasureService {
public:
  WorkerMeasureService(WorkerOptions options, Problem problem,
                       ProblemSizes sizes, HardwareModel hardware);

  Expected<search::MeasureIdentity> identify() override;
  search::Measurement measure(const search::Artifact &artifact,
                              const search::MeasureOptions &options) override;
  void setIncumbent(const search::Artifact &artifact) override;
  Expected<search::Comparison>
  compare(const search::Artifact &first, const search::Artifact &second,
          const search::MeasureOptions &options) override;

private:
  Expected<void> load(const std::string &id, const search::Artifact &artifact);

  WorkerClient client;
  Problem problem;
  ProblemSizes sizes;
  double leastSeconds; ///< floor of the machine; a faster time is a fault
  bool hasIncumbent = false;
  bool isEmulated = false; ///< as the worker said
};

} // namespace kgen

#endif // KGEN_AUTOTUNE_WORKERMEASURESERVICE_H
