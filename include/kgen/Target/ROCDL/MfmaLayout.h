//===- MfmaLayout.h - Which lane holds what, and where it lies in LDS ------===//
//
// Pure functions over integers. `T` is int64_t in tests, which emulate a wave
// with them, and a thin wrapper that builds IR in the lowering (IndexBuilder.h):
// what is tested is what is emitted.
//
// Both products are computed transposed (S^T = K Q^T, O^T = V^T P^T). Then a
// query is a column: it stays in one lane (and the lane 32 above), and the
// registers of an S^T accumulator, four at a time, are the B operand of the
// second product as they stand.
//
// Source of the lane maps: AMD Matrix Instruction Calculator
// (github.com/ROCm/amd_matrix_instruction_calculator, commit 2ef91896), entries
// CDNA2 V_MFMA_F32_32X32X8BF16_1K and V_MFMA_F32_32X32X8F16, CDNA3
// V_MFMA_F32_32X32X8_BF16 and V_MFMA_F32_32X32X8_F16, which agree:
//   A[i][k]: i = lane % 32,  k = 4 * (lane / 32) + element
//   B[k][j]: j = lane % 32,  k = 4 * (lane / 32) + element
//   D[i][j]: j = lane % 32,  i = 8 * (register / 4) + 4 * (lane / 32) + register % 4
//
// gfx950's V_MFMA_F32_32X32X16_F16 and _BF16 (AMD, "Matrix Core Programming on
// AMD CDNA3 and CDNA4 Architectures", rocm.blogs.amd.com, the figures of
// 32x32x16; "AMD Instinct CDNA4 Instruction Set Architecture", "Matrix
// Arithmetic Instructions") have the same D and
//   A[i][k]: i = lane % 32,  k = 8 * (lane / 32) + element
//   B[k][j]: j = lane % 32,  k = 8 * (lane / 32) + element
// A contraction may take its terms in any order that A and B agree on, so two
// neighbouring fragments of 4 of the small shape, one after the other, are one
// fragment of 8 of the large one, on both sides. LDS, Q and P are therefore laid
// out alike on all machines.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TARGET_ROCDL_MFMALAYOUT_H
#define KGEN_TARGET_ROCDL_MFMALAYOUT_H

#include <cstdint>

namespace kgen::rocdl {

inline constexpr int64_t kLanes = 64;   ///< of a wave
inline constexpr int64_t kBlock = 32;   ///< rows and columns of a product
inline constexpr int64_t kDepth = 8;    ///< contracted by two fragments of A, B
inline constexpr int64_t kDepthPair = 2 * kDepth; ///< by two neighbouring steps
inline constexpr int64_t kFragment = 4; ///< 16-bit elements a lane gives
inline constexpr int64_t kAccumulators = 16; ///< f32 registers a lane holds
inline constexpr int64_t kElementBytes = 2;  ///< f16 and bf16
inline constexpr int64_t kVectorElements = 8; ///< of a 16-byte load

/// A place in a matrix.
template <typename T = int64_t>
struct Element {
  T row;
  T column;
  bool operator==(const Element &) const = default;
};

/// Element `index` (0..3) of the A operand (32 x 8) that `lane` gives.
template <typename T>
constexpr Element<T> operandA(T lane, int64_t index) {
  return {lane % kBlock, lane / kBlock * kFragment + index};
}

/// Element `index` (0..3) of the B operand (8 x 32) that `lane` gives.
template <typename T>
constexpr Element<T> operandB(T lane, int64_t index) {
  return {lane / kBlock * kFragment + index, lane % kBlock};
}

/// The same for element `index` (0..7) of the operands of 32 x 32 x 16.
template <typename T>
constexpr Element<T> wideOperandA(T lane, int64_t index) {
  return {lane % kBlock, lane / kBlock * (2 * kFragment) + index};
}
template <typename T>
constexpr Element<T> wideOperandB(T lane, int64_t index) {
  return {lane / kBlock * (2 * kFragment) + index, lane % kBlock};
}

/// What register `index` (0..15) of the result (32 x 32) holds in `lane`.
template <typename T>
constexpr Element<T> accumulator(T lane, int64_t index) {
  return {lane / kBlock * 4 + (8 * (index / 4) + index % 4), lane % kBlock};
}

/// A tile of 16-bit elements in LDS. Products read 8 bytes a lane along the
/// contracted dimension, so that dimension is the contiguous one: rows as they
/// are in memory (Q, K), or transposed (V).
struct Slot {
  int64_t rows = 0; ///< of the tensor's tile: sequence positions
  int64_t cols = 0; ///< of the tensor's tile: head dimension
  bool transposed = false;

  bool operator==(const Slot &) const = default;
  constexpr int64_t lines() const { return transposed ? cols : rows; }
  constexpr int64_t lineLength() const { return transposed ? rows : cols; }
  /// Elements from a line to the next. Lines are multiples of 16 bytes; 8 bytes
  /// of padding give each aligned group of 16 lanes, which together read 128
  /// bytes from 16 lines, all 32 banks of 4 bytes once.
  constexpr int64_t stride() const { return lineLength() + kFragment; }
  /// Elements that the slot takes, a multiple of 16 bytes.
  constexpr int64_t elements() const {
    return (lines() * stride() + kVectorElements - 1) / kVectorElements *
           kVectorElements;
  }
  template <typename T>
  constexpr T offset(Element<T> element) const {
    return transposed ? element.column * stride() + element.row
                      : element.row * stride() + element.column;
  }
};

/// Which of the contracted positions are the 4 of `lane` in step `step`; the
/// first of them, for they are neighbours.
///
/// Keys go in the order of the accumulator that holds their weights (see
/// accumulator()). Head dimensions go in pairs of steps: a lane has 8
/// neighbours, the first 4 in the even step, so that it loads 16 bytes of Q.
template <typename T>
constexpr T keyPosition(T lane, int64_t step) {
  return lane / kBlock * kFragment + kDepth * step;
}
template <typename T>
constexpr T dimensionPosition(T lane, int64_t step) {
  return lane / kBlock * (2 * kFragment) +
         (kDepthPair * (step / 2) + kFragment * (step % 2));
}

/// Offset of the 4 contiguous elements that `lane` gives to step `step` of a
/// product as line block `block`: A from K or transposed V, B from Q.
template <typename T>
constexpr T fragmentOffset(const Slot &slot, T lane, T block, int64_t step) {
  T line = block * kBlock + lane % kBlock;
  return line * slot.stride() + (slot.transposed ? keyPosition(lane, step)
                                                 : dimensionPosition(lane, step));
}

/// Copying a tile: a task is what a thread moves at once. A plain task is one
/// 16-byte load and store; a transposing task is 4 loads of 8 elements from 4
/// consecutive rows and 8 stores of 4 elements, one to each line.
constexpr int64_t rowsPerTask(const Slot &slot) {
  return slot.transposed ? kFragment : 1;
}
constexpr int64_t copyTasks(const Slot &slot) {
  return slot.rows * slot.cols / (kVectorElements * rowsPerTask(slot));
}

/// First element of a task; it takes 8 columns of rowsPerTask() rows.
///
/// Plain tasks run along a row; where a row has 128 bytes or more, 8 of them
/// along each of two rows, so that a half of the 16-byte stores of 16 tasks (the
/// padding makes them pairs of 8) meets each bank once. Of transposing tasks, 16 consecutive ones take
/// 2 column groups of 8 row groups, so that their 8-byte stores meet each bank
/// once, while 64 consecutive ones still load 128 contiguous bytes of a row
/// (where there are that many).
template <typename T>
constexpr Element<T> copyTask(const Slot &slot, T task) {
  constexpr int64_t chunk = 8; // tasks along a row: 128 bytes
  if (!slot.transposed && slot.cols % (chunk * kVectorElements) == 0) {
    int64_t chunks = slot.cols / (chunk * kVectorElements);
    T group = task / (2 * chunk);
    T column = group % chunks * chunk + task % chunk;
    return {group / chunks * 2 + task / chunk % 2, column * kVectorElements};
  }
  if (!slot.transposed) {
    int64_t perRow = slot.cols / kVectorElements;
    return {task / perRow, task % perRow * kVectorElements};
  }
  int64_t columnPairs = slot.cols / (2 * kVectorElements);
  T group = task / 16;
  T column = task % 2 + group % columnPairs * 2;
  T row = task / 2 % 8 + group / columnPairs * 8;
  return {row * kFragment, column * kVectorElements};
}

/// First query row of the tile that block `block` (of `blocks` a wave) of wave
/// `wave` holds; each block has 32.
template <typename T>
constexpr T firstRow(T wave, int64_t block, int64_t blocks) {
  return (wave * blocks + block) * kBlock;
}

} // namespace kgen::rocdl

#endif // KGEN_TARGET_ROCDL_MFMALAYOUT_H
