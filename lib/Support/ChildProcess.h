//===- ChildProcess.h - Spawning, pipes and deadlines ------------*- C++
//-*-===//
//
// What runProcess() and Subprocess share; private to this room.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_SUPPORT_CHILDPROCESS_H
#define KGEN_SUPPORT_CHILDPROCESS_H

#include "kgen/Support/Error.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace kgen::detail {

/// A file descriptor that closes itself.
class FileDescriptor {
public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) : descriptor(descriptor) {}
  FileDescriptor(FileDescriptor &&other) noexcept
      : descriptor(other.release()) {}
  FileDescriptor &operator=(FileDescriptor &&other) noexcept;
  ~FileDescriptor() { reset(); }

  int get() const { return descriptor; }
  bool isOpen() const { return descriptor >= 0; }
  int release();
  void reset();

private:
  int descriptor = -1;
};

/// A point in time; limits beyond a year count as a year.
class Deadline {
public:
  explicit Deadline(std::chrono::milliseconds limit);
  bool passed() const;
  /// Milliseconds left, at most `atMost` and at least 0: a poll() timeout.
  int pollTimeout(int atMost = 1 << 30) const;

private:
  std::chrono::steady_clock::time_point end;
};

/// How a child ended.
struct ExitStatus {
  int exitCode = -1; ///< -1 when a signal ended it
  int signal = 0;
};
/// "exit 3", "signal 11 (Segmentation fault)".
std::string describe(const ExitStatus &status);

/// A spawned child, leader of its own process group, and our ends of its pipes,
/// which do not block.
struct Child {
  pid_t pid = -1;
  FileDescriptor input, output, diagnostics;

  /// Reaps the child if it has ended; kills what is left of its group first.
  std::optional<ExitStatus> poll() const;
  /// Kills the group and reaps the child.
  ExitStatus killAndWait() const;
  /// Polls until the child has ended or the deadline has passed.
  std::optional<ExitStatus> waitUntil(const Deadline &deadline) const;
};

Expected<Child> spawnChild(const std::vector<std::string> &argv);

enum class IoResult { Progress, WouldBlock, Closed };
/// One write(2) that raises no SIGPIPE; drops what was written from `bytes`.
IoResult writeSome(int descriptor, std::string_view &bytes);
/// One read(2); appends to `bytes`.
IoResult readSome(int descriptor, std::string &bytes);
/// Waits for one event; false on time-out. A negative descriptor only sleeps.
bool waitFor(int descriptor, short events, int timeoutMs);

} // namespace kgen::detail

#endif // KGEN_SUPPORT_CHILDPROCESS_H
