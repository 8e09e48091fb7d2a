//===- Rows.h - Which rows and shapes are checked --------------------------===//
#ifndef KGEN_LIB_VERIFIER_ROWS_H
#define KGEN_LIB_VERIFIER_ROWS_H

#include "kgen/Verifier/Protocol.h"

#include <vector>

namespace kgen {

/// Rows that the oracle computes, sorted by (batch, head, row): all of them when
/// that costs at most `work` multiply-adds, else tile edges (rows 0, -1, and +-1
/// around multiples of 16 in random places) and random rows, spread over all
/// heads, that cost about `work`. Never a fixed stride: that hid a wrong
/// diagonal tile from every family (facts: schedule search, section 2.5).
std::vector<RowIndex> chooseRows(const Problem &problem,
                                 const ProblemSizes &sizes, double work,
                                 uint64_t seed);

/// Small shapes around the target that no tile divides: one row, fewer keys
/// than a tile, one more and one less than a tile, q != kv. Empty for a problem
/// without dynamic sizes. Captured tensors follow the dimension they had.
std::vector<ProblemSizes> raggedNeighbours(const Problem &problem,
                                           const ProblemSizes &target);

/// Refuses sizes that are not positive, contradict the problem's static ones or
/// need more than `limitBytes` of memory in all.
Expected<void> checkSizes(const Problem &problem, const ProblemSizes &sizes,
                          double limitBytes = 64e9);

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_ROWS_H
