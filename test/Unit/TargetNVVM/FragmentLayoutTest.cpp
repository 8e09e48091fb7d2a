//===- FragmentLayoutTest.cpp - Lane maps against the PTX ISA ---------------===//

#include "kgen/Target/NVVM/FragmentLayout.h"

#include "gtest/gtest.h"

#include <array>
#include <numeric>
#include <set>
#include <vector>

using namespace kgen::nvvm;

namespace {

/// Rows of every length that legality can ask for, 16-bit and f32.
std::vector<SharedTile> allTiles() {
  std::vector<SharedTile> tiles;
  for (int64_t cols = 16; cols <= 256; cols += 16)
    tiles.push_back({64, cols, 2});
  for (int64_t cols = 8; cols <= 256; cols += 8)
    tiles.push_back({64, cols, 4});
  return tiles;
}

TEST(SharedTile, PlacesEveryChunkOnce) {
  for (const SharedTile &tile : allTiles()) {
    std::set<int64_t> offsets;
    for (int64_t row = 0; row < tile.rows; ++row)
      for (int64_t chunk = 0; chunk < tile.chunksPerRow(); ++chunk) {
        int64_t offset = tile.chunkOffset(row, chunk);
        EXPECT_EQ(offset % kChunkBytes, 0);
        EXPECT_EQ(offset / tile.rowBytes(), row) << tile.cols;
        offsets.insert(offset);
      }
    EXPECT_EQ(int64_t(offsets.size()), tile.rows * tile.chunksPerRow());
    EXPECT_EQ(*offsets.rbegin() + kChunkBytes, tile.bytes());
  }
}

TEST(SharedTile, SameChunkOfEightRowsIsFreeOfConflicts) {
  for (const SharedTile &tile : allTiles())
    for (int64_t first = 0; first < tile.rows; first += kBankGroups)
      for (int64_t chunk = 0; chunk < tile.chunksPerRow(); ++chunk) {
        std::set<int64_t> groups;
        for (int64_t row = first; row < first + kBankGroups; ++row)
          groups.insert(tile.chunkOffset(row, chunk) / kChunkBytes % kBankGroups);
        EXPECT_EQ(groups.size(), 8u) << tile.cols << " x " << tile.elementBytes;
      }
}

/// A tile in which the element at (row, col) has value row * cols + col.
struct Memory {
  explicit Memory(SharedTile tile) : tile(tile), bytesToElement(tile.bytes() / 2) {
    for (int64_t row = 0; row < tile.rows; ++row)
      for (int64_t col = 0; col < tile.cols; ++col) {
        int64_t at = tile.chunkOffset(row, col / 8) + col % 8 * 2;
        bytesToElement[at / 2] = row * tile.cols + col;
      }
  }
  int64_t at(int64_t address) const { return bytesToElement[address / 2]; }
  SharedTile tile;
  std::vector<int64_t> bytesToElement;
};

/// ldmatrix.x4 by the PTX ISA: lanes 8i...8i+7 give the rows of matrix i; lane l
/// gets row l / 4, elements 2 (l % 4) and the next; with .trans, column l / 4.
/// Returns [lane][register][element].
using Fragment = std::array<std::array<std::array<int64_t, 2>, 4>, 32>;
Fragment ldmatrix(const Memory &memory, Operand operand, int64_t row,
                  int64_t chunk) {
  std::array<int64_t, 32> addresses;
  BlockAddress block = blockAddress(memory.tile, row, chunk);
  for (int64_t lane = 0; lane < 32; ++lane)
    addresses[lane] =
        block.constant +
        withVariant(laneAddress(memory.tile, ldmatrixRow(operand, lane),
                                ldmatrixChunk(operand, lane)),
                    block.variant);
  Fragment result;
  for (int64_t lane = 0; lane < 32; ++lane)
    for (int64_t matrix = 0; matrix < 4; ++matrix)
      for (int64_t element = 0; element < 2; ++element) {
        int64_t major = lane / 4, minor = lane % 4 * 2 + element;
        bool transposed = operand == Operand::Rhs;
        int64_t source = matrix * 8 + (transposed ? minor : major);
        result[lane][matrix][element] =
            memory.at(addresses[source] + 2 * (transposed ? major : minor));
      }
  return result;
}

class Ldmatrix : public testing::TestWithParam<int64_t> {};

// A (16 x 16), PTX ISA: a0,a1: (g, 2t..); a2,a3: (g+8, 2t..); a4,a5: (g, 2t+8..);
// a6,a7: (g+8, 2t+8..), with g = lane / 4, t = lane % 4.
TEST_P(Ldmatrix, LhsIsOperandA) {
  Memory memory({32, GetParam(), 2});
  for (int64_t row : {0, 16})
    for (int64_t col = 0; col < GetParam(); col += 16) {
      Fragment fragment = ldmatrix(memory, Operand::Lhs, row, col / 8);
      for (int64_t lane = 0; lane < 32; ++lane)
        for (int64_t i = 0; i < 8; ++i) {
          int64_t r = lane / 4 + (i / 2 % 2) * 8;
          int64_t c = lane % 4 * 2 + i % 2 + (i / 4) * 8;
          EXPECT_EQ(fragment[lane][i / 2][i % 2],
                    (row + r) * GetParam() + col + c);
        }
    }
}

// B (16 x 8), PTX ISA: b0,b1: (k = 2t.., n = g); b2,b3: (k = 2t+8.., n = g).
TEST_P(Ldmatrix, RhsTransposedIsTwoBlocksOfB) {
  Memory memory({32, GetParam(), 2});
  for (int64_t row : {0, 16})
    for (int64_t col = 0; col < GetParam(); col += 16) {
      Fragment fragment = ldmatrix(memory, Operand::RhsTransposed, row, col / 8);
      for (int64_t lane = 0; lane < 32; ++lane)
        for (int64_t block = 0; block < 2; ++block)
          for (int64_t i = 0; i < 4; ++i) {
            int64_t k = lane % 4 * 2 + i % 2 + i / 2 * 8, n = lane / 4 + block * 8;
            EXPECT_EQ(fragment[lane][block * 2 + i / 2][i % 2],
                      (row + n) * GetParam() + col + k);
          }
    }
}

TEST_P(Ldmatrix, RhsIsTwoBlocksOfB) {
  Memory memory({32, GetParam(), 2});
  for (int64_t row : {0, 16})
    for (int64_t col = 0; col < GetParam(); col += 16) {
      Fragment fragment = ldmatrix(memory, Operand::Rhs, row, col / 8);
      for (int64_t lane = 0; lane < 32; ++lane)
        for (int64_t block = 0; block < 2; ++block)
          for (int64_t i = 0; i < 4; ++i) {
            int64_t k = lane % 4 * 2 + i % 2 + i / 2 * 8, n = lane / 4 + block * 8;
            EXPECT_EQ(fragment[lane][block * 2 + i / 2][i % 2],
                      (row + k) * GetParam() + col + n);
          }
    }
}

INSTANTIATE_TEST_SUITE_P(HeadDims, Ldmatrix,
                         testing::Values(16, 32, 48, 64, 80, 96, 112, 128, 192, 256));

// What tile.pack relies on: the accumulators (c0, c1), (c2, c3) of two adjacent
// column blocks lie where operand A wants a0..a3.
TEST(Accumulator, TwoColumnBlocksAreOperandA) {
  for (int64_t lane = 0; lane < 32; ++lane)
    for (int64_t i = 0; i < 8; ++i) {
      int64_t block = i / 4, half = i / 2 % 2, element = i % 2;
      EXPECT_EQ(accumulatorRow(lane, half), lane / 4 + (i / 2 % 2) * 8);
      EXPECT_EQ(block * 8 + accumulatorCol(lane, element),
                lane % 4 * 2 + i % 2 + (i / 4) * 8);
    }
}

} // namespace
