//===- KvRangeTest.cpp - Key ranges against every pair --------------------===//
#include "RandomMask.h"

#include "kgen/Analysis/KvRange.h"
#include "kgen/Dialect/Attention/AttentionOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace kgen;
using namespace kgen::analysis;
using namespace kgen::analysis::test;

namespace {

constexpr int64_t kRows = 13, kKeys = 11, kTile = 4;

struct Range {
  int64_t begin = 0, end = 0;
  bool contains(int64_t key) const { return begin <= key && key < end; }
  bool operator==(const Range &) const = default;
};

struct Ranges {
  Range visible, full;
};

struct KvRangeTest : testing::Test {
  KvRangeTest() {
    context.loadDialect<arith::ArithDialect, func::FuncDialect,
                        attention::AttentionDialect>();
  }

  /// The ranges of the tile that starts at `first`, from the emitted code.
  Ranges ranges(KvRanges &derived, Surroundings &above, Folder folder,
                int64_t first) {
    folder.set(above.argument(2), first);
    folder.set(above.argument(3), std::min(first + kTile, kRows) - 1);
    auto read = [&](KeyRange range) {
      return Range{folder.integer(range.begin), folder.integer(range.end)};
    };
    return {read(derived.visible), read(derived.full)};
  }

  static bool keeps(Region &mask, Folder folder, int64_t row, int64_t key) {
    Block &block = mask.front();
    folder.set(block.getArgument(0), 1);
    folder.set(block.getArgument(1), 2);
    folder.set(block.getArgument(2), row);
    folder.set(block.getArgument(3), key);
    return folder.integer(block.getTerminator()->getOperand(0)) != 0;
  }

  static Folder constants(Surroundings &above, ArrayRef<Attribute> scalars) {
    Folder folder;
    folder.set(above.argument(0), 1);
    folder.set(above.argument(1), 2);
    folder.set(above.argument(4), kKeys);
    for (auto [scalar, value] : llvm::zip_equal(above.scalars, scalars))
      folder.set(scalar, value);
    return folder;
  }

  KvRanges derive(Surroundings &above, Region &mask) {
    OpBuilder builder = OpBuilder::atBlockEnd(above.block);
    QueryTile tile{above.argument(0), above.argument(1), above.argument(2),
                   above.argument(3), above.argument(4)};
    return deriveKvRanges(builder, builder.getUnknownLoc(), mask, tile,
                          IRMapping());
  }

  /// For one row, argument 2 of `above`.
  std::optional<KeyRange> deriveRow(Surroundings &above, Region &mask) {
    OpBuilder builder = OpBuilder::atBlockEnd(above.block);
    QueryTile row{above.argument(0), above.argument(1), above.argument(2),
                  above.argument(2), above.argument(4)};
    return deriveRowKeys(builder, builder.getUnknownLoc(), mask, row,
                         IRMapping());
  }

  /// The keys of each row are those that the mask keeps.
  static testing::AssertionResult isExact(const KeyRange &keys,
                                          Surroundings &above, Region &mask,
                                          const Folder &constants) {
    for (int64_t row = 0; row < kRows; ++row) {
      Folder folder = constants;
      folder.set(above.argument(2), row);
      Range found{folder.integer(keys.begin), folder.integer(keys.end)};
      if (found.begin < 0 || found.begin > kKeys || found.end < 0 ||
          found.end > kKeys)
        return testing::AssertionFailure()
               << "row " << row << " is not clipped";
      for (int64_t key = 0; key < kKeys; ++key)
        if (keeps(mask, constants, row, key) != found.contains(key))
          return testing::AssertionFailure()
                 << "row " << row << ", key " << key;
    }
    return testing::AssertionSuccess();
  }

  /// Nothing kept lies outside of `visible`, nothing dropped inside of `full`.
  static testing::AssertionResult isSound(const Ranges &ranges, Region &mask,
                                          const Folder &folder,
                                          int64_t first) {
    for (int64_t row = first; row < std::min(first + kTile, kRows); ++row)
      for (int64_t key = 0; key < kKeys; ++key) {
        bool kept = keeps(mask, folder, row, key);
        if (kept ? ranges.visible.contains(key) : !ranges.full.contains(key))
          continue;
        return testing::AssertionFailure()
               << "row " << row << ", key " << key
               << (kept ? " is kept but not visible" : " is dropped but full");
      }
    return testing::AssertionSuccess();
  }

  static std::string describe(Surroundings &above, Region &mask,
                              Folder folder) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    for (Operation &op : mask.front())
      stream << op << "\n";
    for (Value scalar : above.scalars)
      stream << scalar << " is " << folder.integer(scalar) << "\n";
    return text;
  }

  /// A mask written in MLIR; %q and %k are positions.
  OwningOpRef<ModuleOp> parse(const std::string &body) {
    std::string text =
        "func.func @mask(%b: index, %h: index, %q: index, %k: index) {\n" +
        body + "\n attention.yield %keep : i1\n}";
    ParserConfig unverified(&context, /*verifyAfterParse=*/false);
    return parseSourceString<ModuleOp>(text, unverified);
  }

  static Region &maskOf(ModuleOp module) {
    return (*module.getOps<func::FuncOp>().begin()).getBody();
  }

  /// Whether the rows' keys are known to be ranges; if so, checks them.
  bool hasExactRows(const std::string &body) {
    OwningOpRef<ModuleOp> module = parse(body);
    if (!module)
      return false;
    Region &mask = maskOf(*module);
    Surroundings above(context);
    std::optional<KeyRange> keys = deriveRow(above, mask);
    if (keys)
      EXPECT_TRUE(isExact(*keys, above, mask, constants(above, ones(above))));
    return keys.has_value();
  }

  static SmallVector<Attribute> ones(Surroundings &above) {
    SmallVector<Attribute> scalars;
    for (Value scalar : above.scalars)
      scalars.push_back(IntegerAttr::get(scalar.getType(), 1));
    return scalars;
  }

  /// The ranges of the tiles.
  std::vector<Ranges> rangesOf(const std::string &body) {
    OwningOpRef<ModuleOp> module = parse(body);
    if (!module)
      return {};
    Region &mask = maskOf(*module);
    Surroundings above(context);
    KvRanges derived = derive(above, mask);
    Folder folder = constants(above, ones(above));
    std::vector<Ranges> all;
    for (int64_t first = 0; first < kRows; first += kTile) {
      all.push_back(ranges(derived, above, folder, first));
      EXPECT_TRUE(isSound(all.back(), mask, folder, first));
    }
    return all;
  }

  MLIRContext context;
};

TEST_F(KvRangeTest, IsSoundForRandomMasks) {
  std::mt19937 random(7);
  int bounded = 0, unmasked = 0, tiles = 0;
  for (int round = 0; round < 600; ++round) {
    Surroundings above(context);
    Region &mask = addRandomMask(random, above);
    KvRanges derived = derive(above, mask);
    for (int draw = 0; draw < 2; ++draw) {
      Folder folder = constants(above, randomScalars(random, above));
      for (int64_t first = 0; first < kRows; first += kTile) {
        Ranges found = ranges(derived, above, folder, first);
        ASSERT_TRUE(isSound(found, mask, folder, first))
            << "round " << round << ", tile at " << first << "\n"
            << describe(above, mask, folder);
        ++tiles;
        bounded += found.visible != Range{0, kKeys};
        unmasked += found.full.begin < found.full.end;
      }
    }
  }
  // The analysis says something about many of them.
  EXPECT_GT(bounded, tiles / 12);
  EXPECT_GT(unmasked, tiles / 30);
}

TEST_F(KvRangeTest, RowsOfRandomMasksAreExactOrUnknown) {
  std::mt19937 random(11);
  int known = 0;
  for (int round = 0; round < 4000; ++round) {
    Surroundings above(context);
    Region &mask = addRandomMask(random, above);
    std::optional<KeyRange> keys = deriveRow(above, mask);
    if (!keys)
      continue;
    ++known;
    for (int draw = 0; draw < 2; ++draw) {
      Folder folder = constants(above, randomScalars(random, above));
      ASSERT_TRUE(isExact(*keys, above, mask, folder))
          << "round " << round << "\n"
          << describe(above, mask, folder);
    }
  }
  EXPECT_GT(known, 150);
}

TEST_F(KvRangeTest, RowsOfUsualMasksAreRanges) {
  const char *causal = "%keep = arith.cmpi sge, %q, %k : index";
  const char *window = R"(
    %w = arith.constant 6 : index
    %d = arith.subi %q, %k : index
    %zero = arith.constant 0 : index
    %past = arith.cmpi sge, %d, %zero : index
    %near = arith.cmpi slt, %d, %w : index
    %keep = arith.andi %past, %near : i1)";
  const char *prefix = R"(
    %n = arith.constant 6 : index
    %seen = arith.cmpi sle, %k, %q : index
    %prefix = arith.cmpi slt, %k, %n : index
    %keep = arith.ori %seen, %prefix : i1)";
  const char *diagonal = "%keep = arith.cmpi eq, %q, %k : index";
  for (const char *body : {causal, window, prefix, diagonal})
    EXPECT_TRUE(hasExactRows(body)) << body;
}

TEST_F(KvRangeTest, RowsWithoutAMaskSeeAllKeys) {
  Surroundings above(context);
  Region none;
  std::optional<KeyRange> keys = deriveRow(above, none);
  ASSERT_TRUE(keys);
  EXPECT_TRUE(matchPattern(keys->begin, m_Zero()));
  EXPECT_EQ(keys->end, above.argument(4));
}

TEST_F(KvRangeTest, RowsWithGapsAreNotRanges) {
  // A window and a sink at the first keys.
  const char *sink = R"(
    %w = arith.constant 3 : index
    %d = arith.subi %q, %k : index
    %near = arith.cmpi slt, %d, %w : index
    %first = arith.cmpi slt, %k, %w : index
    %keep = arith.ori %near, %first : i1)";
  const char *holes = "%keep = arith.cmpi ne, %q, %k : index";
  for (const char *body : {sink, holes})
    EXPECT_FALSE(hasExactRows(body)) << body;
}

TEST_F(KvRangeTest, CausalIsExact) {
  std::vector<Ranges> tiles =
      rangesOf("%keep = arith.cmpi sge, %q, %k : index");
  ASSERT_EQ(tiles.size(), 4u);
  EXPECT_EQ(tiles[1].visible, (Range{0, 8}));
  EXPECT_EQ(tiles[1].full, (Range{0, 5}));
  EXPECT_EQ(tiles[3].visible, (Range{0, 11}));
  EXPECT_EQ(tiles[3].full, (Range{0, 11}));
}

TEST_F(KvRangeTest, WindowHasTwoEdges) {
  std::vector<Ranges> tiles = rangesOf(R"(
    %w = arith.constant 6 : index
    %d = arith.subi %q, %k : index
    %zero = arith.constant 0 : index
    %past = arith.cmpi sge, %d, %zero : index
    %near = arith.cmpi slt, %d, %w : index
    %keep = arith.andi %past, %near : i1)");
  ASSERT_EQ(tiles.size(), 4u);
  EXPECT_EQ(tiles[2].visible, (Range{3, 11})); // rows 8..11
  EXPECT_EQ(tiles[2].full, (Range{6, 9}));
}

TEST_F(KvRangeTest, PrefixKeepsTheLongerCertainPart) {
  std::vector<Ranges> tiles = rangesOf(R"(
    %n = arith.constant 6 : index
    %signed = arith.cmpi sle, %k, %q : index
    %prefix = arith.cmpi slt, %k, %n : index
    %keep = arith.ori %signed, %prefix : i1)");
  ASSERT_EQ(tiles.size(), 4u);
  EXPECT_EQ(tiles[0].visible, (Range{0, 6}));
  EXPECT_EQ(tiles[0].full, (Range{0, 6}));
  EXPECT_EQ(tiles[2].visible, (Range{0, 11}));
  EXPECT_EQ(tiles[2].full, (Range{0, 9}));
}

TEST_F(KvRangeTest, WhatItDoesNotKnowHidesNothing) {
  std::vector<Ranges> tiles = rangesOf(R"(
    %two = arith.constant 2 : index
    %r = arith.remui %k, %two : index
    %zero = arith.constant 0 : index
    %keep = arith.cmpi eq, %r, %zero : index)");
  ASSERT_EQ(tiles.size(), 4u);
  for (const Ranges &tile : tiles) {
    EXPECT_EQ(tile.visible, (Range{0, kKeys}));
    EXPECT_EQ(tile.full.begin, tile.full.end);
  }
}

TEST_F(KvRangeTest, AnEmptyRegionShowsEverything) {
  Surroundings above(context);
  Region none;
  KvRanges derived = derive(above, none);
  EXPECT_EQ(derived.visible.end, above.argument(4));
  EXPECT_EQ(derived.full.end, above.argument(4));
}

} // namespace
