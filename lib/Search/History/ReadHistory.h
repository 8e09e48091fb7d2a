//===- ReadHistory.h - A history file as entries and warnings -------------===//
#ifndef KGEN_SEARCH_HISTORY_READHISTORY_H
#define KGEN_SEARCH_HISTORY_READHISTORY_H

#include "kgen/Search/History.h"

namespace kgen::search {

/// The whole of a regular file; HistoryOpenFailed otherwise.
Expected<std::string> readAll(int fd, const std::string &path);

/// Decodes the text of a history; `path` is for the warnings only.
HistoryContents decodeHistory(const std::string &path, std::string_view text);

} // namespace kgen::search

#endif // KGEN_SEARCH_HISTORY_READHISTORY_H
