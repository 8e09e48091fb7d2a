//===- Rocdl.cpp - What the ROCDL target serves ----------------------------===//
//
// MFMA 32x32: a wave of 64 owns 32 or 64 query rows. K and the transpose of V
// lie in LDS, padded against bank conflicts; Q goes from global memory straight
// into registers. A copy is in flight in registers until its tile is waited
// for, so stages need no asynchronous instruction.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"

namespace kgen::legality {
namespace {

constexpr int64_t kBlock = 32; // rows of a product, mfma_f32_32x32x8 or x16
constexpr int64_t kMostBlocks = 2; // of a wave; O of more does not fit registers
constexpr int64_t kLanes = 64;
constexpr int64_t kPadding = 4; // elements added to each row in LDS
constexpr int64_t kRegisterBytes = 4;
// Of a SIMD for each lane; given out in blocks of 8 ("AMD Instinct MI200",
// "MI300" and "CDNA4" Instruction Set Architecture, "VGPRs").
constexpr int64_t kRegistersOfSimd = 512;
constexpr int64_t kRegisterBlock = 8;
// Addresses, counters, row statistics and operands in flight, as LLVM 22.1
// reports them: with it, estimates are within 30 % of the code object's count
// (test/Unit/Compiler/RocdlResourcesTest.cpp).
constexpr int64_t kOtherRegisters = 48;

bool isServedArch(const std::string &arch) {
  return arch == "gfx90a" || arch == "gfx942" || arch == "gfx950";
}

/// A cap is kept by asking for a number of waves on a SIMD, which share its
/// registers evenly.
void checkRegisterCap(const Schedule &schedule, Rules &rules) {
  int64_t cap = schedule.maxRegisters;
  if (cap <= 0 || cap > kRegistersOfSimd)
    return;
  auto share = [](int64_t waves) {
    return kRegistersOfSimd / waves / kRegisterBlock * kRegisterBlock;
  };
  int64_t waves = kRegistersOfSimd / cap;
  if (share(waves) != cap)
    rules.broken(ErrorCode::KnobUnsupportedByTarget, "max_registers", cap,
                 share(waves),
                 "max_registers: has " + std::to_string(cap) + ", " +
                     std::to_string(waves) + " waves of a SIMD have " +
                     std::to_string(share(waves)) + " each, " +
                     std::to_string(waves + 1) + " have " +
                     std::to_string(share(waves + 1)));
}

} // namespace

Capabilities rocdlCapabilities() {
  Capabilities rocdl;
  rocdl.name = "rocdl (mfma)";
  rocdl.dtypes = {ElementType::BF16, ElementType::F16};
  rocdl.headDim = {32, 256, 32};
  rocdl.tileQ = {32, 256, 32};
  rocdl.tileKV = {32, 256, 32};
  rocdl.stages = {1, 3, 1};
  rocdl.maxRegisters = {64, 512, 8};
  rocdl.warps = {4, 8, 2, 1};
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
  int64_t keys = schedule.tileKV * (problem.headDimQK + kPadding);
  int64_t valuesTransposed = problem.headDimV * (schedule.tileKV + kPadding);
  return (schedule.stagesK * keys + schedule.stagesV * valuesTransposed) *
         byteSize(problem.dtype);
}

int64_t rocdlRegisters(const Problem &problem, const Schedule &schedule) {
  int64_t waves = std::max<int64_t>(schedule.warps, 1);
  int64_t rows = schedule.tileQ / waves;
  int64_t output = rows * problem.headDimV / kLanes;
  int64_t scores = rows * schedule.tileKV / kLanes;
  int64_t query = rows * problem.headDimQK / kLanes / 2;
  // Copies in flight: with one stage, K and V in turn; with more, both, for
  // each stage but the one in use.
  int64_t threadBytes = waves * kLanes * kRegisterBytes;
  int64_t keys = schedule.tileKV * problem.headDimQK * byteSize(problem.dtype);
  int64_t values = schedule.tileKV * problem.headDimV * byteSize(problem.dtype);
  int64_t inFlight = schedule.stagesK == 1
                         ? std::max(keys, values)
                         : (schedule.stagesK - 1) * (keys + values);
  // What a mask finds out about a key is kept for the second block of rows: of
  // half the keys, for the wave's other half has the rest; two values each.
  int64_t columns =
      rows > kBlock && !problem.mask.empty() ? schedule.tileKV / 2 * 2 : 0;
  return kOtherRegisters + output + scores + scores / 2 + query + columns +
         (inFlight + threadBytes - 1) / threadBytes;
}

void checkRocdl(const Problem &problem, const Schedule &schedule,
                const HardwareModel &hardware, Rules &rules) {
  if (!isServedArch(hardware.arch))
    rules.broken(ErrorCode::ArchUnsupported, "hardware", 0, 0,
                 "arch: has " + hardware.arch +
                     ", allowed gfx90a, gfx942, gfx950");
  int64_t rows = schedule.warps * kBlock;
  if (schedule.tileQ != rows && schedule.tileQ != rows * kMostBlocks)
    rules.broken(ErrorCode::TileWarpsMismatch, "tile_q+warps", schedule.tileQ,
                 rows,
                 "tile_q: has " + std::to_string(schedule.tileQ) + ", " +
                     std::to_string(schedule.warps) + " waves hold " +
                     std::to_string(rows) + " or " +
                     std::to_string(rows * kMostBlocks) + " rows");
  checkRegisterCap(schedule, rules);
  rules.equal(ErrorCode::StagesUnsupported, "stages_v", schedule.stagesV,
              schedule.stagesK, "the same as stages_k");
  rules.atMost(ErrorCode::SharedMemoryExceeded, "shared memory",
               rocdlSharedBytes(problem, schedule), hardware.maxSharedBytes,
               " bytes");
  rules.atMost(ErrorCode::RegistersExceeded, "registers",
               rocdlRegisters(problem, schedule),
               registerLimit(schedule, hardware), " a thread (estimate)");
}

} // namespace kgen::legality
