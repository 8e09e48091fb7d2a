//===- HopperDefaults.cpp - Stored schedules of kernels with roles ----------===//
//
// Each row is the winner of a sweep on an H100, or close to it, unless it says
// otherwise (bench/results/h100-wgmma/sweeps*.txt): bf16, B * S = 16384,
// H * D = 2048, against cuDNN, and against FlexAttention where tables are
// compared. A kernel for any length takes the rows without a limit.
//
//===----------------------------------------------------------------------===//

#include "HopperDefaults.h"

#include "Legality/Rules.h"
#include "MaskCost.h"
#include "ScoreSlope.h"
#include "kgen/Schedule/MaskDensity.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace kgen {
namespace {

constexpr int64_t kAnyLength = std::numeric_limits<int64_t>::max();

constexpr auto kGrid = TileScheduler::Grid;
constexpr auto kDrawn = TileScheduler::PersistentDynamic;
constexpr auto kIntra = OverlapMode::Intra;
constexpr auto kBoth = OverlapMode::Both;
constexpr auto kLinear = TileOrder::Linear;
constexpr auto kHeads = TileOrder::LongestFirst;
constexpr auto kGroups = TileOrder::L2Swizzled;
constexpr MaskCost kNone = MaskCost::None;
constexpr MaskCost kCompared = MaskCost::Comparisons;
constexpr MaskCost kCostly = MaskCost::Costly;
/// An affine score with a slope takes one more step of the product, and one with
/// terms of keys stages its columns besides; others take what they compute for each
/// element.
enum class Score : uint8_t { Any, Affine, KeyTerms, None };

struct Row {
  int64_t mostHeadDim; ///< of max(Dqk, Dv)
  MaskCost mostMask;
  Score score;
  int64_t leastLength, mostLength; ///< of lengthOf()
  int64_t groups, tileKV, stages;  ///< a warpgroup has 64 query rows
  OperandPlace queries;
  RescalePolicy rescale;
  OverlapMode overlap;
  TileScheduler scheduler;
  TileOrder order; ///< of uneven tiles
  int64_t maxRegisters; ///< fewer than all leave room for more workgroups
  int64_t producerRegisters = 0; ///< 0: the usual ones
};

constexpr Score kAnyScore = Score::Any;
constexpr auto kRegisters = OperandPlace::Registers;
constexpr auto kShared = OperandPlace::Shared;
constexpr auto kLazy = RescalePolicy::Lazy;
constexpr auto kAlways = RescalePolicy::Always;

// Short sequences are all prologue and epilogue: of head dimension 64, a workgroup
// has one warpgroup and a processor three workgroups, which run under each
// other's.
// Head dim, mask, score, lengths; groups, keys, stages; Q, rescale; overlap,
// scheduler, order, register cap, producer's registers.
constexpr Row rows[] = {
    {64, kNone, kAnyScore, 0, 512, 1, 64, 2, kRegisters, kLazy, kIntra, kDrawn, kLinear, 80},
    {64, kNone, Score::None, 0, 1024, 2, 128, 2, kRegisters, kAlways, kBoth, kDrawn, kLinear, 0},
    {64, kNone, Score::KeyTerms, 0, 1024, 2, 128, 2, kRegisters, kLazy, kIntra, kDrawn, kLinear, 0},
    {64, kNone, Score::KeyTerms, 0, kAnyLength, 3, 128, 2, kShared, kLazy, kBoth, kDrawn, kLinear, 0},
    {64, kNone, Score::Affine, 0, 1024, 1, 64, 2, kRegisters, kLazy, kIntra, kDrawn, kLinear, 80},
    {64, kNone, Score::Affine, 0, kAnyLength, 3, 128, 2, kShared, kLazy, kIntra, kDrawn, kLinear, 0},
    {64, kNone, kAnyScore, 0, 1024, 2, 128, 2, kShared, kAlways, kBoth, kDrawn, kLinear, 0},
    {64, kNone, Score::None, 0, kAnyLength, 3, 128, 2, kShared, kLazy, kIntra, kDrawn, kLinear, 0},
    {64, kNone, kAnyScore, 0, kAnyLength, 3, 128, 2, kShared, kLazy, kBoth, kDrawn, kLinear, 0},
    {64, kCompared, Score::Affine, 0, 512, 1, 64, 2, kShared, kLazy, kIntra, kDrawn, kHeads, 80},
    {64, kCompared, Score::Affine, 0, 1024, 1, 64, 2, kShared, kLazy, kIntra, kDrawn, kGroups, 80},
    {64, kCompared, Score::Affine, 0, 2048, 1, 80, 2, kShared, kLazy, kIntra, kDrawn, kGroups, 80, 24},
    {64, kCompared, Score::Affine, 0, kAnyLength, 3, 128, 2, kShared, kLazy, kIntra, kDrawn, kGroups, 0},
    {64, kCompared, kAnyScore, 0, 1024, 1, 64, 2, kRegisters, kLazy, kIntra, kDrawn, kHeads, 80},
    {64, kCompared, kAnyScore, 0, 2048, 1, 64, 2, kRegisters, kLazy, kIntra, kDrawn, kGroups, 80},
    {64, kCompared, Score::None, 0, kAnyLength, 3, 128, 2, kShared, kLazy, kIntra, kDrawn, kGroups, 0},
    {64, kCompared, kAnyScore, 0, kAnyLength, 3, 128, 2, kShared, kLazy, kBoth, kDrawn, kGroups, 0},
    {64, kCostly, kAnyScore, 0, kAnyLength, 3, 128, 2, kShared, kLazy, kIntra, kDrawn, kGroups, 0},
    {64, kCostly, kAnyScore, 0, kAnyLength, 3, 96, 2, kShared, kLazy, kBoth, kDrawn, kGroups, 0},
    {128, kNone, Score::None, 0, kAnyLength, 2, 128, 2, kRegisters, kLazy, kIntra, kDrawn, kLinear, 0},
    {128, kNone, Score::KeyTerms, 0, kAnyLength, 2, 128, 2, kRegisters, kLazy, kIntra, kDrawn, kLinear, 0},
    {128, kNone, Score::Affine, 0, kAnyLength, 2, 128, 2, kShared, kLazy, kIntra, kDrawn, kLinear, 0},
    {128, kNone, kAnyScore, 0, kAnyLength, 2, 176, 2, kShared, kLazy, kIntra, kDrawn, kLinear, 0},
    {128, kNone, kAnyScore, 0, kAnyLength, 2, 160, 2, kShared, kLazy, kIntra, kDrawn, kLinear, 0},
    {128, kNone, kAnyScore, 0, kAnyLength, 2, 128, 2, kShared, kLazy, kIntra, kDrawn, kLinear, 0},
    {128, kCompared, Score::None, 0, kAnyLength, 2, 128, 2, kRegisters, kLazy, kIntra, kDrawn, kGroups, 0},
    {128, kCompared, Score::Affine, 0, 1024, 2, 128, 2, kRegisters, kLazy, kIntra, kDrawn, kGroups, 0},
    {128, kCompared, kAnyScore, 0, 1024, 2, 128, 2, kShared, kLazy, kIntra, kDrawn, kHeads, 0},
    {128, kCostly, kAnyScore, 0, kAnyLength, 2, 128, 2, kShared, kLazy, kIntra, kDrawn, kGroups, 0},
    {128, kCostly, kAnyScore, 0, kAnyLength, 2, 112, 2, kShared, kLazy, kBoth, kDrawn, kGroups, 0},
    // Not timed: the widest tiles without spills.
    {192, kCompared, kAnyScore, 0, kAnyLength, 2, 128, 2, kShared, kLazy, kBoth, kDrawn, kGroups, 0},
    {192, kCompared, kAnyScore, 0, kAnyLength, 2, 112, 2, kShared, kLazy, kBoth, kDrawn, kGroups, 0},
    {192, kCostly, kAnyScore, 0, kAnyLength, 2, 96, 2, kShared, kLazy, kBoth, kDrawn, kGroups, 0},
    {256, kNone, Score::None, 0, kAnyLength, 2, 64, 2, kShared, kLazy, kBoth, kDrawn, kLinear, 0},
    {256, kNone, Score::KeyTerms, 0, kAnyLength, 2, 64, 2, kShared, kLazy, kBoth, kDrawn, kLinear, 0},
    {256, kNone, kAnyScore, 0, kAnyLength, 2, 80, 2, kShared, kLazy, kBoth, kDrawn, kLinear, 0},
    {256, kCompared, kAnyScore, 0, 512, 2, 64, 2, kShared, kLazy, kIntra, kDrawn, kGroups, 0},
    {256, kCostly, kAnyScore, 0, kAnyLength, 2, 64, 2, kShared, kLazy, kBoth, kDrawn, kGroups, 0},
    {256, kCostly, kAnyScore, 0, kAnyLength, 2, 64, 1, kShared, kLazy, kBoth, kDrawn, kGroups, 0},
    // For what takes more registers than the above leave.
    {256, kCostly, kAnyScore, 0, kAnyLength, 2, 48, 2, kShared, kLazy, kBoth, kDrawn, kGroups, 0},
    {256, kCostly, kAnyScore, 0, kAnyLength, 2, 32, 2, kShared, kLazy, kBoth, kDrawn, kGroups, 0},
};

// Masks that compare tables are scanned before roles part, which wants a plain
// grid; what is left of the keys is short.
constexpr Row matchedRows[] = {
    {64, kCostly, kAnyScore, 0, kAnyLength, 1, 64, 2, kShared, kLazy, kIntra, kGrid, kGroups, 80},
    {128, kCostly, kAnyScore, 0, kAnyLength, 1, 64, 2, kShared, kLazy, kIntra, kGrid, kGroups, 128},
    {192, kCostly, kAnyScore, 0, kAnyLength, 2, 96, 2, kShared, kLazy, kBoth, kGrid, kGroups, 0},
    {256, kCostly, kAnyScore, 0, kAnyLength, 2, 64, 2, kShared, kLazy, kBoth, kGrid, kGroups, 0},
    {256, kCostly, kAnyScore, 0, kAnyLength, 2, 64, 1, kShared, kLazy, kBoth, kGrid, kGroups, 0},
    {256, kCostly, kAnyScore, 0, kAnyLength, 2, 48, 2, kShared, kLazy, kBoth, kGrid, kGroups, 0},
    {256, kCostly, kAnyScore, 0, kAnyLength, 2, 32, 2, kShared, kLazy, kBoth, kGrid, kGroups, 0},
};

/// Keys for which the rows' lengths stand; empty for any number. Where a mask
/// keeps clearly less than a causal one, as a window does, it is the length at
/// which a causal mask keeps as much: a window of a long sequence is short.
std::optional<int64_t> lengthOf(const Problem &problem) {
  bool isKnown = problem.seqQ != kDynamicSize && problem.seqKV != kDynamicSize;
  constexpr int64_t kLong = 16384, kShort = 4096;
  ProblemSizes sizes = nominalSizes(problem);
  if (!isKnown)
    sizes.seqQ = sizes.seqKV = kLong;
  std::optional<double> density = estimateMaskDensity(problem, sizes);
  int64_t keys = isKnown ? problem.seqKV : kLong;
  if (density && *density < 0.375)
    keys = static_cast<int64_t>(2 * *density * static_cast<double>(keys));
  if (!isKnown && keys >= kShort)
    return std::nullopt;
  return keys;
}

/// Sizes and tables that arguments bring take the registers that Q would have.
bool sparesRegistersForQ(const Problem &problem,
                         std::optional<int64_t> length) {
  auto readsTable = [](const Instruction &instruction) {
    return instruction.op == ExpressionOp::TableRead;
  };
  return length || std::none_of(problem.mask.instructions.begin(),
                                problem.mask.instructions.end(), readsTable);
}

bool isAffine(const Expression &score) {
  return hasSlope(score) || hasKeyTerms(score);
}

bool fits(Score score, const Problem &problem) {
  switch (score) {
  case Score::Any:
    return true;
  case Score::Affine:
    return isAffine(problem.score);
  case Score::KeyTerms:
    return hasKeyTerms(problem.score);
  case Score::None:
    return problem.score.empty();
  }
  return false;
}

bool fits(const Row &row, const Problem &problem,
          std::optional<int64_t> length) {
  if (row.queries == OperandPlace::Registers &&
      !sparesRegistersForQ(problem, length))
    return false;
  bool lengthFits = length ? *length >= row.leastLength &&
                                 *length <= row.mostLength
                           : row.leastLength == 0 &&
                                 row.mostLength == kAnyLength;
  return lengthFits && fits(row.score, problem) &&
         std::max(problem.headDimQK, problem.headDimV) <= row.mostHeadDim &&
         costOf(problem.mask) <= row.mostMask;
}

Schedule toSchedule(const Row &row, const Problem &problem, Schedule schedule) {
  schedule.consumerWarpgroups = row.groups;
  schedule.tileQ = 64 * row.groups;
  schedule.warps = 4 * row.groups;
  schedule.tileKV = row.tileKV;
  schedule.stagesK = schedule.stagesV = row.stages;
  schedule.overlap = row.overlap;
  schedule.qOperand = row.queries;
  schedule.rescale = row.rescale;
  schedule.kvRange = legality::usualKvRange(problem, row.groups, row.tileKV);
  schedule.scheduler = row.scheduler;
  schedule.maxRegisters = row.maxRegisters;
  schedule.producerRegisters =
      row.producerRegisters ? row.producerRegisters
                            : legality::usualProducerRegisters(row.groups);
  // Up to 128 columns, what the softmax issues is what a kernel waits for; of 256,
  // the products, which a step more makes longer.
  bool waitsForSoftmax = std::max(problem.headDimQK, problem.headDimV) <= 128;
  // Integers are compared once maxima are not negative. Under a mask walks begin at
  // the last keys: where scores fall with the key, maxima never are.
  bool staysNegative = !problem.mask.empty() && fallsWithKey(problem.score);
  schedule.rowMaximum = waitsForSoftmax && !staysNegative
                            ? RowMaximum::Integer
                            : RowMaximum::Float;
  // Its operands take registers that a cap has not beside Q's and a mask's.
  bool hasRoom = row.maxRegisters == 0 || problem.mask.empty() ||
                 (row.queries == OperandPlace::Shared &&
                  costOf(problem.mask) <= kCompared);
  if (waitsForSoftmax && hasRoom && isAffine(problem.score))
    schedule.affine = AffineUnit::Tensor;
  // Walks begin where scores are greatest: lazily, maxima then stay as they are.
  if (!problem.mask.empty())
    schedule.order = row.order;
  else if (fallsWithKey(problem.score))
    schedule.kvDirection = KvDirection::Forward;
  return schedule;
}

} // namespace

std::vector<Schedule> hopperDefaults(const Problem &problem,
                                     const Schedule &usual) {
  std::vector<Schedule> schedules;
  std::optional<int64_t> length = lengthOf(problem);
  auto add = [&](const Row &row) {
    if (fits(row, problem, length))
      schedules.push_back(toSchedule(row, problem, usual));
  };
  if (countTableMatches(problem.mask) > 0)
    std::for_each(std::begin(matchedRows), std::end(matchedRows), add);
  else
    std::for_each(std::begin(rows), std::end(rows), add);
  return schedules;
}

} // namespace kgen
