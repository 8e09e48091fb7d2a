//===- Hints.h - What wrong rows have in common ----------------------------===//
#ifndef KGEN_LIB_VERIFIER_HINTS_H
#define KGEN_LIB_VERIFIER_HINTS_H

#include "Compare.h"

#include <string>
#include <vector>

namespace kgen {

/// Sentences for the next proposal and for people: where the wrong rows lie
/// ("rows >= 64 of each 128-row tile"), and which wrong attention would give
/// exactly this output ("keys 192..255 are left out"), found by asking the
/// oracle for each of a list of usual mistakes. Empty when nothing fits.
std::vector<std::string> explain(const Problem &problem, const Case &subject,
                                 const Comparison &comparison,
                                 const LaunchFrame::Outputs &outputs);

/// Only the first kind: from the places of the wrong rows.
std::vector<std::string> describePlaces(const Problem &problem,
                                        const Case &subject,
                                        const std::vector<RowIndex> &wrong);

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_HINTS_H
