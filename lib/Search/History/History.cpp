//===- History.cpp - Append-only memory of searches -----------------------===//

#include "kgen/Search/History.h"

#include "HistoryJson.h"
#include "ReadHistory.h"
#include "kgen/Schedule/Json.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_map>

namespace kgen::search {
namespace {

std::string contextKey(const RecordContext &context) {
  // '\n' cannot appear unescaped in any of the parts that kgen makes.
  return context.problemKey + '\n' + context.hardwareKey + '\n' +
         context.device + '\n' + context.compiler + '\n' + context.verifier;
}

std::string candidateKey(const RecordContext &context,
                         const Schedule &schedule) {
  return contextKey(context) + '\n' + toJson(schedule);
}

/// Holds an exclusive lock on an open file for one append.
class FileLock {
public:
  explicit FileLock(int fd) : fd(fd) {
    while (flock(fd, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  ~FileLock() { flock(fd, LOCK_UN); }

private:
  int fd;
};

// A writer that was killed may have left a line without its newline: the next
// line starts fresh, and the fragment stays a line of its own.
bool endsInsideLine(int fd, off_t size) {
  char last = '\n';
  return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

} // namespace

struct History::State {
  std::string path;
  int fd = -1;
  std::vector<Error> warnings;
  std::unordered_map<std::string, CandidateRecord> candidates;
  std::unordered_map<std::string, std::vector<FinalRecord>> finals;

  ~State() {
    if (fd >= 0)
      ::close(fd);
  }
  void index(HistoryEntry entry);
  Expected<void> appendLine(std::string line);
};

void History::State::index(HistoryEntry entry) {
  if (entry.candidate) {
    std::string key = candidateKey(entry.context, entry.candidate->schedule);
    candidates.insert_or_assign(std::move(key), std::move(*entry.candidate));
  } else if (entry.final) {
    finals[contextKey(entry.context)].push_back(std::move(*entry.final));
  }
}

Expected<void> History::State::appendLine(std::string line) {
  line += '\n';
  FileLock lock(fd);
  struct stat info;
  if (fstat(fd, &info) != 0)
    return Error(ErrorCode::HistoryWriteFailed,
                 path + ": " + std::strerror(errno));
  if (endsInsideLine(fd, info.st_size))
    line.insert(line.begin(), '\n');
  ssize_t written;
  do {
    written = ::write(fd, line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(line.size()))
    return {};
  std::string why = written < 0 ? std::strerror(errno) : "no space left";
  // Take a half-written line back: we hold the lock, so it is the last one. If
  // even that fails, the next append starts on a fresh line.
  if (written > 0 && ftruncate(fd, info.st_size) != 0)
    why += ", and the partial line could not be taken back";
  return Error(ErrorCode::HistoryWriteFailed, path + ": " + why);
}

History::History() : state(std::make_unique<State>()) {}
History::~History() = default;

Expected<std::unique_ptr<History>> History::open(const std::string &path) {
  std::unique_ptr<History> history(new History());
  State &state = *history->state;
  state.path = path;
  // O_NONBLOCK: a named pipe without a reader is an error, not a hang.
  state.fd = ::open(path.c_str(),
                    O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644);
  if (state.fd < 0)
    return Error(ErrorCode::HistoryOpenFailed,
                 path + ": " + std::strerror(errno));
  Expected<std::string> text = [&] {
    FileLock lock(state.fd);
    return readAll(state.fd, path);
  }();
  if (!text)
    return text.error();
  HistoryContents contents = decodeHistory(path, *text);
  state.warnings = std::move(contents.warnings);
  for (HistoryEntry &entry : contents.entries)
    state.index(std::move(entry));
  return history;
}

const std::string &History::path() const { return state->path; }
const std::vector<Error> &History::warnings() const { return state->warnings; }

const CandidateRecord *History::find(const RecordContext &context,
                                     const Schedule &schedule) const {
  auto found = state->candidates.find(candidateKey(context, schedule));
  return found == state->candidates.end() ? nullptr : &found->second;
}

std::vector<FinalRecord> History::finals(const RecordContext &context) const {
  auto found = state->finals.find(contextKey(context));
  return found == state->finals.end() ? std::vector<FinalRecord>()
                                      : found->second;
}

Expected<void> History::append(const RecordContext &context,
                               const CandidateRecord &record) {
  Expected<void> result = state->appendLine(encodeLine(context, record));
  if (result)
    state->index({context, record, std::nullopt, std::nullopt});
  return result;
}

Expected<void> History::append(const RecordContext &context,
                               const FinalRecord &record) {
  Expected<void> result = state->appendLine(encodeLine(context, record));
  if (result)
    state->index({context, std::nullopt, record, std::nullopt});
  return result;
}

Expected<void> History::append(const RecordContext &context,
                               const RunRecord &record) {
  return state->appendLine(encodeLine(context, record));
}

Expected<void> History::flush() {
  if (fdatasync(state->fd) == 0)
    return {};
  return Error(ErrorCode::HistoryWriteFailed,
               state->path + ": " + std::strerror(errno));
}

} // namespace kgen::search
