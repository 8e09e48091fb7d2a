//===- MfmaLayoutTest.cpp - Lane maps and LDS addresses --------------------===//

#include "kgen/Target/ROCDL/MfmaLayout.h"

#include "gtest/gtest.h"

#include <set>
#include <tuple>
#include <utility>
#include <vector>

using namespace kgen::rocdl;

namespace {

using Place = std::pair<int64_t, int64_t>;

TEST(MfmaLayout, AccumulatorIsABijection) {
  std::set<Place> seen;
  for (int64_t lane = 0; lane < kLanes; ++lane)
    for (int64_t index = 0; index < kAccumulators; ++index) {
      Element<> element = accumulator(lane, index);
      EXPECT_LT(element.row, kBlock);
      EXPECT_LT(element.column, kBlock);
      seen.insert({element.row, element.column});
    }
  EXPECT_EQ(seen.size(), size_t(kBlock * kBlock));
}

TEST(MfmaLayout, OperandsAreBijections) {
  std::set<Place> a, b;
  for (int64_t lane = 0; lane < kLanes; ++lane)
    for (int64_t index = 0; index < kFragment; ++index) {
      a.insert({operandA(lane, index).row, operandA(lane, index).column});
      b.insert({operandB(lane, index).row, operandB(lane, index).column});
    }
  EXPECT_EQ(a.size(), size_t(kBlock * kDepth));
  EXPECT_EQ(b.size(), size_t(kDepth * kBlock));
  EXPECT_EQ(a.rbegin()->second, kDepth - 1);
  EXPECT_EQ(b.rbegin()->first, kDepth - 1);
}

// Columns of the calculator's --register-layout tables for CDNA3
// V_MFMA_F32_32X32X8_BF16 (and the CDNA2 entry, which is the same): the
// register and lane of a few elements, copied by hand.
TEST(MfmaLayout, AgreesWithThePublishedTables) {
  // D[row][column] is in v<register>{lane}.
  const std::vector<std::tuple<int64_t, int64_t, int64_t, int64_t>> result = {
      {0, 0, 0, 0},   {1, 0, 1, 0},    {3, 7, 3, 7},    {4, 0, 0, 32},
      {4, 31, 0, 63}, {8, 2, 4, 2},    {12, 2, 4, 34},  {31, 31, 15, 63},
      {27, 5, 15, 5}, {16, 0, 8, 0},   {23, 30, 11, 62}};
  for (auto [row, column, index, lane] : result)
    EXPECT_EQ(accumulator(lane, index), (Element<>{row, column}));
  // A[row][k] is in half `index % 2` of v<index / 2>{lane}; B[k][column] alike.
  const std::vector<std::tuple<int64_t, int64_t, int64_t, int64_t>> operand = {
      {0, 0, 0, 0}, {4, 3, 3, 4}, {0, 4, 0, 32}, {3, 5, 1, 35}, {31, 7, 3, 63}};
  for (auto [line, k, index, lane] : operand) {
    EXPECT_EQ(operandA(lane, index), (Element<>{line, k}));
    EXPECT_EQ(operandB(lane, index), (Element<>{k, line}));
  }
}

// Why tile.pack needs no exchange between lanes: registers 4s .. 4s + 3 of an
// accumulator are rows 8s + (rows of a B operand) of the same column.
TEST(MfmaLayout, AccumulatorRegistersAreBOperands) {
  for (int64_t lane = 0; lane < kLanes; ++lane)
    for (int64_t step = 0; step < kBlock / kDepth; ++step)
      for (int64_t index = 0; index < kFragment; ++index) {
        Element<> from = accumulator(lane, kFragment * step + index);
        Element<> to = operandB(lane, index);
        EXPECT_EQ(from.row, kDepth * step + to.row);
        EXPECT_EQ(from.column, to.column);
      }
}

// Two fragments one after the other are an operand of 32x32x16: each contracted
// position once in a row, and the same on both sides. It is the order of either
// kind of tile, K and Q by dimensions or V and P by keys.
TEST(MfmaLayout, NeighbouringFragmentsAreOneWideOperand) {
  std::set<Place> a, b;
  for (int64_t lane = 0; lane < kLanes; ++lane)
    for (int64_t index = 0; index < 2 * kFragment; ++index) {
      Element<> left = wideOperandA(lane, index);
      Element<> right = wideOperandB(lane, index);
      a.insert({left.row, left.column});
      b.insert({right.row, right.column});
      EXPECT_EQ(left.column, right.row);
      EXPECT_EQ(left.row, lane % kBlock);
      // dimensionPosition() is the published order itself.
      EXPECT_EQ(left.column,
                dimensionPosition(lane, index / kFragment) + index % kFragment);
    }
  EXPECT_EQ(a.size(), size_t(kBlock * kDepthPair));
  EXPECT_EQ(b.size(), size_t(kBlock * kDepthPair));
}

TEST(MfmaLayout, StepsContractEachPositionOnce) {
  std::set<int64_t> keys, dimensions;
  for (int64_t half : {0, 32})
    for (int64_t step = 0; step < 6; ++step)
      for (int64_t index = 0; index < kFragment; ++index) {
        keys.insert(keyPosition(half, step) + index);
        dimensions.insert(dimensionPosition(half, step) + index);
      }
  EXPECT_EQ(keys.size(), 48u);
  EXPECT_EQ(*keys.rbegin(), 47);
  EXPECT_EQ(dimensions, keys);
}

// The weights of a step stand where the keys of that step are read.
TEST(MfmaLayout, KeysAreReadInTheOrderOfTheAccumulator) {
  for (int64_t lane = 0; lane < kLanes; ++lane)
    for (int64_t index = 0; index < kAccumulators; ++index)
      EXPECT_EQ(accumulator(lane, index).row,
                keyPosition(lane, index / kFragment) + index % kFragment);
}

// The lowering adds the lane's part of an address to a constant one.
TEST(MfmaLayout, FragmentOffsetsAreLinear) {
  for (bool transposed : {false, true}) {
    Slot slot{64, 128, transposed};
    for (int64_t lane = 0; lane < kLanes; ++lane)
      for (int64_t block = 0; block < 2; ++block)
        for (int64_t step = 0; step < slot.lineLength() / kDepth; ++step)
          EXPECT_EQ(fragmentOffset(slot, lane, block, step),
                    fragmentOffset<int64_t>(slot, lane, 0, 0) +
                        fragmentOffset<int64_t>(slot, 0, block, step));
  }
}

std::vector<Slot> slots() {
  std::vector<Slot> all;
  for (int64_t rows : {32, 64, 96, 128})
    for (int64_t cols : {32, 64, 96, 128, 256})
      for (bool transposed : {false, true})
        all.push_back({rows, cols, transposed});
  all.push_back({64, 48, false});
  all.push_back({64, 80, false});
  return all;
}

TEST(LdsSlot, PlacesAreDistinctAlignedAndInside) {
  for (const Slot &slot : slots()) {
    std::set<int64_t> seen;
    for (int64_t row = 0; row < slot.rows; ++row)
      for (int64_t column = 0; column < slot.cols; ++column)
        seen.insert(slot.offset(Element<>{row, column}));
    EXPECT_EQ(seen.size(), size_t(slot.rows * slot.cols));
    EXPECT_GE(*seen.begin(), 0);
    EXPECT_LT(*seen.rbegin(), slot.elements());
    EXPECT_EQ(slot.elements() * kElementBytes % 16, 0);
    EXPECT_EQ(slot.stride() * kElementBytes % 8, 0);
  }
}

/// The banks (4 bytes each, 32 of them) that 16 lanes' 8-byte accesses touch.
std::multiset<int64_t> banksOf(const std::vector<int64_t> &elementOffsets) {
  std::multiset<int64_t> banks;
  for (int64_t offset : elementOffsets) {
    int64_t word = offset * kElementBytes / 4;
    banks.insert(word % 32);
    banks.insert((word + 1) % 32);
  }
  return banks;
}

void expectEachBankOnce(const std::vector<int64_t> &offsets) {
  std::multiset<int64_t> banks = banksOf(offsets);
  EXPECT_EQ(banks.size(), 32u);
  EXPECT_EQ(std::set<int64_t>(banks.begin(), banks.end()).size(), 32u);
}

TEST(LdsSlot, FragmentReadsMeetEachBankOnce) {
  for (const Slot &slot : slots())
    for (int64_t first = 0; first < kLanes; first += 16) {
      std::vector<int64_t> offsets;
      for (int64_t lane = first; lane < first + 16; ++lane)
        offsets.push_back(fragmentOffset<int64_t>(slot, lane, 0, 1));
      expectEachBankOnce(offsets);
    }
}

// Each of the two 8-byte halves of a 16-byte store, by 16 threads.
TEST(LdsSlot, PlainStoresMeetEachBankOnce) {
  for (const Slot &slot : slots()) {
    if (slot.transposed || slot.cols % 64 != 0)
      continue;
    for (int64_t first = 0; first < copyTasks(slot); first += 16)
      for (int64_t half : {int64_t(0), kFragment}) {
        std::vector<int64_t> offsets;
        for (int64_t task = first; task < first + 16; ++task)
          offsets.push_back(slot.offset(copyTask(slot, task)) + half);
        expectEachBankOnce(offsets);
      }
  }
}

TEST(LdsSlot, TransposingStoresMeetEachBankOnce) {
  for (const Slot &slot : slots()) {
    if (!slot.transposed)
      continue;
    for (int64_t first = 0; first < copyTasks(slot); first += 16)
      for (int64_t column = 0; column < kVectorElements; ++column) {
        std::vector<int64_t> offsets;
        for (int64_t task = first; task < first + 16; ++task)
          offsets.push_back(slot.offset(copyTask(slot, task)) +
                            column * slot.stride());
        expectEachBankOnce(offsets);
      }
  }
}

TEST(Copy, TasksCoverTheTileOnce) {
  for (const Slot &slot : slots()) {
    std::set<Place> seen;
    for (int64_t task = 0; task < copyTasks(slot); ++task) {
      Element<> first = copyTask(slot, task);
      for (int64_t row = 0; row < rowsPerTask(slot); ++row)
        for (int64_t column = 0; column < kVectorElements; ++column)
          seen.insert({first.row + row, first.column + column});
    }
    EXPECT_EQ(seen.size(), size_t(slot.rows * slot.cols));
    EXPECT_EQ(copyTasks(slot) * rowsPerTask(slot) * kVectorElements,
              slot.rows * slot.cols);
    EXPECT_EQ(seen.rbegin()->first, slot.rows - 1);
  }
}

// A thread without a task loads from past the tile's rows, where the buffer
// resource gives zeros: never from the next tile's rows.
TEST(Copy, TasksPastTheLastStartPastTheRows) {
  for (const Slot &slot : slots())
    for (int64_t task = copyTasks(slot); task < copyTasks(slot) + 1024; ++task)
      EXPECT_GE(copyTask(slot, task).row, slot.rows);
}

TEST(Copy, WavesLoadWholeCacheLines) {
  // 64 transposing tasks: 128 bytes of each of the 8 rows that one load meets.
  Slot slot{64, 128, true};
  std::set<int64_t> columns;
  for (int64_t task = 0; task < kLanes; ++task)
    if (copyTask(slot, task).row == 0)
      columns.insert(copyTask(slot, task).column);
  EXPECT_EQ(columns.size(), 8u);
  EXPECT_EQ(*columns.rbegin() - *columns.begin(), 7 * kVectorElements);
}

TEST(Rows, WavesShareTheTileEvenly) {
  for (int64_t waves : {1, 2, 4, 8})
    for (int64_t blocks : {1, 2}) {
      std::set<int64_t> seen;
      for (int64_t wave = 0; wave < waves; ++wave)
        for (int64_t block = 0; block < blocks; ++block)
          for (int64_t lane = 0; lane < kBlock; ++lane)
            seen.insert(firstRow(wave, block, blocks) +
                        accumulator(lane, 0).column);
      EXPECT_EQ(seen.size(), size_t(waves * blocks * kBlock));
      EXPECT_EQ(*seen.rbegin(), waves * blocks * kBlock - 1);
    }
}

} // namespace
