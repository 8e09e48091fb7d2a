//===- AffineScoreTest.cpp - Splits of score functions --------------------===//
#include "RandomMask.h"

#include "kgen/Analysis/AffineScore.h"
#include "kgen/Dialect/Attention/AttentionOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace kgen;
using namespace kgen::analysis;
using namespace kgen::analysis::test;

namespace {

/// A score region from text: %s, %b, %h, %i, %j, and captured %c (f32), %n (i32)
/// and %t, %wide (tables of f32), which are arguments of the function here.
struct AffineScoreTest : testing::Test {
  AffineScoreTest() {
    context.loadDialect<arith::ArithDialect, func::FuncDialect,
                        math::MathDialect, memref::MemRefDialect,
                        attention::AttentionDialect>();
  }

  Region &parse(const std::string &body) {
    std::string text =
        "func.func @score(%s: f32, %b: index, %h: index, %i: index, %j: index,"
        " %c: f32, %n: i32, %t: memref<?xf32>, %wide: memref<?x?xf32>) {\n" +
        body + "\n attention.yield %r : f32\n}";
    ParserConfig unverified(&context, /*verifyAfterParse=*/false);
    module = parseSourceString<ModuleOp>(text, unverified);
    EXPECT_TRUE(module);
    return (*module->getOps<func::FuncOp>().begin()).getBody();
  }

  std::optional<AffineScore> split(const std::string &body) {
    return splitScore(parse(body));
  }

  /// The value of `value` at s, i, j, where b = 1, h = 2 and c = 0.75.
  double at(Region &region, Value value, double s, int64_t i, int64_t j) {
    Block &block = region.front();
    Builder b(&context);
    Folder folder;
    folder.set(block.getArgument(0), b.getF32FloatAttr(s));
    folder.set(block.getArgument(1), 1);
    folder.set(block.getArgument(2), 2);
    folder.set(block.getArgument(3), i);
    folder.set(block.getArgument(4), j);
    folder.set(block.getArgument(5), b.getF32FloatAttr(0.75f));
    return folder.number(value);
  }

  /// Whether alpha * s + rest(i) + gamma * j is what the function says.
  void expectExact(const std::string &body) {
    Region &region = parse(body);
    std::optional<AffineScore> found = splitScore(region);
    ASSERT_TRUE(found) << body;
    Block &block = region.front();
    Value result = block.getTerminator()->getOperand(0);
    OpBuilder builder(block.getTerminator());
    IRMapping values;
    Value slope = emitSlope(builder, builder.getUnknownLoc(), *found, 1, values);
    for (int64_t i : {0, 7, 100})
      for (int64_t j : {0, 3, 128})
        for (double s : {-2.0, 0.0, 0.5}) {
          double rest = at(region, result, 0, i, 64);
          double gamma = at(region, slope, 0, 0, 0);
          EXPECT_NEAR(at(region, result, s, i, j),
                      found->alpha * s + rest + gamma * (j - 64), 1e-4)
              << body << "\nat i = " << i << ", j = " << j << ", s = " << s;
        }
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

// f: i - j as f32; g: j - i.
const std::string kDistance = R"(
  %d = arith.subi %i, %j : index
  %d32 = arith.index_cast %d : index to i32
  %f = arith.sitofp %d32 : i32 to f32
  %e = arith.subi %j, %i : index
  %e32 = arith.index_cast %e : index to i32
  %g = arith.sitofp %e32 : i32 to f32
  %two = arith.constant 2.0 : f32
  %half = arith.constant 0.5 : f32
)";

TEST_F(AffineScoreTest, RelativePosition) {
  std::string body = kDistance + "%r = arith.addf %s, %f : f32";
  expectExact(body);
  std::optional<AffineScore> found = split(body);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->alpha, 1);
  ASSERT_EQ(found->gamma.size(), 1u);
  EXPECT_EQ(found->gamma[0].constant, -1);
  EXPECT_TRUE(found->gamma[0].factors.empty());
}

TEST_F(AffineScoreTest, SlopesOfTheTile) {
  expectExact(kDistance + R"(
    %m = arith.mulf %c, %g : f32
    %r = arith.addf %m, %s : f32)");
  // The slope is computed: c * c + 2.
  expectExact(kDistance + R"(
    %k = math.fma %c, %c, %two : f32
    %m = arith.mulf %g, %k : f32
    %x = arith.divf %s, %two : f32
    %r = arith.addf %x, %m : f32)");
  std::optional<AffineScore> table = split(kDistance + R"(
    %k = memref.load %t[%h] : memref<?xf32>
    %m = arith.mulf %k, %g : f32
    %r = arith.addf %s, %m : f32)");
  ASSERT_TRUE(table);
  ASSERT_EQ(table->gamma.size(), 1u);
  EXPECT_EQ(table->gamma[0].factors.size(), 1u);
}

TEST_F(AffineScoreTest, SumsOfSeveralTerms) {
  expectExact(kDistance + R"(
    %scaled = arith.mulf %s, %half : f32
    %a = arith.mulf %c, %g : f32
    %x = arith.addf %scaled, %a : f32
    %y = arith.subf %x, %f : f32
    %z = arith.negf %f : f32
    %w = arith.addf %y, %z : f32
    %r = arith.mulf %w, %two : f32)");
  expectExact(kDistance + R"(
    %three = arith.constant 3 : index
    %m = arith.muli %j, %three : index
    %o = arith.addi %m, %i : index
    %o32 = arith.index_cast %o : index to i32
    %of = arith.sitofp %o32 : i32 to f32
    %r = math.fma %of, %half, %s : f32)");
}

TEST_F(AffineScoreTest, RestMayBeAnything) {
  // A table of rows, and a square of the row.
  std::optional<AffineScore> rows = split(kDistance + R"(
    %k = memref.load %wide[%h, %i] : memref<?x?xf32>
    %i32 = arith.index_cast %i : index to i32
    %fi = arith.sitofp %i32 : i32 to f32
    %sq = arith.mulf %fi, %fi : f32
    %t0 = math.tanh %k : f32
    %x = arith.addf %s, %t0 : f32
    %r = arith.subf %x, %sq : f32)");
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->alpha, 1);
  EXPECT_TRUE(rows->gamma.empty());
}

// What depends on the key alone is a term, whole, and has what it is
// multiplied by.
TEST_F(AffineScoreTest, FindsTermsOfKeys) {
  std::optional<AffineScore> table = split(kDistance + R"(
    %k = memref.load %t[%j] : memref<?xf32>
    %l = memref.load %wide[%h, %j] : memref<?x?xf32>
    %m = math.tanh %l : f32
    %o = arith.mulf %m, %c : f32
    %p = arith.mulf %c, %g : f32
    %x = arith.addf %s, %p : f32
    %y = arith.addf %x, %k : f32
    %z = arith.subf %y, %o : f32
    %r = arith.mulf %z, %two : f32)");
  ASSERT_TRUE(table);
  EXPECT_EQ(table->alpha, 2);
  EXPECT_EQ(table->gamma.size(), 1u);
  ASSERT_EQ(table->keyTerms.size(), 2u);
  EXPECT_TRUE(table->keyTerms[0].value.getDefiningOp<memref::LoadOp>());
  EXPECT_EQ(table->keyTerms[0].coefficient.constant, 2);
  EXPECT_TRUE(table->keyTerms[1].value.getDefiningOp<math::TanhOp>());
  EXPECT_EQ(table->keyTerms[1].coefficient.constant, -2);
  EXPECT_EQ(table->keyTerms[1].coefficient.factors.size(), 1u);
  // Its parts may cancel: they are not terms of their own, nor a slope.
  std::optional<AffineScore> whole = split(kDistance + R"(
    %k = memref.load %t[%j] : memref<?xf32>
    %j32 = arith.index_cast %j : index to i32
    %fj = arith.sitofp %j32 : i32 to f32
    %m = arith.subf %k, %fj : f32
    %r = arith.addf %s, %m : f32)");
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->gamma.empty());
  ASSERT_EQ(whole->keyTerms.size(), 1u);
  EXPECT_TRUE(whole->keyTerms[0].value.getDefiningOp<arith::SubFOp>());
  // What a sum with s is multiplied by reaches its terms.
  std::optional<AffineScore> shared = split(kDistance + R"(
    %zero = arith.constant 0.0 : f32
    %k = memref.load %t[%j] : memref<?xf32>
    %n1 = arith.mulf %k, %c : f32
    %m = arith.negf %n1 : f32
    %x = math.fma %s, %half, %m : f32
    %r = arith.negf %x : f32)");
  ASSERT_TRUE(shared);
  EXPECT_EQ(shared->alpha, -0.5);
  ASSERT_EQ(shared->keyTerms.size(), 1u);
  EXPECT_EQ(shared->keyTerms[0].coefficient.constant, 1);
}

// alpha * s + rest + gamma * j + terms, with terms of 0 in rest.
TEST_F(AffineScoreTest, TermsOfKeysAreWhatTheScoreSays) {
  Region &region = parse(kDistance + R"(
    %j32 = arith.index_cast %j : index to i32
    %fj = arith.sitofp %j32 : i32 to f32
    %square = arith.mulf %fj, %fj : f32
    %a = arith.mulf %c, %g : f32
    %x = arith.addf %s, %a : f32
    %y = arith.subf %x, %square : f32
    %r = arith.mulf %y, %half : f32)");
  std::optional<AffineScore> found = splitScore(region);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->keyTerms.size(), 1u);
  Block &block = region.front();
  Value result = block.getTerminator()->getOperand(0);
  const KeyTerm &term = found->keyTerms[0];
  OpBuilder builder(block.getTerminator());
  IRMapping values;
  Value slope = emitSlope(builder, builder.getUnknownLoc(), *found, 1, values);
  Value weight = emitCoefficient(builder, builder.getUnknownLoc(), *found,
                                 term.coefficient, 1, values);
  auto termAt = [&](int64_t j) {
    return at(region, weight, 0, 0, 0) * at(region, term.value, 0, 0, j);
  };
  for (int64_t i : {0, 7, 100})
    for (int64_t j : {0, 3, 128}) {
      double rest = at(region, result, 0, i, 64) - termAt(64);
      EXPECT_NEAR(at(region, result, 0.5, i, j),
                  found->alpha * 0.5 + rest +
                      at(region, slope, 0, 0, 0) * (j - 64) + termAt(j),
                  1e-3)
          << "at i = " << i << ", j = " << j;
    }
}

// Of the key alone, but not known to be linear.
TEST_F(AffineScoreTest, DoubtfulSlopesAreTermsOfKeys) {
  const char *bodies[] = {
      R"(%q = arith.divsi %j32, %n : i32
         %fq = arith.sitofp %q : i32 to f32
         %r = arith.addf %s, %fq : f32)",
      // Integers that may wrap: captured ones, and large multiples.
      R"(%j32 = arith.index_cast %j : index to i32
         %o = arith.addi %j32, %n : i32
         %fo = arith.sitofp %o : i32 to f32
         %r = arith.addf %s, %fo : f32)",
      R"(%big = arith.constant 1000 : index
         %m = arith.muli %j, %big : index
         %m32 = arith.index_cast %m : index to i32
         %fm = arith.sitofp %m32 : i32 to f32
         %r = arith.addf %s, %fm : f32)",
      R"(%j8 = arith.index_cast %j : index to i8
         %fj = arith.sitofp %j8 : i8 to f32
         %r = arith.addf %s, %fj : f32)",
  };
  for (std::string body : bodies) {
    if (body.find("%j32 = ") == std::string::npos)
      body = "%j32 = arith.index_cast %j : index to i32\n" + body;
    std::optional<AffineScore> found = split(kDistance + body);
    ASSERT_TRUE(found) << body;
    EXPECT_TRUE(found->gamma.empty()) << body;
    EXPECT_EQ(found->keyTerms.size(), 1u) << body;
  }
}

TEST_F(AffineScoreTest, RefusesWhatIsNotAffine) {
  const char *bodies[] = {
      // i * j, as floats and as integers.
      R"(%j32 = arith.index_cast %j : index to i32
         %fj = arith.sitofp %j32 : i32 to f32
         %m = arith.mulf %fj, %f : f32
         %r = arith.addf %s, %m : f32)",
      R"(%p = arith.muli %i, %j : index
         %p32 = arith.index_cast %p : index to i32
         %fp = arith.sitofp %p32 : i32 to f32
         %r = arith.addf %s, %fp : f32)",
      // A table of keys that is compared with one of rows, and a factor of s.
      R"(%k = memref.load %t[%j] : memref<?xf32>
         %l = memref.load %t[%i] : memref<?xf32>
         %m = arith.subf %k, %l : f32
         %r = arith.addf %s, %m : f32)",
      R"(%k = memref.load %t[%j] : memref<?xf32>
         %r = arith.mulf %s, %k : f32)",
      "%r = arith.mulf %s, %s : f32",
      // A factor of s that may be negative.
      "%r = arith.mulf %s, %c : f32",
      "%r = math.tanh %s : f32",
      // j decides something.
      R"(%near = arith.cmpi sge, %i, %j : index
         %m = arith.select %near, %f, %two : f32
         %r = arith.addf %s, %m : f32)",
      R"(%m = math.absf %f : f32
         %r = arith.subf %s, %m : f32)",
      // Unsigned: i - j wraps below zero.
      R"(%u = arith.uitofp %d32 : i32 to f32
         %r = arith.addf %s, %u : f32)",
      R"(%zero = arith.constant 0.0 : f32
         %m = arith.mulf %f, %zero : f32
         %r = arith.addf %s, %m : f32)",
  };
  for (std::string body : bodies) {
    bool declared = body.find("%j32 = ") != std::string::npos;
    if (!declared && body.find("%j32") != std::string::npos)
      body = "%j32 = arith.index_cast %j : index to i32\n" + body;
    EXPECT_FALSE(split(kDistance + body)) << body;
  }
}

} // namespace
