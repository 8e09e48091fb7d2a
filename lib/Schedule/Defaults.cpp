//===- Defaults.cpp - Schedules that are legal without a search ------------===//

#include "HopperDefaults.h"
#include "Legality/Rules.h"
#include "MaskCost.h"

namespace kgen {

using namespace legality;

namespace {

/// One stored default. Rows are tried in order; the first that covers the head
/// dims and breaks no rule on the machine is taken.
struct DefaultRow {
  int64_t mostHeadDim; ///< of max(Dqk, Dv)
  int64_t tileQ, tileKV, warps, stages;
  OperandPlace qOperand;
  MaskCost mostMask = MaskCost::Costly;
};

constexpr OperandPlace kRegisters = OperandPlace::Registers;
constexpr OperandPlace kShared = OperandPlace::Shared;

// 16-bit mma.sync. Of the tiles that ptxas compiles without spills for every
// named mod (test/Variants), the fastest of a sweep on an H100 at sequence 4096,
// full and causal (bench/results). Wider ones, such as 128 x 96 and 128 x 48 for
// head dims 64 and 128, are faster there although they spill a little; a search
// finds them.
constexpr DefaultRow nvvm16Rows[] = {
    {64, 128, 48, 4, 1, kShared},    {64, 64, 64, 4, 1, kRegisters},
    {128, 64, 64, 4, 1, kRegisters}, {128, 64, 32, 4, 1, kShared},
    {256, 128, 32, 8, 2, kShared},   {256, 64, 32, 4, 2, kShared},
    {256, 64, 16, 4, 1, kShared},    {256, 32, 16, 2, 1, kShared},
};

// f32 FMAs: four bytes an element and Q in shared memory, so tiles are small.
constexpr DefaultRow nvvm32Rows[] = {
    {64, 64, 64, 4, 2, kShared},  {128, 64, 32, 4, 1, kShared},
    {256, 32, 32, 2, 1, kShared}, {256, 32, 16, 2, 1, kShared},
    {256, 16, 16, 1, 1, kShared},
};

// MFMA 32x32: LDS holds K and V tiles, in 64 KiB (gfx950: 160 KiB).
constexpr DefaultRow rocdlRows[] = {
    {64, 128, 64, 4, 1, kRegisters},
    {128, 128, 64, 4, 1, kRegisters},
    {256, 128, 32, 4, 1, kRegisters},
};

template <size_t N>
std::vector<Schedule> fromRows(const DefaultRow (&rows)[N],
                               const Problem &problem, const Schedule &usual) {
  int64_t headDim = std::max(problem.headDimQK, problem.headDimV);
  std::vector<Schedule> candidates;
  for (const DefaultRow &row : rows) {
    if (headDim > row.mostHeadDim || costOf(problem.mask) > row.mostMask)
      continue;
    Schedule schedule = usual;
    schedule.tileQ = row.tileQ;
    schedule.tileKV = row.tileKV;
    schedule.warps = row.warps;
    schedule.stagesK = schedule.stagesV = row.stages;
    schedule.qOperand = row.qOperand;
    candidates.push_back(schedule);
  }
  return candidates;
}

/// The CPU's tiles follow its caches: K's tile in half of L1 if a useful one
/// does, and everything in L2 (a rule of Legality). 128 query rows share one
/// packing of K and V: a little faster than 64 where measured (Zen 4, f32,
/// sequence 2048, head dimensions 64 and 128; bench/cpu_vs_openblas.cpp).
std::vector<Schedule> cpuCandidates(int64_t headDim,
                                    const HardwareModel &hardware,
                                    const Schedule &usual) {
  int64_t tileKV = 128;
  while (tileKV > 64 && tileKV * headDim * 4 > hardware.l1Bytes)
    tileKV /= 2;
  std::vector<Schedule> candidates;
  for (; tileKV >= 16; tileKV /= 2)
    for (int64_t tileQ = 128; tileQ >= 8; tileQ /= 2) {
      Schedule schedule = usual;
      schedule.tileQ = tileQ;
      schedule.tileKV = tileKV;
      candidates.push_back(schedule);
    }
  return candidates;
}

std::vector<Schedule> candidatesFor(const Problem &problem,
                                    const HardwareModel &hardware) {
  Schedule usual = usualSchedule(capabilities(hardware, problem.dtype));
  int64_t headDim = std::max(problem.headDimQK, problem.headDimV);
  switch (hardware.target) {
  case TargetKind::Cpu:
    return cpuCandidates(headDim, hardware, usual);
  case TargetKind::Nvvm:
    if (hasRoles(hardware, problem.dtype))
      return hopperDefaults(problem, usual);
    return problem.dtype == ElementType::F32
               ? fromRows(nvvm32Rows, problem, usual)
               : fromRows(nvvm16Rows, problem, usual);
  case TargetKind::Rocdl:
    return fromRows(rocdlRows, problem, usual);
  }
  return {};
}

/// Query tiles that are mostly padding are halved while that stays legal.
Schedule fitShortQueries(const Problem &problem, Schedule schedule,
                         const HardwareModel &hardware) {
  if (problem.seqQ == kDynamicSize)
    return schedule;
  while (schedule.tileQ >= 2 * problem.seqQ) {
    Schedule half = schedule;
    half.tileQ /= 2;
    half.warps = std::max<int64_t>(half.warps / 2, 1);
    if (half.consumerWarpgroups > 0)
      half.consumerWarpgroups = half.warps / 4;
    if (!checkServedSchedule(problem, half, hardware).empty())
      break;
    schedule = half;
  }
  return schedule;
}

} // namespace

Expected<std::vector<Schedule>> defaultSchedules(const Problem &problem,
                                                 const HardwareModel &hardware) {
  std::vector<Violation> unserved = checkServed(problem, hardware);
  if (!unserved.empty())
    return Error(unserved[0].code, unserved[0].detail);
  std::string lastReason = "no stored default covers the head dimensions";
  std::vector<Schedule> schedules;
  for (const Schedule &candidate : candidatesFor(problem, hardware)) {
    std::vector<Violation> broken =
        checkServedSchedule(problem, candidate, hardware);
    if (broken.empty())
      schedules.push_back(fitShortQueries(problem, candidate, hardware));
    else
      lastReason = broken[0].detail;
  }
  if (schedules.empty())
    return Error(ErrorCode::NoLegalSchedule, lastReason);
  return schedules;
}

Expected<Schedule> defaultSchedule(const Problem &problem,
                                   const HardwareModel &hardware) {
  Expected<std::vector<Schedule>> schedules =
      defaultSchedules(problem, hardware);
  if (!schedules)
    return schedules.error();
  return schedules->front();
}

} // namespace kgen
