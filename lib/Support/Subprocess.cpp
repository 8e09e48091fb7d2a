//===- Subprocess.cpp - A child spoken to over pipes
//-----------------------===//

#include "kgen/Support/Subprocess.h"

#include "ChildProcess.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace kgen {

using namespace detail;

namespace {

constexpr size_t kTailBytes = 8192;

// How long a child that closed its pipe gets to end, so that the error can say
// how it ended.
constexpr std::chrono::milliseconds kEndGrace(200);

} // namespace

struct Subprocess::State {
  Child child;
  std::string pending; ///< read, but not yet asked for

  std::mutex statusLock;
  std::optional<ExitStatus> status; ///< set once the child is reaped

  std::mutex tailLock;
  std::string tail;
  FileDescriptor stopEvent; ///< wakes the reader of standard error
  std::thread diagnosticsReader;
  std::atomic<bool> diagnosticsEnded{false}; ///< nothing more comes

  std::optional<ExitStatus> poll() {
    std::lock_guard<std::mutex> guard(statusLock);
    if (!status)
      status = child.poll();
    return status;
  }

  ExitStatus killAndWait() {
    std::lock_guard<std::mutex> guard(statusLock);
    if (!status)
      status = child.killAndWait();
    return *status;
  }

  // Runs in its own thread, so that a child that talks much never blocks.
  void readDiagnostics() {
    std::string bytes;
    while (true) {
      pollfd entries[2] = {{child.diagnostics.get(), POLLIN, 0},
                           {stopEvent.get(), POLLIN, 0}};
      if (::poll(entries, 2, -1) < 0)
        continue; // interrupted
      if (entries[0].revents) {
        bytes.clear();
        if (readSome(child.diagnostics.get(), bytes) == IoResult::Closed) {
          diagnosticsEnded = true;
          return;
        }
        std::lock_guard<std::mutex> guard(tailLock);
        tail += bytes;
        if (tail.size() > kTailBytes)
          tail.erase(0, tail.size() - kTailBytes);
      } else if (entries[1].revents) {
        return; // stopped, and nothing is left to read
      }
    }
  }

  // How the child ended and its last words, for an error's detail.
  std::string epitaph() {
    Deadline grace(kEndGrace);
    while (!poll() && !grace.passed())
      waitFor(-1, 0, grace.pollTimeout(2));
    std::optional<ExitStatus> end = poll();
    // The pipe may hold words that the reader has not seen yet.
    while (end && !diagnosticsEnded && !grace.passed())
      waitFor(-1, 0, grace.pollTimeout(1));
    std::string text = end ? "the child ended with " + describe(*end)
                           : std::string("the child closed its pipe");
    std::lock_guard<std::mutex> guard(tailLock);
    if (!tail.empty())
      text += ", standard error ends with: " +
              tail.substr(tail.size() - std::min<size_t>(tail.size(), 400));
    return text;
  }

  Error closed(const std::string &doing) {
    return {ErrorCode::ProcessClosed, doing + ": " + epitaph()};
  }
};

Subprocess::Subprocess() : state(std::make_unique<State>()) {}

Expected<std::unique_ptr<Subprocess>>
Subprocess::start(const std::vector<std::string> &argv) {
  Expected<Child> child = spawnChild(argv);
  if (!child)
    return child.error();
  std::unique_ptr<Subprocess> process(new Subprocess());
  State &state = *process->state;
  state.child = std::move(*child);
  state.stopEvent = FileDescriptor(::eventfd(0, EFD_CLOEXEC));
  if (!state.stopEvent.isOpen()) {
    state.killAndWait();
    return Error(ErrorCode::ProcessStartFailed, "no event descriptor is left");
  }
  state.diagnosticsReader = std::thread([&state] { state.readDiagnostics(); });
  return process;
}

Subprocess::~Subprocess() {
  if (state->child.pid > 0)
    state->killAndWait();
  if (!state->diagnosticsReader.joinable())
    return;
  uint64_t one = 1;
  // An eventfd that was never written takes the value at once.
  [[maybe_unused]] ssize_t written =
      ::write(state->stopEvent.get(), &one, sizeof(one));
  state->diagnosticsReader.join();
}

Expected<void> Subprocess::write(std::string_view bytes,
                                 std::chrono::milliseconds limit) {
  Deadline deadline(limit);
  int descriptor = state->child.input.get();
  size_t total = bytes.size();
  while (!bytes.empty()) {
    IoResult result = writeSome(descriptor, bytes);
    if (result == IoResult::Closed)
      return state->closed("writing " + std::to_string(total) + " bytes");
    if (result == IoResult::Progress)
      continue;
    if (!waitFor(descriptor, POLLOUT, deadline.pollTimeout()) &&
        deadline.passed())
      return Error(ErrorCode::ProcessTimedOut,
                   "wrote " + std::to_string(total - bytes.size()) + " of " +
                       std::to_string(total) + " bytes in " +
                       std::to_string(limit.count()) + " ms");
  }
  return {};
}

Expected<std::string> Subprocess::readExactly(size_t count,
                                              std::chrono::milliseconds limit) {
  Deadline deadline(limit);
  int descriptor = state->child.output.get();
  // What a failed read had got stays for the next one.
  std::string &pending = state->pending;
  while (pending.size() < count) {
    IoResult result = readSome(descriptor, pending);
    if (result == IoResult::Closed)
      return state->closed("read " + std::to_string(pending.size()) + " of " +
                           std::to_string(count) + " bytes");
    if (result == IoResult::Progress)
      continue;
    if (!waitFor(descriptor, POLLIN, deadline.pollTimeout()) &&
        deadline.passed())
      return Error(ErrorCode::ProcessTimedOut,
                   "read " + std::to_string(pending.size()) + " of " +
                       std::to_string(count) + " bytes in " +
                       std::to_string(limit.count()) + " ms");
  }
  std::string bytes = pending.substr(0, count);
  pending.erase(0, count);
  return bytes;
}

bool Subprocess::isRunning() { return !state->poll(); }

void Subprocess::kill() { state->killAndWait(); }

std::string Subprocess::describeEnd() {
  std::optional<ExitStatus> status = state->poll();
  return status ? describe(*status) : "still running";
}

std::string Subprocess::diagnosticsTail() {
  std::lock_guard<std::mutex> guard(state->tailLock);
  return state->tail;
}

} // namespace kgen
