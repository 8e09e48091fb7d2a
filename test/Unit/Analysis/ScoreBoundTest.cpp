//===- ScoreBoundTest.cpp - Which scores cannot be large -------------------===//
#include "kgen/Analysis/ScoreBound.h"
#include "kgen/Dialect/Attention/AttentionOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace kgen;
using namespace kgen::analysis;

namespace {

struct ScoreBoundTest : testing::Test {
  ScoreBoundTest() {
    context.loadDialect<arith::ArithDialect, func::FuncDialect,
                        math::MathDialect, attention::AttentionDialect>();
  }

  /// The bound of a region with %s, positions %i and %j, a captured %c and
  /// constants %two, %m3 (-3), %five and %inf.
  std::optional<ScoreBound> boundOf(const std::string &body) {
    std::string text =
        "func.func @score(%s: f32, %b: index, %h: index, %i: index, %j: index,"
        " %c: f32) {\n"
        "%two = arith.constant 2.0 : f32\n%m3 = arith.constant -3.0 : f32\n"
        "%five = arith.constant 5.0 : f32\n"
        "%inf = arith.constant 0x7F800000 : f32\n" +
        body + "\n attention.yield %r : f32\n}";
    ParserConfig unverified(&context, /*verifyAfterParse=*/false);
    module = parseSourceString<ModuleOp>(text, unverified);
    EXPECT_TRUE(module) << body;
    return boundScore((*module->getOps<func::FuncOp>().begin()).getBody());
  }

  void expectBound(const std::string &body, double low, double high) {
    std::optional<ScoreBound> bound = boundOf(body);
    ASSERT_TRUE(bound) << body;
    // Outward, by what f32 may round.
    EXPECT_LE(bound->low, low) << body;
    EXPECT_GE(bound->high, high) << body;
    EXPECT_NEAR(bound->low, low, 1e-3) << body;
    EXPECT_NEAR(bound->high, high, 1e-3) << body;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

TEST_F(ScoreBoundTest, Softcap) {
  expectBound(R"(%x = arith.divf %s, %five : f32
                 %t = math.tanh %x : f32
                 %r = arith.mulf %t, %five : f32)",
              -5, 5);
}

TEST_F(ScoreBoundTest, SumsAndProducts) {
  expectBound(R"(%t = math.tanh %s : f32
                 %u = math.erf %c : f32
                 %p = arith.mulf %t, %m3 : f32
                 %d = arith.subf %p, %u : f32
                 %r = arith.addf %d, %two : f32)",
              -2, 6);
  expectBound(R"(%t = math.sin %s : f32
                 %n = arith.negf %t : f32
                 %r = math.fma %n, %two, %five : f32)",
              3, 7);
  expectBound(R"(%t = math.tanh %s : f32
                 %k = arith.cmpi sge, %i, %j : index
                 %q = arith.divf %t, %m3 : f32
                 %r = arith.select %k, %q, %five : f32)",
              -1.0 / 3, 5);
}

TEST_F(ScoreBoundTest, Clamps) {
  expectBound(R"(%u = arith.minimumf %s, %five : f32
                 %r = arith.maximumf %u, %m3 : f32)",
              -3, 5);
  expectBound(R"(%u = arith.maxnumf %s, %m3 : f32
                 %r = arith.minnumf %u, %two : f32)",
              -3, 2);
}

TEST_F(ScoreBoundTest, WhatMayBeLargeHasNoBound) {
  for (const char *body : {
           "%r = arith.addf %s, %two : f32",
           "%r = arith.minimumf %s, %five : f32", // from above alone
           "%r = arith.maximumf %s, %m3 : f32",
           R"(%t = math.tanh %s : f32
              %r = arith.mulf %t, %c : f32)",
           R"(%t = math.tanh %s : f32
              %r = arith.divf %t, %c : f32)",
           R"(%t = math.tanh %s : f32
              %k = arith.cmpi sge, %i, %j : index
              %r = arith.select %k, %t, %s : f32)",
           // A maximum that ignores NaN gives the other operand.
           R"(%t = math.tanh %s : f32
              %u = arith.minnumf %s, %t : f32
              %r = arith.maxnumf %u, %m3 : f32)",
           R"(%t = math.tanh %s : f32
              %r = arith.mulf %t, %inf : f32)",
           R"(%z = arith.constant 0.0 : f32
              %t = math.tanh %s : f32
              %r = arith.divf %t, %z : f32)",
           "%r = math.exp2 %s : f32",
       })
    EXPECT_FALSE(boundOf(body)) << body;
}

} // namespace
