//===- PositionCompare.cpp - Masks as comparisons with constants ----------===//
//
// A lane's columns are one index plus constants: first + c. Where a mask
// compares them with a bound of the row, c < bound - first has the constant in
// the instruction, and the difference is one for all columns of the row;
// first + c < bound takes a register and a sum for each column. Two comparisons
// of an element are joined in the second one: LLVM would make two selections of
// them.
//
//===----------------------------------------------------------------------===//

#include "PositionCompare.h"

#include "kgen/Dialect/Tile/IR/MathHints.h"
#include "kgen/Target/Common/InlineAssembly.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace kgen::nvvm {
namespace {

/// The i32 that a position was before it became an index, and again an i32.
Value withoutCasts(Value value) {
  auto narrowed = value.getDefiningOp<arith::IndexCastOp>();
  if (!narrowed)
    return value;
  auto widened = narrowed.getIn().getDefiningOp<arith::IndexCastUIOp>();
  return widened && widened.getIn().getType() == value.getType()
             ? widened.getIn()
             : value;
}

/// The sum that a column is, if it is one with a constant.
arith::AddIOp columnSum(arith::CmpIOp compare) {
  if (!compare.getRhs().getType().isInteger(32))
    return {};
  auto sum = withoutCasts(compare.getLhs()).getDefiningOp<arith::AddIOp>();
  return sum && matchPattern(sum.getRhs(), m_Constant()) ? sum
                                                         : arith::AddIOp();
}

struct CompareWithConstant : OpRewritePattern<arith::CmpIOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::CmpIOp op,
                                PatternRewriter &rewriter) const override {
    arith::AddIOp sum = columnSum(op);
    if (!sum || !op->hasAttr(tile::kComparesPositions))
      return failure();
    bool isBelow = op.getPredicate() == arith::CmpIPredicate::slt;
    if (!isBelow && op.getPredicate() != arith::CmpIPredicate::sge)
      return failure();
    auto predicate =
        isBelow ? arith::CmpIPredicate::sgt : arith::CmpIPredicate::sle;
    Value distance = arith::SubIOp::create(
        rewriter, op.getLoc(), withoutCasts(op.getRhs()), sum.getLhs());
    auto attributes = op->getDiscardableAttrDictionary();
    auto compare = rewriter.replaceOpWithNewOp<arith::CmpIOp>(
        op, predicate, distance, sum.getRhs());
    compare->setDiscardableAttrs(attributes);
    return success();
  }
};

struct JoinComparisons : OpRewritePattern<arith::AndIOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::AndIOp op,
                                PatternRewriter &rewriter) const override {
    auto first = op.getLhs().getDefiningOp<arith::CmpIOp>();
    auto second = op.getRhs().getDefiningOp<arith::CmpIOp>();
    for (arith::CmpIOp compare : {first, second})
      if (!compare || !compare->hasAttr(tile::kComparesPositions) ||
          !compare.getLhs().getType().isInteger(32) || columnSum(compare))
        return failure(); // or not yet: its own pattern comes first
    StringRef predicate = arith::stringifyCmpIPredicate(second.getPredicate());
    if (!predicate.consume_front("s"))
      return failure();
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    // A constant that is an operand would come in a register.
    SmallVector<Value> operands = {second.getLhs(), first};
    std::string bound = "$3", constraints = "=b,r,b";
    APInt constant;
    if (matchPattern(second.getRhs(), m_ConstantInt(&constant))) {
      bound = std::to_string(constant.getSExtValue());
    } else {
      operands.push_back(second.getRhs());
      constraints += ",r";
    }
    std::string text =
        ("setp." + predicate + ".and.s32 $0, $1, " + bound + ", $2;").str();
    rewriter.replaceOp(
        op, inlineAssembly(b, b.getI1Type(), operands, text, constraints));
    return success();
  }
};

} // namespace

void populatePositionCompare(RewritePatternSet &patterns) {
  patterns.add<CompareWithConstant, JoinComparisons>(patterns.getContext());
}

} // namespace kgen::nvvm
