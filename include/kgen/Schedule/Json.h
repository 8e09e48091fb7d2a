//===- Json.h - Strict, versioned JSON of the Schedule room ----------------===//
//
// Text in, text out: no JSON library in this interface. Readers refuse unknown
// keys, duplicate keys, wrong types, newer versions and anything after the end.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_SCHEDULE_JSON_H
#define KGEN_SCHEDULE_JSON_H

#include "kgen/Schedule/Problem.h"
#include "kgen/Schedule/Schedule.h"
#include "kgen/Support/Error.h"

#include <string>
#include <string_view>

namespace kgen {

/// Compact, keys in forEachKnob's order, "version" first.
std::string toJson(const Schedule &schedule);
/// A missing knob takes its default; a missing version is refused.
Expected<Schedule> parseSchedule(std::string_view json);

std::string toJson(const Problem &problem);
Expected<Problem> parseProblem(std::string_view json);
std::string toJson(const ProblemSizes &sizes);
Expected<ProblemSizes> parseProblemSizes(std::string_view json);

} // namespace kgen

#endif // KGEN_SCHEDULE_JSON_H
