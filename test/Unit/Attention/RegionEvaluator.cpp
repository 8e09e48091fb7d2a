//===- RegionEvaluator.cpp - Regions on concrete positions ----------------===//
#include "RegionEvaluator.h"
#include "kgen/Dialect/Attention/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;
using namespace kgen::attention;
using namespace kgen::attention::test;

void kgen::attention::test::loadDialects(MLIRContext &context) {
  context.loadDialect<AttentionDialect, arith::ArithDialect, func::FuncDialect,
                      math::MathDialect, memref::MemRefDialect,
                      tensor::TensorDialect>();
}

RegionEvaluator::RegionEvaluator(MLIRContext &context, const std::string &text)
    : module(parseSourceString<ModuleOp>(text, &context)) {
  if (!module)
    return;
  module->walk([&](ForwardOp forward) { op = forward; });
  IRRewriter rewriter(&context);
  if (op && failed(expandMods(rewriter, op)))
    op = nullptr;
}

Attribute RegionEvaluator::evaluate(Region &region,
                                    ArrayRef<Attribute> arguments) {
  llvm::DenseMap<Value, Attribute> known;
  for (auto [argument, value] :
       llvm::zip_equal(region.getArguments(), arguments))
    known[argument] = value;
  auto lookup = [&](Value value) {
    Attribute constant = known.lookup(value);
    if (!constant)
      matchPattern(value, m_Constant(&constant));
    return constant;
  };
  for (Operation &nested : region.front().without_terminator()) {
    SmallVector<Attribute> operands =
        llvm::map_to_vector(nested.getOperands(), lookup);
    SmallVector<OpFoldResult> results;
    if (failed(nested.fold(operands, results)) || results.empty())
      return {};
    auto value = dyn_cast<Value>(results.front());
    known[nested.getResult(0)] =
        value ? lookup(value) : cast<Attribute>(results.front());
  }
  return lookup(cast<YieldOp>(region.front().getTerminator()).getValue());
}

static SmallVector<Attribute> indices(MLIRContext *context,
                                      std::array<int64_t, 4> position) {
  return llvm::map_to_vector(position, [&](int64_t index) -> Attribute {
    return Builder(context).getIndexAttr(index);
  });
}

bool RegionEvaluator::keeps(std::array<int64_t, 4> position) {
  if (!op.hasMask())
    return true;
  auto kept = dyn_cast_if_present<IntegerAttr>(
      evaluate(op.getMask(), indices(op.getContext(), position)));
  if (!kept)
    llvm::report_fatal_error("the mask does not fold to a constant");
  return kept.getValue().isOne();
}

double RegionEvaluator::score(double s, std::array<int64_t, 4> position) {
  if (!op.hasScore())
    return s;
  SmallVector<Attribute> arguments = indices(op.getContext(), position);
  arguments.insert(
      arguments.begin(),
      Builder(op.getContext()).getF32FloatAttr(static_cast<float>(s)));
  auto result =
      dyn_cast_if_present<FloatAttr>(evaluate(op.getScore(), arguments));
  if (!result)
    llvm::report_fatal_error("the score does not fold to a constant");
  return result.getValueAsDouble();
}
