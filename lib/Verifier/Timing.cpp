//===- Timing.cpp - How long a launch takes --------------------------------===//

#include "Timing.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace kgen {

using Clock = std::chrono::steady_clock;

// Enough for a median and quantiles; a slow kernel gets fewer, never less than 3.
static constexpr int64_t kMostSamples = 2000;
static constexpr int64_t kFewestSamples = 3;
static constexpr int64_t kBurst = 3;
// Larger last-level caches than this are not flushed whole: 512 MiB.
static constexpr size_t kMaxFlushBytes = size_t(512) << 20;
static constexpr size_t kMinFlushBytes = size_t(4) << 20;

static double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

static double quantile(const std::vector<double> &sorted, double fraction) {
  double position = fraction * static_cast<double>(sorted.size() - 1);
  size_t below = static_cast<size_t>(position);
  size_t above = std::min(below + 1, sorted.size() - 1);
  double weight = position - static_cast<double>(below);
  return sorted[below] * (1 - weight) + sorted[above] * weight;
}

static double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return quantile(values, 0.5);
}

static double deviation(const std::vector<double> &values, double center) {
  std::vector<double> distances;
  for (double value : values)
    distances.push_back(std::fabs(value - center));
  return median(distances);
}

Timing summarise(std::vector<double> milliseconds, std::vector<double> clocks) {
  Timing timing;
  if (milliseconds.empty())
    return timing;
  std::sort(milliseconds.begin(), milliseconds.end());
  timing.medianMs = quantile(milliseconds, 0.5);
  timing.madMs = deviation(milliseconds, timing.medianMs);
  timing.minMs = milliseconds.front();
  timing.p10Ms = quantile(milliseconds, 0.1);
  timing.p90Ms = quantile(milliseconds, 0.9);
  timing.samples = static_cast<int64_t>(milliseconds.size());
  if (!clocks.empty())
    timing.smClockMhz = median(std::move(clocks));
  return timing;
}

Expected<void> checkFloor(const Timing &timing, double floorSeconds) {
  if (timing.medianMs * 1e-3 >= floorSeconds && timing.medianMs > 0)
    return {};
  char text[128];
  std::snprintf(text, sizeof(text), "measured %.4g ms, the machine needs at least %.4g ms",
                timing.medianMs, floorSeconds * 1e3);
  return Error(ErrorCode::FasterThanMachine, text);
}

Expected<std::unique_ptr<Stopwatch>> Stopwatch::make(Device &device) {
  size_t l2 = static_cast<size_t>(std::max<int64_t>(0, device.describe().l2Bytes));
  size_t bytes = std::clamp(2 * l2, kMinFlushBytes, kMaxFlushBytes);
  Expected<void *> buffer = device.allocate(bytes);
  if (!buffer)
    return buffer.error();
  return std::unique_ptr<Stopwatch>(new Stopwatch(device, *buffer, bytes));
}

Stopwatch::~Stopwatch() { device.release(flushBuffer); }

Expected<double> Stopwatch::sample(LoadedKernel &kernel, const LaunchFrame &frame,
                                   std::vector<double> &clocks) {
  if (auto done = device.fill(flushBuffer, 0, flushBytes); !done)
    return done.error();
  if (auto done = device.synchronize(); !done)
    return done.error();
  Expected<double> milliseconds = device.timeLaunch(kernel, frame.arguments());
  if (std::optional<double> mhz = device.clockMhz())
    clocks.push_back(*mhz);
  return milliseconds;
}

Expected<void> Stopwatch::warmUp(LoadedKernel &kernel, const LaunchFrame &frame,
                                 double seconds) {
  std::vector<double> clocks;
  auto start = Clock::now();
  for (int64_t i = 0; i < 3 || secondsSince(start) < 0.1 * seconds; ++i) {
    if (Expected<double> one = sample(kernel, frame, clocks); !one)
      return one.error();
    if (secondsSince(start) > seconds)
      break;
  }
  return {};
}

Expected<Timing> Stopwatch::time(LoadedKernel &kernel, const LaunchFrame &frame,
                                 double seconds) {
  if (auto warm = warmUp(kernel, frame, seconds); !warm)
    return warm.error();
  std::vector<double> samples, clocks;
  auto start = Clock::now();
  for (int64_t i = 0; i < kMostSamples; ++i) {
    if (i >= kFewestSamples && secondsSince(start) > seconds)
      break;
    Expected<double> one = sample(kernel, frame, clocks);
    if (!one)
      return one.error();
    samples.push_back(*one);
  }
  return summarise(std::move(samples), std::move(clocks));
}

Expected<PairTiming> Stopwatch::timePair(LoadedKernel &candidate,
                                         const LaunchFrame &candidateFrame,
                                         LoadedKernel &incumbent,
                                         const LaunchFrame &incumbentFrame,
                                         double seconds) {
  struct Side {
    LoadedKernel *kernel;
    const LaunchFrame *frame;
    std::vector<double> samples, clocks, burst;
  } sides[2] = {{&candidate, &candidateFrame, {}, {}, {}},
                {&incumbent, &incumbentFrame, {}, {}, {}}};
  for (Side &side : sides)
    if (auto warm = warmUp(*side.kernel, *side.frame, 0.5 * seconds); !warm)
      return warm.error();
  std::vector<double> ratios;
  auto start = Clock::now();
  for (int64_t burst = 0; burst * kBurst < kMostSamples; ++burst) {
    if (burst >= kFewestSamples && secondsSince(start) > seconds)
      break;
    for (int turn = 0; turn < 2; ++turn) { // A B, then B A: drift cancels
      Side &side = sides[(burst + turn) % 2];
      side.burst.clear();
      for (int64_t i = 0; i < kBurst; ++i) {
        Expected<double> one = sample(*side.kernel, *side.frame, side.clocks);
        if (!one)
          return one.error();
        side.burst.push_back(*one);
        side.samples.push_back(*one);
      }
    }
    double below = median(sides[1].burst);
    ratios.push_back(below > 0 ? median(sides[0].burst) / below : 1);
  }
  PairTiming pair;
  pair.candidate = summarise(std::move(sides[0].samples), std::move(sides[0].clocks));
  pair.incumbent = summarise(std::move(sides[1].samples), std::move(sides[1].clocks));
  pair.bursts = static_cast<int64_t>(ratios.size());
  pair.ratio = median(ratios);
  pair.ratioMad = deviation(ratios, pair.ratio);
  return pair;
}

} // namespace kgen
