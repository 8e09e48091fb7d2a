//===- LdsPlan.h - Where each buffer lies in LDS ----------------*- C++ -*-===//
#ifndef KGEN_LIB_TARGET_ROCDL_LDSPLAN_H
#define KGEN_LIB_TARGET_ROCDL_LDSPLAN_H

#include "CopyPlan.h"

#include "kgen/Dialect/Tile/IR/Tile.h"
#include "kgen/Target/ROCDL/MfmaLayout.h"

#include "llvm/ADT/DenseMap.h"

namespace kgen::rocdl {

/// The layout of every buffer of a kernel, made before anything is rewritten.
/// Patterns ask by operation, since views change type under conversion.
class LdsPlan {
public:
  /// Decides for each `tile.alloc` whether rows are stored as they are or
  /// transposed (it is read as V by a `tile.dot` without transpose_rhs), and
  /// gives it an offset; tiles of `direct` get none. Emits a coded error for a
  /// buffer that is read both ways, for a view that is not a `tile.slot` of a
  /// `tile.alloc`, and when all buffers together exceed `limit` bytes.
  mlir::LogicalResult build(mlir::func::FuncOp kernel,
                            const DirectLoads &direct, int64_t limit);

  int64_t bytes() const { return totalBytes; }
  /// First byte of a buffer; a multiple of 16.
  int64_t byteOffset(kgen::tile::AllocOp alloc) const {
    return buffers.at(alloc).byteOffset;
  }
  /// The layout behind the view operand of an operation.
  const Slot &slot(mlir::Operation *user, unsigned operand) const {
    return views.at({user, operand});
  }
  /// The layout of the buffer that a `tile.slot` takes.
  const Slot &slot(kgen::tile::SlotOp op) const {
    return views.at({op, 0u});
  }

private:
  struct Buffer {
    Slot slot;
    int64_t byteOffset = 0;
  };
  mlir::LogicalResult addBuffer(kgen::tile::AllocOp alloc, bool inLds);

  llvm::DenseMap<mlir::Operation *, Buffer> buffers;
  llvm::DenseMap<std::pair<mlir::Operation *, unsigned>, Slot> views;
  int64_t totalBytes = 0;
};

} // namespace kgen::rocdl

#endif // KGEN_LIB_TARGET_ROCDL_LDSPLAN_H
