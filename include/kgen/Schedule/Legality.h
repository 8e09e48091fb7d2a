//===- Legality.h - Which schedules a machine can run ----------------------===//
//
// One function serves the attribute's verifier, the search's filter, the text
// that goes back to a model and the passes' precondition.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_SCHEDULE_LEGALITY_H
#define KGEN_SCHEDULE_LEGALITY_H

#include "kgen/Schedule/HardwareModel.h"
#include "kgen/Schedule/Problem.h"
#include "kgen/Schedule/Schedule.h"

#include <string>
#include <vector>

namespace kgen {

/// One broken rule: which knob, what it has and what the limit is.
struct Violation {
  ErrorCode code;
  std::string knob;  ///< JSON key, "tile_q"; several joined by '+'
  int64_t have = 0;
  int64_t limit = 0;
  std::string detail; ///< a full sentence with both numbers
};

/// "[KG2084] shared memory: has 245760 bytes, limit 232448 (h100)".
std::string toString(const Violation &violation);

/// Rules that hold for every machine: ranges, powers, combinations. Used by the
/// attribute's verifier, which knows neither problem nor machine.
std::vector<Violation> checkSchedule(const Schedule &schedule);

/// All rules: the above, plus what problem and machine ask for. Empty: legal.
std::vector<Violation> checkLegality(const Problem &problem,
                                     const Schedule &schedule,
                                     const HardwareModel &hardware);

/// What a kernel will need, before it is compiled.
struct ResourceEstimate {
  int64_t sharedBytes = 0;        ///< per workgroup (CPU: scratch bytes per thread)
  int64_t registersPerThread = 0; ///< estimate; ptxas decides
  int64_t threadsPerWorkgroup = 0;
  int64_t workgroupsPerProcessor = 0;
};
ResourceEstimate estimateResources(const Problem &problem,
                                   const Schedule &schedule,
                                   const HardwareModel &hardware);

/// A schedule that is legal for every problem the target serves; stored defaults
/// per (target, head dims, dtype) stand in lib/Schedule/Defaults.cpp. Fails when
/// the target cannot serve the problem at all (head dim, dtype, head counts).
Expected<Schedule> defaultSchedule(const Problem &problem,
                                   const HardwareModel &hardware);
/// That one and the stored defaults behind it that are legal as well, for the case
/// that an assembler makes nothing good of it (KG4024 to KG4026): legality
/// estimates registers, and a mix of score and mask functions may take more.
Expected<std::vector<Schedule>> defaultSchedules(const Problem &problem,
                                                 const HardwareModel &hardware);

/// Every value of every knob that is worth trying on this machine, for proposers
/// that enumerate or mutate. All combinations, legal or not, in a fixed order.
struct KnobSpace {
  std::vector<int64_t> tileQ, tileKV, warps, stagesK, stagesV, maxRegisters;
  std::vector<OperandPlace> qOperand;
  std::vector<OverlapMode> overlap;
  std::vector<TileScheduler> scheduler;
  std::vector<TileOrder> order;
  std::vector<KvDirection> kvDirection;
  std::vector<Exp2Unit> exp2;
  /// Knobs that hardly interact with the others and so vary one at a time. Empty
  /// where the machine serves one value.
  std::vector<OperandPlace> pOperand;
  std::vector<int64_t> clusterSize;
  std::vector<RescalePolicy> rescale;
  std::vector<KvRangeOf> kvRange;
  std::vector<EpilogueKind> epilogue;
  std::vector<AffineUnit> affine;
  std::vector<RowMaximum> rowMaximum;
};
KnobSpace knobSpace(const Problem &problem, const HardwareModel &hardware);
/// The legal points of the space, in a fixed order.
std::vector<Schedule> legalSchedules(const Problem &problem,
                                     const HardwareModel &hardware);

} // namespace kgen

#endif // KGEN_SCHEDULE_LEGALITY_H
