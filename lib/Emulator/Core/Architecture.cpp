//===- Architecture.cpp - The devices that can be emulated
//-----------------===//
//
// Sources. NVIDIA: CUDA C++ Programming Guide, "Technical Specifications per
// Compute Capability" (threads, shared memory, registers) and "Throughput of
// Native Arithmetic Instructions" (lanes per cycle); tensor rates from the A100
// and H100 architecture white papers (1024 and 2048 FMA per cycle and SM).
// AMD: the "AMD CDNA 2", "CDNA 3" and "CDNA 4 Architecture" white papers and
// the Instruction Set Architecture guides of MI200, MI300 and MI350: four SIMDs
// of 16 lanes, packed FP32 counted by its instruction, transcendentals at a
// quarter of the rate, matrix rates per cycle and compute unit.
//
//===----------------------------------------------------------------------===//

#include "kgen/Emulator/Emulator.h"

namespace kgen::emulator {

namespace {

Architecture ampere() {
  Architecture arch;
  arch.name = "sm_80";
  arch.description = "NVIDIA A100, emulated";
  arch.maxSharedBytes = 166912; // 163 KiB
  arch.processors = 108;
  arch.registersPerSm = 65536;
  arch.rates.floatLanes = 64;
  arch.rates.integerLanes = 64;
  arch.rates.conversionLanes = 16;
  arch.rates.transcendentalLanes = 16;
  arch.rates.shuffleLanes = 32;
  arch.rates.tensorFlops = 2048;
  arch.rates.sharedBytes = 128;
  return arch;
}

Architecture hopper(bool architectureSpecific) {
  Architecture arch = ampere();
  arch.name = architectureSpecific ? "sm_90a" : "sm_90";
  arch.description = "NVIDIA H100 SXM5, emulated";
  arch.maxSharedBytes = 232448; // 227 KiB
  arch.processors = 132;
  arch.hasHopperInstructions = architectureSpecific;
  arch.rates.floatLanes = 128;
  arch.rates.conversionLanes = 64;
  arch.rates.tensorFlops = 4096;
  return arch;
}

Architecture cdna(std::string_view name, std::string_view description,
                  uint32_t processors, double tensorFlops) {
  Architecture arch;
  arch.name = name;
  arch.description = description;
  arch.vendor = Vendor::Amd;
  arch.warpSize = 64;
  arch.maxSharedBytes = 65536;
  arch.processors = processors;
  arch.registersPerSm = 131072;
  // Each cycle one SIMD issues, for one wave, up to one instruction of each
  // kind.
  arch.rates.warpInstructions = 4;
  arch.rates.warpLanes = 64;
  arch.rates.oneVectorPipe = true;
  arch.rates.floatLanes = 64;
  arch.rates.integerLanes = 64;
  arch.rates.conversionLanes = 64;
  arch.rates.transcendentalLanes = 16;
  arch.rates.shuffleLanes = 32; // through the LDS crossbar
  arch.rates.tensorFlops = tensorFlops;
  arch.rates.sharedBytes = 128;
  return arch;
}

Architecture cdna4() {
  Architecture arch =
      cdna("gfx950", "AMD Instinct MI355X, emulated", 256, 4096);
  arch.maxSharedBytes = 163840;
  arch.sharedBanks = 64;
  arch.rates.sharedBytes = 256;
  return arch;
}

} // namespace

std::span<const Architecture> architectures() {
  static const Architecture all[] = {
      ampere(),
      hopper(false),
      hopper(true),
      cdna("gfx90a", "AMD Instinct MI250X (one die), emulated", 110, 1024),
      cdna("gfx942", "AMD Instinct MI300X, emulated", 304, 2048),
      cdna4(),
  };
  return all;
}

Expected<const Architecture *> findArchitecture(std::string_view name) {
  std::string known;
  for (const Architecture &arch : architectures()) {
    if (arch.name == name)
      return &arch;
    known += (known.empty() ? "" : ", ") + std::string(arch.name);
  }
  return Error(ErrorCode::EmulatorArchUnknown,
               "'" + std::string(name) + "' is none of " + known);
}

Program::~Program() = default;

} // namespace kgen::emulator
