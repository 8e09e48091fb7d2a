//===- CodeObject.h - The parts of an AMD code object
//----------------------===//
#ifndef KGEN_LIB_EMULATOR_AMD_CODEOBJECT_H
#define KGEN_LIB_EMULATOR_AMD_CODEOBJECT_H

#include "Listing.h"

namespace kgen::emulator::amd {

/// One kernel of a code object.
struct KernelImage {
  KernelFacts facts;
  std::string_view code; ///< machine code, in the caller's bytes
  uint64_t address = 0;  ///< of its first byte
  uint64_t entry = 0;    ///< bytes from there to where waves begin
};

/// `kernel` empty: the only one. Fails with EmulatorCodeObject when the bytes
/// are not a code object for `arch`, EmulatorKernelMissing.
Expected<KernelImage> readKernel(std::string_view bytes,
                                 std::string_view kernel,
                                 const Architecture &arch);

} // namespace kgen::emulator::amd

#endif // KGEN_LIB_EMULATOR_AMD_CODEOBJECT_H
