//===- Nvvm.cpp - What the NVVM target serves
//------------------------------===//
//
// 16-bit: mma.sync.m16n8k16, a warp owns 16 or 32 query rows, K and V are
// staged in shared memory by cp.async. f32: FMAs with Q read from shared memory
// and P in registers.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"

#include "kgen/Schedule/MaskDensity.h"

namespace kgen::legality {
namespace {

constexpr int64_t kRowsPerFragment = 16; // M of mma.m16n8k16
constexpr int64_t kMostFragments = 2;    // more rows of O do not fit registers
constexpr int64_t kLanes = 32;
// Addresses, loop counters, row statistics and the operands in flight, as ptxas
// 13.0 reports them for kernels with small tiles.
constexpr int64_t kOtherRegisters = 40;

bool isF32(const Problem &problem) { return problem.dtype == ElementType::F32; }

} // namespace

Capabilities nvvmCapabilities(ElementType dtype) {
  bool f32 = dtype == ElementType::F32;
  Capabilities nvvm;
  nvvm.name = f32 ? "nvvm (f32)" : "nvvm (mma.sync)";
  nvvm.dtypes = {ElementType::BF16, ElementType::F16, ElementType::F32};
  nvvm.headDim = f32 ? Range{8, 256, 8} : Range{16, 256, 16};
  nvvm.tileQ = {16, 256, 16};
  nvvm.tileKV = {16, 256, 16};
  nvvm.stages = {1, 4, 1};
  nvvm.maxRegisters = {32, 255, 1};
  nvvm.warps = {4, 8, 2, 1};
  nvvm.producer = {ProducerKind::CpAsync};
  nvvm.overlap = {OverlapMode::None};
  nvvm.qOperand = {OperandPlace::Registers, OperandPlace::Shared};
  nvvm.pOperand = {OperandPlace::Registers};
  if (f32)
    nvvm.qOperand = {OperandPlace::Shared};
  nvvm.scheduler = {TileScheduler::Grid};
  nvvm.order = {TileOrder::Linear, TileOrder::LongestFirst};
  nvvm.kvDirection = {KvDirection::Forward};
  nvvm.exp2 = {Exp2Unit::Native};
  if (!f32) // whose weights a polynomial of low degree would spoil
    nvvm.exp2 = {Exp2Unit::Native, Exp2Unit::Mixed, Exp2Unit::Polynomial};
  nvvm.rescale = {RescalePolicy::Always};
  return nvvm;
}

int64_t nvvmSharedBytes(const Problem &problem, const Schedule &schedule) {
  // Q passes through shared memory even when it ends in registers.
  int64_t elements = schedule.tileQ * problem.headDimQK +
                     schedule.stagesK * schedule.tileKV * problem.headDimQK +
                     schedule.stagesV * schedule.tileKV * problem.headDimV;
  // What each of several warps finds in a scan of tables: three numbers.
  int64_t found = schedule.warps > 1 ? countTableMatches(problem.mask) * 3 * 4 *
                                           schedule.warps
                                     : 0;
  return elements * byteSize(problem.dtype) + found;
}

int64_t nvvmRegisters(const Problem &problem, const Schedule &schedule) {
  int64_t rows = schedule.tileQ / std::max<int64_t>(schedule.warps, 1);
  int64_t output = rows * problem.headDimV / kLanes;
  int64_t scores = rows * schedule.tileKV / kLanes;
  int64_t total = kOtherRegisters + output + scores;
  // P takes the scores' registers; Q stays in shared memory for f32.
  if (!isF32(problem) && schedule.qOperand == OperandPlace::Registers)
    total += rows * problem.headDimQK / kLanes / 2;
  return total;
}

void checkNvvm(const Problem &problem, const Schedule &schedule,
               const HardwareModel &hardware, Rules &rules) {
  if (hardware.computeCapability < 80)
    rules.broken(ErrorCode::ArchUnsupported, "hardware",
                 hardware.computeCapability, 80,
                 "arch: has " + hardware.arch + ", at least sm_80");
  // Rows per warp: one or two fragments.
  int64_t warpRows = std::max<int64_t>(schedule.warps, 1) * kRowsPerFragment;
  if (schedule.tileQ % warpRows != 0 ||
      schedule.tileQ > warpRows * kMostFragments)
    rules.broken(ErrorCode::TileWarpsMismatch, "tile_q+warps", schedule.tileQ,
                 warpRows,
                 "tile_q: has " + std::to_string(schedule.tileQ) + ", " +
                     std::to_string(schedule.warps) + " warps hold " +
                     std::to_string(warpRows) + " or " +
                     std::to_string(warpRows * kMostFragments) + " rows");
  rules.equal(ErrorCode::StagesUnsupported, "stages_v", schedule.stagesV,
              schedule.stagesK, "the same as stages_k");
  rules.atMost(ErrorCode::SharedMemoryExceeded, "shared memory",
               nvvmSharedBytes(problem, schedule), hardware.maxSharedBytes,
               " bytes");
  rules.atMost(ErrorCode::RegistersExceeded, "registers",
               nvvmRegisters(problem, schedule),
               registerLimit(schedule, hardware), " a thread (estimate)");
}

} // namespace kgen::legality
