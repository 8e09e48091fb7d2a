//===- Fragments.h - Tile values as registers of a lane ---------------------===//
//
// Each tile type becomes a list of scalars, the same for every target pattern:
//   accumulator   f32: [row block][column block][half][element]
//   operand       16-bit: i32 pairs, [row block][k step][a0..a3]; f32: as an
//                 accumulator
//   per_row       f32: [row block][half]; equal in the 4 lanes of a row
//   buffer, view  pointer to shared memory
//   token         an unused i32
// Warp w owns the rows w * 16 * blocks ... of a tile.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TARGET_NVVM_FRAGMENTS_H
#define KGEN_TARGET_NVVM_FRAGMENTS_H

#include "LaneExpr.h"
#include "kgen/Dialect/Tile/IR/Tile.h"
#include "kgen/Target/NVVM/FragmentLayout.h"
#include "kgen/Target/NVVM/WgmmaLayout.h"

#include "mlir/Transforms/DialectConversion.h"

namespace kgen::nvvm {

/// What the patterns of one kernel need to know.
struct KernelShape {
  int64_t warps = 4; ///< that compute
  /// The kernel has a producer (tile.roles), wgmma and TMA: a warpgroup of its
  /// own, behind those that compute.
  bool roles = false;
  int64_t producerRegisters = 0; ///< setmaxnreg; 0: registers are not moved
  int64_t maxRegisters = 0; ///< of a thread at its start; 0: all there are
  int64_t groups() const { return warps / kGroupWarps; }
  int64_t threads() const {
    return (warps + (roles ? kGroupWarps : 0)) * kLanes;
  }
  /// 16-row blocks that a warp owns of a tile of `rows` rows.
  int64_t rowBlocks(int64_t rows) const { return rows / (warps * kBlockRows); }
};

inline constexpr unsigned kGlobalSpace = 1;
inline constexpr unsigned kSharedSpace = 3;
inline constexpr unsigned kSharedClusterSpace = 7;
/// The symbol of the dynamic shared memory, and the attributes that carry its
/// size (on the kernel) and a buffer's place in it (on tile.alloc).
inline constexpr llvm::StringLiteral kSharedSymbol = "kgen_shared";
inline constexpr llvm::StringLiteral kSharedBytesAttr = "dynamic_shared_bytes";
inline constexpr llvm::StringLiteral kOffsetAttr = "shared_offset";

inline int64_t byteWidth(mlir::Type element) {
  return element.getIntOrFloatBitWidth() / 8;
}
inline SharedTile sharedTile(tile::ViewType view) {
  return {view.getRows(), view.getCols(), byteWidth(view.getElementType())};
}

/// Position of an accumulator element in its list.
inline int64_t accumulatorIndex(int64_t columnBlocks, int64_t rowBlock,
                                int64_t columnBlock, int64_t half,
                                int64_t element) {
  return ((rowBlock * columnBlocks + columnBlock) * 2 + half) * 2 + element;
}

/// Conversions of tile types and of memref arguments.
class FragmentConverter : public mlir::TypeConverter {
public:
  explicit FragmentConverter(KernelShape shape);
  const KernelShape shape;
};

/// A pattern that knows the kernel's shape.
template <typename OpT>
class TilePattern : public mlir::OpConversionPattern<OpT> {
public:
  TilePattern(const FragmentConverter &converter, mlir::MLIRContext *context)
      : mlir::OpConversionPattern<OpT>(converter, context),
        shape(converter.shape) {}

protected:
  const KernelShape shape;
};

/// The thread's coordinates, as expressions.
LaneExpr threadIndex(mlir::ImplicitLocOpBuilder &builder,
                     const KernelShape &shape);
LaneExpr laneIndex(mlir::ImplicitLocOpBuilder &builder,
                   const KernelShape &shape);
/// First row of the thread's warp in a tile of `rows` rows.
LaneExpr warpRow(mlir::ImplicitLocOpBuilder &builder, const KernelShape &shape,
                 int64_t rows);

/// `base` plus `bytes`, in the pointer's address space.
mlir::Value offsetPointer(mlir::ImplicitLocOpBuilder &builder, mlir::Value base,
                          mlir::Value bytes);
mlir::Value offsetPointer(mlir::ImplicitLocOpBuilder &builder, mlir::Value base,
                          int64_t bytes);

/// `pointer` as a value that LLVM does not hoist out of a loop together with the
/// constants added to it: those belong into the instructions. Costs nothing.
mlir::Value pinned(mlir::ImplicitLocOpBuilder &builder, mlir::Value pointer);
/// The same for an f32 or i32: what is computed from it stays in the loop, and in as
/// few registers as one step needs.
mlir::Value pinnedScalar(mlir::ImplicitLocOpBuilder &builder, mlir::Value value);

/// Calls an LLVM intrinsic with one result.
mlir::Value callIntrinsic(mlir::ImplicitLocOpBuilder &builder,
                          llvm::StringRef name, mlir::Type result,
                          mlir::ValueRange operands);
/// shfl.sync.bfly: the value of lane ^ `mask`. `value` is f32 or i32.
mlir::Value shuffleXor(mlir::ImplicitLocOpBuilder &builder, mlir::Value value,
                       int64_t mask);
/// Two f32 rounded to nearest even into a register of f16 or bf16 (low, high).
mlir::Value packPair(mlir::ImplicitLocOpBuilder &builder, mlir::Type element,
                     mlir::Value low, mlir::Value high);

/// The dynamic shared memory at `bytes`.
mlir::Value sharedPointer(mlir::ImplicitLocOpBuilder &builder, int64_t bytes);

void populateMemoryPatterns(const FragmentConverter &converter,
                            mlir::RewritePatternSet &patterns);
void populateStorePatterns(const FragmentConverter &converter,
                           mlir::RewritePatternSet &patterns);
void populateProductPatterns(const FragmentConverter &converter,
                             mlir::RewritePatternSet &patterns);
/// tile.pack: the same registers for both kinds of products.
void populatePackPatterns(const FragmentConverter &converter,
                          mlir::RewritePatternSet &patterns);
void populateElementwisePatterns(const FragmentConverter &converter,
                                 mlir::RewritePatternSet &patterns);
void populateRampPatterns(const FragmentConverter &converter,
                          mlir::RewritePatternSet &patterns);

} // namespace kgen::nvvm

#endif // KGEN_TARGET_NVVM_FRAGMENTS_H
