//===- Cdna.cpp - AMD Instinct MI250X, MI300X and MI355X -------------------===//
//
// Sources: [2] "AMD CDNA 2 Architecture" white paper and the MI250X data sheet,
// halved where they count both dies; [3] "AMD CDNA 3 Architecture" white paper
// and the MI300X data sheet; [4] "AMD CDNA 4 Architecture" white paper and the
// MI355X data sheet; [ISA] the Instruction Set Architecture guides of "AMD
// Instinct MI200", "MI300" and "CDNA4".
//
//===----------------------------------------------------------------------===//

#include "Tables.h"

namespace kgen::hardware {

HardwareModel mi250x() {
  HardwareModel model;
  model.name = "AMD Instinct MI250X (one die)";
  model.key = "mi250x";
  model.arch = "gfx90a";
  model.target = TargetKind::Rocdl;
  model.processors = 110;                // [2] CUs of one die
  model.lanes = 64;                      // [ISA] wave64
  model.maxSharedBytes = 65536;          // [ISA] LDS of a workgroup
  model.sharedBytesPerProcessor = 65536; // [ISA] LDS of a CU
  // [ISA] 4 SIMDs * 64 lanes * 512 registers, vector and accumulation together.
  model.registersPerProcessor = 131072;
  model.maxRegistersPerThread = 512;   // [ISA] 256 vector + 256 accumulation
  model.maxThreadsPerWorkgroup = 1024; // [ISA]
  model.maxThreadsPerProcessor = 2048; // [ISA] 8 waves * 4 SIMDs * 64 lanes
  model.l2Bytes = 8 * 1024 * 1024;     // [2] of one die
  model.l1Bytes = 16 * 1024;           // [2] vector cache of a CU
  model.clockGhz = 1.7;                // [2] peak engine clock
  model.memoryGBps = 1638;             // [2] 3.2768 TB/s, halved
  model.matrixTflops16 = 191.5;        // [2] 383 TFLOP/s f16 matrix, halved
  model.vectorTflops32 = 23.95;        // [2] 47.9 TFLOP/s f32 vector, halved
  // [ISA] transcendentals run at a quarter of the rate: 16 per clock per CU.
  model.exp2GopsPerProcessor = 16 * 1.7;
  return model;
}

HardwareModel mi300x() {
  HardwareModel model;
  model.name = "AMD Instinct MI300X";
  model.key = "mi300x";
  model.arch = "gfx942";
  model.target = TargetKind::Rocdl;
  model.processors = 304;                // [3] CUs
  model.lanes = 64;                      // [ISA] wave64
  model.maxSharedBytes = 65536;          // [ISA] LDS of a workgroup
  model.sharedBytesPerProcessor = 65536; // [ISA] LDS of a CU
  // [ISA] 4 SIMDs * 64 lanes * 512 registers, vector and accumulation together.
  model.registersPerProcessor = 131072;
  model.maxRegistersPerThread = 512;   // [ISA] 256 vector + 256 accumulation
  model.maxThreadsPerWorkgroup = 1024; // [ISA]
  model.maxThreadsPerProcessor = 2048; // [ISA] 8 waves * 4 SIMDs * 64 lanes
  model.l2Bytes = 256 * 1024 * 1024;   // [3] Infinity Cache, the last level
  model.l1Bytes = 32 * 1024;           // [3] vector cache of a CU
  model.clockGhz = 2.1;                // [3] peak engine clock
  model.memoryGBps = 5300;             // [3] HBM3
  model.matrixTflops16 = 1307.4;       // [3] f16 and bf16 matrix, dense
  model.vectorTflops32 = 163.4;        // [3] f32 vector
  // [ISA] transcendentals run at a quarter of the rate: 16 per clock per CU.
  model.exp2GopsPerProcessor = 16 * 2.1;
  return model;
}

HardwareModel mi355x() {
  HardwareModel model;
  model.name = "AMD Instinct MI355X";
  model.key = "mi355x";
  model.arch = "gfx950";
  model.target = TargetKind::Rocdl;
  model.processors = 256;                 // [4] CUs
  model.lanes = 64;                       // [ISA] wave64
  model.maxSharedBytes = 163840;          // [ISA] LDS of a workgroup, 160 KiB
  model.sharedBytesPerProcessor = 163840; // [4] LDS of a CU
  // [ISA] 4 SIMDs * 64 lanes * 512 registers, vector and accumulation together.
  model.registersPerProcessor = 131072;
  model.maxRegistersPerThread = 512;   // [ISA] 256 vector + 256 accumulation
  model.maxThreadsPerWorkgroup = 1024; // [ISA]
  model.maxThreadsPerProcessor = 2048; // [ISA] 8 waves * 4 SIMDs * 64 lanes
  model.l2Bytes = 256 * 1024 * 1024;   // [4] Infinity Cache, the last level
  model.l1Bytes = 32 * 1024;           // [4] vector cache of a CU
  model.clockGhz = 2.4;                // [4] peak engine clock
  model.memoryGBps = 8000;             // [4] HBM3E
  model.matrixTflops16 = 2516.6;       // [4] f16 and bf16 matrix, dense
  model.vectorTflops32 = 157.3;        // [4] f32 vector
  // [4] CDNA 4 doubles the rate of transcendentals: 32 per clock per CU.
  model.exp2GopsPerProcessor = 32 * 2.4;
  return model;
}

} // namespace kgen::hardware
