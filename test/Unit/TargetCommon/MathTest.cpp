//===- MathTest.cpp - Accuracy of the shared math expansions ----------------===//
//
// Interprets what populateMathExpansions leaves (f32 arithmetic and the basis)
// in float, and compares with libm in double.
//
//===----------------------------------------------------------------------===//

#include "kgen/Target/Common/MathExpansions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "gtest/gtest.h"

#include <cmath>

using namespace mlir;

namespace {

class Expansion : public testing::Test {
protected:
  Expansion() {
    context.loadDialect<arith::ArithDialect, func::FuncDialect,
                        math::MathDialect, vector::VectorDialect>();
  }

  /// The expanded body of f(x) = `name` x.
  OwningOpRef<ModuleOp> expand(const std::string &name,
                               const std::string &attributes = "") {
    auto module = parseSourceString<ModuleOp>(
        "func.func @f(%x: f32) -> f32 { %y = " + name + " %x " + attributes +
            " : f32 return %y : f32 }",
        &context);
    RewritePatternSet patterns(&context);
    kgen::populateMathExpansions(patterns);
    EXPECT_TRUE(succeeded(applyPatternsGreedily(*module, std::move(patterns))));
    return module;
  }

  static float evaluate(ModuleOp module, float x) {
    auto function = *module.getOps<func::FuncOp>().begin();
    std::map<void *, float> values;
    Block &block = function.getBody().front();
    values[block.getArgument(0).getAsOpaquePointer()] = x;
    for (Operation &op : block) {
      auto in = [&](unsigned i) {
        return values.at(op.getOperand(i).getAsOpaquePointer());
      };
      if (isa<func::ReturnOp>(op))
        return in(0);
      values[op.getResult(0).getAsOpaquePointer()] = step(op, in);
    }
    return NAN;
  }

  static float step(Operation &op, function_ref<float(unsigned)> in) {
    if (auto constant = dyn_cast<arith::ConstantOp>(op))
      return cast<FloatAttr>(constant.getValue()).getValue().convertToFloat();
    if (isa<arith::MulFOp>(op))
      return in(0) * in(1);
    if (isa<arith::AddFOp>(op))
      return in(0) + in(1);
    if (isa<arith::DivFOp>(op))
      return in(0) / in(1);
    if (isa<arith::NegFOp>(op))
      return -in(0);
    if (isa<arith::MaximumFOp, arith::MinimumFOp>(op)) {
      if (std::isnan(in(0)) || std::isnan(in(1)))
        return NAN;
      return isa<arith::MaximumFOp>(op) ? std::fmax(in(0), in(1))
                                        : std::fmin(in(0), in(1));
    }
    if (isa<math::FmaOp>(op))
      return std::fma(in(0), in(1), in(2));
    if (isa<math::Exp2Op>(op))
      return std::exp2(in(0));
    if (isa<math::Log2Op>(op))
      return std::log2(in(0));
    if (isa<math::AbsFOp>(op))
      return std::fabs(in(0));
    if (isa<math::CopySignOp>(op))
      return std::copysign(in(0), in(1));
    if (auto compare = dyn_cast<arith::CmpFOp>(op)) {
      EXPECT_EQ(compare.getPredicate(), arith::CmpFPredicate::OLT);
      return in(0) < in(1);
    }
    if (isa<arith::SelectOp>(op))
      return in(0) != 0 ? in(1) : in(2);
    ADD_FAILURE() << "unexpected " << op.getName().getStringRef().str();
    return NAN;
  }

  MLIRContext context;
};

TEST_F(Expansion, TanhIsAccurateEverywhere) {
  OwningOpRef<ModuleOp> module = expand("math.tanh");
  for (float x = 1e-6f; x < 20.0f; x *= 1.0007f)
    for (float signedX : {x, -x})
      EXPECT_NEAR(evaluate(*module, signedX) / std::tanh(double(signedX)), 1.0,
                  1e-6)
          << signedX;
  EXPECT_EQ(evaluate(*module, 0.0f), 0.0f);
  EXPECT_EQ(evaluate(*module, INFINITY), 1.0f);
  EXPECT_EQ(evaluate(*module, -INFINITY), -1.0f);
  EXPECT_TRUE(std::isnan(evaluate(*module, NAN)));
}

TEST_F(Expansion, RoughTanhHasASmallAbsoluteError) {
  OwningOpRef<ModuleOp> module = expand("math.tanh", "{absolute_error}");
  double worst = 0;
  for (float x = -12.0f; x < 12.0f; x += 1.7e-4f) {
    float y = evaluate(*module, x);
    worst = std::max(worst, std::fabs(y - std::tanh(double(x))));
    EXPECT_LE(std::fabs(y), 1.0f) << x;
  }
  EXPECT_LT(worst, 1.3e-6);
  EXPECT_GT(worst, 1e-7); // not the exact one
  EXPECT_EQ(evaluate(*module, 0.0f), 0.0f);
  for (float large : {7.0f, 1e4f, 3e38f, INFINITY}) {
    EXPECT_NEAR(evaluate(*module, large), 1.0f, 1.3e-6);
    EXPECT_NEAR(evaluate(*module, -large), -1.0f, 1.3e-6);
  }
  EXPECT_TRUE(std::isnan(evaluate(*module, NAN)));
}

TEST_F(Expansion, ExpIsAccurateEverywhere) {
  OwningOpRef<ModuleOp> module = expand("math.exp");
  for (float x = -86.0f; x < 88.0f; x += 0.0371f)
    EXPECT_NEAR(evaluate(*module, x) / std::exp(double(x)), 1.0, 1e-6) << x;
  EXPECT_EQ(evaluate(*module, -INFINITY), 0.0f);
  EXPECT_EQ(evaluate(*module, INFINITY), INFINITY);
  EXPECT_TRUE(std::isnan(evaluate(*module, NAN)));
}

TEST_F(Expansion, LogScalesLog2) {
  OwningOpRef<ModuleOp> module = expand("math.log");
  for (float x : {0.001f, 0.5f, 3.0f, 1e6f})
    EXPECT_NEAR(evaluate(*module, x), std::log(double(x)), 1e-6 * std::fabs(std::log(double(x))));
}

/// Every function that the documentation names ends in the basis.
TEST_F(Expansion, LeavesOnlyTheBasis) {
  for (const char *name :
       {"math.exp", "math.log", "math.log10", "math.tanh", "math.erf",
        "math.erfc", "math.expm1", "math.log1p", "math.sin", "math.cos",
        "math.tan", "math.sinh", "math.cosh", "math.asinh", "math.acosh",
        "math.atanh", "math.atan", "math.asin", "math.acos", "math.sqrt",
        "math.rsqrt", "math.cbrt", "math.absf", "math.floor", "math.ceil",
        "math.trunc", "math.round", "math.roundeven"}) {
    OwningOpRef<ModuleOp> module = expand(name);
    module->walk([&](Operation *op) {
      if (isa<math::MathDialect>(op->getDialect()))
        EXPECT_TRUE(kgen::isBasicMath(op))
            << name << " leaves " << op->getName().getStringRef().str();
    });
  }
}

TEST_F(Expansion, ComputesNarrowFunctionsInF32) {
  auto module = parseSourceString<ModuleOp>(
      "func.func @f(%x: bf16) -> bf16 { %y = math.exp %x : bf16 return %y : bf16 }",
      &context);
  RewritePatternSet patterns(&context);
  kgen::populateMathExpansions(patterns);
  ASSERT_TRUE(succeeded(applyPatternsGreedily(*module, std::move(patterns))));
  unsigned functions = 0;
  module->walk([&](math::Exp2Op op) {
    ++functions;
    EXPECT_TRUE(op.getType().isF32());
  });
  EXPECT_EQ(functions, 1u);
}

} // namespace
