//===- FlashTest.cpp - Tiled attention kernels run on this machine ---------===//

#include "KernelRunner.h"
#include "TiledFlash.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace kgen;
using namespace kgen::test;

namespace {

/// Relative error of each row, against the honest rounding of the element type.
void expectClose(const FlashCase &flash, const FlashResult &actual) {
  FlashResult expected = referenceFlash(flash);
  ASSERT_EQ(actual.output.size(), expected.output.size());
  double limit = flash.element == "f32" ? 3e-6
                 : flash.element == "f16" ? 2e-3
                                          : 1e-2;
  for (size_t row = 0; row < expected.lse.size(); ++row) {
    // Rows whose terms cancel are measured against their terms.
    double error = 0, norm = 0.01 * flash.dv;
    for (int64_t d = 0; d < flash.dv; ++d) {
      double want = expected.output[row * flash.dv + d];
      double got = actual.output[row * flash.dv + d];
      error += (got - want) * (got - want);
      norm += want * want;
    }
    // Written so that NaN fails.
    ASSERT_TRUE(std::sqrt(error) <= limit * std::sqrt(norm))
        << "row " << row << " error " << std::sqrt(error / norm);
    if (std::isinf(expected.lse[row]))
      ASSERT_EQ(actual.lse[row], expected.lse[row]) << "row " << row;
    else
      ASSERT_NEAR(actual.lse[row], expected.lse[row], 1e-5) << "row " << row;
  }
}

struct Flash : testing::TestWithParam<FlashCase> {};

TEST_P(Flash, MatchesDoubleOnThisMachine) {
  expectClose(GetParam(), runFlash(GetParam(), hostArch()));
}

FlashCase shaped(int64_t d, int64_t dv, std::string element) {
  FlashCase flash;
  flash.d = d;
  flash.dv = dv;
  flash.element = std::move(element);
  return flash;
}

FlashCase varied(Variant variant, int64_t seqQ, int64_t seqKV) {
  FlashCase flash;
  flash.variant = variant;
  flash.seqQ = seqQ;
  flash.seqKV = seqKV;
  return flash;
}

FlashCase tiled(int64_t tileQ, int64_t tileKV, int64_t stages, bool loadQ) {
  FlashCase flash;
  flash.tileQ = tileQ;
  flash.tileKV = tileKV;
  flash.stages = stages;
  flash.loadQ = loadQ;
  flash.batch = 2;
  flash.heads = 4;
  flash.kvHeads = 2;
  flash.seqKV = 300;
  return flash;
}

INSTANTIATE_TEST_SUITE_P(Shapes, Flash,
                         testing::Values(shaped(64, 64, "f32"),
                                         shaped(16, 16, "f32"),
                                         shaped(40, 40, "f32"),
                                         shaped(80, 80, "f16"),
                                         shaped(128, 128, "f16"),
                                         shaped(128, 64, "bf16"),
                                         shaped(256, 256, "bf16"),
                                         shaped(33, 7, "f16"),
                                         shaped(1, 1, "f32"),
                                         shaped(72, 100, "bf16")));
INSTANTIATE_TEST_SUITE_P(Tiles, Flash,
                         testing::Values(tiled(64, 32, 1, true),
                                         tiled(128, 128, 1, true),
                                         tiled(8, 16, 1, false),
                                         tiled(72, 48, 2, false),
                                         tiled(64, 256, 3, true),
                                         tiled(40, 80, 2, true)));
INSTANTIATE_TEST_SUITE_P(
    Variants, Flash,
    testing::Values(varied(Variant::Causal, 130, 130),
                    varied(Variant::Causal, 100, 77),
                    varied(Variant::Bias, 100, 77),
                    varied(Variant::Relative, 130, 130),
                    varied(Variant::Document, 150, 130),
                    varied(Variant::Softcap, 65, 200),
                    // Rows past the first documents see no key at all.
                    varied(Variant::Document, 200, 16)));

TEST(FlashLevels, EveryLevelOfThisMachineIsRight) {
  for (std::string arch : {"x86-64-v2", "x86-64-v3", "x86-64-v4"}) {
    if (arch > hostArch())
      continue;
    SCOPED_TRACE(arch);
    for (std::string element : {"f32", "bf16"})
      expectClose(shaped(40, 72, element), runFlash(shaped(40, 72, element), arch));
    if (arch != "x86-64-v2")
      expectClose(shaped(48, 33, "f16"), runFlash(shaped(48, 33, "f16"), arch));
    expectClose(varied(Variant::Relative, 50, 60),
                runFlash(varied(Variant::Relative, 50, 60), arch));
  }
}

TEST(FlashLevels, UnknownLevelIsRefused) {
  Compiled compiled = compileForCpu(tiledFlash(FlashCase()), "x86-64-v9");
  EXPECT_TRUE(compiled.code.bytes.empty());
  EXPECT_NE(compiled.diagnostics.find("[KG4063]"), std::string::npos);
}

} // namespace
