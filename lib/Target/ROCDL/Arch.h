//===- Arch.h - What the lowering knows of an architecture ------*- C++ -*-===//
#ifndef KGEN_LIB_TARGET_ROCDL_ARCH_H
#define KGEN_LIB_TARGET_ROCDL_ARCH_H

#include "kgen/Support/Error.h"

#include <cstdint>
#include <string_view>

namespace kgen::rocdl {

/// What differs between the architectures that the lane maps were written for.
struct Arch {
  std::string_view name; ///< "gfx942"
  int64_t ldsBytes = 0;  ///< that a workgroup may have
  /// Has v_mfma_f32_32x32x16_{f16,bf16}, which contracts two fragments of 4.
  bool wideProducts = false;
};

/// ArchUnsupported for every other name.
Expected<Arch> findArch(std::string_view name);

} // namespace kgen::rocdl

#endif // KGEN_LIB_TARGET_ROCDL_ARCH_H
