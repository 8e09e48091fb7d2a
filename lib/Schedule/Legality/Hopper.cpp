//===- Hopper.cpp - What the NVVM target serves on sm_90a -----------------===//
//
// 16-bit: wgmma.m64nNk16, a warpgroup owns 64 query rows, a producer fills
// rings by TMA. Q and P, the left operands, are in registers or in shared
// memory.
//
//===----------------------------------------------------------------------===//

#include "../ScoreSlope.h"
#include "Rules.h"

#include "kgen/Schedule/MaskDensity.h"

namespace kgen::legality {
namespace {

constexpr int64_t kGroupRows = 64; // M of wgmma
constexpr int64_t kGroupThreads = 128;
constexpr int64_t kWarpThreads = 32;
// Columns of a panel: shared memory holds whole ones (WgmmaLayout.h).
constexpr int64_t kPanelCols = 64;
// Row statistics, addresses, barriers and what a score function needs, as
// ptxas 13.0 reports them for plain attention.
constexpr int64_t kOtherRegisters = 24;

int64_t roundUp(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

int64_t groups(const Schedule &schedule) {
  return std::max<int64_t>(schedule.consumerWarpgroups, 1);
}

bool overlapsSteps(const Schedule &schedule) {
  return schedule.overlap == OverlapMode::Intra ||
         schedule.overlap == OverlapMode::Both;
}

/// Registers of a thread that computes. With a split the producer's surplus goes
/// to the others, in steps of eight (setmaxnreg).
int64_t consumerLimit(const Schedule &schedule, const HardwareModel &hardware) {
  if (schedule.producerRegisters == 0)
    return hopperStartRegisters(schedule, hardware);
  int64_t rest = hopperStartRegisters(schedule, hardware) *
                     (groups(schedule) + 1) -
                 schedule.producerRegisters;
  return std::min(rest / groups(schedule), hardware.maxRegistersPerThread) / 8 *
         8;
}

} // namespace

Capabilities hopperCapabilities() {
  Capabilities hopper;
  hopper.name = "nvvm (wgmma)";
  hopper.dtypes = {ElementType::BF16, ElementType::F16};
  hopper.headDim = {16, 256, 16};
  hopper.tileQ = {kGroupRows, 3 * kGroupRows, kGroupRows};
  hopper.tileKV = {16, 256, 16};
  hopper.stages = {1, 4, 1};
  hopper.maxRegisters = {64, 168, 8};
  hopper.warps = {8, 12, 4};
  hopper.consumerWarpgroups = {2, 3, 1};
  hopper.producerRegisters = {24, 32, 40, 0};
  hopper.clusterSize = {1, 2};
  hopper.producer = {ProducerKind::Tma};
  hopper.overlap = {OverlapMode::Both, OverlapMode::Intra, OverlapMode::None};
  hopper.qOperand = {OperandPlace::Shared, OperandPlace::Registers};
  hopper.pOperand = {OperandPlace::Registers, OperandPlace::Shared};
  hopper.scheduler = {TileScheduler::Grid, TileScheduler::PersistentStatic,
                      TileScheduler::PersistentDynamic};
  hopper.order = {TileOrder::Linear, TileOrder::LongestFirst,
                  TileOrder::L2Swizzled};
  hopper.kvDirection = {KvDirection::Reverse, KvDirection::Forward};
  hopper.exp2 = {Exp2Unit::Native, Exp2Unit::Mixed, Exp2Unit::Polynomial};
  hopper.epilogue = {EpilogueKind::Direct, EpilogueKind::Tma};
  hopper.rescale = {RescalePolicy::Lazy, RescalePolicy::Always};
  hopper.kvRange = {KvRangeOf::Workgroup, KvRangeOf::Warpgroup};
  hopper.affine = {AffineUnit::Fma, AffineUnit::Tensor};
  hopper.rowMaximum = {RowMaximum::Integer, RowMaximum::Float};
  return hopper;
}

int64_t hopperThreads(const Schedule &schedule) {
  return (groups(schedule) + 1) * kGroupThreads;
}

int64_t hopperStartRegisters(const Schedule &schedule,
                             const HardwareModel &hardware) {
  int64_t most =
      std::min(hardware.registersPerProcessor / hopperThreads(schedule) / 8 * 8,
               hardware.maxRegistersPerThread);
  // Fewer leave room for a second workgroup on the processor.
  return schedule.maxRegisters > 0 ? std::min(schedule.maxRegisters, most)
                                   : most;
}

int64_t usualProducerRegisters(int64_t consumerWarpgroups) {
  return consumerWarpgroups == 2 ? 40 : 32;
}

KvRangeOf usualKvRange(const Problem &problem, int64_t consumerWarpgroups,
                       int64_t tileKV) {
  bool passesTiles = !problem.mask.empty() &&
                     countTableMatches(problem.mask) == 0 &&
                     tileKV <= (consumerWarpgroups - 1) * kGroupRows;
  return passesTiles ? KvRangeOf::Warpgroup : KvRangeOf::Workgroup;
}

bool takesStartStep(const Problem &problem, const Schedule &schedule) {
  return schedule.affine == AffineUnit::Tensor &&
         (hasSlope(problem.score) || hasKeyTerms(problem.score));
}

/// Of the step's operands: columns that are the same for all tiles, or two
/// slots that each warpgroup stages for itself, each with a barrier, and 64
/// rows of ones.
static int64_t startStepBytes(const Problem &problem,
                              const Schedule &schedule) {
  if (!takesStartStep(problem, schedule))
    return 0;
  int64_t rowBytes = kStartStepCols * byteSize(ElementType::BF16);
  if (!hasKeyTerms(problem.score))
    return schedule.tileKV * rowBytes;
  constexpr int64_t kSlots = 2, kBarrierBytes = 8;
  return groups(schedule) * kSlots *
             (schedule.tileKV * rowBytes + kBarrierBytes) +
         kGroupRows * rowBytes;
}

int64_t hopperSharedBytes(const Problem &problem, const Schedule &schedule) {
  int64_t colsQK = roundUp(problem.headDimQK, kPanelCols);
  int64_t colsV = roundUp(problem.headDimV, kPanelCols);
  int64_t elements = schedule.tileQ * colsQK +
                     schedule.stagesK * schedule.tileKV * colsQK +
                     schedule.stagesV * schedule.tileKV * colsV;
  if (schedule.pOperand == OperandPlace::Shared)
    elements += schedule.tileQ * roundUp(schedule.tileKV, kPanelCols);
  if (schedule.epilogue == EpilogueKind::Tma)
    elements += schedule.tileQ * colsV;
  // Two barriers a slot, and a place that nobody reads.
  int64_t slots = 1 + schedule.stagesK + schedule.stagesV;
  int64_t barriers = 16 * slots + 16;
  // A cluster's workgroups wait for each other at their end.
  if (schedule.clusterSize > 1)
    barriers += 8;
  // Two positions of drawn tiles, each of two numbers in 16 bytes, with two
  // barriers each.
  int64_t numbers =
      schedule.scheduler == TileScheduler::PersistentDynamic ? 2 * 2 * 32 : 0;
  // What each warp finds in a scan of tables: three numbers.
  int64_t found = countTableMatches(problem.mask) * 3 * 4 *
                  hopperThreads(schedule) / kWarpThreads;
  return elements * byteSize(problem.dtype) +
         startStepBytes(problem, schedule) + barriers + numbers + found;
}

int64_t hopperRegisters(const Problem &problem, const Schedule &schedule) {
  // 64 rows over 128 threads: half a register a column; Q and P are two to a
  // register, and a second copy of P lives only while two steps overlap.
  bool holdsWeights = overlapsSteps(schedule) &&
                      schedule.pOperand == OperandPlace::Registers;
  int64_t scores = schedule.tileKV / 2;
  int64_t weights = holdsWeights ? schedule.tileKV / 4 : 0;
  int64_t queries = schedule.qOperand == OperandPlace::Registers
                        ? problem.headDimQK / 4
                        : 0;
  return kOtherRegisters + problem.headDimV / 2 + scores + weights + queries;
}

/// Of the greater product: its sums, and what ptxas 13.0 wants besides (88 are too
/// few for 64 sums and 152 for 128, 96 and 160 enough).
static int64_t productRegisters(const Problem &problem,
                                const Schedule &schedule) {
  constexpr int64_t kBesides = 32;
  return std::max(problem.headDimV, schedule.tileKV) / 2 + kBesides;
}

/// Workgroups of a cluster send each other K and V, so they walk over the same
/// keys.
static void checkCluster(const Problem &problem, const Schedule &schedule,
                         Rules &rules) {
  if (schedule.clusterSize == 1)
    return;
  std::string have =
      "cluster_size: has " + std::to_string(schedule.clusterSize);
  if (!problem.mask.empty())
    rules.broken(ErrorCode::KnobUnsupportedByTarget, "cluster_size",
                 schedule.clusterSize, 1,
                 have + ", limit 1 with a mask, whose keys are not the same for "
                        "neighbouring query tiles");
  if (schedule.scheduler == TileScheduler::PersistentDynamic)
    rules.broken(ErrorCode::KnobConflict, "cluster_size+scheduler",
                 schedule.clusterSize, 1,
                 have + ", limit 1 with scheduler = persistent_dynamic, where "
                        "each workgroup draws its own tiles");
}

void checkHopper(const Problem &problem, const Schedule &schedule,
                 const HardwareModel &hardware, Rules &rules) {
  int64_t rows = groups(schedule) * kGroupRows;
  if (schedule.tileQ != rows || schedule.warps * 32 != 2 * rows)
    rules.broken(ErrorCode::TileWarpsMismatch, "tile_q+consumer_warpgroups",
                 schedule.tileQ, rows,
                 "tile_q: has " + std::to_string(schedule.tileQ) + ", " +
                     std::to_string(schedule.consumerWarpgroups) +
                     " consumer warpgroups hold " + std::to_string(rows) +
                     " rows");
  if (int64_t scans = countTableMatches(problem.mask);
      scans > 0 && schedule.scheduler != TileScheduler::Grid)
    rules.broken(ErrorCode::MaskScanNeedsGrid, "scheduler",
                 static_cast<int64_t>(schedule.scheduler),
                 static_cast<int64_t>(TileScheduler::Grid),
                 "scheduler: has " +
                     std::string(spelling(schedule.scheduler)) +
                     ", limit grid where the mask compares tables (" +
                     std::to_string(scans) + " comparisons)");
  checkCluster(problem, schedule, rules);
  rules.atMost(ErrorCode::SharedMemoryExceeded, "shared memory",
               hopperSharedBytes(problem, schedule), hardware.maxSharedBytes,
               " bytes");
  // ptxas (C7602) holds a product to what threads start with, whatever
  // setmaxnreg gives them after.
  rules.atMost(ErrorCode::RegistersExceeded, "max_registers",
               productRegisters(problem, schedule),
               hopperStartRegisters(schedule, hardware),
               " a thread for one product");
  rules.atMost(ErrorCode::RegistersExceeded, "registers",
               hopperRegisters(problem, schedule),
               consumerLimit(schedule, hardware), " a thread (estimate)");
}

} // namespace kgen::legality
