//===- History.h - Append-only memory of searches -------------------------===//
//
// JSON lines, one record a line, each written by a single write(2) to a file
// opened with O_APPEND under an exclusive flock. What that buys:
//  - kill -9 at any moment loses at most the line being written; a torn last
//    line is ignored with a warning, and the next append starts a fresh line;
//  - two writers at once lose no line;
//  - lines that are not ours are left in place, counted and skipped; records of
//    a newer version likewise.
// A line is in the kernel's page cache when append returns: it survives the
// death of the process, not a power cut. flush() asks for the disk; the search
// calls it once, at its end.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_SEARCH_HISTORY_H
#define KGEN_SEARCH_HISTORY_H

#include "kgen/Search/Record.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kgen::search {

/// Facts about a run, written once at its start: what reports need and
/// candidate records do not repeat.
struct RunRecord {
  std::string problemJson; ///< toJson(Problem)
  std::string sizesJson;   ///< toJson(ProblemSizes)
  std::string hardwareName;
  std::string proposer;
  std::string command;
  std::string startedAt; ///< UTC, "2026-01-31T12:00:00Z"
};

/// One line of a history file, decoded. Exactly one of the three is set.
struct HistoryEntry {
  RecordContext context;
  std::optional<CandidateRecord> candidate;
  std::optional<FinalRecord> final;
  std::optional<RunRecord> run;
};

/// Everything a file says that this version understands, in file order.
struct HistoryContents {
  std::vector<HistoryEntry> entries;
  std::vector<Error> warnings; ///< torn line, foreign lines, newer records
};

/// Reads a whole file; never writes. Fails if it cannot be opened or read.
Expected<HistoryContents> readHistory(const std::string &path);

/// An open history: an index of what is known and a place to append to.
class History {
public:
  /// Opens or creates `path` (not its directory) and reads it.
  static Expected<std::unique_ptr<History>> open(const std::string &path);
  ~History();
  History(const History &) = delete;
  History &operator=(const History &) = delete;

  const std::string &path() const;
  /// What open() found odd, one warning per kind.
  const std::vector<Error> &warnings() const;

  /// The newest record of this schedule in this context; null if none. Valid
  /// until the next append.
  const CandidateRecord *find(const RecordContext &context,
                              const Schedule &schedule) const;
  /// Final records of this context, oldest first.
  std::vector<FinalRecord> finals(const RecordContext &context) const;

  Expected<void> append(const RecordContext &context,
                        const CandidateRecord &record);
  Expected<void> append(const RecordContext &context,
                        const FinalRecord &record);
  Expected<void> append(const RecordContext &context, const RunRecord &record);
  /// fdatasync.
  Expected<void> flush();

private:
  History();
  struct State;
  std::unique_ptr<State> state;
};

} // namespace kgen::search

#endif // KGEN_SEARCH_HISTORY_H
