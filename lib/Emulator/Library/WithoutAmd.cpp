//===- WithoutAmd.cpp - AMD kernels in a build without LLVM ----------------===//

#include "kgen/Emulator/Emulator.h"

namespace kgen::emulator {

/// Refuses: the disassembler is LLVM's.
Expected<std::unique_ptr<Program>>
loadCodeObject(std::span<const char>, std::string_view, const Architecture &) {
  return Error(ErrorCode::EmulatorCodeObject,
               "this build has no LLVM and so no disassembler for AMD code");
}

} // namespace kgen::emulator
