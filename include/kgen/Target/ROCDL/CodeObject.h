//===- CodeObject.h - Reads what a code object says about its kernel -------===//
#ifndef KGEN_TARGET_ROCDL_CODEOBJECT_H
#define KGEN_TARGET_ROCDL_CODEOBJECT_H

#include "kgen/Support/Error.h"
#include "kgen/Target/Common/TargetBackend.h"

#include <string>
#include <string_view>

namespace kgen::rocdl {

/// The metadata note of one kernel ("amdhsa.kernels" of the AMDGPU code object
/// metadata, LLVM's AMDGPUUsage, "Code Object V3 Metadata" and later).
struct KernelMetadata {
  std::string name;
  int64_t vectorRegisters = 0; ///< all of them; on gfx90a and later this counts
                               ///< architectural and accumulation registers
  int64_t accumulationRegisters = 0; ///< AGPRs, of the number above
  int64_t scalarRegisters = 0;
  int64_t ldsBytes = 0;     ///< static, per workgroup
  int64_t scratchBytes = 0; ///< private segment, per work item
  int64_t spilledVectorRegisters = 0;
  int64_t spilledScalarRegisters = 0;
  int64_t maxWorkgroupSize = 0;
  int64_t kernelArgumentBytes = 0;
  int64_t codeBytes = 0; ///< of .text

  ResourceUsage resources() const;
};

/// Reads an HSACO that holds exactly one kernel; RocdlCodeObject otherwise.
Expected<KernelMetadata> readCodeObject(std::string_view bytes);

} // namespace kgen::rocdl

#endif // KGEN_TARGET_ROCDL_CODEOBJECT_H
