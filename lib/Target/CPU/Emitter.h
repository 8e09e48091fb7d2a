//===- Emitter.h - Building vector code on scratch memory ------------------===//
#ifndef KGEN_LIB_TARGET_CPU_EMITTER_H
#define KGEN_LIB_TARGET_CPU_EMITTER_H

#include "kgen/Dialect/Tile/IR/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace kgen::cpu {

/// What the lowering needs to know of a machine's vector unit.
struct VectorUnit {
  int64_t lanes = 16;     ///< f32 lanes of a register
  int64_t registers = 32; ///< of the architecture

  /// Vectors in a full panel of columns; a panel is what one micro kernel call
  /// multiplies by, and how B operands are stored.
  int64_t panelVectors() const { return registers >= 32 ? 4 : 2; }
  /// Rows of the register block for a panel of `vectors`: accumulators, one
  /// vector of B each and a broadcast of A must fit.
  int64_t blockRows(int64_t vectors) const;
  int64_t padded(int64_t count) const {
    return (count + lanes - 1) / lanes * lanes;
  }
};

/// A matrix of f32 in scratch, `stride` elements from row to row; per-row
/// values are a matrix of one row. Columns up to a multiple of the lanes exist
/// and hold garbage.
struct TileStorage {
  int64_t offset = 0; ///< bytes from the start of scratch
  int64_t rows = 0, cols = 0, stride = 0;

  bool operator==(const TileStorage &other) const {
    return offset == other.offset;
  }
};

/// How a buffer slot lies in memory; decided by the product that reads it.
enum class SlotLayout : uint8_t {
  Unused,
  Rows,            ///< row-major: a left operand
  Panels,          ///< right operand: panels of columns, each contraction-major
  TransposedPanels ///< the same of the transposed matrix
};

/// A tensor argument: base pointer and sizes (of type index).
struct Tensor {
  mlir::Value pointer;
  llvm::SmallVector<mlir::Value> sizes;
  mlir::Type elementType;
};

/// A builder with the few idioms that all lowerings share. Sizes and offsets
/// are of type index and count f32 elements unless said otherwise.
class Emitter : public mlir::ImplicitLocOpBuilder {
public:
  Emitter(mlir::Location location, VectorUnit unit)
      : ImplicitLocOpBuilder(location, location.getContext()), unit(unit) {}

  VectorUnit unit;
  mlir::Value scratch; ///< !llvm.ptr, aligned to 64 bytes

  using Value = mlir::Value;
  int64_t lanes() const { return unit.lanes; }
  mlir::VectorType vectorOf(mlir::Type element) {
    return mlir::VectorType::get({lanes()}, element);
  }
  mlir::VectorType f32Vector() { return vectorOf(getF32Type()); }
  mlir::Type pointerType();

  Value index(int64_t value);
  Value add(Value a, Value b);
  Value add(Value a, int64_t b);
  Value mul(Value a, Value b);
  Value mul(Value a, int64_t b);
  Value i64(Value index);
  /// A constant with `value` in each lane if `type` is a vector.
  Value floatConstant(mlir::Type type, double value);
  Value intConstant(mlir::Type type, int64_t value);
  Value broadcast(Value scalar);
  /// <0, 1, 2, ...> of integers of `width` bits.
  Value iota(unsigned width);
  /// Mask of the first `count` lanes.
  Value prefixMask(int64_t count);

  /// `base + offset * sizeof(element)`.
  Value pointer(Value base, Value offset, mlir::Type element);
  /// Pointer to element `offset` of a tile.
  Value pointer(const TileStorage &tile, Value offset);
  Value slotPointer(int64_t byteOffset, Value slot, int64_t slotBytes);
  Value load(mlir::Type type, Value pointer);
  void store(Value value, Value pointer);
  Value loadVector(const TileStorage &tile, Value offset);
  void storeVector(Value value, const TileStorage &tile, Value offset);

  /// Lanes of a tensor's elements as f32; the first `count` if fewer than all,
  /// zeros after them.
  Value loadAsF32(Value pointer, mlir::Type element, int64_t count);
  /// Stores the first `count` lanes, rounded to `element`.
  void storeFromF32(Value vector, Value pointer, mlir::Type element,
                    int64_t count);
  Value fma(Value a, Value b, Value c);
  /// max (ignores NaN in `b`) or sum.
  Value combine(tile::ReductionKind kind, Value a, Value b);
  Value neutral(tile::ReductionKind kind, mlir::Type type);
  /// All lanes of a vector combined in a fixed order.
  Value reduceLanes(tile::ReductionKind kind, Value vector);

  using Body = llvm::function_ref<void(Value)>;
  void loop(Value lower, Value upper, int64_t step, Body body);
  void loop(int64_t lower, int64_t upper, int64_t step, Body body);
  /// A loop that carries values; the body returns their next ones.
  using CarryingBody = llvm::function_ref<llvm::SmallVector<Value>(
      Value, mlir::ValueRange)>;
  llvm::SmallVector<Value> loop(int64_t lower, int64_t upper, int64_t step,
                                mlir::ValueRange start, CarryingBody body);
  /// Lowest of 0 <= value <= limit.
  Value clamp(Value value, Value limit);
  /// Offset in elements of `tensor[indices...]`; indices of type index.
  Value elementOffset(const Tensor &tensor, mlir::ValueRange indices);
};

/// Rounds f32 lanes to `element` and back, to nearest even.
mlir::Value roundThrough(Emitter &b, mlir::Value value, mlir::Type element);

} // namespace kgen::cpu

#endif // KGEN_LIB_TARGET_CPU_EMITTER_H
