//===- KernelFunction.h - The function that becomes a kernel ---------------===//
#ifndef KGEN_TRANSFORMS_KERNELFUNCTION_H
#define KGEN_TRANSFORMS_KERNELFUNCTION_H

#include "kgen/Dialect/Attention/AttentionOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace kgen {

/// Builds, at the builder's insertion point, a function `name` that holds `op`
/// in memref form and nothing else. Arguments are those of the kernel ABI:
/// Q, K, V, captures, O and, if written, LSE; tensors become contiguous
/// memrefs. `op` itself stays as it is. Fails, after an error on `op`, for
/// named mods that were not expanded, for memrefs that are not contiguous and
/// for captures that no kernel argument can hold.
mlir::FailureOr<mlir::func::FuncOp>
buildKernelFunction(mlir::OpBuilder &builder, attention::ForwardOp op,
                    llvm::StringRef name);

/// A module that holds just that function.
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>
buildKernelModule(attention::ForwardOp op, llvm::StringRef name);

/// The op of a kernel function; null (after an error) when the function holds
/// anything else.
attention::ForwardOp findKernelOp(mlir::func::FuncOp function);

} // namespace kgen

#endif // KGEN_TRANSFORMS_KERNELFUNCTION_H
