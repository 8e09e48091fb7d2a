//===- OnlineSoftmax.h - The flash-attention algorithm ---------------------===//
#ifndef KGEN_TRANSFORMS_ONLINESOFTMAX_H
#define KGEN_TRANSFORMS_ONLINESOFTMAX_H

#include "kgen/Dialect/Attention/AttentionOps.h"
#include "kgen/Schedule/Schedule.h"

namespace kgen {

/// Replaces the op of a kernel function by online softmax over tiles, in the
/// tiled form of the tile dialect. The schedule must be legal for the op.
void lowerToOnlineSoftmax(attention::ForwardOp op, const Schedule &schedule);

} // namespace kgen

#endif // KGEN_TRANSFORMS_ONLINESOFTMAX_H
