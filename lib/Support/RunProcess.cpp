//===- RunProcess.cpp - Run a program to its end
//---------------------------===//

#include "ChildProcess.h"
#include "kgen/Support/Subprocess.h"

#include <algorithm>
#include <cstdlib>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kgen {
namespace {

using namespace detail;

// How long to sleep at most before looking whether the child has ended, in
// milliseconds: a grandchild may hold the pipes open for longer than the child.
constexpr int kLookInterval = 20;

// Moves bytes in both directions until both outputs are at their end.
class Pump {
public:
  Pump(Child &child, std::string_view input, ProcessResult &result)
      : child(child), input(input), result(result) {
    if (input.empty())
      child.input.reset();
  }

  bool done() const {
    return !child.output.isOpen() && !child.diagnostics.isOpen();
  }

  /// One round; false when nothing happened within `timeoutMs`.
  bool step(int timeoutMs) {
    pollfd entries[3] = {{child.input.get(), POLLOUT, 0},
                         {child.output.get(), POLLIN, 0},
                         {child.diagnostics.get(), POLLIN, 0}};
    // poll() leaves out negative (closed) descriptors.
    if (::poll(entries, 3, timeoutMs) <= 0)
      return false;
    if (entries[0].revents)
      feed();
    if (entries[1].revents)
      drain(child.output, result.output);
    if (entries[2].revents)
      drain(child.diagnostics, result.diagnostics);
    return true;
  }

private:
  void feed() {
    if (writeSome(child.input.get(), input) == IoResult::Closed ||
        input.empty())
      child.input.reset();
  }
  static void drain(FileDescriptor &source, std::string &bytes) {
    if (readSome(source.get(), bytes) == IoResult::Closed)
      source.reset();
  }

  Child &child;
  std::string_view input;
  ProcessResult &result;
};

bool isProgram(const std::string &path) {
  struct stat facts;
  return ::stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

} // namespace

Expected<ProcessResult> runProcess(const std::vector<std::string> &argv,
                                   std::string_view input,
                                   std::chrono::milliseconds limit) {
  Deadline deadline(limit);
  Expected<Child> child = spawnChild(argv);
  if (!child)
    return child.error();
  ProcessResult result;
  Pump pump(*child, input, result);
  std::optional<ExitStatus> status;
  while (!pump.done() && !deadline.passed()) {
    if (pump.step(deadline.pollTimeout(kLookInterval)))
      continue;
    // A silent child: if it has ended, what stands in the pipes is all.
    if ((status = child->poll())) {
      while (!pump.done() && pump.step(0))
        ;
      break;
    }
  }
  if (!status)
    status = child->waitUntil(deadline);
  if (!status) {
    result.timedOut = true;
    status = child->killAndWait();
    while (!pump.done() && pump.step(0))
      ;
  }
  result.exitCode = status->exitCode;
  result.signal = status->signal;
  return result;
}

std::string findProgram(std::string_view name,
                        const std::vector<std::string> &extraDirectories) {
  if (name.empty())
    return "";
  if (name.find('/') != std::string_view::npos)
    return isProgram(std::string(name)) ? std::string(name) : "";
  const char *variable = std::getenv("PATH");
  std::string_view path = variable ? variable : "";
  while (!path.empty()) {
    size_t end = std::min(path.find(':'), path.size());
    // An empty entry means the current directory.
    std::string directory(end == 0 ? "." : path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
    std::string candidate = directory + "/" + std::string(name);
    if (isProgram(candidate))
      return candidate;
  }
  for (const std::string &directory : extraDirectories) {
    std::string candidate = directory + "/" + std::string(name);
    if (isProgram(candidate))
      return candidate;
  }
  return "";
}

} // namespace kgen
