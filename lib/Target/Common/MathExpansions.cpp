//===- MathExpansions.cpp - Math functions in terms of exp2, log2 and fma ---===//

#include "kgen/Target/Common/MathExpansions.h"

#include "kgen/Dialect/Tile/IR/MathHints.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace kgen {

/// `value` in the type of `like`: a scalar, or a splat.
static Value constantLike(ImplicitLocOpBuilder &b, Value like, float value) {
  auto scalar = FloatAttr::get(getElementTypeOrSelf(like), value);
  if (auto shaped = dyn_cast<ShapedType>(like.getType()))
    return arith::ConstantOp::create(b, DenseElementsAttr::get(shaped, scalar));
  return arith::ConstantOp::create(b, scalar);
}

static Value fma(ImplicitLocOpBuilder &b, Value x, Value y, Value z) {
  return math::FmaOp::create(b, x, y, z);
}

namespace {

/// A rewrite of one f32 function into a value.
template <typename OpT>
struct ExpandF32 : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;
  virtual Value expand(ImplicitLocOpBuilder &b, OpT op) const = 0;

  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return failure();
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    rewriter.replaceOp(op, expand(b, op));
    return success();
  }
};

/// e^x = 2^t * (1 + ln 2 * r), t = x * log2 e rounded and r what it lost: the
/// rounding of t alone would cost |t| * 2^-24 of relative accuracy.
struct ExpandExp : ExpandF32<math::ExpOp> {
  using ExpandF32::ExpandF32;
  Value expand(ImplicitLocOpBuilder &b, math::ExpOp op) const override {
    Value x = op.getOperand();
    Value high = constantLike(b, x, 1.442695022e+00f); // log2 e = high + low
    Value low = constantLike(b, x, 1.925963033e-08f);
    Value ln2 = constantLike(b, x, 6.931471806e-01f);
    Value t = arith::MulFOp::create(b, x, high);
    Value lost = fma(b, x, high, arith::NegFOp::create(b, t));
    Value rest = fma(b, x, low, lost);
    Value power = math::Exp2Op::create(b, t);
    Value scaled = arith::MulFOp::create(b, rest, ln2);
    Value refined = fma(b, power, scaled, power);
    // Overflow, underflow and non-finite x: `rest` is NaN or harmful there.
    Value bound = constantLike(b, x, 127.0f);
    Value small = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT,
                                        math::AbsFOp::create(b, t), bound);
    return arith::SelectOp::create(b, small, refined, power);
  }
};

template <typename OpT>
struct ExpandLog : ExpandF32<OpT> {
  ExpandLog(MLIRContext *context, float factor)
      : ExpandF32<OpT>(context), factor(factor) {}
  Value expand(ImplicitLocOpBuilder &b, OpT op) const override {
    Value log2 = math::Log2Op::create(b, op.getOperand());
    return arith::MulFOp::create(b, log2, constantLike(b, log2, factor));
  }
  float factor; ///< log_base(2)
};

/// tanh x = 1 - 2 / (e^2|x| + 1) with the sign of x, and near 0, where that
/// cancels, an odd polynomial: x + x^3 P(x^2), minimax for |x| <= 0.55 with a
/// relative error of 3.7e-8 (least squares reweighted to equal extrema).
struct ExpandTanh : ExpandF32<math::TanhOp> {
  using ExpandF32::ExpandF32;
  Value expand(ImplicitLocOpBuilder &b, math::TanhOp op) const override {
    Value x = op.getOperand();
    Value magnitude = math::AbsFOp::create(b, x);
    Value one = constantLike(b, x, 1.0f);
    Value exponent = arith::MulFOp::create(
        b, magnitude, constantLike(b, x, 2.885390082f)); // 2 log2 e
    Value power = math::Exp2Op::create(b, exponent);
    // An approximate quotient (2 ulp) keeps the bound and saves GPUs a call.
    Value inverse = arith::DivFOp::create(
        b, one, arith::AddFOp::create(b, power, one),
        arith::FastMathFlags::afn);
    Value large = fma(b, constantLike(b, x, -2.0f), inverse, one);

    Value square = arith::MulFOp::create(b, x, x);
    Value series = constantLike(b, x, 1.643755287e-02f);
    for (float coefficient :
         {-5.267179757e-02f, 1.332072467e-01f, -3.333294690e-01f})
      series = fma(b, series, square, constantLike(b, x, coefficient));
    Value cube = arith::MulFOp::create(b, square, magnitude);
    Value small = fma(b, cube, series, magnitude);

    Value isSmall = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT,
                                          magnitude,
                                          constantLike(b, x, 0.55f));
    Value result = arith::SelectOp::create(b, isSmall, small, large);
    return math::CopySignOp::create(b, result, x);
  }
};

/// tanh x where its absolute error alone matters: x P(x^2) / Q(x^2), minimax
/// over |x| <= 7 with an absolute error of 9.1e-7 (scripts/minimax.py); in f32
/// it is at most 1.2e-6 for any x, and the result lies within [-1, 1]. One
/// special function instead of two, and no case distinction.
struct ExpandRoughTanh : OpRewritePattern<math::TanhOp> {
  explicit ExpandRoughTanh(MLIRContext *context)
      : OpRewritePattern(context, /*benefit=*/2) {}

  static Value polynomial(ImplicitLocOpBuilder &b, Value x,
                          ArrayRef<float> coefficients) {
    Value sum = constantLike(b, x, coefficients.front());
    for (float coefficient : coefficients.drop_front())
      sum = fma(b, sum, x, constantLike(b, x, coefficient));
    return sum;
  }

  LogicalResult matchAndRewrite(math::TanhOp op,
                                PatternRewriter &rewriter) const override {
    if (!op->hasAttr(tile::kAbsoluteError) ||
        !getElementTypeOrSelf(op.getType()).isF32())
      return failure();
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value x = op.getOperand();
    // Both keep a NaN.
    x = arith::MaximumFOp::create(b, x, constantLike(b, x, -7.0f));
    x = arith::MinimumFOp::create(b, x, constantLike(b, x, 7.0f));
    Value square = arith::MulFOp::create(b, x, x);
    Value p = polynomial(b, square, {3.930008916e-06f, 2.276988700e-03f,
                                     1.230218336e-01f, 9.999957085e-01f});
    Value q = polynomial(b, square, {1.423507929e-04f, 2.107218094e-02f,
                                     4.563403130e-01f, 1.0f});
    Value inverse = arith::DivFOp::create(b, constantLike(b, x, 1.0f), q,
                                          arith::FastMathFlags::afn);
    Value numerator = arith::MulFOp::create(b, p, x);
    rewriter.replaceOpWithNewOp<arith::MulFOp>(op, numerator, inverse);
    return success();
  }
};

/// Computes an f16 or bf16 function in f32 and rounds the result.
struct WidenToF32 : RewritePattern {
  explicit WidenToF32(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/2, context) {}

  static bool isNarrow(Type type) {
    Type element = getElementTypeOrSelf(type);
    return element.isF16() || element.isBF16();
  }
  static Type widened(Type type) {
    Type f32 = Float32Type::get(type.getContext());
    if (auto shaped = dyn_cast<ShapedType>(type))
      return shaped.clone(f32);
    return f32;
  }

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!isa_and_nonnull<math::MathDialect>(op->getDialect()) ||
        op->getNumResults() != 1 || !isNarrow(op->getResult(0).getType()))
      return failure();
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(isNarrow(operand.getType())
                             ? arith::ExtFOp::create(rewriter, op->getLoc(),
                                                     widened(operand.getType()),
                                                     operand)
                             : operand);
    Type type = op->getResult(0).getType();
    OperationState state(op->getLoc(), op->getName(), operands,
                         {widened(type)}, op->getAttrs());
    Operation *wide = rewriter.create(state);
    rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, type, wide->getResult(0));
    return success();
  }
};

} // namespace

void populateMathExpansions(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<ExpandExp, ExpandTanh, ExpandRoughTanh, WidenToF32>(context);
  patterns.add<ExpandLog<math::LogOp>>(context, 6.931471806e-01f);
  patterns.add<ExpandLog<math::Log10Op>>(context, 3.010299957e-01f);
  math::populateExpansionPatterns(
      patterns, {"sinh", "cosh", "tan", "asinh", "acosh", "atanh", "powf",
                 "fpowi", "round"});
  auto hasPolynomial = [](StringRef name) {
    return llvm::is_contained({"math.erf", "math.erfc", "math.expm1",
                               "math.log1p", "math.sin", "math.cos",
                               "math.atan", "math.atan2", "math.acos",
                               "math.asin", "math.cbrt"},
                              name);
  };
  populateMathPolynomialApproximationPatterns(patterns, hasPolynomial);
}

bool isBasicMath(Operation *op) {
  if (isa<math::AbsIOp, math::CountLeadingZerosOp, math::CountTrailingZerosOp,
          math::CtPopOp>(op))
    return true;
  return isa<math::Exp2Op, math::Log2Op, math::FmaOp, math::SqrtOp,
             math::RsqrtOp, math::AbsFOp, math::CopySignOp, math::FloorOp,
             math::CeilOp, math::TruncOp, math::RoundEvenOp, math::IsNaNOp,
             math::IsInfOp, math::IsFiniteOp, math::IsNormalOp>(op) &&
         getElementTypeOrSelf(op->getOperand(0)).isF32();
}

} // namespace kgen
