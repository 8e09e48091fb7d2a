//===- HopperTest.cpp - Tensor maps, clusters, persistent grids -----------===//
//
// What the CUDA driver and its emulation do with artefacts of format version 2.
// Linked with the fakes of both, which keep what a map was encoded from.
//
//===----------------------------------------------------------------------===//
#include "conformance.h"

#include <cstring>
#include <thread>

using namespace kgen::runtime_test;

namespace {

void expectText(const char *words) {
  EXPECT_NE(std::strstr(kgen_last_error(), words), nullptr)
      << kgen_last_error();
}

/// A kernel that does nothing with one tensor, in a grid of one block.
ArtifactBuilder idleArtifact(kgen_element_type_t type,
                             const std::vector<int64_t> &sizes) {
  ArtifactBuilder builder = axpyArtifact();
  builder.setKernelName("kgen_test_nothing");
  builder.parameters.clear();
  builder.addTensor("x", KGEN_ROLE_INPUT, type, sizes);
  builder.header.grid[0] = {KGEN_GRID_CONSTANT, 0, 1, 1};
  return builder;
}

class Hopper : public Conformance {
protected:
  /// A launch of an idle kernel's one argument.
  kgen_status_t launchIdle(void *data, kgen_element_type_t type,
                           const std::vector<int64_t> &sizes) {
    return launch({kgen_tensor_argument(
        data, type, static_cast<int32_t>(sizes.size()), sizes.data())});
  }
  /// Loads an idle kernel with a map of x: tensor<?x?x?x4xf32>.
  kgen_status_t loadMapped() {
    ArtifactBuilder builder = idleArtifact(KGEN_F32, {-1, -2, -3, 4});
    builder.addMap(0, {4, 1, 1, 1});
    return load(builder.build());
  }
};

TEST_F(Hopper, MapsComeAfterTheOtherArguments) {
  ArtifactBuilder builder = axpyArtifact();
  builder.addMap(0, {4, 64}, 0, 128);
  ASSERT_OK(load(builder.build()));
  std::vector<kgen_argument_t> arguments = makeArguments(130);
  readMapAfter(7);
  ASSERT_OK(launch(arguments));
  fake_tensor_map_t map = recordedLaunch().map;
  EXPECT_EQ(map.address, reinterpret_cast<uint64_t>(arguments[0].data));
  EXPECT_EQ(map.rank, 2u);
  EXPECT_EQ(map.sizes[0], 4u);
  EXPECT_EQ(map.sizes[1], 130u);
  EXPECT_EQ(map.strides[0], 16u);
  EXPECT_EQ(map.box[0], 4u);
  EXPECT_EQ(map.box[1], 64u);
  EXPECT_OK(kgen_stream_synchronize(device, nullptr));
  expectResult(arguments);
}

TEST_F(Hopper, DimensionsAreCountedFromTheInnermost) {
  ArtifactBuilder builder = idleArtifact(KGEN_BF16, {-1, 16, -2, 128});
  builder.addMap(0, {64, 176, 1, 1}, 128, 256);
  ASSERT_OK(load(builder.build()));
  readMapAfter(3);
  ASSERT_OK(launchIdle(allocate(2 * 16 * 333 * 128 * 2), KGEN_BF16,
                       {2, 16, 333, 128}));
  fake_tensor_map_t map = recordedLaunch().map;
  const uint64_t sizes[] = {128, 333, 16, 2};
  const uint64_t strides[] = {256, 256 * 333, 256 * 333 * 16};
  const uint32_t box[] = {64, 176, 1, 1};
  EXPECT_EQ(std::memcmp(map.sizes, sizes, sizeof(sizes)), 0);
  EXPECT_EQ(std::memcmp(map.strides, strides, sizeof(strides)), 0);
  EXPECT_EQ(std::memcmp(map.box, box, sizeof(box)), 0);
}

TEST_F(Hopper, NumbersAreThoseOfCuda) {
  struct Case {
    kgen_element_type_t type;
    uint32_t swizzle, promotion;
    uint32_t cudaType, cudaSwizzle, cudaPromotion; // of cuda.h
  };
  for (Case it :
       {Case{KGEN_BF16, 128, 256, 9, 3, 3}, Case{KGEN_F16, 64, 128, 6, 2, 2},
        Case{KGEN_F32, 64, 64, 7, 2, 1}, Case{KGEN_I32, 32, 0, 3, 1, 0},
        Case{KGEN_I16, 0, 0, 1, 0, 0}, Case{KGEN_I8, 0, 0, 0, 0, 0}}) {
    ArtifactBuilder builder = idleArtifact(it.type, {-1, 64});
    uint32_t columns = it.type == KGEN_I32 ? 8 : 16;
    builder.addMap(0, {columns, 8}, it.swizzle, it.promotion);
    ASSERT_OK(load(builder.build()));
    readMapAfter(2);
    ASSERT_OK(launchIdle(allocate(4096), it.type, {8, 64}));
    fake_tensor_map_t map = recordedLaunch().map;
    EXPECT_EQ(map.type, it.cudaType);
    EXPECT_EQ(map.swizzle, it.cudaSwizzle);
    EXPECT_EQ(map.l2_promotion, it.cudaPromotion);
  }
}

TEST_F(Hopper, AMapIsEncodedOncePerTensorAndSize) {
  ASSERT_OK(loadMapped());
  void *first = allocate(4096), *second = allocate(4096);
  int start = recordedLaunch().encoded;
  readMapAfter(4);
  auto expectEncoded = [&](void *data, std::vector<int64_t> sizes, int times) {
    ASSERT_OK(launchIdle(data, KGEN_F32, sizes));
    EXPECT_EQ(recordedLaunch().encoded - start, times);
    EXPECT_EQ(recordedLaunch().map.address, reinterpret_cast<uint64_t>(data));
    EXPECT_EQ(recordedLaunch().map.sizes[1], uint64_t(sizes[2]));
  };
  expectEncoded(first, {1, 1, 8, 4}, 1);
  expectEncoded(first, {1, 1, 8, 4}, 1);
  expectEncoded(second, {1, 1, 8, 4}, 2);
  expectEncoded(second, {1, 1, 9, 4}, 3);
  expectEncoded(first, {1, 1, 8, 4}, 3);
  for (int64_t rows = 20; rows < 36; ++rows)
    expectEncoded(first, {1, 1, rows, 4}, int(3 + rows - 19));
  expectEncoded(first, {1, 1, 35, 4}, 19); // the latest are kept
  expectEncoded(first, {1, 1, 8, 4}, 20);  // the oldest are not
}

TEST_F(Hopper, ThreadsShareTheMaps) {
  if (!conformanceDriver().threadSafe)
    GTEST_SKIP() << "the fake library is for one thread";
  ASSERT_OK(loadMapped());
  std::vector<void *> buffers;
  for (int i = 0; i < 4; ++i)
    buffers.push_back(allocate(4096));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      for (int64_t repeat = 0; repeat < 200; ++repeat)
        EXPECT_OK(launchIdle(buffers[size_t(i)], KGEN_F32,
                             {1, 1, 1 + repeat % 20, 4}));
    });
  for (std::thread &thread : threads)
    thread.join();
}

// Blocks would copy from it; a grid without blocks needs no map.
TEST_F(Hopper, KG7031EmptyTensorHasNoMap) {
  ArtifactBuilder builder = idleArtifact(KGEN_F32, {-1, 4});
  builder.addMap(0, {4, 8});
  ASSERT_OK(load(builder.build()));
  int start = recordedLaunch().encoded;
  EXPECT_EQ(launchIdle(nullptr, KGEN_F32, {0, 4}),
            KGEN_STATUS_TENSOR_MAP_LIMIT);
  expectText("x has no elements, and the grid has blocks");
  builder.header.grid[0] = {0, 0, 1, 1};
  ASSERT_OK(load(builder.build()));
  EXPECT_OK(launchIdle(nullptr, KGEN_F32, {0, 4}));
  EXPECT_EQ(recordedLaunch().encoded, start);
}

TEST_F(Hopper, KG7022MapsNeedSixteenBytes) {
  ASSERT_OK(loadMapped());
  char *buffer = static_cast<char *>(allocate(4096));
  EXPECT_EQ(launchIdle(buffer + 8, KGEN_F32, {1, 1, 8, 4}),
            KGEN_STATUS_ARGUMENT_ALIGNMENT);
  expectText("not a multiple of 16 bytes");
}

TEST_F(Hopper, KG7021RowsNeedSixteenBytes) {
  ArtifactBuilder builder = idleArtifact(KGEN_BF16, {-1, -2});
  builder.addMap(0, {8, 8});
  ASSERT_OK(load(builder.build()));
  void *buffer = allocate(4096);
  EXPECT_OK(launchIdle(buffer, KGEN_BF16, {4, 72}));
  EXPECT_EQ(launchIdle(buffer, KGEN_BF16, {4, 71}),
            KGEN_STATUS_ARGUMENT_DIVISIBILITY);
  expectText("x has rows of 142 bytes, not a multiple of 16");
}

TEST_F(Hopper, KG7031LargerThanAMapCanSay) {
  ASSERT_OK(loadMapped());
  void *buffer = allocate(4096);
  int64_t most = int64_t(1) << 32;
  EXPECT_OK(launchIdle(buffer, KGEN_F32, {1, 1, most, 4}));
  EXPECT_EQ(launchIdle(buffer, KGEN_F32, {1, 1, most + 1, 4}),
            KGEN_STATUS_TENSOR_MAP_LIMIT);
  expectText("x has size 4294967297 in dimension 2, limit 4294967296");
  EXPECT_EQ(launchIdle(buffer, KGEN_F32, {1, 16, most, 4}),
            KGEN_STATUS_TENSOR_MAP_LIMIT);
  expectText("a stride of 1099511627776 bytes in dimension 0");
}

TEST_F(Hopper, ClustersAreWholeInTheGrid) {
  ArtifactBuilder builder = axpyArtifact();
  builder.header.cluster[0] = 2;
  builder.header.cluster[1] = builder.header.cluster[2] = 1;
  ASSERT_OK(load(builder.build()));
  std::vector<kgen_argument_t> arguments = makeArguments(130); // three tiles
  ASSERT_OK(launch(arguments));
  RecordedLaunch launched = recordedLaunch();
  EXPECT_EQ(launched.grid[0], 4);
  EXPECT_EQ(launched.grid[1], 1);
  EXPECT_EQ(launched.cluster[0], 2u);
  EXPECT_EQ(launched.cluster[1], 1u);
  EXPECT_OK(kgen_stream_synchronize(device, nullptr));
  expectResult(arguments);
  ASSERT_OK(load(axpyArtifact().build()));
  ASSERT_OK(launch(arguments));
  EXPECT_EQ(recordedLaunch().grid[0], 3);
  EXPECT_EQ(recordedLaunch().cluster[0], 0u);
}

TEST_F(Hopper, KG7023ClustersBeyondTheGridsLimit) {
  ArtifactBuilder builder = axpyArtifact();
  builder.header.grid[1] = {KGEN_GRID_CONSTANT, 0, 65535, 1};
  builder.header.cluster[0] = builder.header.cluster[2] = 1;
  builder.header.cluster[1] = 2;
  ASSERT_OK(load(builder.build()));
  EXPECT_EQ(launch(makeArguments(8)), KGEN_STATUS_LAUNCH_LIMIT);
  expectText("65536 blocks in grid dimension y");
  builder.header.grid[1].multiplier = INT64_MAX;
  ASSERT_OK(load(builder.build()));
  EXPECT_EQ(launch(makeArguments(8)), KGEN_STATUS_LAUNCH_LIMIT);
  expectText("grid dimension y counts 4611686018427387904 times 2");
}

TEST_F(Hopper, PersistentBlocksAreAtMostWhatTheDeviceRuns) {
  ArtifactBuilder builder = idleArtifact(KGEN_F32, {-1, -2, -3, 4});
  builder.header.grid[0] = {0, 2, 1, 64};
  builder.header.grid[1] = {0, 1, 1, 1};
  builder.header.grid[2] = {0, 0, 1, 1};
  builder.header.grid_kind = KGEN_GRID_PERSISTENT;
  builder.header.blocks_per_processor = 2;
  ASSERT_OK(load(builder.build()));
  void *buffer = allocate(1 << 20);
  auto expectBlocks = [&](std::vector<int64_t> sizes, int64_t blocks) {
    ASSERT_OK(launchIdle(buffer, KGEN_F32, sizes));
    RecordedLaunch launched = recordedLaunch();
    EXPECT_EQ(launched.grid[0], blocks);
    EXPECT_EQ(launched.grid[1], 1);
    EXPECT_EQ(launched.grid[2], 1);
  };
  expectBlocks({2, 3, 100, 4}, 12);
  expectBlocks({2, 3, 64 * 100, 4}, 2 * 132); // the fakes have 132 processors
  builder.header.blocks_per_processor = 1;
  builder.header.cluster[0] = 8;
  builder.header.cluster[1] = builder.header.cluster[2] = 1;
  ASSERT_OK(load(builder.build()));
  expectBlocks({2, 3, 100, 4}, 48);        // two tiles in x count as eight
  expectBlocks({2, 3, 64 * 100, 4}, 128);  // down to one
  EXPECT_OK(launchIdle(nullptr, KGEN_F32, {2, 0, 64, 4})); // no tile: no launch
  int64_t grid[3], sizes[] = {2, 0, 64, 4};
  kgen_argument_t none = kgen_tensor_argument(nullptr, KGEN_F32, 4, sizes);
  ASSERT_OK(kgen_kernel_get_grid(kernel, &none, 1, grid));
  EXPECT_EQ(grid[0] * grid[1] * grid[2], 0);
}

TEST_F(Hopper, KG7012OlderLibraryRefusesOnlyWhatItLacks) {
  kgen_kernel_destroy(kernel);
  kernel = nullptr;
  kgen_device_close(device);
  device = nullptr;
  useOldLibrary();
  ASSERT_OK(
      kgen_device_open(conformanceDriver().device.c_str(), nullptr, &device));
  ASSERT_OK(load(axpyArtifact().build()));
  std::vector<kgen_argument_t> arguments = makeArguments(8);
  EXPECT_OK(launch(arguments));
  EXPECT_OK(kgen_stream_synchronize(device, nullptr));
  expectResult(arguments);
  EXPECT_EQ(loadMapped(), KGEN_STATUS_DRIVER_UNAVAILABLE);
  expectText("kernel kgen_test_nothing ");
  ArtifactBuilder builder = axpyArtifact();
  builder.header.cluster[0] = 2;
  builder.header.cluster[1] = builder.header.cluster[2] = 1;
  EXPECT_EQ(load(builder.build()), KGEN_STATUS_DRIVER_UNAVAILABLE);
}

} // namespace
