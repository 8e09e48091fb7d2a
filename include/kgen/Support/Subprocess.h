//===- Subprocess.h - Child processes with pipes and time limits -----------===//
#ifndef KGEN_SUPPORT_SUBPROCESS_H
#define KGEN_SUPPORT_SUBPROCESS_H

#include "kgen/Support/Error.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace kgen {

/// What a finished child left behind.
struct ProcessResult {
  int exitCode = -1;       ///< exit status, or -1 when a signal ended it
  int signal = 0;          ///< the signal that ended it, or 0
  bool timedOut = false;   ///< it ran past its limit and was killed
  std::string output;      ///< everything written to standard output
  std::string diagnostics; ///< everything written to standard error
};

/// Runs `argv` to its end with `input` on its standard input. A child that runs
/// past `limit` is killed with its process group. Fails only if the program
/// cannot be started; a non-zero exit is a result, not an error.
Expected<ProcessResult> runProcess(const std::vector<std::string> &argv,
                                   std::string_view input,
                                   std::chrono::milliseconds limit);

/// A running child spoken to over its standard input and output. Destroying it
/// kills its process group and reaps it.
class Subprocess {
public:
  /// Starts `argv`. Standard error is collected and can be read at any time.
  static Expected<std::unique_ptr<Subprocess>>
  start(const std::vector<std::string> &argv);
  ~Subprocess();
  Subprocess(const Subprocess &) = delete;
  Subprocess &operator=(const Subprocess &) = delete;

  /// Writes all bytes; fails when the child no longer reads.
  Expected<void> write(std::string_view bytes, std::chrono::milliseconds limit);
  /// Reads exactly `count` bytes; fails on end of file or past the limit.
  Expected<std::string> readExactly(size_t count,
                                    std::chrono::milliseconds limit);
  bool isRunning();
  /// Kills the process group and waits for it.
  void kill();
  /// Exit status or signal in words, for a report: "exit 3", "signal 11 (...)".
  std::string describeEnd();
  /// The last bytes of standard error, at most 8 KiB.
  std::string diagnosticsTail();

private:
  Subprocess();
  struct State;
  std::unique_ptr<State> state;
};

/// Finds `name` in PATH and in `extraDirectories`; empty when absent.
std::string findProgram(std::string_view name,
                        const std::vector<std::string> &extraDirectories = {});

} // namespace kgen

#endif // KGEN_SUPPORT_SUBPROCESS_H
