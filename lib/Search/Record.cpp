//===- Record.cpp - Spellings and keys of the search room -----------------===//

#include "kgen/Search/Record.h"

#include "kgen/Schedule/Json.h"
#include "kgen/Support/Hash.h"

namespace kgen::search {

// Out of line, so that each interface has one home for its virtual table.
CompileService::~CompileService() = default;
MeasureService::~MeasureService() = default;

std::string_view spelling(Verdict verdict) {
  switch (verdict) {
  case Verdict::Accepted:
    return "accepted";
  case Verdict::Rejected:
    return "rejected";
  case Verdict::Error:
    break;
  }
  return "error";
}

std::string_view spelling(Metric metric) {
  return metric == Metric::Seconds ? "seconds" : "emulated_cycles";
}

std::string_view spelling(Outcome outcome) {
  switch (outcome) {
  case Outcome::Accepted:
    return "accepted";
  case Outcome::Illegal:
    return "illegal";
  case Outcome::CompileFailed:
    return "compile_failed";
  case Outcome::Rejected:
    return "rejected";
  case Outcome::Failed:
    break;
  }
  return "failed";
}

std::string makeProblemKey(const Problem &problem, const ProblemSizes &sizes) {
  Problem unnamed = problem;
  unnamed.name = Problem().name;
  return hashHex(toJson(unnamed) + "\n" + toJson(sizes));
}

} // namespace kgen::search
