//===- Verification.h - From a loaded kernel to a verdict ------------------===//
#ifndef KGEN_LIB_VERIFIER_VERIFICATION_H
#define KGEN_LIB_VERIFIER_VERIFICATION_H

#include "Case.h"
#include "LaunchFrame.h"

#include <deque>
#include <map>
#include <memory>
#include <string>

namespace kgen {

/// Cases of earlier verifications, so that the oracle runs once per search and
/// not once per candidate. Bounded by bytes; the oldest go first.
class CaseCache {
public:
  CaseCache();
  explicit CaseCache(size_t limitBytes) : limitBytes(limitBytes) {}
  Expected<std::shared_ptr<const Case>> get(const Problem &problem,
                                            const ProblemSizes &sizes,
                                            InputFamily family,
                                            const VerifyOptions &options);
  int64_t misses() const { return missCount; }

private:
  size_t limitBytes;
  size_t heldBytes = 0;
  int64_t missCount = 0;
  std::map<std::string, std::shared_ptr<const Case>> cases;
  std::deque<std::string> order;
};

/// A kernel with what it is for.
struct Subject {
  LoadedKernel *kernel = nullptr;
  Problem problem;
  ProblemSizes sizes;
};

/// Checks every case; then, if asked to, times the kernel (against `incumbent`
/// in turn, unless null). Never fails: what goes wrong is in the verdict.
Verdict verifyKernel(Device &device, CaseCache &cache, const Subject &subject,
                     const VerifyOptions &options,
                     const Subject *incumbent = nullptr);

/// Times two kernels of one problem in turn. Both outputs must still be what
/// they were before the timing.
Expected<PairTiming> timeInTurn(Device &device, CaseCache &cache,
                                const Subject &candidate,
                                const Subject &incumbent,
                                const TimePairRequest &request);

/// Refuses options and sizes out of range.
Expected<void> checkOptions(const VerifyOptions &options);

/// "B=2 Sq=127 Skv=65".
std::string inWords(const ProblemSizes &sizes);

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_VERIFICATION_H
