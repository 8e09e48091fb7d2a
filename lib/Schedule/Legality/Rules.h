//===- Rules.h - Collecting violations, target by target ---------*- C++
//-*-===//
//
// What a target serves is a Capabilities table; what a table cannot say (sums
// of bytes, rows per warp) is code in that target's file beside it.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_SCHEDULE_LEGALITY_RULES_H
#define KGEN_SCHEDULE_LEGALITY_RULES_H

#include "kgen/Schedule/Legality.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace kgen::legality {

/// A closed range of multiples.
struct Range {
  int64_t least = 1;
  int64_t most = 1;
  int64_t multiple = 1;
};

/// What one target serves for one element type. Of each list the first value is
/// the usual one.
struct Capabilities {
  const char *name = ""; ///< for texts: "nvvm (mma.sync)"
  std::vector<ElementType> dtypes;
  Range headDim, tileQ, tileKV, stages, maxRegisters;
  std::vector<int64_t> warps;
  std::vector<ProducerKind> producer;
  std::vector<OverlapMode> overlap;
  std::vector<OperandPlace> qOperand, pOperand;
  std::vector<TileScheduler> scheduler;
  std::vector<TileOrder> order;
  std::vector<KvDirection> kvDirection;
  std::vector<Exp2Unit> exp2;
  std::vector<RescalePolicy> rescale;
  std::vector<KvRangeOf> kvRange = {KvRangeOf::Workgroup};
  std::vector<EpilogueKind> epilogue = {EpilogueKind::Direct};
  std::vector<AffineUnit> affine = {AffineUnit::Fma};
  std::vector<RowMaximum> rowMaximum = {RowMaximum::Float};
  std::vector<int64_t> consumerWarpgroups = {0};
  std::vector<int64_t> producerRegisters = {0};
  std::vector<int64_t> clusterSize = {1};
  int64_t splitKV = 1; ///< the only value, here and below
  bool packGqa = false;
};

Capabilities cpuCapabilities();
Capabilities nvvmCapabilities(ElementType dtype);
Capabilities rocdlCapabilities();
/// Of the target's generic instructions, and of a machine.
Capabilities capabilities(TargetKind target, ElementType dtype);
Capabilities capabilities(const HardwareModel &hardware, ElementType dtype);

/// Whether kernels have roles there: a TMA producer and warpgroups with wgmma.
bool hasRoles(const HardwareModel &hardware, ElementType dtype);
Capabilities hopperCapabilities();

/// The least tiles and the first served value of every other knob.
Schedule usualSchedule(const Capabilities &served);

/// The list that violations go to, with the rules that repeat.
class Rules {
public:
  /// `where` ends each detail: "has 300, limit 256 (h100)"; may be empty.
  Rules(std::vector<Violation> &violations, std::string where)
      : violations(violations), where(std::move(where)) {}

  void atLeast(ErrorCode code, const std::string &knob, int64_t have,
               int64_t limit);
  void atMost(ErrorCode code, const std::string &knob, int64_t have,
              int64_t limit, const std::string &unit = "");
  void multipleOf(ErrorCode code, const std::string &knob, int64_t have,
                  int64_t multiple);
  void inRange(ErrorCode code, const std::string &knob, int64_t have,
               const Range &range);
  void equal(ErrorCode code, const std::string &knob, int64_t have,
             int64_t limit, const std::string &why);
  void broken(ErrorCode code, const std::string &knob, int64_t have,
              int64_t limit, const std::string &detail);

private:
  std::vector<Violation> &violations;
  std::string where;
};

/// Whether the target serves the problem at all, whatever the schedule.
std::vector<Violation> checkServed(const Problem &problem,
                                   const HardwareModel &hardware);
/// The target's rules for a schedule of a problem that it serves.
std::vector<Violation> checkServedSchedule(const Problem &problem,
                                           const Schedule &schedule,
                                           const HardwareModel &hardware);

/// Every knob against the target's table.
void checkKnobs(const Capabilities &capabilities, const Problem &problem,
                const Schedule &schedule, Rules &rules);
/// What the tables cannot say.
void checkCpu(const Problem &problem, const Schedule &schedule,
              const HardwareModel &hardware, Rules &rules);
void checkNvvm(const Problem &problem, const Schedule &schedule,
               const HardwareModel &hardware, Rules &rules);
void checkHopper(const Problem &problem, const Schedule &schedule,
                 const HardwareModel &hardware, Rules &rules);
void checkRocdl(const Problem &problem, const Schedule &schedule,
                const HardwareModel &hardware, Rules &rules);

/// Scratch bytes of one CPU thread.
int64_t cpuScratchBytes(const Problem &problem, const Schedule &schedule);
/// Dynamic shared bytes of one workgroup.
int64_t nvvmSharedBytes(const Problem &problem, const Schedule &schedule);
int64_t hopperSharedBytes(const Problem &problem, const Schedule &schedule);
int64_t rocdlSharedBytes(const Problem &problem, const Schedule &schedule);
/// Estimated 32-bit registers per thread.
int64_t nvvmRegisters(const Problem &problem, const Schedule &schedule);
int64_t hopperRegisters(const Problem &problem, const Schedule &schedule);
int64_t rocdlRegisters(const Problem &problem, const Schedule &schedule);

/// Threads of a Hopper workgroup, with the producer's; registers each has when
/// it starts.
int64_t hopperThreads(const Schedule &schedule);
int64_t hopperStartRegisters(const Schedule &schedule,
                             const HardwareModel &hardware);
/// producer_registers that a producer's loops over drawn tiles take; more would
/// cost the consumers eight each.
int64_t usualProducerRegisters(int64_t consumerWarpgroups);
/// Warpgroup where a warpgroup may well see nothing of a whole key tile that
/// another one sees; elsewhere walks of their own only cost instructions. Tables
/// are scanned for the workgroup.
KvRangeOf usualKvRange(const Problem &problem, int64_t consumerWarpgroups,
                       int64_t tileKV);

/// Whether Q K^T starts from a score's slope or terms of keys by one more step
/// of the matrix unit (affine = tensor), and that step's columns, which are
/// bf16 in any problem.
bool takesStartStep(const Problem &problem, const Schedule &schedule);
inline constexpr int64_t kStartStepCols = 16;

/// The most registers a thread can have: the instruction set's limit, the
/// processor's file shared by the workgroup, and the schedule's own cap.
int64_t registerLimit(const Schedule &schedule, const HardwareModel &hardware);

template <typename T>
bool contains(const std::vector<T> &values, T value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

} // namespace kgen::legality

#endif // KGEN_SCHEDULE_LEGALITY_RULES_H
