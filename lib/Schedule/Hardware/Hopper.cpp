//===- Hopper.cpp - NVIDIA H100
//--------------------------------------------===//
//
// Sources: [HW] "NVIDIA H100 Tensor Core GPU Architecture" whitepaper, H100
// SXM5 column; [CC] CUDA C++ Programming Guide, tables "Technical
// Specifications per Compute Capability" and "Throughput of Native Arithmetic
// Instructions", column 9.0.
//
//===----------------------------------------------------------------------===//

#include "Tables.h"

namespace kgen::hardware {

HardwareModel h100() {
  HardwareModel model;
  model.name = "NVIDIA H100 SXM5 80GB";
  model.key = "h100";
  model.arch = "sm_90";
  model.target = TargetKind::Nvvm;
  model.computeCapability = 90;
  model.processors = 132;                 // [HW] SMs
  model.lanes = 32;                       // [CC] warp size
  model.maxSharedBytes = 232448;          // [CC] 227 KiB per block
  model.sharedBytesPerProcessor = 233472; // [CC] 228 KiB per SM
  model.registersPerProcessor = 65536;    // [CC]
  model.maxRegistersPerThread = 255;      // [CC]
  model.maxThreadsPerWorkgroup = 1024;    // [CC]
  model.maxThreadsPerProcessor = 2048;    // [CC]
  model.l2Bytes = 50 * 1024 * 1024;       // [HW] 50 MB
  model.l1Bytes = 256 * 1024;             // [HW] L1 and shared memory together
  model.clockGhz = 1.83;        // the clock at which [HW]'s bf16 rate holds
  model.memoryGBps = 3350;      // [HW] 80 GB HBM3
  model.matrixTflops16 = 989.5; // [HW] 132 * 4096 FLOP/clk * 1.83 GHz, dense
  model.vectorTflops32 = 66.9;  // [HW] non-tensor FP32
  model.exp2GopsPerProcessor = 16 * 1.83; // [CC] 16 results per clock per SM
  return model;
}

HardwareModel h100a() {
  HardwareModel model = h100();
  // Devices are found as this one, by their compute capability.
  model.name += ", sm_90a";
  model.key = "h100a";
  model.arch = "sm_90a";
  return model;
}

} // namespace kgen::hardware
