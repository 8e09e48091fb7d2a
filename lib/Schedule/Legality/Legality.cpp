//===- Legality.cpp - Which schedules a machine can run
//--------------------===//

#include "kgen/Schedule/Legality.h"

#include "Rules.h"

namespace kgen {

using namespace legality;

namespace {

void checkRanges(const Schedule &schedule, Rules &rules) {
  // No machine of the tables gains from larger tiles, and every matrix unit
  // works on at least eight rows and columns.
  constexpr Range tile = {8, 1024, 8};
  for (auto [knob, have] : {std::pair{"tile_q", schedule.tileQ},
                            std::pair{"tile_kv", schedule.tileKV}}) {
    rules.atLeast(ErrorCode::TileTooSmall, knob, have, tile.least);
    rules.atMost(ErrorCode::TileTooLarge, knob, have, tile.most);
    rules.multipleOf(ErrorCode::TileNotMultiple, knob, have, tile.multiple);
  }
  struct KnobRange {
    const char *knob;
    int64_t have;
    Range range;
  };
  for (const KnobRange &row :
       {KnobRange{"warps", schedule.warps, {1, 32, 1}},
        KnobRange{"consumer_warpgroups", schedule.consumerWarpgroups, {0, 8}},
        KnobRange{"stages_k", schedule.stagesK, {1, 8}},
        KnobRange{"stages_v", schedule.stagesV, {1, 8}},
        KnobRange{"max_registers", schedule.maxRegisters, {0, 512}},
        // setmaxnreg takes multiples of eight.
        KnobRange{
            "producer_registers", schedule.producerRegisters, {0, 256, 8}},
        KnobRange{"cluster_size", schedule.clusterSize, {1, 16}},
        KnobRange{"split_kv", schedule.splitKV, {1, 256}}})
    rules.inRange(ErrorCode::KnobOutOfRange, row.knob, row.have, row.range);
}

void checkCombinations(const Schedule &schedule, Rules &rules) {
  auto conflict = [&](const char *knobs, int64_t have, int64_t limit,
                      const std::string &detail) {
    rules.broken(ErrorCode::KnobConflict, knobs, have, limit, detail);
  };
  int64_t groups = schedule.consumerWarpgroups;
  // A warpgroup of wgmma is four warps.
  if (groups > 0 && schedule.warps != 4 * groups)
    conflict("warps+consumer_warpgroups", schedule.warps, 4 * groups,
             "warps: has " + std::to_string(schedule.warps) + ", " +
                 std::to_string(groups) + " consumer warpgroups are " +
                 std::to_string(4 * groups) + " warps");
  if (groups == 0 && schedule.producerRegisters > 0)
    conflict("producer_registers+consumer_warpgroups",
             schedule.producerRegisters, 0,
             "producer_registers: has " +
                 std::to_string(schedule.producerRegisters) +
                 ", limit 0 without consumer_warpgroups");
  bool pingPong = schedule.overlap == OverlapMode::PingPong ||
                  schedule.overlap == OverlapMode::Both;
  if (pingPong && groups < 2)
    conflict("overlap+consumer_warpgroups", groups, 2,
             "consumer_warpgroups: has " + std::to_string(groups) +
                 ", at least 2 with overlap " +
                 std::string(spelling(schedule.overlap)));
  if (schedule.producer != ProducerKind::Tma && schedule.clusterSize > 1)
    conflict("cluster_size+producer", schedule.clusterSize, 1,
             "cluster_size: has " + std::to_string(schedule.clusterSize) +
                 ", limit 1 without producer tma");
}

void checkHeadDim(const char *name, int64_t have, const Range &range,
                  Rules &rules) {
  rules.inRange(ErrorCode::HeadDimUnsupported, name, have, range);
}

} // namespace

std::string toString(const Violation &violation) {
  return "[" + formatCode(violation.code) + "] " + violation.detail;
}

std::vector<Violation> checkSchedule(const Schedule &schedule) {
  std::vector<Violation> violations;
  Rules rules(violations, "");
  checkRanges(schedule, rules);
  checkCombinations(schedule, rules);
  return violations;
}

namespace legality {

Capabilities capabilities(TargetKind target, ElementType dtype) {
  switch (target) {
  case TargetKind::Cpu:
    return cpuCapabilities();
  case TargetKind::Nvvm:
    return nvvmCapabilities(dtype);
  case TargetKind::Rocdl:
    return rocdlCapabilities();
  }
  return cpuCapabilities();
}

bool hasRoles(const HardwareModel &hardware, ElementType dtype) {
  return hardware.arch == "sm_90a" && dtype != ElementType::F32;
}

Capabilities capabilities(const HardwareModel &hardware, ElementType dtype) {
  return hasRoles(hardware, dtype) ? hopperCapabilities()
                                   : capabilities(hardware.target, dtype);
}

std::vector<Violation> checkServed(const Problem &problem,
                                   const HardwareModel &hardware) {
  std::vector<Violation> violations;
  Rules rules(violations, hardware.key);
  if (Expected<void> valid = checkProblem(problem); !valid) {
    const Error &error = valid.error();
    bool heads = error.code() == ErrorCode::HeadCountMismatch;
    rules.broken(error.code(), heads ? "heads_q" : "problem",
                 heads ? problem.headsQ : 0, heads ? problem.headsKV : 0,
                 error.detail());
    return violations;
  }
  Capabilities served = capabilities(hardware, problem.dtype);
  if (!contains(served.dtypes, problem.dtype)) {
    std::string allowed;
    for (ElementType type : served.dtypes)
      allowed.append(allowed.empty() ? "" : ", ").append(spelling(type));
    rules.broken(ErrorCode::DtypeUnsupported, "dtype",
                 static_cast<int64_t>(problem.dtype),
                 static_cast<int64_t>(served.dtypes.front()),
                 "dtype: has " + std::string(spelling(problem.dtype)) + ", " +
                     served.name + " serves " + allowed);
  }
  checkHeadDim("head_dim_qk", problem.headDimQK, served.headDim, rules);
  checkHeadDim("head_dim_v", problem.headDimV, served.headDim, rules);
  return violations;
}

std::vector<Violation> checkServedSchedule(const Problem &problem,
                                           const Schedule &schedule,
                                           const HardwareModel &hardware) {
  std::vector<Violation> violations = checkSchedule(schedule);
  // Sums of bytes and registers of numbers out of range mean nothing.
  if (!violations.empty())
    return violations;
  Rules rules(violations, hardware.key);
  checkKnobs(capabilities(hardware, problem.dtype), problem, schedule, rules);
  switch (hardware.target) {
  case TargetKind::Cpu:
    checkCpu(problem, schedule, hardware, rules);
    break;
  case TargetKind::Nvvm:
    if (hasRoles(hardware, problem.dtype))
      checkHopper(problem, schedule, hardware, rules);
    else
      checkNvvm(problem, schedule, hardware, rules);
    break;
  case TargetKind::Rocdl:
    checkRocdl(problem, schedule, hardware, rules);
    break;
  }
  return violations;
}

} // namespace legality

std::vector<Violation> checkLegality(const Problem &problem,
                                     const Schedule &schedule,
                                     const HardwareModel &hardware) {
  std::vector<Violation> violations = checkServed(problem, hardware);
  // A problem that is not well formed has no sizes to speak of; one that is
  // merely not served still gets told about its schedule.
  bool malformed = !violations.empty() &&
                   (violations[0].code == ErrorCode::ProblemInvalid ||
                    violations[0].code == ErrorCode::ExpressionInvalid ||
                    violations[0].code == ErrorCode::HeadCountMismatch);
  if (malformed)
    return violations;
  for (Violation &violation : checkServedSchedule(problem, schedule, hardware))
    violations.push_back(std::move(violation));
  return violations;
}

} // namespace kgen
