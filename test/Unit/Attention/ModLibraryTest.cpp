//===- ModLibraryTest.cpp - Every mod against its definition --------------===//
//
// The region of each mod is folded at every position of a small problem and
// compared with a definition written here without looking at the .mlir file.
//
//===----------------------------------------------------------------------===//
#include "RegionEvaluator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

using namespace kgen::attention;
using namespace kgen::attention::test;

namespace {

constexpr int64_t kBatch = 2, kHeads = 4;

struct ModLibrary : testing::Test {
  ModLibrary() { loadDialects(context); }

  /// attention.forward over `sequence` positions with `mods`, after `before`
  /// (constants that the mods read).
  RegionEvaluator forward(int64_t sequence, const std::string &mods,
                          const std::string &before = "") {
    std::string type = "tensor<2x4x" + std::to_string(sequence) + "x8xf32>";
    return RegionEvaluator(
        context, "func.func @f(%q: " + type + ") -> " + type + " {\n" + before +
                     "\n%o = attention.forward %q, %q, %q mods " + mods +
                     " : (" + type + ", " + type + ", " + type + ") -> " +
                     type + "\nreturn %o : " + type + "\n}");
  }

  using Mask = std::function<bool(int64_t b, int64_t i, int64_t j)>;
  void expectMask(RegionEvaluator evaluator, int64_t sequence, Mask expected) {
    ASSERT_TRUE(evaluator.isValid());
    for (int64_t b = 0; b < kBatch; ++b)
      for (int64_t i = 0; i < sequence; ++i)
        for (int64_t j = 0; j < sequence; ++j)
          ASSERT_EQ(evaluator.keeps({b, 1, i, j}), expected(b, i, j))
              << "b=" << b << " q_idx=" << i << " kv_idx=" << j;
  }

  using Score =
      std::function<double(double s, int64_t h, int64_t i, int64_t j)>;
  void expectScore(RegionEvaluator evaluator, int64_t sequence,
                   Score expected) {
    ASSERT_TRUE(evaluator.isValid());
    for (double s : {-3.5, 0.0, 40.0})
      for (int64_t h = 0; h < kHeads; ++h)
        for (int64_t i = 0; i < sequence; ++i)
          for (int64_t j = 0; j < sequence; ++j) {
            double want = expected(s, h, i, j);
            ASSERT_NEAR(evaluator.score(s, {0, h, i, j}), want,
                        1e-5 * (1 + std::abs(want)))
                << "s=" << s << " h=" << h << " q_idx=" << i << " kv_idx=" << j;
          }
  }

  mlir::MLIRContext context;
};

TEST_F(ModLibrary, MasksWithoutTables) {
  expectMask(forward(9, "[#attention.full]"), 9,
             [](int64_t, int64_t, int64_t) { return true; });
  expectMask(forward(9, "[#attention.causal]"), 9,
             [](int64_t, int64_t i, int64_t j) { return j <= i; });
  expectMask(forward(9, "[#attention.sliding_window<window = 3>]"), 9,
             [](int64_t, int64_t i, int64_t j) {
               return j == i || j == i - 1 || j == i - 2;
             });
  expectMask(forward(9, "[#attention.prefix_lm<prefix = 4>]"), 9,
             [](int64_t, int64_t i, int64_t j) { return j < 4 || j <= i; });
}

TEST_F(ModLibrary, MasksWithTables) {
  int64_t lengths[] = {2, 5};
  expectMask(forward(7, "[#attention.prefix_lm] (%t : tensor<2xi32>)",
                     "%t = arith.constant dense<[2, 5]> : tensor<2xi32>"),
             7, [&](int64_t b, int64_t i, int64_t j) {
               return j < lengths[b] || j <= i;
             });
  int64_t ids[2][6] = {{0, 0, 1, 1, 1, 4}, {0, 1, 2, 3, 3, 3}};
  expectMask(
      forward(6, "[#attention.document] (%t : tensor<2x6xi32>)",
              "%t = arith.constant dense<[[0, 0, 1, 1, 1, 4], [0, 1, 2, 3, 3, "
              "3]]> : tensor<2x6xi32>"),
      6,
      [&](int64_t b, int64_t i, int64_t j) { return ids[b][i] == ids[b][j]; });
}

TEST_F(ModLibrary, Scores) {
  expectScore(
      forward(5, "[#attention.relative_position]"), 5,
      [](double s, int64_t, int64_t i, int64_t j) { return s + (i - j); });
  expectScore(forward(5, "[#attention.softcap<cap = 20.0>]"), 5,
              [](double s, int64_t, int64_t, int64_t) {
                return 20 * std::tanh(s / 20);
              });
  expectScore(forward(5, "[#attention.alibi]"), 5,
              [](double s, int64_t h, int64_t i, int64_t j) {
                return s + std::pow(2.0, -8.0 * (h + 1) / kHeads) * (j - i);
              });
  double slopes[] = {1, 0.5, -2, 0};
  expectScore(
      forward(
          5, "[#attention.alibi] (%t : tensor<4xf32>)",
          "%t = arith.constant dense<[1.0, 0.5, -2.0, 0.0]> : tensor<4xf32>"),
      5, [&](double s, int64_t h, int64_t i, int64_t j) {
        return s + slopes[h] * (j - i);
      });
}

TEST_F(ModLibrary, ScoresApplyInOrder) {
  expectScore(
      forward(5, "[#attention.relative_position, #attention.softcap<cap = 4>]"),
      5, [](double s, int64_t, int64_t i, int64_t j) {
        return 4 * std::tanh((s + (i - j)) / 4);
      });
}

/// First key that a query sees in one dimension, as published for
/// neighbourhood attention with odd windows: the window stays `window` wide at
/// the edges, and with dilation it stays in the query's residue class.
int64_t firstKey(int64_t i, int64_t extent, int64_t window, int64_t dilation) {
  int64_t reach = window / 2 * dilation;
  if (i - reach < 0)
    return i % dilation;
  if (i + reach < extent)
    return i - reach;
  int64_t whole = extent / dilation * dilation;
  int64_t rest = extent - whole;
  if (i % dilation < rest)
    return extent - rest + i % dilation - 2 * reach;
  return whole + i % dilation - window * dilation;
}

bool seesKey(int64_t i, int64_t j, int64_t extent, int64_t window,
             int64_t dilation) {
  int64_t first = firstKey(i, extent, window, dilation);
  for (int64_t n = 0; n < window; ++n)
    if (j == first + n * dilation)
      return true;
  return false;
}

TEST_F(ModLibrary, NeighborhoodInOneDimension) {
  for (int64_t extent : {11, 16})
    for (int64_t window : {1, 3, 5})
      for (int64_t dilation : {1, 2, 3}) {
        if (window * dilation > extent)
          continue;
        std::string mod = "[#attention.neighborhood<extents = [" +
                          std::to_string(extent) + "], window = [" +
                          std::to_string(window) + "], dilation = [" +
                          std::to_string(dilation) + "]>]";
        expectMask(forward(extent, mod), extent,
                   [=](int64_t, int64_t i, int64_t j) {
                     return seesKey(i, j, extent, window, dilation);
                   });
      }
}

TEST_F(ModLibrary, NeighborhoodCausal) {
  expectMask(forward(11,
                     "[#attention.neighborhood<extents = [11], window = [4], "
                     "dilation = [2], causal = [true]>]"),
             11, [](int64_t, int64_t i, int64_t j) {
               return j <= i && (i - j) % 2 == 0 && (i - j) / 2 < 4;
             });
}

TEST_F(ModLibrary, NeighborhoodInTwoDimensions) {
  expectMask(
      forward(30, "[#attention.neighborhood<extents = [5, 6], window = [3, 4], "
                  "causal = [false, true]>]"),
      30, [](int64_t, int64_t i, int64_t j) {
        int64_t x = i % 6, u = j % 6;
        return seesKey(i / 6, j / 6, 5, 3, 1) && u <= x && x - u < 4;
      });
}

TEST_F(ModLibrary, NeighborhoodInThreeDimensions) {
  expectMask(
      forward(60, "[#attention.neighborhood<extents = [3, 4, 5], window = [3, "
                  "1, 3]>]"),
      60, [](int64_t, int64_t i, int64_t j) {
        return seesKey(i / 20, j / 20, 3, 3, 1) &&
               seesKey(i / 5 % 4, j / 5 % 4, 4, 1, 1) &&
               seesKey(i % 5, j % 5, 5, 3, 1);
      });
}

/// Every window, even ones too, holds exactly `window` keys; queries of one
/// stride group see the same keys.
TEST_F(ModLibrary, NeighborhoodWindowsKeepTheirSize) {
  constexpr int64_t kExtent = 13, kStride = 3;
  for (int64_t window : {3, 4, 6}) {
    RegionEvaluator evaluator =
        forward(kExtent, "[#attention.neighborhood<extents = [13], window = [" +
                             std::to_string(window) + "], stride = [3]>]");
    ASSERT_TRUE(evaluator.isValid());
    for (int64_t i = 0; i < kExtent; ++i) {
      int64_t count = 0;
      for (int64_t j = 0; j < kExtent; ++j) {
        bool keeps = evaluator.keeps({0, 0, i, j});
        count += keeps;
        EXPECT_EQ(keeps, evaluator.keeps({0, 0, i / kStride * kStride, j}));
      }
      EXPECT_EQ(count, window) << "query " << i;
      EXPECT_TRUE(evaluator.keeps({0, 0, i, i})) << "query " << i;
    }
  }
}

TEST_F(ModLibrary, EveryRowHasItsFile) {
  for (const ModInfo &info : allMods()) {
    std::string file = info.name.str();
    if (!info.rankedBy.empty())
      file += "_1d";
    EXPECT_FALSE(modSource(file).empty()) << file;
    EXPECT_FALSE(info.doc.empty()) << file;
    EXPECT_FALSE(info.since.empty()) << file;
    EXPECT_EQ(findMod(info.name), &info);
    EXPECT_LE(info.operands.size(), 1u) << file;
  }
  EXPECT_EQ(findMod("no such mod"), nullptr);
}

} // namespace
