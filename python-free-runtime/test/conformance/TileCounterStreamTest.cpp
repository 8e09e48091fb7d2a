//===- TileCounterStreamTest.cpp - Tile counters, streams, CUDA graphs ----===//
//
// On the fake libcuda, which refuses what the real one refuses while a stream is
// captured.
//
//===----------------------------------------------------------------------===//
#include "conformance.h"
#include "driver_fake.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <set>

using namespace kgen::runtime_test;

namespace {

enum Capture { kNone = 0, kActive = 1, kInvalidated = 2 };

class TileCounterStream : public Conformance {
protected:
  void SetUp() override {
    Conformance::SetUp();
    start();
  }
  void start() {
    arguments = makeArguments(8);
    ASSERT_OK(loadCounted());
  }
  void TearDown() override {
    fake().stream_count = 0; // no capture any more
    fake().lost_code = 0;
    Conformance::TearDown();
    for (const fake_allocation_t &it : fake().allocations)
      EXPECT_EQ(it.pointer, nullptr) << "device memory was not freed";
    EXPECT_EQ(fake().live_streams, 0);
    EXPECT_EQ(fake().live_events, 0);
    EXPECT_EQ(fake().context_depth, 0);
    EXPECT_EQ(fake().capture_mode, 0) << "the thread's mode was not restored";
  }
  kgen_status_t loadCounted() {
    ArtifactBuilder builder = axpyArtifact();
    builder.header.tile_counter = 1;
    readCounterAfter(7);
    return load(builder.build());
  }
  /// A stream of handle `number`, with an id; kActive while it is captured.
  void setStream(int number, uint64_t id, Capture capture = kNone) {
    fake().streams[number] = {&handles[number], id, capture};
    fake().stream_count = std::max(fake().stream_count, number + 1);
  }
  kgen_status_t launchOn(int number) {
    kgen_stream_t *stream;
    EXPECT_OK(kgen_stream_adopt(device, &handles[number], &stream));
    kgen_status_t status = launch(arguments, stream);
    kgen_stream_destroy(stream);
    return status;
  }
  /// The counter of a launch that goes well.
  uint32_t *counterOn(int number) {
    EXPECT_OK(launchOn(number));
    EXPECT_EQ(*recordedLaunch().counter, 0u);
    return recordedLaunch().counter;
  }
  void failNext(const char *function, int code) {
    fake().fail_function = function;
    fake().fail_code = code;
    fake().fail_sticky = 0;
  }
  void expectText(const char *words) {
    EXPECT_NE(std::strstr(kgen_last_error(), words), nullptr)
        << kgen_last_error();
  }
  char handles[FAKE_MAX_STREAMS];
  std::vector<kgen_argument_t> arguments;
};

TEST_F(TileCounterStream, EachStreamHasItsOwn) {
  uint32_t *first = counterOn(0), *second = counterOn(1);
  EXPECT_NE(first, second);
  EXPECT_GE(std::abs(first - second), KGEN_TILE_COUNTER_STRIDE / 4);
  EXPECT_EQ(counterOn(0), first);
  EXPECT_EQ(counterOn(1), second);
  EXPECT_OK(launch(arguments)); // the default stream is one too
  EXPECT_NE(recordedLaunch().counter, first);
  EXPECT_NE(recordedLaunch().counter, second);
}

TEST_F(TileCounterStream, TheIdSaysWhichStreamItIs) {
  setStream(0, 7);
  uint32_t *first = counterOn(0);
  setStream(0, 8); // destroyed, and another one created in its place
  uint32_t *second = counterOn(0);
  EXPECT_NE(first, second);
  setStream(1, 7); // another handle of the first one
  EXPECT_EQ(counterOn(1), first);
}

TEST_F(TileCounterStream, ManyStreams) {
  std::set<uint32_t *> counters;
  std::vector<uint32_t *> byId;
  for (uint64_t id = 0; id < 1000; ++id) {
    setStream(0, id);
    byId.push_back(counterOn(0));
    EXPECT_TRUE(counters.insert(byId.back()).second) << id;
  }
  for (uint64_t id = 0; id < 1000; ++id) {
    setStream(0, id);
    ASSERT_EQ(counterOn(0), byId[id]) << id;
  }
}

TEST_F(TileCounterStream, EachCapturedLaunchHasItsOwn) {
  setStream(0, 7);
  std::set<uint32_t *> counters = {counterOn(0)};
  setStream(0, 7, kActive);
  for (int i = 0; i < 100; ++i) // more than were allocated with the kernel
    EXPECT_TRUE(counters.insert(counterOn(0)).second) << i;
  setStream(0, 7);
  EXPECT_EQ(counters.count(counterOn(0)), 1u);
  EXPECT_EQ(counters.count(counterOn(1)), 0u) << "it is a graph's";
}

TEST_F(TileCounterStream, OthersMayBeCapturedWhileAStreamIsNew) {
  setStream(0, 7, kActive);
  std::set<uint32_t *> counters;
  for (uint64_t id = 0; id < 100; ++id) {
    setStream(1, 100 + id);
    EXPECT_TRUE(counters.insert(counterOn(1)).second) << id;
  }
}

TEST_F(TileCounterStream, KernelsComeAndGoWhileAStreamIsCaptured) {
  setStream(0, 7, kActive);
  ASSERT_OK(loadCounted()); // frees the counters of the one before, too
  ASSERT_NE(counterOn(0), nullptr);
}

TEST_F(TileCounterStream, AFailedCapturedLaunchGivesItsCounterBack) {
  setStream(0, 7, kInvalidated);
  for (int i = 0; i < 200; ++i) {
    failNext("cuLaunchKernel", 901); // CUDA_ERROR_STREAM_CAPTURE_INVALIDATED
    EXPECT_EQ(launchOn(0), KGEN_STATUS_DRIVER_ERROR);
  }
  int allocations = 0;
  for (const fake_allocation_t &it : fake().allocations)
    allocations += it.pointer != nullptr;
  EXPECT_EQ(allocations, 4) << "three tensors, and the kernel's first counters";
}

TEST_F(TileCounterStream, AFailedLaunchLeavesItsStreamTheCounter) {
  uint32_t *counter = counterOn(0);
  failNext("cuLaunchKernel", 701);
  EXPECT_EQ(launchOn(0), KGEN_STATUS_LAUNCH_LIMIT);
  EXPECT_EQ(counterOn(0), counter);
}

TEST_F(TileCounterStream, KG7002NoMemoryForTheFirstCounters) {
  fake().memory_limit = 0;
  EXPECT_EQ(loadCounted(), KGEN_STATUS_OUT_OF_MEMORY);
  expectText("bytes of tile counters");
  EXPECT_EQ(fake().live_modules, 0);
  fake().memory_limit = 1 << 30;
  EXPECT_OK(loadCounted());
}

TEST_F(TileCounterStream, KG7002NoMemoryForMoreCounters) {
  uint32_t *first = counterOn(0);
  fake().memory_limit = 0;
  uint64_t id = 2000;
  kgen_status_t status = KGEN_STATUS_OK;
  for (; status == KGEN_STATUS_OK && id < 3000; ++id) {
    setStream(1, id);
    status = launchOn(1);
  }
  EXPECT_EQ(status, KGEN_STATUS_OUT_OF_MEMORY);
  expectText("bytes of tile counters");
  EXPECT_EQ(counterOn(0), first); // who has one goes on
  fake().memory_limit = 1 << 30;
  EXPECT_NE(counterOn(1), first);
}

TEST_F(TileCounterStream, FailuresWhileCountersAreClearedFreeThem) {
  for (const char *function :
       {"cuStreamCreate", "cuMemsetD8Async", "cuStreamSynchronize",
        "cuThreadExchangeStreamCaptureMode"}) {
    failNext(function, 999);
    EXPECT_EQ(loadCounted(), KGEN_STATUS_DRIVER_ERROR) << function;
    expectText(function);
  }
  EXPECT_EQ(fake().live_modules, 0);
}

TEST_F(TileCounterStream, KG7026TheStreamCannotBeAskedFor) {
  for (const char *function : {"cuStreamIsCapturing", "cuStreamGetId"}) {
    failNext(function, 400); // CUDA_ERROR_INVALID_HANDLE
    EXPECT_EQ(launchOn(0), KGEN_STATUS_DRIVER_ERROR);
    expectText(function);
  }
  setStream(1, 7, kActive);
  EXPECT_EQ(launch(arguments), KGEN_STATUS_DRIVER_ERROR)
      << "the legacy default stream, while another one is captured";
}

/// Without cuStreamGetId.
class TileCounterOldDriver : public TileCounterStream {
protected:
  void SetUp() override {
    Conformance::SetUp();
    kgen_kernel_destroy(kernel);
    kernel = nullptr;
    kgen_device_close(device);
    device = nullptr;
    useOldLibrary();
    ASSERT_OK(
        kgen_device_open(conformanceDriver().device.c_str(), nullptr, &device));
    start();
  }
};

TEST_F(TileCounterOldDriver, StreamsShareOneAndWaitForOneAnother) {
  uint32_t *first = counterOn(0);
  void *event = fake().recorded_event;
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(counterOn(1), first);
  EXPECT_EQ(fake().waits, 2);
  EXPECT_EQ(fake().waited_event, event);
  EXPECT_EQ(fake().recorded_event, event);
}

TEST_F(TileCounterOldDriver, CapturedLaunchesHaveTheirOwnAndDoNotWait) {
  std::set<uint32_t *> counters = {counterOn(0)};
  setStream(1, 0, kActive);
  fake().recorded_event = nullptr;
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(counters.insert(counterOn(1)).second);
  EXPECT_EQ(fake().waits, 1);
  EXPECT_EQ(fake().recorded_event, nullptr);
}

TEST_F(TileCounterOldDriver, WhatNoEventEndsIsOverBeforeTheNextOne) {
  failNext("cuEventRecord", 999);
  EXPECT_OK(launchOn(0)); // synchronized instead
  EXPECT_OK(launchOn(1));
}

TEST_F(TileCounterOldDriver, KG7026NoEventToWaitWith) {
  failNext("cuEventCreate", 999);
  EXPECT_EQ(loadCounted(), KGEN_STATUS_DRIVER_ERROR);
  EXPECT_EQ(fake().live_modules, 0);
  ASSERT_OK(loadCounted());
  failNext("cuStreamWaitEvent", 999);
  EXPECT_EQ(launchOn(0), KGEN_STATUS_DRIVER_ERROR);
  EXPECT_EQ(fake().launches, 0);
}

} // namespace
