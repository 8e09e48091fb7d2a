//===- Listing.h - A kernel as text, with what its launch needs
//------------===//
//
// The code object that ships is disassembled to a listing, and the listing is
// what is executed; tests edit a real kernel's listing to seed bugs. One
// instruction a line, in LLVM's syntax; "name:" alone on a line is a label, and
// branches name labels; comments begin with //.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_AMD_LISTING_H
#define KGEN_LIB_EMULATOR_AMD_LISTING_H

#include "kgen/Emulator/Emulator.h"

#include <string>
#include <vector>

namespace kgen::emulator::amd {

/// Where one argument lies in the kernel argument segment.
struct ArgumentPlace {
  uint32_t offset = 0; ///< bytes
  uint32_t size = 0;
  std::string kind; ///< ".value_kind": "by_value", "hidden_block_count_x", ...
};

/// What the kernel descriptor and the metadata note say (LLVM's AMDGPUUsage,
/// "Kernel Descriptor" and "Code Object V5 Metadata").
struct KernelFacts {
  std::string name;
  uint32_t argumentBytes = 0; ///< of the kernel argument segment
  std::vector<ArgumentPlace> arguments;
  uint32_t ldsBytes = 0;
  uint32_t privateBytes = 0;            ///< per lane: spills
  uint32_t vectorRegisters = 256;       ///< allocated; units below are v0...
  uint32_t accumulationRegisters = 256; ///< allocated
  uint32_t usedVectorRegisters = 0;     ///< metadata: without the a's
  uint32_t usedAccumulationRegisters = 0;
  uint32_t usedScalarRegisters = 0;
  uint32_t maxThreads = 1024;
  // Which values the hardware puts into the first scalar registers, in this
  // order; then the user registers' preloaded arguments, and then, from
  // userRegisters on, the workgroup's.
  bool privateSegmentBuffer = false, dispatchPointer = false,
       queuePointer = false, argumentPointer = true, dispatchId = false,
       flatScratchInit = false, privateSegmentSize = false;
  uint32_t userRegisters = 2;
  uint32_t preloadCount = 0;  ///< registers
  uint32_t preloadOffset = 0; ///< registers into the argument segment
  std::array<bool, 3> workgroupId{true, true, true};
  bool workgroupInfo = false, privateWaveOffset = false;
  uint32_t workitemIds = 0;                       ///< 0: x, 1: and y, 2: and z
  uint32_t roundMode32 = 0, roundMode16And64 = 0; ///< 0: nearest even
  uint32_t denormMode32 = 3, denormMode16And64 = 3; ///< 0: flush, 3: keep
  bool dx10Clamp = true, ieeeMode = true;
};

struct Listing {
  KernelFacts facts;
  std::string text;
};

/// Reads a code object. Fails with EmulatorCodeObject, EmulatorKernelMissing.
Expected<Listing> disassemble(std::span<const char> bytes,
                              std::string_view kernel,
                              const Architecture &arch);

/// Prepares a listing for execution. Fails with EmulatorSyntax or
/// EmulatorUnsupported, naming the line.
Expected<std::unique_ptr<Program>> parseListing(const Listing &listing,
                                                const Architecture &arch);

} // namespace kgen::emulator::amd

#endif // KGEN_LIB_EMULATOR_AMD_LISTING_H
