//===- StreamTest.cpp - Streams, events, buffers
//-----------------------------===//
#include "conformance.h"

#include <cstring>
#include <numeric>

using namespace kgen::runtime_test;

namespace {

TEST_F(Conformance, CopiesThereAndBack) {
  std::vector<int> in(1000), out(1000, 0);
  std::iota(in.begin(), in.end(), 7);
  void *first = allocate(4000), *second = allocate(4000);
  EXPECT_OK(kgen_copy_to_device(device, first, in.data(), 4000, nullptr));
  EXPECT_OK(kgen_copy_on_device(device, second, first, 4000, nullptr));
  EXPECT_OK(kgen_copy_to_host(device, out.data(), second, 4000, nullptr));
  EXPECT_EQ(in, out);
}

TEST_F(Conformance, FillsWithEveryPatternSize) {
  void *buffer = allocate(64);
  const struct {
    size_t size;
    unsigned char bytes[4];
  } cases[] = {{1, {0x44, 0x44, 0x44, 0x44}},
               {2, {0x44, 0x33, 0x44, 0x33}},
               {4, {0x44, 0x33, 0x22, 0x11}}};
  for (const auto &it : cases) {
    EXPECT_OK(kgen_fill(device, buffer, 0x11223344, it.size, 64, nullptr));
    unsigned char out[64];
    EXPECT_OK(kgen_copy_to_host(device, out, buffer, 64, nullptr));
    for (int i = 0; i < 64; ++i)
      EXPECT_EQ(out[i], it.bytes[i % 4]) << it.size << " at " << i;
  }
}

TEST_F(Conformance, BuffersAreAligned) {
  for (size_t size : {1, 100, 5000})
    EXPECT_EQ(reinterpret_cast<uintptr_t>(allocate(size)) % 256, 0u);
}

TEST_F(Conformance, EmptyBuffersNeedNoMemory) {
  void *pointer = this;
  EXPECT_OK(kgen_buffer_allocate(device, 0, &pointer));
  EXPECT_EQ(pointer, nullptr);
  EXPECT_OK(kgen_copy_to_device(device, nullptr, nullptr, 0, nullptr));
  EXPECT_OK(kgen_fill(device, nullptr, 1, 4, 0, nullptr));
  EXPECT_OK(kgen_buffer_free(device, nullptr));
}

TEST_F(Conformance, KG7001WrongFillsAndCopies) {
  void *buffer = allocate(64);
  EXPECT_EQ(kgen_fill(device, buffer, 1, 3, 63, nullptr),
            KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(kgen_fill(device, buffer, 1, 4, 62, nullptr),
            KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(
      kgen_fill(device, static_cast<char *>(buffer) + 1, 1, 2, 8, nullptr),
      KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(kgen_copy_to_host(device, nullptr, buffer, 8, nullptr),
            KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(kgen_buffer_allocate(nullptr, 8, &buffer),
            KGEN_STATUS_INVALID_ARGUMENT);
}

TEST_F(Conformance, KG7002TooMuchMemory) {
  for (size_t size : {size_t{1} << 60, SIZE_MAX}) {
    void *pointer = this;
    EXPECT_EQ(kgen_buffer_allocate(device, size, &pointer),
              KGEN_STATUS_OUT_OF_MEMORY)
        << kgen_last_error();
    EXPECT_EQ(pointer, nullptr);
    EXPECT_NE(std::strstr(kgen_last_error(), std::to_string(size).c_str()),
              nullptr)
        << kgen_last_error();
  }
}

TEST_F(Conformance, EventsTimeALaunch) {
  if (!conformanceDriver().isHardware)
    GTEST_SKIP() << "an emulated device has no clock";
  kgen_event_t *start, *stop;
  ASSERT_OK(kgen_event_create(device, &start));
  ASSERT_OK(kgen_event_create(device, &stop));
  std::vector<kgen_argument_t> arguments = makeArguments(10000);
  EXPECT_OK(kgen_event_record(start, nullptr));
  EXPECT_OK(launch(arguments));
  EXPECT_OK(kgen_event_record(stop, nullptr));
  EXPECT_OK(kgen_event_synchronize(stop));
  double milliseconds = -1;
  EXPECT_OK(kgen_event_elapsed(start, stop, &milliseconds));
  EXPECT_GT(milliseconds, 0);
  EXPECT_LT(milliseconds, 10000);
  kgen_event_destroy(start);
  kgen_event_destroy(stop);
}

TEST_F(Conformance, KG7028EventsThatNeverHappened) {
  kgen_event_t *start, *stop;
  ASSERT_OK(kgen_event_create(device, &start));
  ASSERT_OK(kgen_event_create(device, &stop));
  double milliseconds;
  EXPECT_EQ(kgen_event_synchronize(start), KGEN_STATUS_NOT_READY);
  EXPECT_OK(kgen_event_record(start, nullptr));
  EXPECT_EQ(kgen_event_elapsed(start, stop, &milliseconds),
            KGEN_STATUS_NOT_READY);
  EXPECT_NE(std::strstr(kgen_last_error(), "the stop event"), nullptr);
  kgen_event_destroy(start);
  kgen_event_destroy(stop);
}

TEST_F(Conformance, KG7027HandlesOfAnotherDevice) {
  kgen_device_t *other;
  ASSERT_OK(kgen_device_open("cpu", nullptr, &other));
  kgen_stream_t *stream;
  kgen_event_t *mine, *theirs;
  ASSERT_OK(kgen_stream_create(other, &stream));
  ASSERT_OK(kgen_event_create(device, &mine));
  ASSERT_OK(kgen_event_create(other, &theirs));
  EXPECT_EQ(kgen_stream_synchronize(device, stream), KGEN_STATUS_WRONG_DEVICE);
  EXPECT_EQ(kgen_event_record(mine, stream), KGEN_STATUS_WRONG_DEVICE);
  EXPECT_EQ(launch(makeArguments(8), stream), KGEN_STATUS_WRONG_DEVICE);
  double milliseconds;
  EXPECT_EQ(kgen_event_elapsed(mine, theirs, &milliseconds),
            KGEN_STATUS_WRONG_DEVICE);
  kgen_event_destroy(mine);
  kgen_event_destroy(theirs);
  kgen_stream_destroy(stream);
  kgen_device_close(other);
}

} // namespace
