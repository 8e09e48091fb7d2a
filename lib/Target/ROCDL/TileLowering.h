//===- TileLowering.h - Shared by the patterns of convert-tile-to-rocdl -*- C++ -*-===//
#ifndef KGEN_LIB_TARGET_ROCDL_TILELOWERING_H
#define KGEN_LIB_TARGET_ROCDL_TILELOWERING_H

#include "Arch.h"
#include "CopyPlan.h"
#include "IndexBuilder.h"
#include "LdsPlan.h"

#include "kgen/Dialect/Tile/IR/Tile.h"
#include "kgen/Support/Error.h"
#include "kgen/Target/Common/KernelSignature.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Transforms/DialectConversion.h"

namespace kgen::rocdl {

/// A tile that a copy has loaded and that no wait has stored yet.
struct InFlight {
  mlir::Value view; ///< the slot that it goes to
  llvm::SmallVector<mlir::Value> vectors;
};

/// What the patterns of one kernel share. Values stand at the kernel's entry.
struct Kernel {
  Kernel(const Arch &arch, const LdsPlan &plan, const DirectLoads &direct,
         const CopyPlan &copies, int64_t waves)
      : arch(arch), plan(plan), direct(direct), copies(copies), waves(waves) {}

  const Arch &arch;
  const LdsPlan &plan;
  const DirectLoads &direct;
  const CopyPlan &copies;
  int64_t waves;            ///< of a workgroup
  mlir::LLVM::GlobalOp lds; ///< null if the kernel has no buffer
  mlir::Value thread;       ///< i32, 0 .. 64 * waves - 1
  mlir::Value lane;         ///< i32, 0 .. 63
  mlir::Value wave;         ///< i32, 0 .. waves - 1, uniform over a wave
  /// What copies have loaded, by copy: for a tile.load, and for the token that
  /// carries it. Both follow their copy in its block, so that the conversion
  /// meets the copy first.
  mutable llvm::DenseMap<mlir::Operation *, llvm::SmallVector<mlir::Value>>
      fragments;
  mutable llvm::DenseMap<mlir::Operation *, InFlight> inFlight;

  int64_t threads() const { return waves * kLanes; }
  /// 32-row blocks of a tile of `rows` that each wave holds.
  int64_t blocks(int64_t rows) const { return rows / (waves * kBlock); }
  /// The tile row that this lane holds in block `block` of `blocks`.
  Int row(mlir::OpBuilder &builder, mlir::Location location, int64_t block,
          int64_t blocks) const {
    Int waveNumber(builder, location, wave), laneNumber(builder, location, lane);
    return firstRow(waveNumber, block, blocks) +
           accumulator(laneNumber, 0).column;
  }
};

/// The registers of one lane:
///   accumulator  vector<16xf32> for each (row block, 32 columns)
///   operand      4 elements for each (row block, 8 columns); bf16 as i16
///   per_row      f32 for each row block, the same in both halves of the wave
///   buffer, view !llvm.ptr<3>
///   token        the views that are filled and what was loaded for them
void addTileConversions(mlir::TypeConverter &converter, int64_t waves,
                        const CopyPlan &copies);

/// vector<4xf16> for f16, vector<4xi16> for bf16 (what MFMA takes).
mlir::VectorType fragmentType(mlir::Type element);

/// Refuses shapes and element types that the layouts above cannot hold.
mlir::LogicalResult checkKernel(mlir::func::FuncOp kernel, int64_t waves);

/// Rows `row .. min(row + rows, limit) - 1` of tensor[batch, head].
struct RowsOfTensor {
  mlir::Value batch, head, row, limit; ///< index, uniform over the workgroup
  int64_t rows, rowElements;           ///< rowElements is 1 for rank 3

  /// From the operands of a copy or store.
  template <typename AdaptorT>
  static RowsOfTensor of(AdaptorT adaptor, int64_t rows, int64_t rowElements) {
    return {adaptor.getBatch().front(), adaptor.getHead().front(),
            adaptor.getRow().front(),   adaptor.getLimit().front(),
            rows,                       rowElements};
  }
};

/// A raw buffer resource over these rows. Loads past its end give zeros and
/// stores past it do nothing, so ragged tiles need no branch.
mlir::Value bufferOverRows(mlir::OpBuilder &builder, mlir::Location location,
                           const TensorArgument &tensor,
                           const RowsOfTensor &place);

using Patterns = mlir::RewritePatternSet;
void populateMemoryPatterns(Patterns &patterns, mlir::TypeConverter &converter,
                            const Kernel &kernel); ///< alloc, slot, barrier
void populateCopyPatterns(Patterns &patterns, mlir::TypeConverter &converter,
                          const Kernel &kernel); ///< copy, wait
void populateProductPatterns(Patterns &patterns, mlir::TypeConverter &converter,
                             const Kernel &kernel); ///< load, dot, pack
void populateElementPatterns(Patterns &patterns, mlir::TypeConverter &converter,
                             const Kernel &kernel); ///< map, map_rows, splat
void populateReductionPatterns(Patterns &patterns,
                               mlir::TypeConverter &converter,
                               const Kernel &kernel); ///< reduce, combine
void populateStorePatterns(Patterns &patterns, mlir::TypeConverter &converter,
                           const Kernel &kernel); ///< store, store_rows

/// A pattern that knows its kernel.
template <typename OpT>
struct TilePattern : mlir::OpConversionPattern<OpT> {
  TilePattern(mlir::TypeConverter &converter, mlir::MLIRContext *context,
              const Kernel &kernel)
      : mlir::OpConversionPattern<OpT>(converter, context), kernel(kernel) {}
  const Kernel &kernel;
};

} // namespace kgen::rocdl

#endif // KGEN_LIB_TARGET_ROCDL_TILELOWERING_H
