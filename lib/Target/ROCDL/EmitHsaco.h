//===- EmitHsaco.h - LLVM IR to an AMD code object --------------*- C++ -*-===//
#ifndef KGEN_LIB_TARGET_ROCDL_EMITHSACO_H
#define KGEN_LIB_TARGET_ROCDL_EMITHSACO_H

#include "kgen/Support/Error.h"

#include <string>

namespace llvm {
class Module;
} // namespace llvm

namespace kgen::rocdl {

struct Hsaco {
  std::string bytes;    ///< linked code object
  std::string assembly; ///< empty unless asked for
};

/// Optimises `module` (-O3) for `arch` ("gfx90a", "gfx942"), assembles it with
/// LLVM's AMDGPU backend and links it in this process. The module is used up.
Expected<Hsaco> emitHsaco(llvm::Module &module, const std::string &arch,
                          bool keepAssembly);

} // namespace kgen::rocdl

#endif // KGEN_LIB_TARGET_ROCDL_EMITHSACO_H
