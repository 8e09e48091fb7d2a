//===- Verification.cpp - From a loaded kernel to a verdict ----------------===//

#include "Verification.h"

#include "Compare.h"
#include "Hints.h"
#include "Rows.h"
#include "Timing.h"
#include "kgen/Schedule/Json.h"

#include <algorithm>
#include <chrono>
#include <unistd.h>

namespace kgen {

// A quarter of the machine's memory: seven families of a large shape fit, and a
// search that evicted them would run the oracle for every candidate.
CaseCache::CaseCache() {
  double bytes = double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGE_SIZE));
  limitBytes = static_cast<size_t>(std::max(bytes / 4, 1e9));
}

Expected<std::shared_ptr<const Case>>
CaseCache::get(const Problem &problem, const ProblemSizes &sizes,
               InputFamily family, const VerifyOptions &options) {
  std::string key = toJson(problem) + toJson(sizes);
  key.append(spelling(family)).append("/" + std::to_string(options.seed));
  key.append("/" + std::to_string(options.oracleWork));
  if (auto found = cases.find(key); found != cases.end())
    return found->second;
  ++missCount;
  auto made = makeCase(problem, sizes, family, options.seed, options.oracleWork);
  if (!made)
    return made;
  heldBytes += (*made)->footprint();
  cases[key] = *made;
  order.push_back(key);
  while (heldBytes > limitBytes && order.size() > 1) {
    heldBytes -= cases[order.front()]->footprint();
    cases.erase(order.front());
    order.pop_front();
  }
  return made;
}

std::string inWords(const ProblemSizes &sizes) {
  return "B=" + std::to_string(sizes.batch) + " Sq=" + std::to_string(sizes.seqQ) +
         " Skv=" + std::to_string(sizes.seqKV);
}

static Error invalid(const std::string &detail) {
  return Error(ErrorCode::InvalidVerifyRequest, detail);
}

Expected<void> checkOptions(const VerifyOptions &options) {
  if (options.repeats < 1 || options.repeats > 1000)
    return invalid("repeats is " + std::to_string(options.repeats) + ", must be 1..1000");
  if (!(options.oracleWork >= 0) || !(options.timeSeconds >= 0) ||
      !(options.floorSeconds >= 0) || options.timeSeconds > 3600)
    return invalid("oracle_work, time_seconds and floor_seconds must be finite and not negative");
  if (!(options.limitSeconds > 0) || options.limitSeconds > 86400)
    return invalid("limit_seconds must be in (0, 86400]");
  return {};
}

namespace {

/// One verification; fills the verdict as it goes.
class Verifier {
public:
  Verifier(Device &device, CaseCache &cache, const Subject &subject,
           const VerifyOptions &options)
      : device(device), cache(cache), subject(subject), options(options) {}

  Verdict run(const Subject *incumbent);

private:
  bool checkShapes();
  bool checkCase(const ProblemSizes &sizes, InputFamily family, int64_t repeats);
  bool checkRuns(LaunchFrame &frame, int64_t repeats);
  bool timeAccepted(const Subject *incumbent);
  bool countAccepted();
  Expected<LaunchFrame::Outputs> run(LaunchFrame &frame, std::string &where);
  bool fail(VerdictStatus status, const Error &error, const std::string &where);
  bool reject(const Error &error, const std::string &where) {
    return fail(VerdictStatus::Rejected, error, where);
  }
  // A guard's failure and an emulator's finding are the kernel's; anything else
  // is the device's.
  bool failRun(const Error &error, const std::string &where) {
    bool isKernels = error.code() == ErrorCode::RedZoneOverwritten ||
                     error.code() == ErrorCode::InputModified ||
                     error.code() == ErrorCode::EmulatorFinding;
    return fail(isKernels ? VerdictStatus::Rejected : VerdictStatus::Error, error, where);
  }
  void keepWorst(const ErrorReport &report);

  Device &device;
  CaseCache &cache;
  const Subject &subject;
  const VerifyOptions &options;
  uint64_t launches = 0; ///< so far: each has an interleaving of its own
  Verdict verdict;
};

bool Verifier::fail(VerdictStatus status, const Error &error,
                    const std::string &where) {
  verdict.status = status;
  verdict.code = error.code();
  std::string detail = error.detail();
  if (!where.empty())
    detail += " (" + where + ")";
  verdict.reason = Error(error.code(), detail).message();
  verdict.workerEnds = device.isLost();
  return false;
}

// Keeps the report that is nearest to its row allowance.
void Verifier::keepWorst(const ErrorReport &report) {
  auto nearness = [](const ErrorReport &r) { return r.worstRow / r.rowAllowance; };
  if (!verdict.worst || nearness(report) > nearness(*verdict.worst))
    verdict.worst = report;
}

// One run, in an interleaving that no earlier one had; `where` then names it.
Expected<LaunchFrame::Outputs> Verifier::run(LaunchFrame &frame, std::string &where) {
  const Case &now = frame.subject();
  where = "family " + std::string(spelling(now.family)) + ", " + inWords(now.sizes);
  std::string which = device.varyInterleaving(launches++);
  where += which.empty() ? "" : ", " + which;
  return frame.run(*subject.kernel);
}

bool Verifier::checkRuns(LaunchFrame &frame, int64_t repeats) {
  const Case &now = frame.subject();
  std::string where, whereDiffers;
  Expected<LaunchFrame::Outputs> first = run(frame, where);
  if (!first)
    return failRun(first.error(), where);
  int64_t differs = 0; // the first run that does
  for (int64_t i = 2; i <= repeats; ++i) {
    std::string whereAgain;
    Expected<LaunchFrame::Outputs> again = run(frame, whereAgain);
    if (!again)
      return failRun(again.error(), whereAgain);
    if (differs || *again == *first)
      continue;
    differs = i;
    whereDiffers = whereAgain;
  }
  verdict.runsChecked += repeats;
  // Before the outputs: a kernel that overwrote its inputs computes garbage.
  if (Expected<void> intact = frame.checkGuards(); !intact)
    return failRun(intact.error(), where);
  Comparison comparison = compareOutputs(subject.problem, now, *first);
  if (comparison.failure) {
    verdict.worst = comparison.report;
    verdict.hints = explain(subject.problem, now, comparison, *first);
    return reject(*comparison.failure, where);
  }
  keepWorst(comparison.report);
  if (differs)
    return reject(Error(ErrorCode::RunsDiffer, "run " + std::to_string(differs) +
                                                   " differs from the first"),
                  whereDiffers);
  return true;
}

bool Verifier::checkCase(const ProblemSizes &sizes, InputFamily family,
                         int64_t repeats) {
  auto made = cache.get(subject.problem, sizes, family, options);
  if (!made)
    return fail(VerdictStatus::Error, made.error(), inWords(sizes));
  auto frame = LaunchFrame::make(device, subject.problem, *made);
  if (!frame)
    return fail(VerdictStatus::Error, frame.error(), inWords(sizes));
  if (!checkRuns(**frame, repeats))
    return false;
  ++verdict.casesChecked;
  return true;
}

// Small shapes first: they are cheap, every row is compared, and most mistakes
// show there.
bool Verifier::checkShapes() {
  std::vector<InputFamily> families =
      options.families.empty() ? allInputFamilies() : options.families;
  std::vector<ProblemSizes> shapes;
  if (options.neighbours)
    shapes = raggedNeighbours(subject.problem, subject.sizes);
  shapes.push_back(subject.sizes);
  for (const ProblemSizes &sizes : shapes)
    for (InputFamily family : families) {
      bool isTarget = sizes == subject.sizes;
      int64_t repeats = isTarget ? options.repeats : std::min<int64_t>(2, options.repeats);
      if (!checkCase(sizes, family, repeats))
        return false;
    }
  return true;
}

static EmulatedCounts difference(const EmulatedCounts &after, const EmulatedCounts &before) {
  EmulatedCounts counts;
#define KGEN_COUNT(member, key, words) counts.member = after.member - before.member;
#include "kgen/Verifier/EmulatedCounts.def"
  return counts;
}

// What an emulated device has in place of a time: one launch, counted.
bool Verifier::countAccepted() {
  const std::string where = "while counting";
  auto data = cache.get(subject.problem, subject.sizes, InputFamily::Normal, options);
  if (!data)
    return fail(VerdictStatus::Error, data.error(), where);
  auto frame = LaunchFrame::make(device, subject.problem, *data);
  if (!frame)
    return fail(VerdictStatus::Error, frame.error(), where);
  device.varyInterleaving(0); // the same counts, whatever was checked before
  EmulatedCounts before = *device.counts();
  if (auto ran = (*frame)->run(*subject.kernel); !ran)
    return failRun(ran.error(), where);
  verdict.counts = difference(*device.counts(), before);
  return true;
}

bool Verifier::timeAccepted(const Subject *incumbent) {
  const std::string where = "while timing";
  auto failed = [&](const Error &error) {
    return fail(VerdictStatus::Error, error, where);
  };
  auto data = cache.get(subject.problem, subject.sizes, InputFamily::Normal, options);
  if (!data)
    return failed(data.error());
  auto frame = LaunchFrame::make(device, subject.problem, *data);
  if (!frame)
    return failed(frame.error());
  auto other = LaunchFrame::make(device, subject.problem, *data);
  if (!other)
    return failed(other.error());
  auto watch = Stopwatch::make(device);
  if (!watch)
    return failed(watch.error());
  auto before = (*frame)->run(*subject.kernel);
  if (!before)
    return failed(before.error());
  if (incumbent) {
    auto pair = (*watch)->timePair(*subject.kernel, **frame, *incumbent->kernel,
                                   **other, options.timeSeconds);
    if (!pair)
      return failed(pair.error());
    verdict.pair = *pair;
    verdict.timing = pair->candidate;
  } else {
    auto timing = (*watch)->time(*subject.kernel, **frame, options.timeSeconds);
    if (!timing)
      return failed(timing.error());
    verdict.timing = *timing;
  }
  auto after = (*frame)->readOutputs();
  if (!after)
    return failed(after.error());
  if (!(*after == *before))
    return reject(Error(ErrorCode::ChangedAfterTiming, "target shape, family normal"), where);
  if (Expected<void> intact = (*frame)->checkGuards(); !intact)
    return failRun(intact.error(), where);
  if (Expected<void> possible = checkFloor(*verdict.timing, options.floorSeconds); !possible)
    return failed(possible.error());
  return true;
}

Verdict Verifier::run(const Subject *incumbent) {
  auto start = std::chrono::steady_clock::now();
  bool right = false;
  if (auto checked = checkOptions(options); !checked)
    fail(VerdictStatus::Error, checked.error(), "");
  else if (auto sized = checkSizes(subject.problem, subject.sizes); !sized)
    fail(VerdictStatus::Error, sized.error(), "");
  else if (auto fits = subject.kernel->checkSignature(subject.problem); !fits)
    fail(VerdictStatus::Error, fits.error(), "");
  else
    right = checkShapes();
  if (right && options.time)
    right = device.counts() ? countAccepted() : timeAccepted(incumbent);
  if (right)
    verdict.status = VerdictStatus::Accepted;
  else
    verdict.timing.reset(), verdict.pair.reset(), verdict.counts.reset(); // a wrong run has no time
  verdict.verifySeconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return std::move(verdict);
}

} // namespace

Verdict verifyKernel(Device &device, CaseCache &cache, const Subject &subject,
                     const VerifyOptions &options, const Subject *incumbent) {
  return Verifier(device, cache, subject, options).run(incumbent);
}

} // namespace kgen
