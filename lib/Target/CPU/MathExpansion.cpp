//===- MathExpansion.cpp - math operations as vector arithmetic ------------===//

#include "MathExpansion.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using namespace kgen;

namespace {

using Predicate = arith::CmpFPredicate;

/// Arithmetic on f32 or vectors of it, written as formulas. Products and sums
/// may be contracted to fused multiply-adds.
class Formula {
public:
  Formula(PatternRewriter &rewriter, Operation *op)
      : b(op->getLoc(), rewriter), type(op->getResult(0).getType()) {
    intType = b.getI32Type();
    if (auto vector = dyn_cast<VectorType>(type))
      intType = vector.clone(intType);
  }

  Value f(double value) { return constant(type, b.getF32FloatAttr(value)); }
  Value i(int32_t value) { return constant(intType, b.getI32IntegerAttr(value)); }
  Value inf() { return f(std::numeric_limits<double>::infinity()); }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y, fast()); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, x, y, fast()); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, x, y, fast()); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, x, y, fast()); }
  Value mulAdd(Value x, Value y, Value z) { return add(mul(x, y), z); }
  /// Exactly as written: for sums whose rounding is the point.
  Value exactAdd(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value exactSub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value cmp(Predicate p, Value x, Value y) {
    return arith::CmpFOp::create(b, p, x, y);
  }
  Value select(Value c, Value x, Value y) {
    return arith::SelectOp::create(b, c, x, y);
  }
  Value bits(Value x) { return arith::BitcastOp::create(b, intType, x); }
  Value fromBits(Value x) { return arith::BitcastOp::create(b, type, x); }
  Value iadd(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
  Value iand(Value x, Value y) { return arith::AndIOp::create(b, x, y); }
  Value ior(Value x, Value y) { return arith::OrIOp::create(b, x, y); }
  Value shl(Value x, int32_t n) { return arith::ShLIOp::create(b, x, i(n)); }
  Value shr(Value x, int32_t n) { return arith::ShRUIOp::create(b, x, i(n)); }
  Value abs(Value x) { return math::AbsFOp::create(b, x); }
  /// Horner's rule, highest coefficient first.
  Value polynomial(Value x, ArrayRef<double> coefficients) {
    Value sum = f(coefficients.front());
    for (double coefficient : coefficients.drop_front())
      sum = mulAdd(sum, x, f(coefficient));
    return sum;
  }

  ImplicitLocOpBuilder b;
  Type type, intType;

private:
  Value constant(Type of, TypedAttr value) {
    if (auto vector = dyn_cast<VectorType>(of))
      value = DenseElementsAttr::get(vector, Attribute(value));
    return arith::ConstantOp::create(b, value);
  }
  arith::FastMathFlags fast() { return arith::FastMathFlags::contract; }
};

//===----------------------------------------------------------------------===//
// exp2, exp
//===----------------------------------------------------------------------===//

/// 1.5 * 2^23: adding it rounds to an integer, kept in the low bits.
constexpr double kRounder = 12582912.0;

/// `mantissa * 2^n` for the n that `rounded` holds as kRounder + n. `exponent`
/// is the unrounded power of two, which decides overflow (infinity), underflow
/// (zero; results below 2^-126 are flushed) and NaN.
Value scaleByPower(Formula &m, Value mantissa, Value rounded, Value exponent) {
  Value scaled = m.fromBits(m.iadd(m.bits(mantissa), m.shl(m.bits(rounded), 23)));
  Value low = m.cmp(Predicate::OLT, exponent, m.f(-126.0));
  Value result = m.select(low, m.f(0.0), scaled);
  Value high = m.cmp(Predicate::UGE, exponent, m.f(128.0));
  return m.select(high, m.exactAdd(exponent, m.inf()), result);
}

/// 2^x: the nearest integer goes into the exponent, the rest (at most 1/2)
/// through a minimax polynomial (coefficients of Cephes' exp2f).
Value exp2(Formula &m, Value x) {
  Value rounded = m.exactAdd(x, m.f(kRounder));
  Value rest = m.exactSub(x, m.exactSub(rounded, m.f(kRounder)));
  Value mantissa = m.polynomial(
      rest, {1.535336188319500e-4, 1.339887440266574e-3, 9.618437357674640e-3,
             5.550332471162809e-2, 2.402264791363012e-1, 6.931472028550421e-1,
             1.0});
  return scaleByPower(m, mantissa, rounded, x);
}

/// e^x: ln 2 in two parts keeps the rest exact; coefficients of Cephes' expf.
Value exp(Formula &m, Value x) {
  Value exponent = m.mul(x, m.f(1.44269504088896341));
  Value rounded = m.exactAdd(exponent, m.f(kRounder));
  Value n = m.exactSub(rounded, m.f(kRounder));
  Value rest = m.mulAdd(n, m.f(-0.693359375), x);
  rest = m.mulAdd(n, m.f(2.12194440e-4), rest);
  Value p = m.polynomial(rest, {1.9875691500e-4, 1.3981999507e-3,
                                8.3334519073e-3, 4.1665795894e-2,
                                1.6666665459e-1, 5.0000001201e-1});
  Value mantissa = m.add(m.mulAdd(m.mul(rest, rest), p, rest), m.f(1.0));
  return scaleByPower(m, mantissa, rounded, exponent);
}

//===----------------------------------------------------------------------===//
// log2, log
//===----------------------------------------------------------------------===//

struct Logarithm {
  Value mantissaLog; ///< natural logarithm of the mantissa in [1/2, 2) around 1
  Value exponent;    ///< integer, as f32
};

/// Splits x = 2^exponent * (1 + f), sqrt(1/2) <= 1 + f < sqrt(2); coefficients
/// of Cephes' logf.
Logarithm logarithm(Formula &m, Value x) {
  Value tiny = m.cmp(Predicate::OLT, x, m.f(1.17549435e-38));
  Value normal = m.select(tiny, m.mul(x, m.f(8388608.0)), x);
  // Take sqrt(1/2) off the exponent field, so that it rounds to the nearer.
  Value shifted = m.iadd(m.bits(normal), m.i(0x3f800000 - 0x3f3504f3));
  Value fraction = m.iadd(m.iand(shifted, m.i(0x007fffff)), m.i(0x3f3504f3));
  Value f = m.exactSub(m.fromBits(fraction), m.f(1.0));
  Value biased = arith::UIToFPOp::create(m.b, m.type, m.shr(shifted, 23));
  Value bias = m.select(tiny, m.f(150.0), m.f(127.0));
  Value p = m.polynomial(
      f, {7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1,
          1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1,
          3.3333331174e-1});
  Value square = m.mul(f, f);
  Value tail = m.mul(m.mul(p, f), square);
  tail = m.mulAdd(square, m.f(-0.5), tail);
  return {m.add(f, tail), m.exactSub(biased, bias)};
}

/// Infinity, zero, negative and NaN inputs.
Value logarithmSpecials(Formula &m, Value x, Value result) {
  Value nan = m.f(std::numeric_limits<double>::quiet_NaN());
  Value minusInf = m.f(-std::numeric_limits<double>::infinity());
  result = m.select(m.cmp(Predicate::OEQ, x, m.inf()), x, result);
  result = m.select(m.cmp(Predicate::OEQ, x, m.f(0.0)), minusInf, result);
  return m.select(m.cmp(Predicate::ULT, x, m.f(0.0)), nan, result);
}

Value log2(Formula &m, Value x) {
  Logarithm parts = logarithm(m, x);
  // log2(e) = 1 + 0.44269504: the 1 is exact.
  Value fraction = m.mulAdd(parts.mantissaLog, m.f(0.44269504088896341),
                            parts.mantissaLog);
  return logarithmSpecials(m, x, m.add(fraction, parts.exponent));
}

Value log(Formula &m, Value x) {
  Logarithm parts = logarithm(m, x);
  Value low = m.mulAdd(parts.exponent, m.f(-2.12194440e-4), parts.mantissaLog);
  Value result = m.mulAdd(parts.exponent, m.f(0.693359375), low);
  return logarithmSpecials(m, x, result);
}

//===----------------------------------------------------------------------===//
// tanh
//===----------------------------------------------------------------------===//

/// Odd polynomial near 0 (Cephes' tanhf), 1 - 2 / (e^2x + 1) elsewhere.
Value tanh(Formula &m, Value x) {
  Value square = m.mul(x, x);
  Value p = m.polynomial(square, {-5.70498872745e-3, 2.06390887954e-2,
                                  -5.37397155531e-2, 1.33314422036e-1,
                                  -3.33332819422e-1});
  Value small = m.mulAdd(m.mul(p, square), x, x);
  Value magnitude = m.abs(x);
  Value power = exp(m, m.mul(magnitude, m.f(2.0)));
  Value large = m.exactSub(m.f(1.0), m.div(m.f(2.0), m.add(power, m.f(1.0))));
  Value withSign = math::CopySignOp::create(m.b, large, x);
  return m.select(m.cmp(Predicate::OLT, magnitude, m.f(0.625)), small, withSign);
}

Value rsqrt(Formula &m, Value x) {
  return m.div(m.f(1.0), math::SqrtOp::create(m.b, x));
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

template <typename OpT, Value (*Expansion)(Formula &, Value)>
struct ExpandUnary : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return failure();
    Formula formula(rewriter, op);
    rewriter.replaceOp(op, Expansion(formula, op.getOperand()));
    return success();
  }
};

/// f32 to bf16, to nearest even, by integer arithmetic: the plain instruction
/// flushes denormals where it exists and is a library call where it does not.
struct RoundToBF16 : OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::TruncFOp op,
                                PatternRewriter &rewriter) const override {
    Type in = op.getIn().getType(), out = op.getType();
    if (!getElementTypeOrSelf(in).isF32() || !getElementTypeOrSelf(out).isBF16())
      return failure();
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto like = [&](Type element) -> Type {
      if (auto vector = dyn_cast<VectorType>(in))
        return vector.clone(element);
      return element;
    };
    Type i32 = like(b.getI32Type()), i16 = like(b.getI16Type());
    auto constant = [&](int32_t value) -> Value {
      TypedAttr attribute = b.getI32IntegerAttr(value);
      if (auto vector = dyn_cast<VectorType>(i32))
        attribute = DenseElementsAttr::get(vector, Attribute(attribute));
      return arith::ConstantOp::create(b, attribute);
    };
    Value bits = arith::BitcastOp::create(b, i32, op.getIn());
    Value high = arith::ShRUIOp::create(b, bits, constant(16));
    Value odd = arith::AndIOp::create(b, high, constant(1));
    Value bias = arith::AddIOp::create(b, odd, constant(0x7fff));
    Value rounded = arith::ShRUIOp::create(
        b, arith::AddIOp::create(b, bits, bias), constant(16));
    Value quiet = arith::OrIOp::create(b, high, constant(0x40));
    Value isNaN =
        arith::CmpFOp::create(b, Predicate::UNO, op.getIn(), op.getIn());
    Value chosen = arith::SelectOp::create(b, isNaN, quiet, rounded);
    Value narrow = arith::TruncIOp::create(b, i16, chosen);
    rewriter.replaceOpWithNewOp<arith::BitcastOp>(op, out, narrow);
    return success();
  }
};

} // namespace

/// Has an instruction, or a short sequence of them, on every x86-64-v2.
static bool isNative(Operation *op) {
  if (isa<math::AbsIOp, math::CountLeadingZerosOp, math::CountTrailingZerosOp,
          math::CtPopOp>(op))
    return true;
  Type element = getElementTypeOrSelf(op->getResult(0).getType());
  return (element.isF32() || element.isF64()) &&
         isa<math::AbsFOp, math::CeilOp, math::CopySignOp, math::FloorOp,
             math::FmaOp, math::RoundEvenOp, math::SqrtOp, math::TruncOp>(op);
}

LogicalResult kgen::cpu::expandMath(Operation *root) {
  RewritePatternSet own(root->getContext());
  own.add<ExpandUnary<math::Exp2Op, exp2>, ExpandUnary<math::ExpOp, exp>,
          ExpandUnary<math::Log2Op, log2>, ExpandUnary<math::LogOp, log>,
          ExpandUnary<math::TanhOp, tanh>, ExpandUnary<math::RsqrtOp, rsqrt>,
          RoundToBF16>(root->getContext());
  arith::populateCeilFloorDivExpandOpsPatterns(own);
  GreedyRewriteConfig config;
  if (failed(applyPatternsGreedily(root, std::move(own), config)))
    return root->emitError() << "[KG4002] expanding math did not finish";
  RewritePatternSet rest(root->getContext());
  math::populateExpansionPatterns(
      rest, {"sinh", "cosh", "tan", "asinh", "acosh", "atanh", "ceil", "powf",
             "round", "fpowi", "ipowi", "exp2", "clampf"});
  populateMathPolynomialApproximationPatterns(rest);
  rest.add<ExpandUnary<math::ExpOp, exp>, ExpandUnary<math::Exp2Op, exp2>,
           ExpandUnary<math::LogOp, log>, ExpandUnary<math::Log2Op, log2>,
           ExpandUnary<math::RsqrtOp, rsqrt>>(root->getContext(),
                                              /*benefit=*/10);
  if (failed(applyPatternsGreedily(root, std::move(rest), config)))
    return root->emitError() << "[KG4002] expanding math did not finish";
  WalkResult walk = root->walk([&](Operation *op) {
    if (!isa<math::MathDialect>(op->getDialect()) || isNative(op))
      return WalkResult::advance();
    op->emitError() << "[KG4002] '" << op->getName()
                    << "' on this type has no expansion on the CPU";
    return WalkResult::interrupt();
  });
  return failure(walk.wasInterrupted());
}
