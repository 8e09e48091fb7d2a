#include "kgen/Schedule/HardwareModel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

using namespace kgen;
using testing::HasSubstr;

namespace {

TEST(Hardware, IsFoundByKeyArchAndName) {
  for (const HardwareModel &model : allHardware())
    for (const std::string &wanted : {model.key, model.arch, model.name}) {
      auto found = findHardware(wanted);
      ASSERT_TRUE(static_cast<bool>(found)) << wanted;
      EXPECT_EQ(found->key, model.key) << wanted;
    }
  auto hopper = findHardware("sm_90a");
  ASSERT_TRUE(static_cast<bool>(hopper));
  EXPECT_EQ(hopper->key, "h100a");
}

TEST(Hardware, KeysAndArchsAreUnique) {
  std::set<std::string> keys, archs;
  for (const HardwareModel &model : allHardware()) {
    EXPECT_TRUE(keys.insert(model.key).second) << model.key;
    EXPECT_TRUE(archs.insert(model.arch).second) << model.arch;
  }
}

TEST(Hardware, UnknownOnesListTheKeys) {
  for (const char *wanted : {"h1000", "", "a", "sm_", "x86-64-v9"}) {
    auto found = findHardware(wanted);
    ASSERT_FALSE(static_cast<bool>(found)) << wanted;
    EXPECT_EQ(found.error().code(), ErrorCode::HardwareUnknown);
    for (const HardwareModel &model : allHardware())
      EXPECT_THAT(found.error().detail(), HasSubstr(model.key));
  }
}

TEST(Hardware, TablesAreConsistent) {
  for (const HardwareModel &model : allHardware()) {
    SCOPED_TRACE(model.key);
    EXPECT_GE(model.processors, 1);
    EXPECT_GT(model.maxSharedBytes, 0);
    EXPECT_GE(model.sharedBytesPerProcessor, model.maxSharedBytes);
    EXPECT_GT(model.l2Bytes, model.l1Bytes);
    EXPECT_GT(model.clockGhz, 0.5);
    EXPECT_LT(model.clockGhz, 7);
    EXPECT_GT(model.memoryGBps, 1);
    EXPECT_GE(model.matrixTflops16, model.vectorTflops32);
    EXPECT_GT(model.vectorTflops32, 0);
    EXPECT_GT(model.exp2GopsPerProcessor, 0);
    if (model.target == TargetKind::Cpu)
      continue;
    EXPECT_GE(model.registersPerProcessor, 65536);
    EXPECT_GE(model.maxThreadsPerProcessor, model.maxThreadsPerWorkgroup);
  }
}

TEST(Hardware, HopperNumbersAreTheDataSheets) {
  auto h100 = findHardware("h100");
  ASSERT_TRUE(static_cast<bool>(h100));
  EXPECT_EQ(h100->processors, 132);
  EXPECT_EQ(h100->maxSharedBytes, 227 * 1024);
  EXPECT_EQ(h100->target, TargetKind::Nvvm);
  // The rate is processors * 4096 FLOP per clock * clock.
  EXPECT_NEAR(h100->matrixTflops16, 132 * 4096 * h100->clockGhz * 1e-3, 1);
}

TEST(Hardware, HostIsTheCpuUnderEachOfItsNames) {
  HardwareModel host = hostCpu();
  EXPECT_EQ(host.target, TargetKind::Cpu);
  EXPECT_EQ(spelling(host.target), "cpu");
  for (const char *name : {"host", "cpu"}) {
    auto found = findHardware(name);
    ASSERT_TRUE(static_cast<bool>(found));
    EXPECT_EQ(found->arch, host.arch);
    EXPECT_EQ(found->processors, host.processors);
  }
}

TEST(Hardware, HostServesNarrowerVectorsToo) {
  HardwareModel host = hostCpu();
  if (host.arch == "x86-64" || host.arch == "generic")
    GTEST_SKIP() << "no vector levels on " << host.arch;
  auto narrow = findHardware("x86-64-v2");
  ASSERT_TRUE(static_cast<bool>(narrow));
  EXPECT_EQ(narrow->arch, "x86-64-v2");
  EXPECT_EQ(narrow->lanes, 4);
  EXPECT_LE(narrow->vectorTflops32, host.vectorTflops32);
}

} // namespace
