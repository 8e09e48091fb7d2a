//===- TileCounterTest.cpp - How a kernel gets its tile counter -----------===//
//
// Linked with the fakes of CUDA and of the emulator, whose device memory is the
// host's.
//
//===----------------------------------------------------------------------===//
#include "conformance.h"

#include <utility>

using namespace kgen::runtime_test;

namespace {

/// axpy with a counter, which it ignores: the eighth argument.
ArtifactBuilder countedArtifact() {
  ArtifactBuilder builder = axpyArtifact();
  builder.header.tile_counter = 1;
  return builder;
}

class TileCounter : public Conformance {
protected:
  /// The counter of a launch that goes well.
  uint32_t *counterOfLaunch(kgen_stream_t *stream = nullptr) {
    EXPECT_OK(launch(arguments, stream));
    return recordedLaunch().counter;
  }
  void SetUp() override {
    Conformance::SetUp();
    arguments = makeArguments(130);
    readCounterAfter(7);
    ASSERT_OK(load(countedArtifact().build()));
  }
  std::vector<kgen_argument_t> arguments;
};

TEST_F(TileCounter, IsTheLastArgumentAndZero) {
  uint32_t *counter = counterOfLaunch();
  ASSERT_NE(counter, nullptr);
  EXPECT_EQ(*counter, 0u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(counter) % KGEN_TILE_COUNTER_STRIDE, 0u);
  EXPECT_OK(kgen_stream_synchronize(device, nullptr));
  expectResult(arguments);
}

TEST_F(TileCounter, ComesAfterTheTensorMaps) {
  ArtifactBuilder builder = countedArtifact();
  builder.addMap(0, {4, 64});
  ASSERT_OK(load(builder.build()));
  readCounterAfter(8);
  uint32_t *counter = counterOfLaunch();
  ASSERT_NE(counter, nullptr);
  EXPECT_EQ(*counter, 0u);
}

TEST_F(TileCounter, LaunchesInOneStreamShareIt) {
  uint32_t *first = counterOfLaunch();
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(counterOfLaunch(), first);
}

TEST_F(TileCounter, KernelsDoNotShareIt) {
  uint32_t *first = counterOfLaunch();
  kgen_kernel_t *other = nullptr;
  std::swap(other, kernel);
  ASSERT_OK(load(countedArtifact().build()));
  EXPECT_NE(counterOfLaunch(), first);
  kgen_kernel_destroy(other);
}

TEST_F(TileCounter, AnEmptyGridNeedsNone) {
  arguments = makeArguments(0);
  EXPECT_OK(launch(arguments));
}

} // namespace
