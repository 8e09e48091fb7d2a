//===- TableMatchTest.cpp - Ranges of masks that compare tables ------------===//
#include "RandomMask.h"

#include "kgen/Analysis/KvRange.h"
#include "kgen/Dialect/Attention/AttentionOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <map>

using namespace mlir;
using namespace kgen;
using namespace kgen::analysis;
using namespace kgen::analysis::test;

namespace {

constexpr int64_t kRows = 13, kKeys = 17, kTile = 4, kBatch = 1, kHead = 2;

struct Range {
  int64_t begin = 0, end = 0;
  bool contains(int64_t key) const { return begin <= key && key < end; }
  bool operator==(const Range &) const = default;
};

/// How the entries of tables look.
enum class Ids { Sorted, Unsorted, Equal, Extreme };

/// Tables whose entries are drawn when they are first read.
class Tables {
public:
  Tables(Ids ids, unsigned seed) : ids(ids), random(seed) {}

  int64_t at(Value table, std::vector<int64_t> indices) {
    int64_t position = indices.back();
    indices.pop_back();
    auto &entries = known[{table.getAsOpaquePointer(), indices}];
    if (entries.empty())
      entries = draw(cast<MemRefType>(table.getType()).getElementType());
    return entries.at(position);
  }

private:
  std::vector<int64_t> draw(Type element) {
    unsigned bits = element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
    int64_t most = std::numeric_limits<int64_t>::max() >> (64 - bits);
    int64_t id = ids == Ids::Equal ? -3 : 0;
    std::vector<int64_t> entries;
    for (int64_t i = 0; i < std::max(kRows, kKeys); ++i) {
      auto choice = static_cast<int64_t>(random() % 4);
      if (ids == Ids::Sorted)
        id += choice == 0;
      else if (ids == Ids::Unsorted)
        id = choice - 2;
      else if (ids == Ids::Extreme)
        id = choice < 2 ? -most - choice : most - choice;
      entries.push_back(id);
    }
    return entries;
  }

  Ids ids;
  std::mt19937 random;
  std::map<std::pair<const void *, std::vector<int64_t>>, std::vector<int64_t>>
      known;
};

/// A scan that the analysis asked for, and the values that stand for its results.
struct Scan {
  TableMatch tables;
  Value begin, end, allMatch;
};

struct TableMatchTest : testing::Test {
  TableMatchTest() {
    context.loadDialect<arith::ArithDialect, func::FuncDialect,
                        memref::MemRefDialect, attention::AttentionDialect>();
  }

  /// Parses a mask over %q and %k that ends in %keep, and derives its ranges.
  void derive(const std::string &body) {
    std::string text =
        "func.func @mask(%b: index, %h: index, %q: index, %k: index, "
        "%ids: memref<?x?xi32>, %other: memref<?x?xi32>, "
        "%flat: memref<?xi8>, %of_heads: memref<?x?x?xi8>, "
        "%wide: memref<?xi64>, %places: memref<?xindex>) {\n" +
        body + "\n attention.yield %keep : i1\n}";
    ParserConfig unverified(&context, /*verifyAfterParse=*/false);
    module = parseSourceString<ModuleOp>(text, unverified);
    ASSERT_TRUE(module);
    mask = &(*module->getOps<func::FuncOp>().begin()).getBody();
    above = std::make_unique<Surroundings>(context);
    OpBuilder builder = OpBuilder::atBlockEnd(above->block);
    QueryTile tile{above->argument(0), above->argument(1), above->argument(2),
                   above->argument(3), above->argument(4)};
    auto emit = [&](const TableMatch &tables) -> MatchedKeys {
      auto result = [&](Type type) {
        return above->block->addArgument(type, builder.getUnknownLoc());
      };
      scans.push_back({tables, result(builder.getIndexType()),
                       result(builder.getIndexType()),
                       result(builder.getI1Type())});
      return {{scans.back().begin, scans.back().end}, scans.back().allMatch};
    };
    derived = deriveKvRanges(builder, builder.getUnknownLoc(), *mask, tile,
                             IRMapping(), emit);
  }

  /// What tile.match_range says it returns, by looking at everything.
  static void perform(const Scan &scan, Tables &data, Folder &folder) {
    auto entry = [&](Value table, ArrayRef<Value> leading, int64_t position) {
      std::vector<int64_t> indices;
      for (Value index : leading)
        indices.push_back(folder.integer(index));
      indices.push_back(position);
      return data.at(table, indices);
    };
    const TableMatch &t = scan.tables;
    int64_t low = std::numeric_limits<int64_t>::max(), high = -low - 1;
    int64_t last = folder.integer(t.lastRow);
    for (int64_t row = folder.integer(t.firstRow); row <= last; ++row) {
      low = std::min(low, entry(t.queryTable, t.queryIndices, row));
      high = std::max(high, entry(t.queryTable, t.queryIndices, row));
    }
    int64_t end = folder.integer(t.candidates.end), count = 0;
    Range found;
    for (int64_t key = folder.integer(t.candidates.begin); key < end; ++key) {
      EXPECT_TRUE(key >= 0 && key < kKeys);
      int64_t id = entry(t.keyTable, t.keyIndices, key);
      if (id < low || id > high)
        continue;
      found = {count++ == 0 ? key : found.begin, key + 1};
    }
    folder.set(scan.begin, found.begin);
    folder.set(scan.end, found.end);
    bool all = low == high && count == found.end - found.begin;
    folder.set(scan.allMatch, BoolAttr::get(scan.begin.getContext(), all));
  }

  /// What the mask says of a pair. With `scanned`, whose scans have run, it does
  /// not compare tables where a scan has the answer.
  bool keeps(Tables &data, int64_t row, int64_t key,
             Folder *scanned = nullptr) {
    Folder folder;
    int64_t arguments[] = {kBatch, kHead, row, key};
    for (auto [number, value] : llvm::enumerate(arguments))
      folder.set(mask->getArgument(number), value);
    for (auto load : mask->getOps<memref::LoadOp>()) {
      std::vector<int64_t> indices;
      for (Value index : load.getIndices())
        indices.push_back(folder.integer(index));
      int64_t entry = data.at(load.getMemRef(), indices);
      folder.set(load, IntegerAttr::get(load.getType(), entry));
    }
    for (const Scan &scan : scans) {
      if (!scanned || !scan.tables.comparison)
        continue;
      auto comparison = cast<arith::CmpIOp>(scan.tables.comparison);
      bool equal = scanned->integer(scan.begin) <= key &&
                   key < scanned->integer(scan.end);
      if (comparison.getPredicate() == arith::CmpIPredicate::ne)
        equal = !equal;
      folder.set(comparison, BoolAttr::get(&context, equal));
    }
    return folder.integer(mask->front().getTerminator()->getOperand(0)) != 0;
  }

  /// Scans whose entries all match answer for their comparisons.
  void expectSameMask(Tables &data, int64_t first) {
    Folder folder;
    runScans(data, first, folder);
    for (const Scan &scan : scans)
      if (!folder.integer(scan.allMatch))
        return;
    ++answered;
    for (int64_t row = first; row < std::min(first + kTile, kRows); ++row)
      for (int64_t key = 0; key < kKeys; ++key)
        EXPECT_EQ(keeps(data, row, key), keeps(data, row, key, &folder))
            << "row " << row << ", key " << key;
  }

  void runScans(Tables &data, int64_t first, Folder &folder) {
    int64_t arguments[] = {kBatch, kHead, first,
                           std::min(first + kTile, kRows) - 1, kKeys};
    for (auto [number, value] : llvm::enumerate(arguments))
      folder.set(above->argument(number), value);
    for (const Scan &scan : scans)
      perform(scan, data, folder);
  }

  /// The ranges of one tile, after its scans.
  std::pair<Range, Range> ranges(Tables &data, int64_t first) {
    Folder folder;
    runScans(data, first, folder);
    auto read = [&](KeyRange range) {
      return Range{folder.integer(range.begin), folder.integer(range.end)};
    };
    return {read(derived.visible), read(derived.full)};
  }

  /// Nothing kept lies outside of `visible`, nothing dropped inside of `full`.
  void expectSound(Tables &data, int64_t first, const Range &visible,
                   const Range &full) {
    for (int64_t row = first; row < std::min(first + kTile, kRows); ++row)
      for (int64_t key = 0; key < kKeys; ++key) {
        bool kept = keeps(data, row, key);
        EXPECT_TRUE(kept ? visible.contains(key) : !full.contains(key))
            << "row " << row << ", key " << key << (kept ? " kept" : " dropped");
      }
  }

  struct Summary {
    int tiles = 0, bounded = 0, withFull = 0;
  };
  /// Soundness for all kinds of data.
  Summary check(const std::string &body) {
    derive(body);
    Summary summary;
    for (Ids ids : {Ids::Sorted, Ids::Unsorted, Ids::Equal, Ids::Extreme})
      for (unsigned seed = 0; seed < 12; ++seed) {
        Tables data(ids, seed);
        for (int64_t first = 0; first < kRows; first += kTile) {
          auto [visible, full] = ranges(data, first);
          expectSound(data, first, visible, full);
          expectSameMask(data, first);
          ++summary.tiles;
          summary.bounded += visible != Range{0, kKeys};
          summary.withFull += full.begin < full.end;
        }
      }
    return summary;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  Region *mask = nullptr;
  std::unique_ptr<Surroundings> above;
  KvRanges derived;
  SmallVector<Scan> scans;
  int answered = 0; ///< tiles whose scans answer for all comparisons
};

const char *const kDocument = R"(
    %x = memref.load %ids[%b, %q] : memref<?x?xi32>
    %y = memref.load %ids[%b, %k] : memref<?x?xi32>
    %same = arith.cmpi eq, %x, %y : i32
)";
const char *const kCausal = "%past = arith.cmpi sge, %q, %k : index\n";

TEST_F(TableMatchTest, DocumentsAreFoundByAScan) {
  Summary found = check(std::string(kDocument) +
                        "%keep = arith.andi %same, %same : i1");
  EXPECT_EQ(scans.size(), 2u); // one for each operand
  EXPECT_FALSE(scans[0].tables.comparison);
  EXPECT_GT(found.bounded, found.tiles / 4);
  EXPECT_GT(found.withFull, found.tiles / 4);
}

TEST_F(TableMatchTest, SortedDocumentsAreExact) {
  derive("%x = memref.load %ids[%b, %q] : memref<?x?xi32>\n"
         "%y = memref.load %ids[%b, %k] : memref<?x?xi32>\n"
         "%keep = arith.cmpi eq, %x, %y : i32");
  ASSERT_EQ(scans.size(), 1u);
  int full = 0;
  for (unsigned seed = 0; seed < 20; ++seed) {
    Tables data(Ids::Sorted, seed);
    for (int64_t first = 0; first < kRows; first += kTile) {
      auto [visible, certain] = ranges(data, first);
      int64_t last = std::min(first + kTile, kRows) - 1;
      // Keys with an id between those of the first and the last row.
      std::vector<int64_t> seen;
      for (int64_t key = 0; key < kKeys; ++key)
        if (keeps(data, first, key) || keeps(data, last, key) ||
            (key > first && key < last))
          seen.push_back(key);
      EXPECT_EQ(visible, (Range{seen.front(), seen.back() + 1}));
      bool one = keeps(data, first, last);
      EXPECT_EQ(certain.begin < certain.end, one);
      if (one) {
        EXPECT_EQ(certain, visible);
      }
      full += one;
    }
  }
  EXPECT_GT(full, 10);
}

TEST_F(TableMatchTest, OtherConditionsBoundTheScan) {
  // The comparison of tables stands first and is scanned last.
  Summary found = check(std::string(kDocument) + kCausal +
                        "%keep = arith.andi %same, %past : i1");
  ASSERT_EQ(scans.size(), 1u);
  EXPECT_GT(found.withFull, 0);
  EXPECT_TRUE(scans[0].tables.comparison);
  EXPECT_GT(answered, 0);
  Folder folder;
  const int64_t kArguments[] = {kBatch, kHead, /*firstRow=*/4, /*lastRow=*/7,
                                kKeys};
  for (auto [number, value] : llvm::enumerate(kArguments))
    folder.set(above->argument(number), value);
  EXPECT_EQ(folder.integer(scans[0].tables.candidates.begin), 0);
  EXPECT_EQ(folder.integer(scans[0].tables.candidates.end), 8); // rows 4 ... 7
}

TEST_F(TableMatchTest, TwoTablesWithIndicesOfTheirOwn) {
  Summary found = check(std::string(kCausal) + R"(
    %x = memref.load %flat[%k] : memref<?xi8>
    %y = memref.load %of_heads[%b, %h, %q] : memref<?x?x?xi8>
    %wide_x = arith.extsi %x : i8 to i64
    %wide_y = arith.extsi %y : i8 to i64
    %same = arith.cmpi eq, %wide_x, %wide_y : i64
    %keep = arith.andi %past, %same : i1)");
  ASSERT_EQ(scans.size(), 1u);
  EXPECT_EQ(scans[0].tables.queryIndices.size(), 2u);
  EXPECT_TRUE(scans[0].tables.keyIndices.empty());
  EXPECT_GT(found.bounded, 0);
}

TEST_F(TableMatchTest, EachScanLeavesLessToTheNext) {
  check(std::string(kDocument) + kCausal + R"(
    %u = memref.load %wide[%q] : memref<?xi64>
    %v = memref.load %wide[%k] : memref<?xi64>
    %differ = arith.cmpi ne, %u, %v : i64
    %true = arith.constant true
    %equal = arith.xori %differ, %true : i1
    %p = memref.load %places[%q] : memref<?xindex>
    %r = memref.load %places[%k] : memref<?xindex>
    %near = arith.cmpi eq, %p, %r : index
    %some = arith.andi %same, %near : i1
    %more = arith.andi %equal, %past : i1
    %keep = arith.andi %some, %more : i1)");
  ASSERT_EQ(scans.size(), 3u);
  EXPECT_GT(answered, 0);
  EXPECT_NE(scans[2].tables.candidates.end, scans[1].tables.candidates.end);
}

TEST_F(TableMatchTest, InADisjunctionTheHullIsVisible) {
  Summary found = check(std::string(kDocument) + R"(
    %n = arith.constant 3 : index
    %prefix = arith.cmpi slt, %k, %n : index
    %keep = arith.ori %same, %prefix : i1)");
  EXPECT_EQ(scans.size(), 1u);
  EXPECT_GT(answered, 0);
  EXPECT_GT(found.bounded, 0);
  EXPECT_GT(found.withFull, found.tiles / 4);
}

TEST_F(TableMatchTest, OtherReadsHideNothing) {
  const char *const kOthers[] = {
      // Computed places, of rows and of keys.
      R"(%one = arith.constant 1 : index
         %i = arith.subi %q, %one : index
         %at = arith.maxsi %i, %one : index
         %x = memref.load %ids[%b, %at] : memref<?x?xi32>
         %y = memref.load %ids[%b, %k] : memref<?x?xi32>
         %keep = arith.cmpi eq, %x, %y : i32)",
      R"(%two = arith.constant 2 : index
         %half = arith.floordivsi %k, %two : index
         %x = memref.load %ids[%b, %q] : memref<?x?xi32>
         %y = memref.load %ids[%b, %half] : memref<?x?xi32>
         %keep = arith.cmpi eq, %x, %y : i32)",
      // Two reads at the row; a leading index that varies; another predicate.
      R"(%x = memref.load %ids[%b, %q] : memref<?x?xi32>
         %y = memref.load %other[%b, %q] : memref<?x?xi32>
         %keep = arith.cmpi eq, %x, %y : i32)",
      R"(%x = memref.load %ids[%b, %q] : memref<?x?xi32>
         %y = memref.load %ids[%q, %k] : memref<?x?xi32>
         %keep = arith.cmpi eq, %x, %y : i32)",
      R"(%x = memref.load %ids[%b, %q] : memref<?x?xi32>
         %y = memref.load %ids[%b, %k] : memref<?x?xi32>
         %keep = arith.cmpi sle, %x, %y : i32)",
      // Casts that make different entries equal, or differ from side to side.
      R"(%x = memref.load %wide[%q] : memref<?xi64>
         %y = memref.load %wide[%k] : memref<?xi64>
         %s = arith.trunci %x : i64 to i8
         %t = arith.trunci %y : i64 to i8
         %keep = arith.cmpi eq, %s, %t : i8)",
      R"(%x = memref.load %wide[%q] : memref<?xi64>
         %y = memref.load %wide[%k] : memref<?xi64>
         %s = arith.index_cast %x : i64 to index
         %t = arith.index_cast %y : i64 to index
         %keep = arith.cmpi eq, %s, %t : index)",
      R"(%x = memref.load %flat[%q] : memref<?xi8>
         %y = memref.load %flat[%k] : memref<?xi8>
         %s = arith.extsi %x : i8 to i32
         %t = arith.extui %y : i8 to i32
         %keep = arith.cmpi eq, %s, %t : i32)"};
  for (const char *other : kOthers) {
    derive(other);
    EXPECT_TRUE(scans.empty()) << other;
    Tables data(Ids::Sorted, 1);
    auto [visible, full] = ranges(data, 0);
    EXPECT_EQ(visible, (Range{0, kKeys})) << other;
    EXPECT_EQ(full.begin, full.end) << other;
  }
}

TEST_F(TableMatchTest, WithoutAScanNothingIsHidden) {
  derive(std::string(kDocument) + "%keep = arith.andi %same, %same : i1");
  scans.clear();
  OpBuilder builder = OpBuilder::atBlockEnd(above->block);
  QueryTile tile{above->argument(0), above->argument(1), above->argument(2),
                 above->argument(3), above->argument(4)};
  derived = deriveKvRanges(builder, builder.getUnknownLoc(), *mask, tile,
                           IRMapping());
  EXPECT_TRUE(scans.empty());
  Tables data(Ids::Sorted, 1);
  auto [visible, full] = ranges(data, 0);
  EXPECT_EQ(visible, (Range{0, kKeys}));
  EXPECT_EQ(full.begin, full.end);
}

} // namespace
