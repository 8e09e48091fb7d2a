//===- Cpu.cpp - What the CPU target serves
//--------------------------------===//
//
// One thread computes one block; everything is widened to f32. A block keeps
// its tiles in scratch memory, which must stay in the core's private cache.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"

namespace kgen::legality {

Capabilities cpuCapabilities() {
  Capabilities cpu;
  cpu.name = "cpu";
  cpu.dtypes = {ElementType::F32, ElementType::F16, ElementType::BF16};
  cpu.headDim = {1, 512, 1};
  cpu.tileQ = {8, 256, 8};
  cpu.tileKV = {16, 512, 16};
  cpu.stages = {1, 1, 1};
  cpu.maxRegisters = {0, 0, 1};
  cpu.warps = {1};
  cpu.producer = {ProducerKind::None};
  cpu.overlap = {OverlapMode::None};
  cpu.qOperand = {OperandPlace::Registers};
  cpu.pOperand = {OperandPlace::Registers};
  cpu.scheduler = {TileScheduler::Grid};
  cpu.order = {TileOrder::Linear, TileOrder::LongestFirst};
  cpu.kvDirection = {KvDirection::Forward};
  // x86 has no instruction for it: both names mean the polynomial.
  cpu.exp2 = {Exp2Unit::Polynomial, Exp2Unit::Native};
  cpu.rescale = {RescalePolicy::Always};
  return cpu;
}

int64_t cpuScratchBytes(const Problem &problem, const Schedule &schedule) {
  // Rows are padded to whole vectors; 16 lanes are the widest.
  auto padded = [](int64_t count) { return (count + 15) / 16 * 16; };
  int64_t dims = padded(problem.headDimQK) + padded(problem.headDimV);
  int64_t scores = schedule.tileQ * schedule.tileKV;
  int64_t queryAndOutput = schedule.tileQ * dims;
  int64_t keysAndValues = schedule.tileKV * dims;
  // Maximum, sum, correction, row constants; column constants; alignment.
  int64_t rows = 8 * schedule.tileQ + 4 * schedule.tileKV;
  return (scores + queryAndOutput + keysAndValues + rows) *
         byteSize(ElementType::F32);
}

void checkCpu(const Problem &problem, const Schedule &schedule,
              const HardwareModel &hardware, Rules &rules) {
  rules.atMost(ErrorCode::ScratchExceeded, "tile_q+tile_kv",
               cpuScratchBytes(problem, schedule), hardware.maxSharedBytes,
               " scratch bytes");
}

} // namespace kgen::legality
