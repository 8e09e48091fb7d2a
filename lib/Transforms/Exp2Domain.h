//===- Exp2Domain.h - Scores whose exponential is a power of two -----------===//
//
// exp(t) = 2^(t * log2(e)), and 2^x is what hardware computes. The factor and
// the scale are folded into the constants of the score function, so that the
// relative-position example of the field, (qk * scale + rel) * 1.44269504,
// becomes qk * (scale * 1.44269504) + rel * 1.44269504: one FMA for each score.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TRANSFORMS_EXP2DOMAIN_H
#define KGEN_TRANSFORMS_EXP2DOMAIN_H

#include "kgen/Dialect/Attention/AttentionOps.h"

namespace kgen {

inline constexpr double kLog2E = 1.4426950408889634074; ///< log2(e)
inline constexpr double kLn2 = 0.69314718055994530942;  ///< ln(2)

/// Rewrites the score region of a kernel's op so that it takes the bare product
/// q*k, and returns the factor f > 0 with
///   softmax weight = 2^(f * region(q*k) - max).
/// Without a region, and with a positive scale, the region stays absent and f
/// is scale * log2(e); otherwise f is 1 and all factors are in the region.
double moveToExp2Domain(attention::ForwardOp op);

/// A positive constant factor of what the region yields, c * x: the region then
/// yields x, and c goes where f does. 1 if there is none.
double takeOuterFactor(mlir::Region &score);

} // namespace kgen

#endif // KGEN_TRANSFORMS_EXP2DOMAIN_H
