//===- ChildProcess.cpp - Spawning, pipes and deadlines
//--------------------===//

#include "ChildProcess.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace kgen::detail {

FileDescriptor &FileDescriptor::operator=(FileDescriptor &&other) noexcept {
  if (this != &other) {
    reset();
    descriptor = other.release();
  }
  return *this;
}

int FileDescriptor::release() { return std::exchange(descriptor, -1); }

void FileDescriptor::reset() {
  if (descriptor >= 0)
    ::close(descriptor);
  descriptor = -1;
}

Deadline::Deadline(std::chrono::milliseconds limit) {
  constexpr std::chrono::milliseconds year = std::chrono::hours(24 * 365);
  end = std::chrono::steady_clock::now() +
        std::clamp(limit, std::chrono::milliseconds(0), year);
}

bool Deadline::passed() const {
  return std::chrono::steady_clock::now() >= end;
}

int Deadline::pollTimeout(int atMost) const {
  auto left = std::chrono::ceil<std::chrono::milliseconds>(
      end - std::chrono::steady_clock::now());
  return static_cast<int>(
      std::clamp<int64_t>(left.count(), 0, static_cast<int64_t>(atMost)));
}

std::string describe(const ExitStatus &status) {
  if (status.signal == 0)
    return "exit " + std::to_string(status.exitCode);
  const char *name = ::sigdescr_np(status.signal);
  return "signal " + std::to_string(status.signal) + " (" +
         (name ? name : "unknown") + ")";
}

namespace {

ExitStatus reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR)
      return {-1, SIGKILL}; // someone else reaped it
  if (WIFSIGNALED(status))
    return {-1, WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

struct Pipe {
  FileDescriptor read, write;
};

// A pipe whose descriptors lie above the standard ones, so that none of them is
// overwritten while the child's are put in place.
std::optional<Pipe> makePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return std::nullopt;
  FileDescriptor low[2] = {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
  Pipe pipe;
  pipe.read = FileDescriptor(::fcntl(ends[0], F_DUPFD_CLOEXEC, 3));
  pipe.write = FileDescriptor(::fcntl(ends[1], F_DUPFD_CLOEXEC, 3));
  if (!pipe.read.isOpen() || !pipe.write.isOpen())
    return std::nullopt;
  return pipe;
}

void setNonBlocking(const FileDescriptor &descriptor) {
  ::fcntl(descriptor.get(), F_SETFL,
          ::fcntl(descriptor.get(), F_GETFL) | O_NONBLOCK);
}

Error startError(const std::string &program, int number) {
  return {ErrorCode::ProcessStartFailed,
          "'" + program + "': " + std::generic_category().message(number)};
}

// posix_spawn with the three pipe ends as standard descriptors. Returns an
// errno, or 0.
int spawnWith(const std::vector<std::string> &argv, const int (&standard)[3],
              pid_t &pid) {
  std::vector<char *> arguments;
  for (const std::string &argument : argv)
    arguments.push_back(const_cast<char *>(argument.c_str()));
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  for (int target = 0; target < 3; ++target)
    ::posix_spawn_file_actions_adddup2(&actions, standard[target], target);
  sigset_t none, defaults;
  ::sigemptyset(&none);
  ::sigemptyset(&defaults);
  ::sigaddset(&defaults, SIGPIPE);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP |
                                              POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
  int number = ::posix_spawnp(&pid, arguments[0], &actions, &attributes,
                              arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return number;
}

} // namespace

std::optional<ExitStatus> Child::poll() const {
  siginfo_t info;
  std::memset(&info, 0, sizeof(info));
  // WNOWAIT leaves a zombie, which keeps the group's number ours until the
  // rest of the group is killed.
  int failed = ::waitid(P_PID, static_cast<id_t>(pid), &info,
                        WEXITED | WNOHANG | WNOWAIT);
  if (failed != 0 && errno == ECHILD)
    return ExitStatus{-1, SIGKILL};
  if (failed != 0 || info.si_pid == 0)
    return std::nullopt;
  return killAndWait();
}

ExitStatus Child::killAndWait() const {
  ::kill(-pid, SIGKILL);
  return reap(pid);
}

std::optional<ExitStatus> Child::waitUntil(const Deadline &deadline) const {
  while (true) {
    if (std::optional<ExitStatus> status = poll())
      return status;
    if (deadline.passed())
      return std::nullopt;
    waitFor(-1, 0, deadline.pollTimeout(2));
  }
}

Expected<Child> spawnChild(const std::vector<std::string> &argv) {
  if (argv.empty() || argv[0].empty())
    return Error(ErrorCode::ProcessStartFailed, "the command is empty");
  std::optional<Pipe> input = makePipe(), output = makePipe(),
                      diagnostics = makePipe();
  if (!input || !output || !diagnostics)
    return startError(argv[0], errno);
  Child child;
  int standard[3] = {input->read.get(), output->write.get(),
                     diagnostics->write.get()};
  if (int number = spawnWith(argv, standard, child.pid))
    return startError(argv[0], number);
  child.input = std::move(input->write);
  child.output = std::move(output->read);
  child.diagnostics = std::move(diagnostics->read);
  for (const FileDescriptor *end :
       {&child.input, &child.output, &child.diagnostics})
    setNonBlocking(*end);
  return child;
}

IoResult writeSome(int descriptor, std::string_view &bytes) {
  // Only this thread's SIGPIPE is held back, and one that we raised is taken
  // from the queue: handlers of the embedding program stay as they are.
  sigset_t pipeSignal, previous, pending;
  ::sigemptyset(&pipeSignal);
  ::sigaddset(&pipeSignal, SIGPIPE);
  ::sigpending(&pending);
  bool wasPending = ::sigismember(&pending, SIGPIPE) == 1;
  ::pthread_sigmask(SIG_BLOCK, &pipeSignal, &previous);
  ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
  int number = written < 0 ? errno : 0;
  if (number == EPIPE && !wasPending) {
    timespec now{};
    while (::sigtimedwait(&pipeSignal, nullptr, &now) < 0 && errno == EINTR)
      ;
  }
  ::pthread_sigmask(SIG_SETMASK, &previous, nullptr);
  if (written >= 0) {
    bytes.remove_prefix(static_cast<size_t>(written));
    return IoResult::Progress;
  }
  return number == EAGAIN || number == EINTR ? IoResult::WouldBlock
                                             : IoResult::Closed;
}

IoResult readSome(int descriptor, std::string &bytes) {
  char buffer[16384];
  ssize_t count = ::read(descriptor, buffer, sizeof(buffer));
  if (count > 0) {
    bytes.append(buffer, static_cast<size_t>(count));
    return IoResult::Progress;
  }
  if (count < 0 && (errno == EAGAIN || errno == EINTR))
    return IoResult::WouldBlock;
  return IoResult::Closed;
}

bool waitFor(int descriptor, short events, int timeoutMs) {
  pollfd entry{descriptor, events, 0};
  return ::poll(&entry, 1, timeoutMs) > 0;
}

} // namespace kgen::detail
