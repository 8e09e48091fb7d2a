//===- ScoreSlope.h - Whether a score rises with the key's position -------===//
#ifndef KGEN_SCHEDULE_SCORESLOPE_H
#define KGEN_SCHEDULE_SCORESLOPE_H

#include "kgen/Schedule/Expression.h"

namespace kgen {

/// Whether a score has the form
/// alpha * s + rest(b, h, i) + gamma(b, h) * j + terms(b, h, j)
/// with a gamma that is not zero by its form. For the space of schedules and
/// the bytes that one needs: it follows what AffineScore.h follows, but not the
/// size and sign of alpha, so that a few scores that it takes are not split.
/// What AffineScore.h takes as a term of keys must be one here, too: a term
/// takes more bytes than a slope.
bool hasSlope(const Expression &score);

/// Whether it has terms of the key alone.
bool hasKeyTerms(const Expression &score);

/// Whether gamma is known to be negative for all b and h, and there are no
/// other terms of keys: the first keys then have the greatest scores.
bool fallsWithKey(const Expression &score);

} // namespace kgen

#endif // KGEN_SCHEDULE_SCORESLOPE_H
