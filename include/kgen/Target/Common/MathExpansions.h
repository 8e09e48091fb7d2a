//===- MathExpansions.h - Math functions in terms of exp2, log2 and fma ------===//
#ifndef KGEN_TARGET_COMMON_MATHEXPANSIONS_H
#define KGEN_TARGET_COMMON_MATHEXPANSIONS_H

namespace mlir {
class Operation;
class RewritePatternSet;
} // namespace mlir

namespace kgen {

/// Adds rewrites of the math dialect that end in a small basis, the same for
/// every target: exp2, log2, fma, sqrt, rsqrt, absf, copysign, floor, ceil,
/// trunc, roundeven, and integer math, all floats in f32. Scalars and vectors.
///
/// f16 and bf16 functions are computed in f32 and rounded once. exp and tanh
/// have a relative error below 1e-6 where exp2 has at most 2 ulp. The others
/// (erf, erfc, expm1, log1p, sin, cos, tan, hyperbolic and inverse functions,
/// pow) are MLIR's own polynomial expansions. f64 is left alone.
void populateMathExpansions(mlir::RewritePatternSet &patterns);

/// True for operations of the basis above on f32 or integers. A target refuses
/// what is left outside of it with MathUnsupported.
bool isBasicMath(mlir::Operation *op);

} // namespace kgen

#endif // KGEN_TARGET_COMMON_MATHEXPANSIONS_H
