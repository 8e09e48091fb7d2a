//===- FunctionUnitsTest.cpp - Powers and tanh by unit ----------------------===//
//
// Interprets the expansions in float, where every operation rounds as on a GPU.
//
//===----------------------------------------------------------------------===//
#include "FunctionUnits.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "gtest/gtest.h"

#include <bit>
#include <cmath>

using namespace mlir;

namespace {

class FunctionUnits : public testing::Test {
protected:
  FunctionUnits() {
    context.loadDialect<arith::ArithDialect, func::FuncDialect,
                        LLVM::LLVMDialect, math::MathDialect>();
  }

  /// f(x) = `name` x with a hint, as at element `position` of a lane.
  void expand(const std::string &name, const std::string &hint,
              int64_t position) {
    module = parseSourceString<ModuleOp>(
        "func.func @f(%x: f32) -> f32 { %y = " + name + " %x {" + hint +
            "} : f32 return %y : f32 }",
        &context);
    ASSERT_TRUE(module);
    module->walk([&](Operation *op) {
      if (isa<math::MathDialect>(op->getDialect()))
        kgen::nvvm::assignUnit(op, position);
    });
    RewritePatternSet patterns(&context);
    kgen::nvvm::populateFunctionUnits(patterns);
    // Constants stay where they are and nothing is folded.
    ASSERT_TRUE(succeeded(applyPatternsGreedily(*module, std::move(patterns))));
  }

  float evaluate(float x) {
    llvm::DenseMap<Value, float> values;
    Block &block = (*module->getOps<func::FuncOp>().begin()).getBody().front();
    values[block.getArgument(0)] = x;
    for (Operation &op : block) {
      if (isa<func::ReturnOp>(op))
        return values[op.getOperand(0)];
      SmallVector<float> in;
      for (Value operand : op.getOperands())
        in.push_back(values[operand]);
      values[op.getResult(0)] = step(op, in);
    }
    return NAN;
  }

  /// Integers travel as the float with their bits.
  static float step(Operation &op, ArrayRef<float> in) {
    if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      if (auto number = dyn_cast<FloatAttr>(constant.getValue()))
        return number.getValue().convertToFloat();
      auto integer = cast<IntegerAttr>(constant.getValue());
      return std::bit_cast<float>(static_cast<int32_t>(integer.getInt()));
    }
    if (isa<arith::BitcastOp>(op))
      return in[0];
    if (isa<arith::ShLIOp>(op))
      return std::bit_cast<float>(std::bit_cast<uint32_t>(in[0])
                                  << std::bit_cast<uint32_t>(in[1]));
    if (isa<arith::AddFOp>(op))
      return in[0] + in[1];
    if (isa<arith::SubFOp>(op))
      return in[0] - in[1];
    if (isa<arith::MulFOp>(op))
      return in[0] * in[1];
    if (isa<arith::MaximumFOp>(op))
      return std::isnan(in[0]) ? in[0] : std::fmax(in[0], in[1]);
    if (isa<math::FmaOp>(op))
      return std::fma(in[0], in[1], in[2]);
    if (isa<math::Exp2Op>(op))
      return std::exp2(in[0]);
    if (auto call = dyn_cast<LLVM::CallIntrinsicOp>(op)) {
      EXPECT_EQ(call.getIntrin(), "llvm.nvvm.rcp.approx.ftz.f");
      return 1 / in[0];
    }
    ADD_FAILURE() << "unexpected " << op.getName().getStringRef().str();
    return NAN;
  }

  bool isNative() {
    bool native = false;
    module->walk([&](math::Exp2Op) { native = true; });
    return native;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

TEST_F(FunctionUnits, MixedTakesEveryOtherPair) {
  for (int64_t position = 0; position < 8; ++position) {
    expand("math.exp2", "exp2_unit = \"mixed\"", position);
    EXPECT_EQ(isNative(), position / 2 % 2 == 0) << position;
    expand("math.exp2", "exp2_unit = \"polynomial\"", position);
    EXPECT_FALSE(isNative());
  }
}

TEST_F(FunctionUnits, PolynomialIsWithinItsBound) {
  for (const char *hint : {"exp2_unit = \"polynomial\"",
                           "exp2_unit = \"polynomial\", exp2_in_range"}) {
    expand("math.exp2", hint, 0);
    double worst = 0;
    for (float x = -126.4f; x < 15.5f; x += 1.3e-3f)
      worst = std::max(worst, std::fabs(evaluate(x) / std::exp2(double(x)) - 1));
    EXPECT_LT(worst, 7.6e-5);
    EXPECT_GT(worst, 7.0e-5); // the whole interval was met
    EXPECT_TRUE(std::isnan(evaluate(NAN)));
  }
}

TEST_F(FunctionUnits, PolynomialOfMaskedScoresIsZero) {
  expand("math.exp2", "exp2_unit = \"polynomial\"", 0);
  for (float x : {-126.6f, -127.0f, -128.0f, -1e4f, -3e38f, -INFINITY})
    EXPECT_EQ(evaluate(x), 0.0f) << x;
}

TEST_F(FunctionUnits, TanhByPower) {
  expand("math.tanh", "absolute_error", 0);
  EXPECT_TRUE(isNative());
  double worst = 0;
  for (float x = -100.0f; x < 100.0f; x += 1.1e-3f)
    worst = std::max(worst, std::fabs(evaluate(x) - std::tanh(double(x))));
  EXPECT_LT(worst, 3e-7);
  EXPECT_EQ(evaluate(INFINITY), 1.0f);
  EXPECT_EQ(evaluate(-INFINITY), -1.0f);
  EXPECT_TRUE(std::isnan(evaluate(NAN)));
}

TEST_F(FunctionUnits, OnlyTheFirstOfFourPairsTakesTheSecondForm) {
  for (int64_t position = 0; position < 16; ++position) {
    expand("math.tanh", "absolute_error", position);
    EXPECT_EQ(isNative(), position / 2 % 4 == 0) << position;
    expand("math.tanh", "", position);
    EXPECT_FALSE(isNative());
  }
}

} // namespace
