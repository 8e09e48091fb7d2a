//===- ReadHistory.cpp - A history file as entries and warnings -----------===//

#include "ReadHistory.h"

#include "HistoryJson.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kgen::search {
namespace {

// Tens of thousands of searches; anything larger is not a history.
constexpr off_t kMaxFileBytes = off_t(1) << 30;

struct LineCounts {
  size_t foreign = 0, newer = 0, damaged = 0;
  size_t firstForeign = 0, firstDamaged = 0;
  bool tornLast = false;
};

void countLine(LineKind kind, size_t number, LineCounts &counts) {
  switch (kind) {
  case LineKind::Entry:
    break;
  case LineKind::Newer:
    ++counts.newer;
    break;
  case LineKind::Damaged:
    if (counts.damaged++ == 0)
      counts.firstDamaged = number;
    break;
  case LineKind::Foreign:
    if (counts.foreign++ == 0)
      counts.firstForeign = number;
    break;
  }
}

std::string plural(size_t count, const char *noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::vector<Error> makeWarnings(const std::string &path,
                                const LineCounts &counts) {
  std::vector<Error> warnings;
  if (counts.tornLast)
    warnings.emplace_back(ErrorCode::HistoryTornLine,
                          path + ": the last line is torn and was ignored");
  if (counts.damaged)
    warnings.emplace_back(ErrorCode::HistoryTornLine,
                          path + ": " + plural(counts.damaged, "damaged line") +
                              " skipped, the first is line " +
                              std::to_string(counts.firstDamaged));
  if (counts.foreign)
    warnings.emplace_back(ErrorCode::HistoryForeignLines,
                          path + ": " + plural(counts.foreign, "foreign line") +
                              " skipped, the first is line " +
                              std::to_string(counts.firstForeign));
  if (counts.newer)
    warnings.emplace_back(ErrorCode::HistoryNewerRecords,
                          path + ": " + plural(counts.newer, "record") +
                              " of a newer version skipped");
  return warnings;
}

Error openError(const std::string &path, const std::string &why) {
  return Error(ErrorCode::HistoryOpenFailed, path + ": " + why);
}

} // namespace

HistoryContents decodeHistory(const std::string &path, std::string_view text) {
  HistoryContents contents;
  LineCounts counts;
  size_t number = 0;
  while (!text.empty()) {
    size_t end = text.find('\n');
    bool whole = end != std::string_view::npos;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(whole ? end + 1 : text.size());
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos)
      continue;
    HistoryEntry entry;
    LineKind kind = decodeLine(line, entry);
    // A line without its newline is whole if it decodes: an editor may have
    // taken the newline away. Otherwise a writer died in the middle of it.
    if (!whole && kind != LineKind::Entry && kind != LineKind::Newer)
      counts.tornLast = true;
    else
      countLine(kind, number, counts);
    if (kind == LineKind::Entry)
      contents.entries.push_back(std::move(entry));
  }
  contents.warnings = makeWarnings(path, counts);
  return contents;
}

Expected<std::string> readAll(int fd, const std::string &path) {
  struct stat info;
  if (fstat(fd, &info) != 0)
    return openError(path, std::strerror(errno));
  if (!S_ISREG(info.st_mode))
    return openError(path, "not a regular file");
  if (info.st_size > kMaxFileBytes)
    return openError(path, "has " + std::to_string(info.st_size) +
                               " bytes, limit " +
                               std::to_string(kMaxFileBytes));
  std::string text(static_cast<size_t>(info.st_size), '\0');
  size_t done = 0;
  while (done < text.size()) {
    ssize_t got = pread(fd, text.data() + done, text.size() - done,
                        static_cast<off_t>(done));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return openError(path, std::strerror(errno));
    if (got == 0)
      break;
    done += static_cast<size_t>(got);
  }
  text.resize(done);
  return text;
}

Expected<HistoryContents> readHistory(const std::string &path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return openError(path, std::strerror(errno));
  // Shared: a line that another process is writing is not taken for torn.
  flock(fd, LOCK_SH);
  Expected<std::string> text = readAll(fd, path);
  ::close(fd);
  if (!text)
    return text.error();
  return decodeHistory(path, *text);
}

} // namespace kgen::search
