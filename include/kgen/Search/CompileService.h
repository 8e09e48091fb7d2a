//===- CompileService.h - Schedule in, artefact out -----------------------===//
//
// What the search needs from a compiler, and no more. lib/Compiler implements
// it for one module, one attention op and one machine; tests implement it with
// a synthetic landscape.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_SEARCH_COMPILESERVICE_H
#define KGEN_SEARCH_COMPILESERVICE_H

#include "kgen/Schedule/Schedule.h"
#include "kgen/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace kgen::search {

/// What the assembler or linker reported about a kernel. Zero: not known.
struct ResourceUsage {
  int64_t registersPerThread = 0;
  int64_t spillBytes = 0;    ///< per thread, stores and loads together
  int64_t sharedBytes = 0;   ///< per workgroup; CPU: scratch per thread
  int64_t codeBytes = 0;     ///< machine code, without the manifest
  double compileSeconds = 0; ///< wall time of the whole compilation
  bool operator==(const ResourceUsage &) const = default;
};

/// One compiled candidate: the artefact blob as the runtime loads it.
struct Artifact {
  std::string bytes;
  /// Content hash of everything that runs: code, threads, shared bytes, grid
  /// rules, but not the info text. Two schedules with the same fingerprint are
  /// the same program, and the search measures it once. Empty: not known.
  std::string fingerprint;
  ResourceUsage resources;
  /// Remarks of the compiler, one sentence each ("exp2 and PV overlap lost").
  std::vector<std::string> remarks;
};

/// Compiles schedules for one fixed problem and machine.
class CompileService {
public:
  virtual ~CompileService();

  /// Compiles one schedule. An Error is a finding about this candidate (its
  /// code and detail are recorded and fed back), never the end of a search.
  virtual Expected<Artifact> compile(const Schedule &schedule) = 0;

  /// Changes whenever the same schedule may give different code: part of the
  /// key of a history record.
  virtual std::string compilerVersion() const = 0;
};

} // namespace kgen::search

#endif // KGEN_SEARCH_COMPILESERVICE_H
