//===- HistoryJson.h - Lines of a history file ----------------------------===//
#ifndef KGEN_SEARCH_HISTORY_HISTORYJSON_H
#define KGEN_SEARCH_HISTORY_HISTORYJSON_H

#include "kgen/Search/History.h"

#include <string>
#include <string_view>

namespace kgen::search {

/// Version of the line format: the value of the key "kgen_history". Version 2
/// has the cycles of emulated devices; other lines are still written as 1.
inline constexpr int kHistoryVersion = 2;
inline constexpr int kTimesOnlyVersion = 1;
/// A longer line is not one of ours.
inline constexpr size_t kMaxLineBytes = 1u << 20;

/// One line without the newline. Texts are cut to a bounded length and invalid
/// UTF-8 is replaced, so that encoding never fails.
std::string encodeLine(const RecordContext &context,
                       const CandidateRecord &record);
std::string encodeLine(const RecordContext &context, const FinalRecord &record);
std::string encodeLine(const RecordContext &context, const RunRecord &record);

/// What a line turned out to be.
enum class LineKind : uint8_t {
  Entry,   ///< ours, decoded
  Newer,   ///< ours, of a newer version
  Damaged, ///< begins like one of ours and is not whole
  Foreign, ///< anything else
};
LineKind decodeLine(std::string_view line, HistoryEntry &entry);

} // namespace kgen::search

#endif // KGEN_SEARCH_HISTORY_HISTORYJSON_H
