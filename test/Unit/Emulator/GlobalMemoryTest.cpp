//===- GlobalMemoryTest.cpp - Allocations, ends, races between blocks
//------===//

#include "kgen/Emulator/Emulator.h"

#include <gtest/gtest.h>

using namespace kgen;
using namespace kgen::emulator;

namespace {

uint64_t addressOf(void *pointer) {
  return reinterpret_cast<uint64_t>(pointer);
}

struct GlobalMemoryTest : ::testing::Test {
  GlobalMemory memory;
  uint64_t begin = addressOf(*memory.allocate(1000));
};

TEST_F(GlobalMemoryTest, AllocationsAreAlignedAndApart) {
  uint64_t other = addressOf(*memory.allocate(8));
  EXPECT_EQ(begin % 256, 0u);
  EXPECT_EQ(other % 256, 0u);
  EXPECT_TRUE(memory.find(begin, 1000));
  EXPECT_FALSE(memory.find(begin, 1001));
  EXPECT_FALSE(memory.find(begin - 1, 1));
  EXPECT_FALSE(memory.find(begin + 1000, 1));
}

TEST_F(GlobalMemoryTest, ReleasedMemoryIsGone) {
  ASSERT_TRUE(memory.find(begin, 4));
  ASSERT_TRUE(memory.release(reinterpret_cast<void *>(begin)));
  EXPECT_FALSE(memory.find(begin, 4));
  auto again = memory.release(reinterpret_cast<void *>(begin));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::InvalidArgument);
}

TEST_F(GlobalMemoryTest, AnAbsurdSizeIsRefused) {
  auto huge = memory.allocate(~size_t(0) - 5);
  ASSERT_FALSE(huge);
  EXPECT_EQ(huge.error().code(), ErrorCode::OutOfMemory);
}

TEST_F(GlobalMemoryTest, AdoptedMemoryIsReachable) {
  int mine[4];
  EXPECT_FALSE(memory.owns(mine));
  memory.adopt(mine, sizeof mine);
  EXPECT_TRUE(memory.owns(&mine[3]));
  EXPECT_FALSE(memory.owns(&mine[0] + 4));
}

TEST_F(GlobalMemoryTest, AReportSaysHowFarOutsideAnAccessIs) {
  EXPECT_NE(memory.describe(begin + 1016, 16)
                .find("16 bytes past the end of the allocation of 1000 bytes"),
            std::string::npos);
  EXPECT_NE(
      memory.describe(begin + 992, 16).find("the last 8 lie past the end"),
      std::string::npos);
  EXPECT_NE(memory.describe(begin - 4, 4).find("4 bytes before"),
            std::string::npos);
}

TEST_F(GlobalMemoryTest, TwoBlocksMayNotStoreToOnePlace) {
  memory.beginLaunch();
  EXPECT_FALSE(memory.noteStore(begin, 16, 0, 5));
  EXPECT_FALSE(memory.noteStore(begin, 16, 0, 6));
  auto conflict = memory.noteStore(begin + 12, 4, 1, 7);
  ASSERT_TRUE(conflict);
  EXPECT_EQ(conflict->block, 0u);
  EXPECT_EQ(conflict->instruction, 6u);
  EXPECT_TRUE(memory.checkLoad(begin, 4, 2));
  EXPECT_FALSE(memory.checkLoad(begin, 4, 0));
  EXPECT_FALSE(memory.checkLoad(begin + 16, 4, 2));
}

TEST_F(GlobalMemoryTest, TheNextLaunchMayStoreThere) {
  memory.beginLaunch();
  EXPECT_FALSE(memory.noteStore(begin, 16, 0, 5));
  memory.beginLaunch();
  EXPECT_FALSE(memory.noteStore(begin, 16, 1, 5));
}

TEST(Architectures, AreFoundByName) {
  for (const Architecture &arch : architectures()) {
    auto found = findArchitecture(arch.name);
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, &arch);
    EXPECT_GT(arch.maxSharedBytes, 0u);
    EXPECT_GT(arch.rates.tensorFlops, 0);
    EXPECT_EQ(arch.warpSize, arch.vendor == Vendor::Amd ? 64u : 32u);
  }
}

TEST(Architectures, AnUnknownOneIsRefusedWithTheKnownOnes) {
  auto found = findArchitecture("sm_70");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), ErrorCode::EmulatorArchUnknown);
  EXPECT_NE(found.error().detail().find("sm_80"), std::string::npos);
}

} // namespace
