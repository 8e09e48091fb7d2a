//===- EmitPtx.h - LLVM IR to PTX -------------------------------------------===//
#ifndef KGEN_TARGET_NVVM_EMITPTX_H
#define KGEN_TARGET_NVVM_EMITPTX_H

#include "kgen/Support/Error.h"

#include <string>

namespace llvm {
class Module;
} // namespace llvm

namespace kgen::nvvm {

/// Optimises `module` (changing it) and returns its PTX for `arch` ("sm_90").
/// Fails with NvptxUnavailable when this LLVM has no backend for the arch.
Expected<std::string> emitPtx(llvm::Module &module, const std::string &arch);

} // namespace kgen::nvvm

#endif // KGEN_TARGET_NVVM_EMITPTX_H
