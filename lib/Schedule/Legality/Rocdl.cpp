//===- Rocdl.cpp - What the ROCDL target serves
//----------------------------===//
//
// MFMA 32x32x8: a wave of 64 owns 32 query rows. Q, K and the transpose of V
// lie in LDS, padded against bank conflicts.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"

namespace kgen::legality {
namespace {

constexpr int64_t kRowsPerWave = 32; // M of mfma_f32_32x32x8
constexpr int64_t kLanes = 64;
constexpr int64_t kPadding = 4; // elements added to each row in LDS
// Addresses, counters, row statistics and operands in flight; registers are
// given out in blocks of eight.
constexpr int64_t kOtherRegisters = 48;

} // namespace

Capabilities rocdlCapabilities() {
  Capabilities rocdl;
  rocdl.name = "rocdl (mfma)";
  rocdl.dtypes = {ElementType::BF16, ElementType::F16};
  rocdl.headDim = {32, 256, 32};
  rocdl.tileQ = {32, 128, 32};
  rocdl.tileKV = {32, 256, 32};
  rocdl.stages = {1, 1, 1};
  rocdl.maxRegisters = {0, 0, 1};
  rocdl.warps = {4, 2, 1};
  rocdl.producer = {ProducerKind::None};
  rocdl.overlap = {OverlapMode::None};
  rocdl.qOperand = {OperandPlace::Registers};
  rocdl.pOperand = {OperandPlace::Registers};
  rocdl.scheduler = {TileScheduler::Grid};
  rocdl.order = {TileOrder::Linear, TileOrder::LongestFirst};
  rocdl.kvDirection = {KvDirection::Forward};
  rocdl.exp2 = {Exp2Unit::Native};
  rocdl.rescale = {RescalePolicy::Always};
  return rocdl;
}

int64_t rocdlSharedBytes(const Problem &problem, const Schedule &schedule) {
  // Q passes through LDS even when it ends in registers, and nothing takes its
  // place there: other waves may still read theirs.
  int64_t queries = schedule.tileQ * (problem.headDimQK + kPadding);
  int64_t keys = schedule.tileKV * (problem.headDimQK + kPadding);
  int64_t valuesTransposed = problem.headDimV * (schedule.tileKV + kPadding);
  return (queries + keys + valuesTransposed) * byteSize(problem.dtype);
}

int64_t rocdlRegisters(const Problem &problem, const Schedule &schedule) {
  int64_t rows = schedule.tileQ / std::max<int64_t>(schedule.warps, 1);
  int64_t output = rows * problem.headDimV / kLanes;
  int64_t scores = rows * schedule.tileKV / kLanes;
  int64_t query = rows * problem.headDimQK / kLanes / 2;
  return kOtherRegisters + output + scores + scores / 2 + query;
}

void checkRocdl(const Problem &problem, const Schedule &schedule,
                const HardwareModel &hardware, Rules &rules) {
  if (hardware.arch != "gfx90a" && hardware.arch != "gfx942")
    rules.broken(ErrorCode::ArchUnsupported, "hardware", 0, 0,
                 "arch: has " + hardware.arch + ", allowed gfx90a, gfx942");
  int64_t rows = schedule.warps * kRowsPerWave;
  if (schedule.tileQ != rows)
    rules.broken(ErrorCode::TileWarpsMismatch, "tile_q+warps", schedule.tileQ,
                 rows,
                 "tile_q: has " + std::to_string(schedule.tileQ) + ", " +
                     std::to_string(schedule.warps) + " waves hold " +
                     std::to_string(rows) + " rows");
  rules.atMost(ErrorCode::SharedMemoryExceeded, "shared memory",
               rocdlSharedBytes(problem, schedule), hardware.maxSharedBytes,
               " bytes");
  rules.atMost(ErrorCode::RegistersExceeded, "registers",
               rocdlRegisters(problem, schedule),
               registerLimit(schedule, hardware), " a thread (estimate)");
}

} // namespace kgen::legality
