//===- KernelSignature.h - Tensors as kernel arguments ----------------------===//
//
// A contiguous memref argument of a kernel in tiled form becomes a pointer to
// its first element and one i64 for each dynamic dimension, in order: the rule
// of kgen_artifact.h. Every target uses this 1:N conversion; they differ in the
// pointer's address space.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TARGET_COMMON_KERNELSIGNATURE_H
#define KGEN_TARGET_COMMON_KERNELSIGNATURE_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

namespace mlir {
class ConversionTarget;
class Location;
class OpBuilder;
class RewritePatternSet;
class TypeConverter;
} // namespace mlir

namespace kgen {

/// The values that stand for one memref after the conversion.
struct TensorArgument {
  mlir::MemRefType type;
  mlir::Value base;                          ///< !llvm.ptr to element [0, ..., 0]
  llvm::SmallVector<mlir::Value, 4> dynamic; ///< i64, the dynamic sizes in order

  /// From the values that an adaptor gives for an operand of type `type`.
  static TensorArgument from(mlir::MemRefType type, mlir::ValueRange values);

  /// Size of dimension `dim` as i64, known to fit 31 bits (see below).
  mlir::Value size(mlir::OpBuilder &builder, mlir::Location loc,
                   unsigned dim) const;
  /// Row-major position, in elements, of `indices` (each i64; as many as the
  /// rank, or fewer: missing trailing ones are zero). i64.
  mlir::Value position(mlir::OpBuilder &builder, mlir::Location loc,
                       llvm::ArrayRef<mlir::Value> indices) const;
  /// Pointer to the element at `position` (i64, in elements).
  mlir::Value pointer(mlir::OpBuilder &builder, mlir::Location loc,
                      mlir::Value position) const;
};

/// What an element is stored as: i1 as i8, `index` as i64, others as they are.
mlir::Type storageType(mlir::Type elementType);

/// `index` to i64, sign-extended.
mlir::Value toI64(mlir::OpBuilder &builder, mlir::Location loc,
                  mlir::Value index);
/// `index` to i32: for rows and columns, which fit 31 bits.
mlir::Value toI32(mlir::OpBuilder &builder, mlir::Location loc,
                  mlir::Value index);
/// A non-negative i32 to `index`. Comparisons of two such values are narrowed
/// back to 32 bits by LLVM.
mlir::Value fromI32(mlir::OpBuilder &builder, mlir::Location loc,
                    mlir::Value value);

/// Adds the conversion of contiguous memrefs to pointers of `addressSpace`.
void addTensorArgumentConversion(mlir::TypeConverter &converter,
                                 unsigned addressSpace);

/// Adds patterns for what reads tensors outside tile operations: memref.dim and
/// memref.load (of captures, which a kernel never writes), and for the kernel's
/// signature. Marks them illegal in `target` while they use memrefs.
///
/// Sizes of single dimensions are taken to be below 2^31 (the runtime's limit),
/// which lets LLVM compare rows and columns in 32 bits; positions are 64-bit.
void populateTensorArgumentPatterns(const mlir::TypeConverter &converter,
                                    mlir::RewritePatternSet &patterns,
                                    mlir::ConversionTarget &target);

} // namespace kgen

#endif // KGEN_TARGET_COMMON_KERNELSIGNATURE_H
