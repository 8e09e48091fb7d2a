//===- FunctionUnits.cpp - Which unit computes a function -------------------===//
//
// Powers of two on the FMA pipe:
//
// x = n + r with an integer n and |r| <= 1/2, and 2^x = 2^n * p(r). Adding
// 1.5 * 2^23 + 127 rounds x to n and leaves n + 127, the biased exponent of 2^n,
// in the low bits of the sum: shifted left by 23 they are 2^n (Cody and Waite,
// "Software Manual for the Elementary Functions", 1980, for the reduction).
//
// x is held at -127 or above, where the shifted bits are zero: what is below
// 2^-126.5, 2^-inf above all, gives exactly 0, as ex2.approx.ftz does below
// 2^-126. A NaN stays one: the bound and the products keep it.
//
// p has degree 3. Its coefficients are minimax for the relative error over
// |r| <= 1/2 (Remez exchange on 2^-r p(r) - 1, in double; rounded to f32). The
// error, evaluated in f32 at 2 million points, is at most 7.5e-5 = 2^-13.7: a
// weight is then rounded to bf16 (2^-9) or f16 (2^-11), so this is no numerics
// class of its own.
//
// tanh x where its absolute error alone matters (MathHints.h): a quotient of
// polynomials (MathExpansions.cpp) has one special function and 13 other
// operations, 1 - 2 / (2^(2 x log2 e) + 1) has two and 4. With the power that
// makes a weight of the score, and an H100's four special functions a cycle in
// each quarter that issues 32 operations, the pipes are balanced where the second
// form serves a fourth of the elements.
//
//===----------------------------------------------------------------------===//

#include "FunctionUnits.h"

#include "kgen/Dialect/Tile/IR/MathHints.h"
#include "kgen/Schedule/Schedule.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace kgen::nvvm {

constexpr float kLeast = -127.0f;
constexpr float kRounder = 12582912.0f + 127.0f; // 1.5 * 2^23, and the bias
constexpr int64_t kMantissaBits = 23;
constexpr float kCoefficients[] = {5.517166853e-02f, 2.426111251e-01f,
                                   6.932609677e-01f, 9.999280572e-01f};

/// On a tanh: take the form with two special functions.
constexpr llvm::StringLiteral kByPower = "tanh_by_power";

void assignUnit(Operation *op, int64_t position) {
  int64_t pair = position / 2;
  auto unit = op->getAttrOfType<StringAttr>(tile::kExp2Unit);
  if (unit && unit.getValue() == StringRef(spelling(Exp2Unit::Mixed)) &&
      pair % 2 == 0)
    op->removeAttr(tile::kExp2Unit);
  if (op->hasAttr(tile::kAbsoluteError) && pair % 4 == 0)
    op->setAttr(kByPower, UnitAttr::get(op->getContext()));
}

namespace {

struct ExpandExp2 : OpRewritePattern<math::Exp2Op> {
  explicit ExpandExp2(MLIRContext *context)
      : OpRewritePattern(context, /*benefit=*/10) {}

  LogicalResult matchAndRewrite(math::Exp2Op op,
                                PatternRewriter &rewriter) const override {
    if (!op->hasAttr(tile::kExp2Unit) || !op.getType().isF32())
      return failure();
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto constant = [&](float value) -> Value {
      return arith::ConstantOp::create(b, b.getF32FloatAttr(value));
    };
    Value x = op.getOperand();
    if (!op->hasAttr(tile::kExp2InRange))
      x = arith::MaximumFOp::create(b, x, constant(kLeast));
    Value rounded = arith::AddFOp::create(b, x, constant(kRounder));
    Value n = arith::SubFOp::create(b, rounded, constant(kRounder));
    Value r = arith::SubFOp::create(b, x, n);
    Value p = constant(kCoefficients[0]);
    for (float coefficient : ArrayRef<float>(kCoefficients).drop_front())
      p = math::FmaOp::create(b, p, r, constant(coefficient));
    Value bits = arith::BitcastOp::create(b, b.getI32Type(), rounded);
    Value shift =
        arith::ConstantIntOp::create(b, b.getI32Type(), kMantissaBits);
    Value power = arith::BitcastOp::create(
        b, b.getF32Type(), arith::ShLIOp::create(b, bits, shift));
    rewriter.replaceOpWithNewOp<arith::MulFOp>(op, p, power);
    return success();
  }
};

/// 1 - 2 / (2^(2 x log2 e) + 1), with an absolute error of 3e-7. The ends are
/// right: 2^x overflows to Inf, whose inverse is 0, or is 0.
struct ExpandTanhByPower : OpRewritePattern<math::TanhOp> {
  explicit ExpandTanhByPower(MLIRContext *context)
      : OpRewritePattern(context, /*benefit=*/5) {}

  LogicalResult matchAndRewrite(math::TanhOp op,
                                PatternRewriter &rewriter) const override {
    if (!op->hasAttr(kByPower) || !op.getType().isF32())
      return failure();
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto constant = [&](float value) -> Value {
      return arith::ConstantOp::create(b, b.getF32FloatAttr(value));
    };
    Value one = constant(1);
    Value exponent = arith::MulFOp::create(b, op.getOperand(),
                                           constant(2.885390082f)); // 2 log2 e
    Value power = math::Exp2Op::create(b, exponent);
    Value inverse =
        arith::DivFOp::create(b, one, arith::AddFOp::create(b, power, one),
                              arith::FastMathFlags::afn);
    rewriter.replaceOpWithNewOp<math::FmaOp>(op, constant(-2), inverse, one);
    return success();
  }
};

/// 1 / x where an approximate quotient will do: one instruction. LLVM's own form
/// minds denormals, at four more.
struct ApproximateInverse : OpRewritePattern<arith::DivFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::DivFOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getType().isF32() || !matchPattern(op.getLhs(), m_OneFloat()) ||
        !bitEnumContainsAny(op.getFastmath(), arith::FastMathFlags::afn))
      return failure();
    rewriter.replaceOpWithNewOp<LLVM::CallIntrinsicOp>(
        op, op.getType(), rewriter.getStringAttr("llvm.nvvm.rcp.approx.ftz.f"),
        ValueRange{op.getRhs()});
    return success();
  }
};

} // namespace

void populateFunctionUnits(RewritePatternSet &patterns) {
  patterns.add<ExpandExp2, ExpandTanhByPower, ApproximateInverse>(
      patterns.getContext());
}

} // namespace kgen::nvvm
