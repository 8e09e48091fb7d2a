//===- CostModel.cpp - An order of candidates, not a prediction -----------===//
//
// A roofline per processor: matrix unit (or the reads from shared memory that
// feed it), exp2 unit, vector pipes and memory, for the busiest processor. What
// several resident workgroups can hide from each other is hidden; the rest adds
// up. Constants that no table gives stand here with their reason.
//
//===----------------------------------------------------------------------===//

#include "kgen/Schedule/CostModel.h"

#include "CostWork.h"
#include "Legality/Rules.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <utility>

namespace kgen {
namespace {

// Share of the matrix rate that the target's instructions can reach: mma.sync
// stays near 0.6 of wgmma's rate on sm_90 and near 0.9 before it
// (FlashAttention 2 on H100 and A100 against the data sheets); MFMA fed from
// LDS near half. Of wgmma, what Nsight Compute counted on an H100 (head
// dimension 128, 16384 keys; bench/results/h100-wgmma).
double reachableMatrixShare(const Problem &problem,
                            const HardwareModel &hardware) {
  if (problem.dtype == ElementType::F32)
    return 0.7; // FMAs between loads of their operands
  switch (hardware.target) {
  case TargetKind::Nvvm:
    if (legality::hasRoles(hardware, problem.dtype))
      return 0.83;
    return hardware.computeCapability >= 90 ? 0.6 : 0.9;
  case TargetKind::Rocdl:
    return 0.5;
  case TargetKind::Cpu:
    return 0.7;
  }
  return 1;
}

// Clocks of a kv step that nothing hides in one workgroup: barriers, waits, and
// the chain from score to row maximum to exp2; more when loads are not ahead.
constexpr double kStepClocks = 300;
constexpr double kUnhiddenLoadClocks = 600;
// Clocks from one instruction of a warp to its next in kernels with roles: the
// main loops of four take 10360 for 2041 (bench/results/h100-wgmma/stalls.txt).
// Only the other warps of a scheduler fill them.
constexpr double kIssueClocks = 5;
// A launch, and on the CPU the wake-up of the threads.
constexpr double kLaunchSeconds = 4e-6;
// Share of one longest query tile that ends alone, when long tiles come last or
// first.
constexpr double kLinearTail = 0.4;
constexpr double kLongestFirstTail = 0.1;

double asDouble(int64_t value) { return static_cast<double>(value); }

// Rates of one processor, per second.
struct ProcessorRates {
  double matrixFlops, vectorOps, exp2, clock;
};

ProcessorRates ratesOf(const Problem &problem, const HardwareModel &hardware) {
  double processors = asDouble(hardware.processors);
  bool f32 = problem.dtype == ElementType::F32;
  double matrix = f32 ? hardware.vectorTflops32 : hardware.matrixTflops16;
  return {matrix * 1e12 / processors * reachableMatrixShare(problem, hardware),
          hardware.vectorTflops32 * 1e12 / 2 / processors,
          hardware.exp2GopsPerProcessor * 1e9, hardware.clockGhz * 1e9};
}

// Register-blocked products on the CPU lose the edges of small tiles, and L1
// misses when a kv tile does not fit it.
double cpuTileEfficiency(const Problem &problem, const Schedule &schedule,
                         const HardwareModel &hardware) {
  double edges = asDouble(schedule.tileQ) / asDouble(schedule.tileQ + 8) *
                 asDouble(schedule.tileKV) / asDouble(schedule.tileKV + 16);
  int64_t keyBytes = schedule.tileKV * problem.headDimQK * 4;
  return keyBytes <= hardware.l1Bytes ? edges : 0.8 * edges;
}

/// The rate of vector operations over what `warps` warps of a processor reach
/// of it, at least 1.
double vectorSlowdown(const Problem &problem, const HardwareModel &hardware,
                      const ProcessorRates &rates, double warps) {
  if (!legality::hasRoles(hardware, problem.dtype))
    return 1;
  double reached =
      warps * asDouble(hardware.lanes) / kIssueClocks * rates.clock;
  return std::max(rates.vectorOps / reached, 1.0);
}

// Time of one workgroup's work on its processor, without memory.
struct BlockSeconds {
  double matrix, feed, exp2, vector, step;
};

BlockSeconds blockSeconds(const Problem &problem, const Schedule &schedule,
                          const HardwareModel &hardware, const BlockWork &work,
                          const ProcessorRates &rates,
                          const CostFactors &factors) {
  BlockSeconds seconds{};
  seconds.matrix = matrixFlops(problem, schedule, work) / rates.matrixFlops;
  if (hardware.target == TargetKind::Cpu)
    seconds.matrix /= cpuTileEfficiency(problem, schedule, hardware);
  else
    seconds.feed = factors.shared * feedBytes(problem, schedule, work) /
                   (kSharedBytesPerClock * rates.clock);
  // wgmma reads its operands itself: a part of its own, which may hide beneath
  // others. Elsewhere products wait for what feeds them.
  if (!legality::hasRoles(hardware, problem.dtype))
    seconds.matrix = std::max(seconds.matrix, std::exchange(seconds.feed, 0));
  seconds.exp2 = factors.exp2 * exp2Results(work) / rates.exp2;
  seconds.vector = factors.vector *
                   (vectorOperations(problem, schedule, work) -
                    joinedOperations(schedule, work)) /
                   rates.vectorOps;
  if (hardware.target != TargetKind::Cpu) {
    double clocks = kStepClocks;
    if (std::min(schedule.stagesK, schedule.stagesV) < 2)
      clocks += kUnhiddenLoadClocks;
    seconds.step = work.steps * clocks / rates.clock;
  }
  return seconds;
}

double memorySeconds(const Problem &problem, const ProblemSizes &sizes,
                     const HardwareModel &hardware, const BlockWork &work,
                     double blocks) {
  double bytes = asDouble(byteSize(problem.dtype));
  double dims = asDouble(problem.headDimQK + problem.headDimV);
  double queries =
      asDouble(sizes.batch * problem.headsQ) * asDouble(sizes.seqQ) * dims;
  double keys =
      asDouble(sizes.batch * problem.headsKV) * asDouble(sizes.seqKV) * dims;
  double dram = (queries + keys) * bytes / (hardware.memoryGBps * 1e9);
  double l2 = blocks * work.columns * dims * bytes /
              (hardware.memoryGBps * 1e9 * kL2OverDram);
  return std::max(dram, l2);
}

// The longest part, and of the others what cannot hide beneath it.
double overlapped(std::initializer_list<double> parts, double hidden) {
  double longest = std::max(parts);
  double sum = 0;
  for (double part : parts)
    sum += part;
  return longest + (1 - hidden) * (sum - longest);
}

// Where roles part, a warp's exponentials come after its maxima: up to head
// dimension 128 both together take longer than the products.
double overlappedParts(const CostEstimate &cost, bool roles, double feed,
                       double hidden) {
  if (roles)
    return overlapped({cost.matrixSeconds, feed,
                       cost.exp2Seconds + cost.vectorSeconds,
                       cost.memorySeconds},
                      hidden);
  return overlapped({cost.matrixSeconds, cost.exp2Seconds, cost.vectorSeconds,
                     cost.memorySeconds},
                    hidden);
}

// Pairs per head and batch that the mask keeps at these sizes for certain: the
// density is known at the nominal sizes only, and what a mask keeps there it
// keeps in the part that both have in common, at worst less all of the rest.
double surelyKeptPairs(const Problem &problem, const ProblemSizes &sizes) {
  double pairs = asDouble(sizes.seqQ) * asDouble(sizes.seqKV);
  double density = problem.maskSummary.density;
  if (density >= 1)
    return pairs;
  ProblemSizes nominal = nominalSizes(problem);
  double nominalPairs = asDouble(nominal.seqQ) * asDouble(nominal.seqKV);
  double common = asDouble(std::min(sizes.seqQ, nominal.seqQ)) *
                  asDouble(std::min(sizes.seqKV, nominal.seqKV));
  return std::max(density * nominalPairs - (nominalPairs - common), 0.0);
}

} // namespace

CostEstimate estimateCost(const Problem &problem, const ProblemSizes &sizes,
                          const Schedule &schedule,
                          const HardwareModel &hardware,
                          const CostFactors &factors) {
  ResourceEstimate need = estimateResources(problem, schedule, hardware);
  BlockWork work = blockWork(problem, sizes, schedule);
  ProcessorRates rates = ratesOf(problem, hardware);
  double blocks = blockCount(problem, sizes, schedule);
  double perProcessor = blocks / asDouble(hardware.processors);
  double busiest = std::ceil(perProcessor);

  BlockSeconds block =
      blockSeconds(problem, schedule, hardware, work, rates, factors);
  // How many workgroups really are side by side on a processor.
  double resident = std::clamp(asDouble(need.workgroupsPerProcessor), 1.0,
                               std::max(busiest, 1.0));
  double residentWarps =
      resident * asDouble(std::max<int64_t>(schedule.warps, 1));
  double warps = residentWarps;
  if (schedule.overlap == OverlapMode::Intra ||
      schedule.overlap == OverlapMode::Both)
    warps *= 2; // each has two steps in flight
  double hidden = hardware.target == TargetKind::Cpu ? 0 : warps / (warps + 4);

  CostEstimate cost;
  cost.waveEfficiency = busiest > 0 ? perProcessor / busiest : 1;
  cost.matrixSeconds = busiest * block.matrix;
  cost.exp2Seconds = busiest * block.exp2;
  cost.vectorSeconds = busiest * block.vector *
                       vectorSlowdown(problem, hardware, rates, residentWarps);
  cost.memorySeconds = memorySeconds(problem, sizes, hardware, work, blocks);
  double stalls = busiest * block.step / resident;
  bool roles = legality::hasRoles(hardware, problem.dtype);
  double running =
      overlappedParts(cost, roles, busiest * block.feed, hidden) + stalls;
  double tail = 0;
  if (problem.maskSummary.analysed && problem.maskSummary.density < 1) {
    bool longTilesFirst = schedule.order == TileOrder::LongestFirst ||
                          (schedule.producer == ProducerKind::Tma &&
                           schedule.order == TileOrder::L2Swizzled);
    tail = running / std::max(busiest, 1.0) *
           (longTilesFirst ? kLongestFirstTail : kLinearTail);
  }
  cost.seconds = kLaunchSeconds + running + tail;
  return cost;
}

double floorSeconds(const Problem &problem, const ProblemSizes &sizes,
                    const HardwareModel &hardware) {
  double heads = asDouble(sizes.batch * problem.headsQ);
  double pairs = surelyKeptPairs(problem, sizes);
  double flops =
      2 * heads * pairs * asDouble(problem.headDimQK + problem.headDimV);
  bool f32 = problem.dtype == ElementType::F32;
  double rate = f32 ? hardware.vectorTflops32 : hardware.matrixTflops16;
  if (f32 && problem.numerics.tf32)
    rate = std::max(rate, hardware.matrixTflops16 / 2); // tf32 products
  if (hardware.target == TargetKind::Cpu)
    return flops / (1.5 * rate * 1e12); // virtual machines show the base clock
  // A row of Q, K or V that takes part is read once; at least this share does.
  double share = pairs / (asDouble(sizes.seqQ) * asDouble(sizes.seqKV));
  double rowsQ = heads * asDouble(sizes.seqQ);
  double rowsKV =
      asDouble(sizes.batch * problem.headsKV) * asDouble(sizes.seqKV);
  double bytes = share * asDouble(byteSize(problem.dtype)) *
                 (rowsQ * asDouble(problem.headDimQK) +
                  rowsKV * asDouble(problem.headDimQK + problem.headDimV));
  return std::max(flops / (rate * 1e12), bytes / (hardware.memoryGBps * 1e9));
}

} // namespace kgen
