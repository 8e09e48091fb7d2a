//===- OperandReader.h - Registers of a product's operands ------------------===//
#ifndef KGEN_TARGET_NVVM_OPERANDREADER_H
#define KGEN_TARGET_NVVM_OPERANDREADER_H

#include "Fragments.h"

namespace kgen::nvvm {

/// Reads 16 x 16 blocks of a 16-bit tile in shared memory with ldmatrix.x4, and
/// writes them with its inverse.
class BlockAccess {
public:
  /// `view` points at the tile; `warpRow` is added to the rows of a left operand.
  BlockAccess(mlir::ImplicitLocOpBuilder &builder, const KernelShape &shape,
              SharedTile tile, mlir::Value view, Operand operand);

  /// The four registers of the block at `row` and `col` (multiples of 16), of the
  /// tile that lies `bytes` behind the view.
  llvm::SmallVector<mlir::Value, 4> read(int64_t row, int64_t col,
                                         int64_t bytes = 0);
  /// Not for operands whose read transposes (Operand::Rhs).
  void write(int64_t row, int64_t col, mlir::ValueRange registers,
             int64_t bytes = 0);

private:
  mlir::Value laneBase(int64_t variant);
  mlir::Value pointer(int64_t row, int64_t col, int64_t bytes);

  mlir::ImplicitLocOpBuilder &builder;
  KernelShape shape;
  SharedTile tile;
  mlir::Value view;
  Operand operand;
  llvm::SmallVector<mlir::Value, 8> bases; ///< by variant; null until used
};

} // namespace kgen::nvvm

#endif // KGEN_TARGET_NVVM_OPERANDREADER_H
