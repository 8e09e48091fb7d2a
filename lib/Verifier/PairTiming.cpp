//===- PairTiming.cpp - Two accepted kernels in turn -----------------------===//

#include "Compare.h"
#include "Timing.h"
#include "Verification.h"

namespace kgen {
namespace {

/// One of the two kernels: its buffers and what it wrote before the timing.
struct Side {
  std::unique_ptr<LaunchFrame> frame;
  LaunchFrame::Outputs before;
};

} // namespace

// Fills buffers, runs once and checks the output: a fresh process starts from
// nothing, and a finalist that is wrong here has no time.
static Expected<Side> prepare(Device &device, const Subject &subject,
                              std::shared_ptr<const Case> data) {
  auto frame = LaunchFrame::make(device, subject.problem, data);
  if (!frame)
    return frame.error();
  auto outputs = (*frame)->run(*subject.kernel);
  if (!outputs)
    return outputs.error();
  Comparison comparison = compareOutputs(subject.problem, *data, *outputs);
  if (comparison.failure)
    return *comparison.failure;
  return Side{*std::move(frame), *std::move(outputs)};
}

static Expected<void> checkUnchanged(Side &side, const char *who) {
  auto after = side.frame->readOutputs();
  if (!after)
    return after.error();
  if (*after == side.before)
    return {};
  return Error(ErrorCode::ChangedAfterTiming, who);
}

static VerifyOptions optionsOf(const TimePairRequest &request) {
  VerifyOptions options;
  options.seed = request.seed;
  options.timeSeconds = request.timeSeconds;
  options.floorSeconds = request.floorSeconds;
  options.limitSeconds = request.limitSeconds;
  options.oracleWork = 0; // the fewest rows: both were accepted before
  return options;
}

Expected<PairTiming> timeInTurn(Device &device, CaseCache &cache,
                                const Subject &candidate, const Subject &incumbent,
                                const TimePairRequest &request) {
  if (!(candidate.problem == incumbent.problem) || !(candidate.sizes == incumbent.sizes))
    return Error(ErrorCode::InvalidVerifyRequest,
                 "candidate and incumbent were loaded for different problems or sizes");
  if (WorkerHello who = device.describe(); who.emulated)
    return Error(ErrorCode::NoClock, who.device + " was asked to time a pair");
  VerifyOptions options = optionsOf(request);
  if (auto checked = checkOptions(options); !checked)
    return checked.error();
  auto data = cache.get(candidate.problem, candidate.sizes, InputFamily::Normal, options);
  if (!data)
    return data.error();
  Expected<Side> first = prepare(device, candidate, *data);
  if (!first)
    return first.error();
  Expected<Side> second = prepare(device, incumbent, *data);
  if (!second)
    return second.error();
  auto watch = Stopwatch::make(device);
  if (!watch)
    return watch.error();
  auto pair = (*watch)->timePair(*candidate.kernel, *first->frame, *incumbent.kernel,
                                 *second->frame, request.timeSeconds);
  if (!pair)
    return pair;
  if (auto same = checkUnchanged(*first, "candidate"); !same)
    return same.error();
  if (auto same = checkUnchanged(*second, "incumbent"); !same)
    return same.error();
  if (auto possible = checkFloor(pair->candidate, request.floorSeconds); !possible)
    return possible.error();
  return pair;
}

} // namespace kgen
