//===- DrawTilesTest.cpp - A persistent kernel with a tile counter --------===//
//
// kernels/draw_tiles.ptx where it can be executed: on the emulator and on an
// NVIDIA GPU. A counter that is not 0 when a launch starts, or that two launches
// share at the same time, makes tiles missing or twice there.
//
//===----------------------------------------------------------------------===//
#include "draw_tiles.h"

#include <thread>
#include <utility>

using namespace kgen::runtime_test;

namespace {

TEST_F(DrawTiles, EveryLaunchHasEveryTileOnce) {
  ASSERT_OK(load(drawTilesArtifact()));
  kgen_argument_t hits = makeHits(1000);
  for (uint32_t times = 1; times <= 3; ++times) {
    ASSERT_OK(launch({hits}));
    expectHits(hits, times);
  }
}

TEST_F(DrawTiles, TheNumberOfTilesMayChangeBetweenLaunches) {
  ASSERT_OK(load(drawTilesArtifact()));
  for (int64_t tiles : {1, 7, 131, 132, 133, 5000, 2, 264}) {
    kgen_argument_t hits = makeHits(tiles);
    ASSERT_OK(launch({hits}));
    expectHits(hits, 1);
  }
}

TEST_F(DrawTiles, StreamsRunAtTheSameTime) {
  ASSERT_OK(load(drawTilesArtifact()));
  constexpr size_t kStreams = 4;
  constexpr uint32_t kLaunches = 20;
  kgen_stream_t *streams[kStreams];
  kgen_argument_t hits[kStreams];
  for (size_t i = 0; i < kStreams; ++i) {
    ASSERT_OK(kgen_stream_create(device, &streams[i]));
    hits[i] = makeHits(2000 + int64_t(i));
  }
  for (uint32_t n = 0; n < kLaunches; ++n)
    for (size_t i = 0; i < kStreams; ++i)
      ASSERT_OK(launch({hits[i]}, streams[i]));
  for (size_t i = 0; i < kStreams; ++i) {
    EXPECT_OK(kgen_stream_synchronize(device, streams[i]));
    expectHits(hits[i], kLaunches);
    kgen_stream_destroy(streams[i]);
  }
}

TEST_F(DrawTiles, ThreadsLaunchOnStreamsThatComeAndGo) {
  ASSERT_OK(load(drawTilesArtifact()));
  constexpr uint32_t kLaunches = 10;
  std::vector<kgen_argument_t> hits;
  for (int64_t i = 0; i < 4; ++i)
    hits.push_back(makeHits(500 + i));
  std::vector<std::thread> threads;
  for (kgen_argument_t &mine : hits)
    threads.emplace_back([&] {
      for (uint32_t n = 0; n < kLaunches; ++n) {
        kgen_stream_t *stream;
        ASSERT_OK(kgen_stream_create(device, &stream));
        EXPECT_OK(launch({mine}, stream));
        EXPECT_OK(kgen_stream_synchronize(device, stream));
        kgen_stream_destroy(stream);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  for (kgen_argument_t &mine : hits)
    expectHits(mine, kLaunches);
}

TEST_F(DrawTiles, TwoKernelsOfOneArtefactHaveTheirOwnCounters) {
  kgen_kernel_t *second = nullptr;
  ASSERT_OK(load(drawTilesArtifact()));
  std::swap(kernel, second);
  ASSERT_OK(load(drawTilesArtifact()));
  kgen_argument_t hits = makeHits(1500);
  for (int n = 0; n < 5; ++n) {
    ASSERT_OK(launch({hits}));
    ASSERT_OK(kgen_launch(second, &hits, 1, nullptr));
  }
  expectHits(hits, 10);
  kgen_kernel_destroy(second);
}

} // namespace
