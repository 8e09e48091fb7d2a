//===- Parallel.h - A loop over all cores ----------------------------------===//
#ifndef KGEN_LIB_VERIFIER_PARALLEL_H
#define KGEN_LIB_VERIFIER_PARALLEL_H

#include <cstdint>
#include <functional>

namespace kgen {

/// Calls `body(begin, end)` on disjoint ranges that cover [0, count), from as
/// many threads as the machine has cores. Ranges have at most `grain` items.
/// Which thread gets which range does not influence results: bodies write only
/// to what their range owns.
void parallelFor(int64_t count, int64_t grain,
                 const std::function<void(int64_t, int64_t)> &body);

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_PARALLEL_H
