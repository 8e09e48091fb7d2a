//===- KernelCheck.h - Whether fragments can hold a kernel's tiles ----------===//
#ifndef KGEN_TARGET_NVVM_KERNELCHECK_H
#define KGEN_TARGET_NVVM_KERNELCHECK_H

#include "Fragments.h"

namespace kgen::nvvm {

/// Warps of the kernel's schedule (4 without one). Emits a diagnostic and fails
/// when the schedule or a tile's shape is not served.
mlir::FailureOr<KernelShape> checkKernel(mlir::func::FuncOp kernel);

/// Gives every buffer its place (kOffsetAttr) and returns the bytes in all.
int64_t planSharedMemory(mlir::func::FuncOp kernel);

} // namespace kgen::nvvm

#endif // KGEN_TARGET_NVVM_KERNELCHECK_H
