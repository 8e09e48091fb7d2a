//===- HopperDefaults.h - Stored schedules of kernels with roles ------------===//
#ifndef KGEN_SCHEDULE_HOPPERDEFAULTS_H
#define KGEN_SCHEDULE_HOPPERDEFAULTS_H

#include "kgen/Schedule/Problem.h"
#include "kgen/Schedule/Schedule.h"

#include <vector>

namespace kgen {

/// What to try on sm_90a for a 16-bit problem, the fastest first; later ones are
/// for head dimensions and masks that the first do not fit. `usual` has the
/// knobs that no row sets.
std::vector<Schedule> hopperDefaults(const Problem &problem,
                                     const Schedule &usual);

} // namespace kgen

#endif // KGEN_SCHEDULE_HOPPERDEFAULTS_H
