//===- ForwardOpTest.cpp - The C++ interface of attention.forward ---------===//
#include "RegionEvaluator.h"
#include "kgen/Schedule/Schedule.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"

#include <gtest/gtest.h>

using namespace kgen;
using namespace kgen::attention;
using namespace kgen::attention::test;
using mlir::ShapedType;

namespace {

struct ForwardOpTest : testing::Test {
  ForwardOpTest() { loadDialects(context); }
  mlir::MLIRContext context;
};

TEST_F(ForwardOpTest, SizesTakeTheStaticOnes) {
  RegionEvaluator evaluator(context, R"mlir(
    func.func @f(%q: tensor<?x8x?x64xf16>, %k: tensor<3x2x?x64xf16>, %v: tensor<?x2x77x96xf16>) {
      %o, %l = attention.forward %q, %k, %v : (tensor<?x8x?x64xf16>, tensor<3x2x?x64xf16>, tensor<?x2x77x96xf16>)
        -> (tensor<?x8x?x96xf16>, tensor<?x8x?xf32>)
      return
    })mlir");
  ASSERT_TRUE(evaluator.isValid());
  ForwardOp op = evaluator.getOp();
  EXPECT_EQ(op.getBatch(), 3);
  EXPECT_EQ(op.getHeadsQ(), 8);
  EXPECT_EQ(op.getHeadsKV(), 2);
  EXPECT_EQ(op.getSeqQ(), ShapedType::kDynamic);
  EXPECT_EQ(op.getSeqKV(), 77);
  EXPECT_EQ(op.getHeadDimQK(), 64);
  EXPECT_EQ(op.getHeadDimV(), 96);
  EXPECT_TRUE(op.getElementType().isF16());
  EXPECT_TRUE(op.writesLse());
  EXPECT_TRUE(op.isTensorForm());
  EXPECT_EQ(op.getScale().convertToDouble(), 0.125);
}

TEST_F(ForwardOpTest, CapturesInOrderOfFirstUseWithoutConstants) {
  RegionEvaluator evaluator(context, R"mlir(
    func.func @f(%q: tensor<1x1x8x8xf32>, %a: tensor<8xf32>, %b: index, %c: f32) {
      %k = arith.constant 3 : index
      %o = attention.forward %q, %q, %q score {
      ^bb0(%s: f32, %bb: index, %h: index, %i: index, %j: index):
        %x = arith.addf %s, %c : f32
        %y = tensor.extract %a[%k] : tensor<8xf32>
        %z = arith.addf %x, %y : f32
        %w = arith.addf %z, %c : f32
        attention.yield %w : f32
      } mask {
      ^bb0(%bb: index, %h: index, %i: index, %j: index):
        %y = arith.cmpi slt, %i, %b : index
        attention.yield %y : i1
      } : (tensor<1x1x8x8xf32>, tensor<1x1x8x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x1x8x8xf32>
      return
    })mlir");
  ASSERT_TRUE(evaluator.isValid());
  ForwardOp op = evaluator.getOp();
  mlir::Block &entry = *op->getBlock();
  llvm::SmallVector<mlir::Value> expected{
      entry.getArgument(3), entry.getArgument(1), entry.getArgument(2)};
  EXPECT_EQ(op.getCaptures(), expected);
}

TEST_F(ForwardOpTest, BuilderInfersResults) {
  RegionEvaluator evaluator(context, R"mlir(
    func.func @f(%q: tensor<2x4x?x64xbf16>, %v: tensor<2x4x?x32xbf16>) {
      %o = attention.forward %q, %q, %v : (tensor<2x4x?x64xbf16>, tensor<2x4x?x64xbf16>, tensor<2x4x?x32xbf16>) -> tensor<2x4x?x32xbf16>
      return
    })mlir");
  ASSERT_TRUE(evaluator.isValid());
  mlir::OpBuilder builder(evaluator.getOp());
  mlir::Block &entry = *evaluator.getOp()->getBlock();
  auto op = ForwardOp::create(builder, builder.getUnknownLoc(),
                              entry.getArgument(0), entry.getArgument(0),
                              entry.getArgument(1), 0.5, /*withLse=*/true);
  EXPECT_TRUE(succeeded(mlir::verify(op)));
  EXPECT_EQ(op.getO().getType(), evaluator.getOp().getO().getType());
  EXPECT_TRUE(op.writesLse());
  EXPECT_FALSE(op.hasScore());
}

TEST_F(ForwardOpTest, ScheduleAttributeHoldsTheStruct) {
  Schedule schedule;
  schedule.tileQ = 128;
  schedule.exp2 = Exp2Unit::Polynomial;
  auto attribute = ScheduleAttr::get(&context, schedule);
  EXPECT_EQ(attribute.getSchedule(), schedule);
  EXPECT_EQ(attribute, ScheduleAttr::get(&context, schedule));
  EXPECT_NE(attribute, ScheduleAttr::get(&context, Schedule()));
  std::string text;
  llvm::raw_string_ostream(text) << attribute;
  EXPECT_EQ(mlir::parseAttribute(text, &context), attribute) << text;
}

/// Every knob round-trips: each is changed in turn, to a value of its type.
TEST_F(ForwardOpTest, EveryKnobRoundTrips) {
  int knobs = 0, tested = 0;
  Schedule base;
  forEachKnob(base, [&](std::string_view, auto &) { ++knobs; });
  for (int chosen = 0; chosen < knobs; ++chosen) {
    Schedule schedule;
    int index = 0;
    std::string name;
    forEachKnob(schedule, [&](std::string_view key, auto &field) {
      if (index++ != chosen)
        return;
      name = key;
      using Field = std::remove_reference_t<decltype(field)>;
      // Powers of two stay legal; enumerators start at 0.
      int64_t value = static_cast<int64_t>(field);
      field = static_cast<Field>(std::is_same_v<Field, int64_t>
                                     ? (value ? 2 * value : 8)
                                     : (value ? 0 : 1));
    });
    // A value may be illegal with the defaults of the other knobs.
    mlir::ScopedDiagnosticHandler quiet(&context, [](mlir::Diagnostic &) {});
    auto attribute = ScheduleAttr::getChecked(
        [&] { return mlir::emitError(mlir::UnknownLoc::get(&context)); },
        &context, schedule);
    if (!attribute)
      continue;
    ++tested;
    std::string text;
    llvm::raw_string_ostream(text) << attribute;
    EXPECT_NE(text.find(name), std::string::npos) << text;
    EXPECT_EQ(mlir::parseAttribute(text, &context), attribute) << text;
  }
  EXPECT_GT(tested, knobs / 2);
}

TEST_F(ForwardOpTest, NearestNameIsNear) {
  llvm::StringRef known[] = {"causal", "alibi", "sliding_window"};
  EXPECT_EQ(nearestName("casual", known), "causal");
  EXPECT_EQ(nearestName("slidingwindow", known), "sliding_window");
  EXPECT_EQ(nearestName("quadratic", known), "");
}

} // namespace
