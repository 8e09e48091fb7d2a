//===- AmpereAda.cpp - NVIDIA A100 and GeForce RTX 4090
//--------------------===//
//
// Sources: [A] "NVIDIA A100 Tensor Core GPU Architecture" whitepaper and the
// A100 80GB SXM data sheet; [L] "NVIDIA Ada GPU Architecture" whitepaper, RTX
// 4090 column; [CC] CUDA C++ Programming Guide, tables "Technical
// Specifications per Compute Capability" and "Throughput of Native Arithmetic
// Instructions", columns 8.0 and 8.9.
//
//===----------------------------------------------------------------------===//

#include "Tables.h"

namespace kgen::hardware {

HardwareModel a100() {
  HardwareModel model;
  model.name = "NVIDIA A100 SXM4 80GB";
  model.key = "a100";
  model.arch = "sm_80";
  model.target = TargetKind::Nvvm;
  model.computeCapability = 80;
  model.processors = 108;                 // [A] SMs
  model.lanes = 32;                       // [CC] warp size
  model.maxSharedBytes = 166912;          // [CC] 163 KiB per block
  model.sharedBytesPerProcessor = 167936; // [CC] 164 KiB per SM
  model.registersPerProcessor = 65536;    // [CC]
  model.maxRegistersPerThread = 255;      // [CC]
  model.maxThreadsPerWorkgroup = 1024;    // [CC]
  model.maxThreadsPerProcessor = 2048;    // [CC]
  model.l2Bytes = 40 * 1024 * 1024;       // [A] 40 MB
  model.l1Bytes = 192 * 1024;             // [A] L1 and shared memory together
  model.clockGhz = 1.41;                  // [A] boost clock
  model.memoryGBps = 2039;                // [A] 80 GB HBM2e
  model.matrixTflops16 = 312;             // [A] dense, f32 accumulation
  model.vectorTflops32 = 19.5;            // [A] non-tensor FP32
  model.exp2GopsPerProcessor = 16 * 1.41; // [CC] 16 results per clock per SM
  return model;
}

HardwareModel rtx4090() {
  HardwareModel model;
  model.name = "NVIDIA GeForce RTX 4090";
  model.key = "rtx4090";
  model.arch = "sm_89";
  model.target = TargetKind::Nvvm;
  model.computeCapability = 89;
  model.processors = 128;                 // [L] SMs
  model.lanes = 32;                       // [CC] warp size
  model.maxSharedBytes = 101376;          // [CC] 99 KiB per block
  model.sharedBytesPerProcessor = 102400; // [CC] 100 KiB per SM
  model.registersPerProcessor = 65536;    // [CC]
  model.maxRegistersPerThread = 255;      // [CC]
  model.maxThreadsPerWorkgroup = 1024;    // [CC]
  model.maxThreadsPerProcessor = 1536;    // [CC]
  model.l2Bytes = 72 * 1024 * 1024;       // [L] 73728 KB
  model.l1Bytes = 128 * 1024;             // [L] L1 and shared memory together
  model.clockGhz = 2.52;                  // [L] boost clock
  model.memoryGBps = 1008;                // [L] GDDR6X
  model.matrixTflops16 = 165.2;           // [L] dense, f32 accumulation
  model.vectorTflops32 = 82.6;            // [L] non-tensor FP32
  model.exp2GopsPerProcessor = 16 * 2.52; // [CC] 16 results per clock per SM
  return model;
}

} // namespace kgen::hardware
