//===- MatrixOperations.cpp - MFMA
//-----------------------------------------===//
//
// Which lane holds what: AMD matrix instruction calculator
// (github.com/ROCm/amd_matrix_instruction_calculator, commit 2ef91896, CDNA2
// and CDNA3) and the CDNA3 and CDNA4 ISA guides, "Dense Matrix Operations"; the
// same formulas hold for all shapes here. Exec is ignored.
//
// Numbers. Products are exact; their sum with C is rounded once to f32 (the
// hardware's order of additions is not published: results differ within
// rounding). MI200 flushes subnormal 16-bit inputs and results of 16-bit MFMAs;
// MI300 and MI350 keep them (PyTorch, "Numerical accuracy", "Reduced Precision
// FP16 and BF16 GEMMs and Convolutions on AMD Instinct MI200").
//
//===----------------------------------------------------------------------===//

#include "FloatFormats.h"
#include "Workgroup.h"

namespace kgen::emulator::amd {

namespace {

using Element = MatrixShape::Element;

/// Sizes of any one instruction: blocks * m * k <= 512, blocks * m * n <= 2048.
struct Matrices {
  std::array<float, 2048> a{}, b{};
  std::array<double, 2048> d{};
};

bool requireDefined(Wave &wave, const Operand &operand, const char *name) {
  if (operand.bank == Bank::Scalar)
    return wave.requireDefined(wave.scalarShadow(operand), name);
  for (uint32_t r = 0; operand.bank == Bank::Vector && r != operand.width; ++r)
    if (!wave.requireDefinedRow(Unit(operand.unit + r), kAllLanes, name))
      return false;
  return true;
}

/// Element `e` of those that `lane` gives.
float element(const Wave &wave, const MatrixShape &shape, Unit unit,
              uint32_t lane, uint32_t e, bool flush) {
  if (shape.element == Element::F32)
    return floatOf(wave.vector(Unit(unit + e), lane));
  auto bits = uint16_t(wave.vector(Unit(unit + e / 2), lane) >> 16 * (e % 2));
  if (shape.element == Element::F16)
    return flush && isHalfSubnormal(bits) ? 0.0f : halfToFloat(bits);
  return flush && isBf16Subnormal(bits) ? 0.0f : bf16ToFloat(bits);
}

/// A lane gives elements k = group * perLane + e of row (A) or column (B) i;
/// behind the lanes of one block follow those of the next.
void loadOperands(const Wave &wave, const Instruction &i, bool flush,
                  Matrices &out) {
  const MatrixShape &s = i.operation->matrix;
  uint32_t groups = s.k / s.perLane;
  for (uint32_t lane = 0; lane != kLanes; ++lane) {
    uint32_t at = lane % s.m, group = lane / s.m % groups;
    uint32_t block = lane / s.m / groups;
    for (uint32_t e = 0; e != s.perLane; ++e) {
      uint32_t k = group * s.perLane + e;
      out.a[(block * s.m + at) * s.k + k] =
          element(wave, s, i.operands[1].unit, lane, e, flush);
      out.b[(block * s.k + k) * s.n + at] =
          element(wave, s, i.operands[2].unit, lane, e, flush);
    }
  }
}

/// Index into Matrices::d of what register `r` of `lane` holds of C and D.
uint32_t resultIndex(const MatrixShape &s, uint32_t lane, uint32_t r) {
  uint32_t column = lane % s.n, row, block;
  uint32_t perBlock = s.m * s.n / kLanes; // registers
  if (perBlock == 0) {                    // 4 x 4: a block every 4 lanes
    row = r;
    block = lane / s.n;
  } else {
    uint32_t within = r % perBlock, groups = kLanes / s.n;
    row = 4 * groups * (within / 4) + 4 * (lane / s.n) + within % 4;
    block = r / perBlock;
  }
  return (block * s.m + row) * s.n + column;
}

void multiply(const MatrixShape &s, Matrices &m) {
  for (uint32_t block = 0; block != s.blocks; ++block)
    for (uint32_t row = 0; row != s.m; ++row) {
      double *d = &m.d[(block * s.m + row) * s.n];
      const float *a = &m.a[(block * s.m + row) * s.k];
      for (uint32_t k = 0; k != s.k; ++k) {
        const float *b = &m.b[(block * s.k + k) * s.n];
        double factor = a[k];
        for (uint32_t column = 0; column != s.n; ++column)
          d[column] += factor * double(b[column]);
      }
    }
}

void execute(Wave &wave, const Instruction &i) {
  const MatrixShape &s = i.operation->matrix;
  if (!requireDefined(wave, i.operands[1], "A of the matrix product") ||
      !requireDefined(wave, i.operands[2], "B of the matrix product") ||
      !requireDefined(wave, i.operands[3], "C of the matrix product"))
    return;
  bool flush = wave.workgroup().code().target == Target::Gfx90a &&
               s.element != Element::F32;
  Matrices m;
  loadOperands(wave, i, flush, m);
  uint32_t registers = i.operands[0].width;
  const Operand &c = i.operands[3];
  for (uint32_t r = 0; r != registers; ++r)
    for (uint32_t lane = 0; lane != kLanes; ++lane) {
      uint32_t bits = c.bank == Bank::Vector
                          ? wave.vector(Unit(c.unit + r), lane)
                          : uint32_t(wave.scalar(c, 1));
      float value = floatOf(bits);
      m.d[resultIndex(s, lane, r)] = flush ? flushed(value) : value;
    }
  multiply(s, m);
  for (uint32_t r = 0; r != registers; ++r) {
    Unit unit = Unit(i.operands[0].unit + r);
    uint32_t *row = wave.vectorRow(unit);
    for (uint32_t lane = 0; lane != kLanes; ++lane) {
      auto value = float(m.d[resultIndex(s, lane, r)]);
      row[lane] = bitsOf(flush ? flushed(value) : value);
    }
    wave.setDefined(unit, kAllLanes);
  }
  wave.counts().tensorFlops += 2ull * s.m * s.n * s.k * s.blocks;
}

struct Row {
  const char *oldName; ///< gfx90a; or null
  const char *name;    ///< gfx942 and later; or null
  MatrixShape shape;
};

} // namespace

void addMatrixOperations(OperationTable &t) {
  constexpr Element kF32 = Element::F32, kF16 = Element::F16,
                    kBf16 = Element::Bf16;
  static constexpr Row kRows[] = {
      {"32x32x1f32", "32x32x1_2b_f32", {32, 32, 1, 2, kF32, 1, {16, 16, 16}}},
      {"16x16x1f32", "16x16x1_4b_f32", {16, 16, 1, 4, kF32, 1, {8, 8, 8}}},
      {"4x4x1f32", "4x4x1_16b_f32", {4, 4, 1, 16, kF32, 1, {2, 2, 2}}},
      {"32x32x2f32", "32x32x2_f32", {32, 32, 2, 1, kF32, 1, {16, 16, 16}}},
      {"16x16x4f32", "16x16x4_f32", {16, 16, 4, 1, kF32, 1, {8, 8, 8}}},
      {"32x32x4f16", "32x32x4_2b_f16", {32, 32, 4, 2, kF16, 4, {16, 16, 16}}},
      {"16x16x4f16", "16x16x4_4b_f16", {16, 16, 4, 4, kF16, 4, {8, 8, 8}}},
      {"4x4x4f16", "4x4x4_16b_f16", {4, 4, 4, 16, kF16, 4, {2, 2, 2}}},
      {"32x32x8f16", "32x32x8_f16", {32, 32, 8, 1, kF16, 4, {16, 8, 8}}},
      {"16x16x16f16", "16x16x16_f16", {16, 16, 16, 1, kF16, 4, {8, 4, 4}}},
      {"32x32x4bf16_1k",
       "32x32x4_2b_bf16",
       {32, 32, 4, 2, kBf16, 4, {16, 16, 16}}},
      {"16x16x4bf16_1k",
       "16x16x4_4b_bf16",
       {16, 16, 4, 4, kBf16, 4, {8, 8, 8}}},
      {"4x4x4bf16_1k", "4x4x4_16b_bf16", {4, 4, 4, 16, kBf16, 4, {2, 2, 2}}},
      {"32x32x8bf16_1k", "32x32x8_bf16", {32, 32, 8, 1, kBf16, 4, {16, 8, 8}}},
      {"16x16x16bf16_1k",
       "16x16x16_bf16",
       {16, 16, 16, 1, kBf16, 4, {8, 4, 4}}},
      {"32x32x2bf16", nullptr, {32, 32, 2, 2, kBf16, 2, {16, 0, 0}}},
      {"16x16x2bf16", nullptr, {16, 16, 2, 4, kBf16, 2, {8, 0, 0}}},
      {"4x4x2bf16", nullptr, {4, 4, 2, 16, kBf16, 2, {2, 0, 0}}},
      {"32x32x4bf16", nullptr, {32, 32, 4, 1, kBf16, 2, {16, 0, 0}}},
      {"16x16x8bf16", nullptr, {16, 16, 8, 1, kBf16, 2, {8, 0, 0}}},
      {nullptr, "32x32x16_f16", {32, 32, 16, 1, kF16, 8, {0, 0, 8}}},
      {nullptr, "16x16x32_f16", {16, 16, 32, 1, kF16, 8, {0, 0, 4}}},
      {nullptr, "32x32x16_bf16", {32, 32, 16, 1, kBf16, 8, {0, 0, 8}}},
      {nullptr, "16x16x32_bf16", {16, 16, 32, 1, kBf16, 8, {0, 0, 4}}},
  };
  for (const Row &row : kRows)
    for (const char *shape : {row.oldName, row.name}) {
      if (!shape)
        continue;
      Operation operation;
      operation.name = std::string("v_mfma_f32_") + shape;
      operation.execute = execute;
      operation.instructionClass = InstructionClass::Tensor;
      operation.pipe = Pipe::Matrix;
      operation.matrix = row.shape;
      operation.types.fill(Type::Raw);
      t.add(operation);
    }
}

} // namespace kgen::emulator::amd
