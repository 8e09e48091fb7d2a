//===- HopperTensorMapTest.cpp - Tensor maps and bulk tensor copies -------===//

#include "Hopper/NarrowFloat.h"
#include "Hopper/TensorCopy.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <vector>

using namespace kgen;
using namespace kgen::emulator::hopper;
using kgen::emulator::ptx::brainToFloat;
using kgen::emulator::ptx::floatToBrain;

namespace {

struct alignas(64) MapBytes {
  uint8_t bytes[kTensorMapBytes];
};

/// A valid 2-D bf16 map over `columns` x `rows`, to be spoiled by each test.
struct Parameters {
  std::vector<uint64_t> dims, strides;
  std::vector<uint32_t> box, steps;
  TensorMapParameters p;
  Parameters(const void *address, uint64_t columns, uint64_t rows,
             uint32_t boxColumns, uint32_t boxRows, Swizzle swizzle)
      : dims{columns, rows}, strides{columns * 2}, box{boxColumns, boxRows},
        steps{1, 1} {
    p.type = uint32_t(TensorType::BF16);
    p.rank = 2;
    p.address = reinterpret_cast<uint64_t>(address);
    p.swizzle = uint32_t(swizzle);
  }
  Expected<void> encode(void *map) {
    p.dims = dims.data();
    p.strides = strides.data();
    p.box = box.data();
    p.elementStrides = steps.data();
    return encodeTensorMap(map, p);
  }
};

/// rows x columns of bf16 whose element (r, c) has the bits r * columns + c.
struct alignas(16) Matrix {
  std::vector<uint16_t> storage;
  uint16_t *data;
  Matrix(uint32_t rows, uint32_t columns) : storage(rows * columns + 8) {
    uint64_t at = reinterpret_cast<uint64_t>(storage.data());
    data = storage.data() + (16 - at % 16) % 16 / 2;
    for (uint32_t i = 0; i < rows * columns; ++i)
      data[i] = uint16_t(i);
  }
};

} // namespace

TEST(HopperTensorMap, DecodesWhatItEncoded) {
  MapBytes map;
  Matrix matrix(1, 8);
  Parameters given(matrix.data, 128, 512, 64, 128, Swizzle::Bytes128);
  given.steps = {3, 2};
  ASSERT_TRUE(given.encode(&map));
  auto decoded = decodeTensorMap(&map);
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(decoded->type, TensorType::BF16);
  EXPECT_EQ(decoded->rank, 2u);
  EXPECT_EQ(decoded->address, given.p.address);
  EXPECT_EQ(decoded->dims[1], 512u);
  EXPECT_EQ(decoded->strides[0], 2u);
  EXPECT_EQ(decoded->strides[1], 256u);
  EXPECT_EQ(decoded->copied(0), 64u) << "no step along the inner dimension";
  EXPECT_EQ(decoded->copied(1), 64u) << "every other row of 128";
  EXPECT_EQ(decoded->boxBytes(), 64u * 64u * 2u);
  EXPECT_EQ(decoded->swizzle, Swizzle::Bytes128);
}

TEST(HopperTensorMap, HoldsTheLargestDimension) {
  MapBytes map;
  Matrix matrix(1, 8);
  Parameters given(matrix.data, 8, 1ull << 32, 8, 1, Swizzle::None);
  ASSERT_TRUE(given.encode(&map));
  EXPECT_EQ(decodeTensorMap(&map)->dims[1], 1ull << 32);
}

TEST(HopperTensorMap, RefusesWhatTheDriverDocumentsAsInvalid) {
  Matrix matrix(1, 8);
  using Spoil = std::function<void(Parameters &)>;
  const std::pair<const char *, Spoil> cases[] = {
      {"rank is 0", [](Parameters &g) { g.p.rank = 0; }},
      {"rank is 6", [](Parameters &g) { g.p.rank = 6; }},
      {"global address", [](Parameters &g) { g.p.address += 8; }},
      {"globalDim[1] is 0", [](Parameters &g) { g.dims[1] = 0; }},
      {"globalDim[0]", [](Parameters &g) { g.dims[0] = (1ull << 32) + 1; }},
      {"globalStrides[0] is 264", [](Parameters &g) { g.strides[0] = 264; }},
      {"globalStrides[0]", [](Parameters &g) { g.strides[0] = 1ull << 40; }},
      {"boxDim[1] is 257", [](Parameters &g) { g.box[1] = 257; }},
      {"boxDim[0] is 0", [](Parameters &g) { g.box[0] = 0; }},
      {"inner box has 8 bytes", [](Parameters &g) { g.box[0] = 4; }},
      {"inner box has 256 bytes", [](Parameters &g) { g.box[0] = 128; }},
      {"elementStrides[1] is 9", [](Parameters &g) { g.steps[1] = 9; }},
      {"elementStrides[0] is 0", [](Parameters &g) { g.steps[0] = 0; }},
      {"L2 promotion 4", [](Parameters &g) { g.p.l2Promotion = 4; }},
      {"fill 2", [](Parameters &g) { g.p.fill = 2; }},
      {"NaN fill", [](Parameters &g) {
         g.p.type = uint32_t(TensorType::U16);
         g.p.fill = 1;
       }}};
  for (const auto &[words, spoil] : cases) {
    MapBytes map;
    Parameters given(matrix.data, 128, 512, 64, 128, Swizzle::Bytes128);
    spoil(given);
    auto encoded = given.encode(&map);
    ASSERT_FALSE(encoded) << words;
    EXPECT_EQ(encoded.error().code(), ErrorCode::InvalidArgument);
    EXPECT_NE(encoded.error().detail().find(words), std::string::npos)
        << encoded.error().detail();
  }
}

TEST(HopperTensorMap, RefusesFormsThatAreNotEmulated) {
  Matrix matrix(1, 8);
  MapBytes map;
  Parameters interleaved(matrix.data, 128, 512, 64, 128, Swizzle::None);
  interleaved.p.interleave = 1;
  EXPECT_EQ(interleaved.encode(&map).error().code(),
            ErrorCode::EmulatorUnsupported);
  Parameters packed(matrix.data, 128, 512, 64, 128, Swizzle::None);
  packed.p.type = 13;
  EXPECT_EQ(packed.encode(&map).error().code(), ErrorCode::EmulatorUnsupported);
  Parameters swizzle(matrix.data, 128, 512, 64, 128, Swizzle::None);
  swizzle.p.swizzle = 4;
  EXPECT_EQ(swizzle.encode(&map).error().code(),
            ErrorCode::EmulatorUnsupported);
}

TEST(HopperTensorMap, RefusesBytesThatItDidNotWrite) {
  MapBytes map{};
  EXPECT_EQ(decodeTensorMap(&map).error().code(), ErrorCode::FindingOperand);
  Matrix matrix(1, 8);
  Parameters given(matrix.data, 128, 512, 64, 128, Swizzle::Bytes128);
  ASSERT_TRUE(given.encode(&map));
  for (uint32_t byte : {8u, 40u, 87u, 127u}) {
    MapBytes spoiled = map;
    spoiled.bytes[byte] ^= 1;
    auto decoded = decodeTensorMap(&spoiled);
    ASSERT_FALSE(decoded) << byte;
    EXPECT_EQ(decoded.error().code(), ErrorCode::FindingOperand);
  }
}

TEST(HopperTensorCopy, PermutesChunksByTheAddressBitsOfTheirRow) {
  Matrix matrix(16, 64);
  MapBytes bytes;
  Parameters given(matrix.data, 64, 16, 64, 16, Swizzle::Bytes128);
  ASSERT_TRUE(given.encode(&bytes));
  TensorMap map = *decodeTensorMap(&bytes);
  std::vector<uint8_t> shared(4096);
  const int32_t origin[] = {0, 0};
  // Begins at row 1 of the repeating pattern: address bits count, not rows.
  uint32_t base = 1152;
  loadTile(map, origin, shared.data(), base);
  for (uint32_t row = 0; row < 16; ++row)
    for (uint32_t column = 0; column < 64; ++column) {
      uint32_t line = base + row * 128;
      uint32_t chunk = column / 8 ^ (line / 128) % 8;
      uint16_t value;
      std::memcpy(&value, &shared[line + chunk * 16 + column % 8 * 2], 2);
      ASSERT_EQ(value, row * 64 + column);
    }
}

TEST(HopperTensorCopy, NarrowSwizzlesRepeatWithinTheLine) {
  EXPECT_EQ(swizzled(Swizzle::None, 0x3f0), 0x3f0u);
  EXPECT_EQ(swizzled(Swizzle::Bytes32, 0x080), 0x090u);
  EXPECT_EQ(swizzled(Swizzle::Bytes32, 0x100), 0x100u);
  EXPECT_EQ(swizzled(Swizzle::Bytes64, 0x180), 0x1b0u);
  EXPECT_EQ(swizzled(Swizzle::Bytes128, 0x380), 0x3f0u);
}

TEST(HopperTensorCopy, FillsWhatLiesOutsideTheTensor) {
  Matrix matrix(4, 16);
  for (bool nan : {false, true}) {
    MapBytes bytes;
    Parameters given(matrix.data, 16, 4, 16, 4, Swizzle::None);
    given.p.fill = nan;
    ASSERT_TRUE(given.encode(&bytes));
    std::vector<uint16_t> shared(64, 0x1234);
    const int32_t at[] = {-3, 2};
    loadTile(*decodeTensorMap(&bytes), at,
             reinterpret_cast<uint8_t *>(shared.data()), 0);
    for (int32_t row = 0; row < 4; ++row)
      for (int32_t column = 0; column < 16; ++column) {
        bool inside = column >= 3 && row < 2;
        EXPECT_EQ(shared[row * 16 + column], inside
                                                 ? (row + 2) * 16 + column - 3
                                             : nan ? 0x7fff
                                                   : 0);
      }
  }
}

TEST(HopperTensorCopy, WalksFiveDimensionsInnermostFirst) {
  Matrix matrix(1, 8 * 2 * 3 * 2 * 2);
  MapBytes bytes;
  uint64_t dims[] = {8, 2, 3, 2, 2}, strides[] = {16, 32, 96, 192};
  uint32_t box[] = {8, 1, 2, 2, 1}, steps[] = {1, 1, 1, 1, 1};
  TensorMapParameters p;
  p.type = uint32_t(TensorType::F16);
  p.rank = 5;
  p.address = reinterpret_cast<uint64_t>(matrix.data);
  p.dims = dims;
  p.strides = strides;
  p.box = box;
  p.elementStrides = steps;
  ASSERT_TRUE(encodeTensorMap(&bytes, p));
  std::vector<uint16_t> shared(32);
  const int32_t at[] = {0, 1, 1, 0, 1};
  loadTile(*decodeTensorMap(&bytes), at,
           reinterpret_cast<uint8_t *>(shared.data()), 0);
  for (uint32_t i3 = 0; i3 < 2; ++i3)
    for (uint32_t i2 = 0; i2 < 2; ++i2)
      EXPECT_EQ(shared[(i3 * 2 + i2) * 8],
                ((1 * 2 + i3) * 3 + 1 + i2) * 16 + 8);
}

TEST(HopperTensorCopy, StoresOnlyWhatLiesInsideAndReduces) {
  Matrix matrix(4, 16);
  MapBytes bytes;
  Parameters given(matrix.data, 16, 4, 16, 4, Swizzle::Bytes32);
  ASSERT_TRUE(given.encode(&bytes));
  TensorMap map = *decodeTensorMap(&bytes);
  for (uint32_t i = 0; i < 64; ++i)
    matrix.data[i] = floatToBrain(1);
  alignas(16) uint8_t shared[128];
  for (uint32_t i = 0; i < 64; ++i) {
    uint16_t two = floatToBrain(2);
    std::memcpy(shared + i * 2, &two, 2);
  }
  const int32_t at[] = {8, 3};
  storeTile(map, at, shared, 0, Reduction::Add);
  storeTile(map, at, shared, 0, Reduction::Max);
  for (uint32_t i = 0; i < 64; ++i)
    EXPECT_EQ(brainToFloat(matrix.data[i]), i >= 56 ? 3 : 1) << i;
  storeTile(map, at, shared, 0, Reduction::None);
  EXPECT_EQ(brainToFloat(matrix.data[63]), 2);
}

TEST(HopperTensorCopy, RefusesUnalignedTilesAndBoxesNarrowerThanTheirSwizzle) {
  Matrix matrix(4, 64);
  MapBytes bytes;
  Parameters given(matrix.data, 64, 4, 32, 4, Swizzle::Bytes128);
  ASSERT_TRUE(given.encode(&bytes));
  TensorMap map = *decodeTensorMap(&bytes);
  EXPECT_EQ(checkTile(map, 64).error().code(), ErrorCode::FindingMisaligned);
  EXPECT_EQ(checkTile(map, 128).error().code(), ErrorCode::EmulatorUnsupported);
}

TEST(HopperNarrowFloat, WidensTheTensorCoresFormats) {
  EXPECT_EQ(widenE4M3(0x7e), 448.0f);
  EXPECT_EQ(widenE4M3(0x01), 0x1p-9f);
  EXPECT_EQ(widenE4M3(0xb8), -1.0f);
  EXPECT_TRUE(std::isnan(widenE4M3(0xff)));
  EXPECT_EQ(widenE5M2(0x3c), 1.0f);
  EXPECT_EQ(widenTF32(0x3f801fff), 1.0f);
}
