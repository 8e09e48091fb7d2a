//===- SharedMemoryTest.cpp - Which orders of accesses are conflicts
//-------===//

#include "Core/SharedMemory.h"
#include "Core/Fault.h"

#include <gtest/gtest.h>

using namespace kgen;
using namespace kgen::emulator;

namespace {

constexpr uint32_t kStore = 10, kLoad = 20; // instructions, for the reports

/// Two warps and the shared memory of their block.
struct SharedMemoryTest : ::testing::Test {
  SharedMemory memory{1024, 2};
  WarpTimeline first{0}, second{1};
  Timeline barrier;

  /// bar.sync of both warps.
  void synchronise() {
    first.release(barrier);
    second.release(barrier);
    first.acquire(barrier);
    second.acquire(barrier);
  }
  std::optional<Conflict> write(const WarpTimeline &warp, uint32_t offset = 0) {
    return memory.access(AccessKind::Write, warp, kStore, offset, 16);
  }
  std::optional<Conflict> read(const WarpTimeline &warp, uint32_t offset = 0,
                               AccessKind kind = AccessKind::Read) {
    return memory.access(kind, warp, kLoad, offset, 16);
  }
};

void expectConflict(const std::optional<Conflict> &found, ConflictKind kind) {
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->kind, kind);
}

TEST_F(SharedMemoryTest, ReadingWhatNobodyWroteIsUninitialised) {
  expectConflict(read(first), ConflictKind::Uninitialised);
}

TEST_F(SharedMemoryTest, AWarpSeesItsOwnWrites) {
  EXPECT_FALSE(write(first));
  EXPECT_FALSE(read(first));
  EXPECT_FALSE(write(first));
}

TEST_F(SharedMemoryTest, ReadAfterWriteOfAnotherWarpNeedsABarrier) {
  EXPECT_FALSE(write(first));
  auto found = read(second);
  expectConflict(found, ConflictKind::Race);
  EXPECT_EQ(found->earlier.warp, 0u);
  EXPECT_EQ(found->earlier.instruction, kStore);
  synchronise();
  EXPECT_FALSE(read(second));
}

TEST_F(SharedMemoryTest, WriteAfterReadOfAnotherWarpNeedsABarrier) {
  EXPECT_FALSE(write(first));
  synchronise();
  EXPECT_FALSE(read(second));
  auto found = write(first);
  expectConflict(found, ConflictKind::Race);
  EXPECT_EQ(found->earlier.kind, AccessKind::Read);
  synchronise();
  EXPECT_FALSE(write(first));
}

TEST_F(SharedMemoryTest, WhatFollowsABarrierIsNotCoveredByIt) {
  synchronise();
  EXPECT_FALSE(write(first));
  expectConflict(read(second), ConflictKind::Race);
}

TEST_F(SharedMemoryTest, AnAsynchronousCopyIsPendingUntilItsWait) {
  OperationId copy = memory.begin({0, kStore, AccessKind::AsyncCopyWrite});
  EXPECT_FALSE(
      memory.access(AccessKind::AsyncCopyWrite, first, kStore, 0, 16, copy));
  // Not even the warp that issued it may look before it waited, barrier or not.
  synchronise();
  expectConflict(read(first), ConflictKind::MissingWait);
  expectConflict(read(second), ConflictKind::MissingWait);
  memory.complete(copy, first.self, first.now());
  EXPECT_FALSE(read(first));
  // The other warp needs a barrier after the wait.
  expectConflict(read(second), ConflictKind::Race);
  synchronise();
  EXPECT_FALSE(read(second));
}

TEST_F(SharedMemoryTest, AnOperandOfAProductInFlightMustNotBeOverwritten) {
  EXPECT_FALSE(write(first));
  first.fenceProxy();
  OperationId product = memory.begin({0, kLoad, AccessKind::TensorRead});
  EXPECT_FALSE(
      memory.access(AccessKind::TensorRead, first, kLoad, 0, 16, product));
  synchronise();
  expectConflict(write(second), ConflictKind::MissingWait);
  memory.complete(product, first.self, first.now());
  expectConflict(write(second), ConflictKind::Race);
  synchronise();
  EXPECT_FALSE(write(second));
}

TEST_F(SharedMemoryTest, AnotherReadDoesNotHideAPendingOne) {
  EXPECT_FALSE(write(first));
  first.fenceProxy();
  OperationId product = memory.begin({0, kLoad, AccessKind::TensorRead});
  EXPECT_FALSE(
      memory.access(AccessKind::TensorRead, first, kLoad, 0, 16, product));
  EXPECT_FALSE(read(first));
  expectConflict(write(first), ConflictKind::MissingWait);
}

TEST_F(SharedMemoryTest, GenericWritesReachTheAsyncProxyThroughAFence) {
  EXPECT_FALSE(write(first));
  synchronise();
  auto tensorRead = [&](const WarpTimeline &warp) {
    return memory.access(
        AccessKind::TensorRead, warp, kLoad, 0, 16,
        memory.begin({warp.self, kLoad, AccessKind::TensorRead}));
  };
  expectConflict(tensorRead(second), ConflictKind::ProxyRace);
  second.fenceProxy();
  EXPECT_FALSE(tensorRead(second));
}

TEST_F(SharedMemoryTest, AFenceBeforeTheBarrierServesTheOtherWarp) {
  EXPECT_FALSE(write(first));
  first.fenceProxy();
  synchronise();
  EXPECT_FALSE(memory.access(AccessKind::BulkRead, second, kLoad, 0, 16,
                             memory.begin({1, kLoad, AccessKind::BulkRead})));
}

TEST_F(SharedMemoryTest, ABulkCopyIsSeenThroughItsMbarrierAlone) {
  constexpr Component kMbarrier = 2;
  OperationId load = memory.begin({0, kStore, AccessKind::BulkWrite});
  EXPECT_FALSE(
      memory.access(AccessKind::BulkWrite, first, kStore, 0, 16, load));
  expectConflict(read(second), ConflictKind::MissingWait);
  memory.complete(load, kMbarrier, 1);
  // It has landed, but whoever did not wait for the phase may not know.
  synchronise();
  expectConflict(read(second), ConflictKind::MissingWait);
  second.generic.raise(kMbarrier, 1);
  EXPECT_FALSE(read(second));
}

TEST_F(SharedMemoryTest, DefinednessIsKeptPerByteRange) {
  EXPECT_TRUE(memory.isDefined(0, 1024));
  memory.setDefined(4, 2, false);
  EXPECT_FALSE(memory.isDefined(0, 16));
  EXPECT_TRUE(memory.isDefined(6, 8));
  memory.setDefined(4, 2, true);
  EXPECT_TRUE(memory.isDefined(0, 16));
}

TEST_F(SharedMemoryTest, ContainsDoesNotWrapAround) {
  EXPECT_TRUE(memory.contains(1008, 16));
  EXPECT_FALSE(memory.contains(1009, 16));
  EXPECT_FALSE(memory.contains(~0ull, 16));
}

TEST_F(SharedMemoryTest, AReportNamesBothAccesses) {
  EXPECT_FALSE(write(first, 32));
  auto found = read(second, 32);
  ASSERT_TRUE(found);
  Error error =
      describeConflict(*found, {1, kLoad, AccessKind::Read},
                       [](uint32_t i) { return "line " + std::to_string(i); });
  EXPECT_EQ(error.code(), ErrorCode::FindingRace);
  EXPECT_EQ(
      error.detail(),
      "shared memory at byte 32: read by warp 1 at line 20; earlier write "
      "by warp 0 at line 10; no barrier orders the two");
}

} // namespace
