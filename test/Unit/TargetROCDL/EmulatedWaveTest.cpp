//===- EmulatedWaveTest.cpp - A workgroup's data flow, in numbers ----------===//
//
// No AMD GPU is needed: threads, LDS and the matrix unit are emulated. Copies,
// fragment reads and the way from the first product to the second go through
// the functions that the lowering instantiates; the matrix unit is written from
// the other direction of the published maps (element to register), so that the
// two must agree.
//
//===----------------------------------------------------------------------===//

#include "kgen/Target/ROCDL/MfmaLayout.h"

#include "gtest/gtest.h"

#include <array>
#include <random>
#include <vector>

using namespace kgen::rocdl;

namespace {

using Matrix = std::vector<std::vector<double>>;
using Fragment = std::array<std::array<double, 4>, 64>;     ///< [lane][element]
using Accumulator = std::array<std::array<double, 16>, 64>; ///< [lane][register]

/// Small integers, so that every sum is exact.
Matrix randomMatrix(int64_t rows, int64_t cols, unsigned seed) {
  std::mt19937 generator(seed);
  Matrix matrix(rows, std::vector<double>(cols));
  for (auto &row : matrix)
    for (double &value : row)
      value = double(generator() % 9) - 4.0;
  return matrix;
}

/// D = A B + C as the calculator publishes it for 32x32x8: A[i][k] is element
/// k % 4 of lane 32 * (k / 4) + i, B[k][j] of lane 32 * (k / 4) + j, D[i][j]
/// register 4 * (i / 8) + i % 4 of lane (32 * (i / 4)) % 64 + j.
void multiply(const Fragment &a, const Fragment &b, Accumulator &d) {
  for (int i = 0; i < 32; ++i)
    for (int j = 0; j < 32; ++j) {
      double &into = d[(32 * (i / 4)) % 64 + j][4 * (i / 8) + i % 4];
      for (int k = 0; k < 8; ++k)
        into += a[32 * (k / 4) + i][k % 4] * b[32 * (k / 4) + j][k % 4];
    }
}

/// D = A B + C of 32x32x16, from two fragments of 4 for each operand: A[i][k] is
/// element k % 8 of lane 32 * (k / 8) + i, B[k][j] of lane 32 * (k / 8) + j.
void multiplyWide(const Fragment (&a)[2], const Fragment (&b)[2],
                  Accumulator &d) {
  auto element = [](const Fragment (&pair)[2], int line, int k) {
    return pair[k % 8 / 4][32 * (k / 8) + line][k % 4];
  };
  for (int i = 0; i < 32; ++i)
    for (int j = 0; j < 32; ++j) {
      double &into = d[(32 * (i / 4)) % 64 + j][4 * (i / 8) + i % 4];
      for (int k = 0; k < 16; ++k)
        into += element(a, i, k) * element(b, j, k);
    }
}

/// tile.copy by `threads` threads of rows of `tensor` from `row`; rows at or
/// past `limit` give zeros. Unwritten LDS holds a value that no sum survives.
std::vector<double> copyToLds(const Slot &slot, const Matrix &tensor,
                              int64_t row, int64_t limit, int64_t threads) {
  std::vector<double> lds(slot.elements(), 1e30);
  for (int64_t thread = 0; thread < threads; ++thread)
    for (int64_t task = thread; task < copyTasks(slot); task += threads) {
      Element<> first = copyTask(slot, task);
      for (int64_t r = first.row; r < first.row + rowsPerTask(slot); ++r)
        for (int64_t c = 0; c < kVectorElements; ++c) {
          bool inside = row + r < limit;
          Element<> place{r, first.column + c};
          lds[slot.offset(place)] =
              inside ? tensor[row + r][place.column] : 0.0;
        }
    }
  return lds;
}

Fragment readFragment(const std::vector<double> &lds, const Slot &slot,
                      int64_t block, int64_t step) {
  Fragment fragment;
  for (int64_t lane = 0; lane < kLanes; ++lane)
    for (int64_t index = 0; index < kFragment; ++index)
      fragment[lane][index] =
          lds[fragmentOffset(slot, lane, block, step) + index];
  return fragment;
}

/// A tile.load from memory: 8 neighbours of the lane's row give two steps.
Fragment loadFragment(const Matrix &tensor, int64_t limit, int64_t row,
                      int64_t step) {
  Fragment fragment;
  for (int64_t lane = 0; lane < kLanes; ++lane)
    for (int64_t index = 0; index < kFragment; ++index) {
      int64_t mine = row + accumulator(lane, 0).column;
      int64_t column = dimensionPosition(lane, step / 2 * 2) +
                       kFragment * (step % 2) + index;
      fragment[lane][index] = mine < limit ? tensor[mine][column] : 0.0;
    }
  return fragment;
}

/// tile.pack: registers 4s .. 4s + 3 are the fragment of step s.
Fragment pack(const Accumulator &accumulator, int64_t step) {
  Fragment fragment;
  for (int64_t lane = 0; lane < kLanes; ++lane)
    for (int64_t index = 0; index < kFragment; ++index)
      fragment[lane][index] = accumulator[lane][kFragment * step + index];
  return fragment;
}

struct Shape {
  int64_t waves, blocks, keys, dimQK, dimV;
  int64_t queryLimit, keyLimit; ///< rows that exist of the tile's
  bool wide = false;            ///< products of 32x32x16
};
void PrintTo(const Shape &shape, std::ostream *stream) {
  *stream << shape.waves << "x" << shape.blocks << "_waves_keys" << shape.keys
          << "_d" << shape.dimQK << "_dv" << shape.dimV << "_limits"
          << shape.queryLimit << "x" << shape.keyLimit
          << (shape.wide ? "_wide" : "");
}

class EmulatedWorkgroup {
public:
  explicit EmulatedWorkgroup(const Shape &shape)
      : shape(shape), rows(shape.waves * shape.blocks * kBlock),
        q(randomMatrix(rows, shape.dimQK, 1)),
        k(randomMatrix(shape.keys, shape.dimQK, 2)),
        v(randomMatrix(shape.keys, shape.dimV, 3)),
        kSlot{shape.keys, shape.dimQK, false},
        vSlot{shape.keys, shape.dimV, true} {
    int64_t threads = shape.waves * kLanes;
    kLds = copyToLds(kSlot, k, 0, shape.keyLimit, threads);
    vLds = copyToLds(vSlot, v, 0, shape.keyLimit, threads);
  }

  /// (Q K^T) V of the rows that a wave holds in `block`, as the wave's lanes
  /// hold it, checked element by element.
  void check(int64_t wave, int64_t block) {
    std::vector<Accumulator> scores = firstProduct(wave, block);
    int64_t first = firstRow(wave, block, shape.blocks);
    for (int64_t line = 0; line < shape.keys / kBlock; ++line)
      expectEqual(scores[line], first, line * kBlock,
                  [&](int64_t row, int64_t key) { return score(row, key); });
    for (int64_t line = 0; line < shape.dimV / kBlock; ++line)
      expectEqual(secondProduct(scores, line), first, line * kBlock,
                  [&](int64_t row, int64_t d) { return output(row, d); });
  }

private:
  /// Sums the products of all steps: one or two steps at once.
  template <typename LeftT, typename RightT>
  Accumulator contract(int64_t steps, LeftT left, RightT right) {
    Accumulator result{};
    for (int64_t step = 0; step < steps; step += shape.wide ? 2 : 1) {
      if (shape.wide)
        multiplyWide({left(step), left(step + 1)},
                     {right(step), right(step + 1)}, result);
      else
        multiply(left(step), right(step), result);
    }
    return result;
  }

  std::vector<Accumulator> firstProduct(int64_t wave, int64_t block) {
    int64_t row = firstRow(wave, block, shape.blocks);
    std::vector<Accumulator> scores;
    for (int64_t line = 0; line < shape.keys / kBlock; ++line)
      scores.push_back(contract(
          shape.dimQK / kDepth,
          [&](int64_t step) { return readFragment(kLds, kSlot, line, step); },
          [&](int64_t step) {
            return loadFragment(q, shape.queryLimit, row, step);
          }));
    return scores;
  }

  Accumulator secondProduct(const std::vector<Accumulator> &scores,
                            int64_t line) {
    return contract(
        shape.keys / kDepth,
        [&](int64_t step) { return readFragment(vLds, vSlot, line, step); },
        [&](int64_t step) { return pack(scores[step / 4], step % 4); });
  }

  template <typename Reference>
  void expectEqual(const Accumulator &has, int64_t firstQuery,
                   int64_t firstColumn, Reference reference) {
    for (int64_t lane = 0; lane < kLanes; ++lane)
      for (int64_t index = 0; index < kAccumulators; ++index) {
        Element<> place = accumulator(lane, index);
        ASSERT_EQ(has[lane][index], reference(firstQuery + place.column,
                                              firstColumn + place.row))
            << "lane " << lane << " register " << index;
      }
  }

  double score(int64_t row, int64_t key) {
    double sum = 0;
    if (row < shape.queryLimit && key < shape.keyLimit)
      for (int64_t d = 0; d < shape.dimQK; ++d)
        sum += q[row][d] * k[key][d];
    return sum;
  }
  double output(int64_t row, int64_t d) {
    double sum = 0;
    for (int64_t key = 0; key < shape.keyLimit; ++key)
      sum += score(row, key) * v[key][d];
    return sum;
  }

  Shape shape;
  int64_t rows;
  Matrix q, k, v;
  Slot kSlot, vSlot;
  std::vector<double> kLds, vLds;
};

class EmulatedWave : public testing::TestWithParam<Shape> {};

TEST_P(EmulatedWave, ComputesBothProducts) {
  EmulatedWorkgroup workgroup(GetParam());
  for (int64_t wave = 0; wave < GetParam().waves; ++wave)
    for (int64_t block = 0; block < GetParam().blocks; ++block)
      workgroup.check(wave, block);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, EmulatedWave,
    testing::Values(Shape{1, 1, 32, 64, 64, 32, 32},
                    Shape{4, 1, 64, 128, 128, 128, 64},
                    Shape{2, 2, 64, 64, 128, 128, 64},
                    Shape{2, 1, 96, 80, 96, 64, 96},
                    Shape{4, 1, 64, 128, 64, 77, 41},
                    Shape{8, 1, 32, 48, 32, 256, 1},
                    Shape{4, 1, 64, 128, 128, 128, 64, true},
                    Shape{1, 2, 96, 80, 96, 50, 70, true},
                    Shape{2, 1, 32, 256, 256, 64, 32, true}));

} // namespace
