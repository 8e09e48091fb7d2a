//===- DeviceTest.cpp - Device names, options, and the CPU's thread pool
//-----===//
extern "C" {
#include "cpu/thread_pool.h"
}
#include "kgen_runtime.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace {

TEST(Device, KG7011UnknownNames) {
  for (const char *name : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:0x",
                           "cpu:0", "cpux", "hip:99999999999", "cuda 0"}) {
    kgen_device_t *device;
    EXPECT_EQ(kgen_device_open(name, nullptr, &device),
              KGEN_STATUS_UNKNOWN_DEVICE_NAME)
        << name;
    EXPECT_EQ(device, nullptr);
  }
}

TEST(Device, KG7001NullArguments) {
  kgen_device_t *device;
  kgen_stream_t *stream;
  kgen_event_t *event;
  EXPECT_EQ(kgen_device_open("cpu", nullptr, nullptr),
            KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(kgen_device_open(nullptr, nullptr, &device),
            KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(kgen_device_enumerate(nullptr, 0, nullptr),
            KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(kgen_stream_create(nullptr, &stream), KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(kgen_event_create(nullptr, &event), KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(kgen_event_record(nullptr, nullptr), KGEN_STATUS_INVALID_ARGUMENT);
  kgen_device_close(nullptr);
  kgen_stream_destroy(nullptr);
  kgen_event_destroy(nullptr);
}

TEST(Device, EnumerationCountsBeyondItsCapacity) {
  size_t count = 0;
  EXPECT_EQ(kgen_device_enumerate(nullptr, 0, &count), KGEN_STATUS_OK);
  EXPECT_GE(count, 1u);
  kgen_device_info_t info;
  EXPECT_EQ(kgen_device_enumerate(&info, 1, &count), KGEN_STATUS_OK);
  EXPECT_STREQ(info.name, "cpu");
}

TEST(Device, CpuThreadsAreAnOption) {
  kgen_device_options_t options = {3};
  kgen_device_t *device;
  ASSERT_EQ(kgen_device_open("cpu", &options, &device), KGEN_STATUS_OK);
  kgen_device_info_t info;
  EXPECT_EQ(kgen_device_get_info(device, &info), KGEN_STATUS_OK);
  EXPECT_EQ(info.processors, 3);
  kgen_device_close(device);
  options.cpu_threads = -1;
  EXPECT_EQ(kgen_device_open("cpu", &options, &device),
            KGEN_STATUS_INVALID_ARGUMENT);
}

TEST(Device, KG7001CpuHasNoNativeStreams) {
  kgen_device_t *device;
  ASSERT_EQ(kgen_device_open("cpu", nullptr, &device), KGEN_STATUS_OK);
  kgen_stream_t *stream;
  EXPECT_EQ(kgen_stream_adopt(device, device, &stream),
            KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(stream, nullptr);
  kgen_device_close(device);
}

/// What a grid's blocks leave behind.
struct Trace {
  explicit Trace(size_t blocks) : visits(blocks) {}
  std::vector<std::atomic<int>> visits;
  std::atomic<int> faults{0};
  int64_t grid[3] = {};
};

/// Counts its visit and checks that nobody else uses its scratch meanwhile.
void visit(void **arguments, const int64_t *block, void *scratch) {
  Trace &trace = **static_cast<Trace **>(arguments[0]);
  int64_t index =
      (block[2] * trace.grid[1] + block[1]) * trace.grid[0] + block[0];
  auto *words = static_cast<volatile int64_t *>(scratch);
  for (int i = 0; i < 32; ++i)
    words[i] = index;
  ++trace.visits[static_cast<size_t>(index)];
  if (index % 16 == 0)
    std::this_thread::yield();
  for (int i = 0; i < 32; ++i)
    if (words[i] != index)
      ++trace.faults;
  if (reinterpret_cast<uintptr_t>(scratch) % 64)
    ++trace.faults;
}

void runGrid(kgen_thread_pool_t *pool, int64_t x, int64_t y, int64_t z) {
  Trace trace(static_cast<size_t>(x * y * z));
  trace.grid[0] = x;
  trace.grid[1] = y;
  trace.grid[2] = z;
  Trace *pointer = &trace;
  void *arguments[] = {&pointer};
  ASSERT_EQ(kgen_thread_pool_run(pool, visit, arguments, trace.grid, 256),
            KGEN_STATUS_OK);
  for (size_t i = 0; i < trace.visits.size(); ++i)
    ASSERT_EQ(trace.visits[i], 1) << i;
  EXPECT_EQ(trace.faults, 0);
}

TEST(ThreadPool, RunsEveryBlockOnceOnPrivateScratch) {
  for (int32_t threads : {1, 2, 5}) {
    kgen_thread_pool_t *pool = kgen_thread_pool_create(threads);
    ASSERT_NE(pool, nullptr);
    runGrid(pool, 1, 1, 1);
    runGrid(pool, 7, 5, 3);
    for (int i = 0; i < 200; ++i)
      runGrid(pool, 64, 1, 2);
    kgen_thread_pool_destroy(pool);
  }
}

TEST(ThreadPool, TakesGridsFromManyThreads) {
  kgen_thread_pool_t *pool = kgen_thread_pool_create(4);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int repeat = 0; repeat < 50; ++repeat)
        runGrid(pool, 9, 3, 2);
    });
  for (std::thread &thread : threads)
    thread.join();
  kgen_thread_pool_destroy(pool);
}

void nothing(void **, const int64_t *, void *) {}

TEST(ThreadPool, KG7002ScratchThatNoMachineHas) {
  kgen_thread_pool_t *pool = kgen_thread_pool_create(2);
  const int64_t grid[3] = {4, 1, 1};
  for (uint64_t bytes : {UINT64_MAX, UINT64_MAX / 2, uint64_t{1} << 60})
    EXPECT_EQ(kgen_thread_pool_run(pool, nothing, nullptr, grid, bytes),
              KGEN_STATUS_OUT_OF_MEMORY)
        << bytes;
  runGrid(pool, 4, 4, 4); // and goes on
  kgen_thread_pool_destroy(pool);
}

TEST(ThreadPool, KG7023GridThatCannotBeCounted) {
  kgen_thread_pool_t *pool = kgen_thread_pool_create(2);
  const int64_t grid[3] = {INT64_MAX, 2, 1};
  EXPECT_EQ(kgen_thread_pool_run(pool, nothing, nullptr, grid, 0),
            KGEN_STATUS_LAUNCH_LIMIT);
  kgen_thread_pool_destroy(pool);
}

} // namespace
