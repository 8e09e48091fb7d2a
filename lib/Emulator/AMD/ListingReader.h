//===- ListingReader.h - From a listing to decoded instructions
//------------===//
#ifndef KGEN_LIB_EMULATOR_AMD_LISTINGREADER_H
#define KGEN_LIB_EMULATOR_AMD_LISTINGREADER_H

#include "Workgroup.h"

namespace kgen::emulator::amd {

/// Decodes and checks every instruction: known, operands of the right kind and
/// width, registers within what the kernel allocates, on this target.
Expected<Code> readListing(const Listing &listing, const Architecture &arch);

} // namespace kgen::emulator::amd

#endif // KGEN_LIB_EMULATOR_AMD_LISTINGREADER_H
