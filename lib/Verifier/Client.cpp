//===- Client.cpp - Talks to a verification worker -------------------------===//

#include "kgen/Verifier/Client.h"

#include "kgen/Support/Subprocess.h"

#include <map>
#include <set>
#include <thread>

namespace kgen {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

static Milliseconds fromSeconds(double seconds) {
  return Milliseconds(static_cast<int64_t>(seconds * 1000));
}

struct WorkerClient::State {
  WorkerOptions options;
  std::unique_ptr<Subprocess> worker;
  WorkerHello hello;
  std::map<std::string, LoadRequest> kept; ///< artefacts that outlive a worker
  std::set<std::string> loaded;            ///< ids that the present worker holds
  int64_t starts = 0;
  std::string diagnostics;

  Expected<void> ensureStarted();
  Expected<void> ensureLoaded(const std::string &id);
  Expected<Response> exchange(const Request &request, Milliseconds limit,
                              const char *doing);
  Expected<std::string> readFrame(Clock::time_point deadline, Milliseconds limit,
                                  const char *doing);
  Error lost(const Error &cause, Milliseconds limit, const char *doing);
  void drop();
  std::vector<std::string> command() const;
};

std::vector<std::string> WorkerClient::State::command() const {
  static constexpr std::string_view kPlace = "{device}";
  std::vector<std::string> argv = options.command;
  for (std::string &argument : argv)
    for (size_t at; (at = argument.find(kPlace)) != std::string::npos;)
      argument.replace(at, kPlace.size(), options.device);
  return argv;
}

// Ends the present worker, if any; what it held must be loaded again.
void WorkerClient::State::drop() {
  if (worker) {
    worker->kill();
    diagnostics = worker->diagnosticsTail();
  }
  worker.reset();
  loaded.clear();
}

// Says what happened to a worker that did not answer, and ends it.
Error WorkerClient::State::lost(const Error &cause, Milliseconds limit,
                                const char *doing) {
  bool timedOut = cause.code() == ErrorCode::ProcessTimedOut;
  // A crash closes the pipe a moment before the process is gone.
  for (int i = 0; !timedOut && i < 50 && worker->isRunning(); ++i)
    std::this_thread::sleep_for(Milliseconds(10));
  bool stillRuns = worker->isRunning();
  std::string end = stillRuns ? "it closed its pipe" : worker->describeEnd();
  drop();
  std::string said = diagnostics.empty() ? "" : "; it said: " + diagnostics;
  if (timedOut)
    return Error(ErrorCode::WorkerTimedOut,
                 "no answer within " + std::to_string(limit.count()) + " ms while " +
                     doing + said);
  return Error(ErrorCode::WorkerDied, "worker died: " + end + " while " + doing + said);
}

Expected<std::string>
WorkerClient::State::readFrame(Clock::time_point deadline, Milliseconds limit,
                               const char *doing) {
  auto left = [&] {
    auto rest = std::chrono::duration_cast<Milliseconds>(deadline - Clock::now());
    return std::max(rest, Milliseconds(0));
  };
  Expected<std::string> header = worker->readExactly(4, left());
  if (!header)
    return lost(header.error(), limit, doing);
  Expected<uint32_t> length = parseFrameLength(*header, kMaxMessageBytes);
  if (!length) {
    drop();
    return Error(ErrorCode::ProtocolViolation,
                 "garbage instead of an answer while " + std::string(doing));
  }
  Expected<std::string> payload = worker->readExactly(*length, left());
  if (!payload)
    return lost(payload.error(), limit, doing);
  return payload;
}

// Sends one request to the running worker and reads its answer.
Expected<Response> WorkerClient::State::exchange(const Request &request,
                                                 Milliseconds limit,
                                                 const char *doing) {
  Clock::time_point deadline = Clock::now() + limit;
  if (Expected<void> sent = worker->write(makeRequestBytes(request), limit); !sent)
    return lost(sent.error(), limit, doing);
  Expected<std::string> payload = readFrame(deadline, limit, doing);
  if (!payload)
    return payload.error();
  Expected<Response> response = parseResponse(*payload);
  if (!response) {
    drop();
    return Error(response.error().code(),
                 response.error().detail() + " while " + doing);
  }
  auto *verdict = std::get_if<Verdict>(&*response);
  auto *failed = std::get_if<ErrorResponse>(&*response);
  if ((verdict && verdict->workerEnds) || (failed && failed->workerEnds))
    drop();
  return response;
}

Expected<void> WorkerClient::State::ensureStarted() {
  if (worker && worker->isRunning())
    return {};
  drop();
  auto started = Subprocess::start(command());
  if (!started)
    return Error(ErrorCode::WorkerNotStarted, started.error().detail());
  worker = *std::move(started);
  ++starts;
  Expected<Response> response =
      exchange(HelloRequest(), options.startLimit, "starting");
  if (!response)
    return response.error();
  if (auto *failed = std::get_if<ErrorResponse>(&*response)) {
    Error error = failed->error;
    drop();
    return error;
  }
  auto *greeting = std::get_if<WorkerHello>(&*response);
  if (!greeting || greeting->version != kProtocolVersion) {
    drop();
    return Error(greeting ? ErrorCode::ProtocolVersionMismatch
                          : ErrorCode::ProtocolViolation,
                 "the worker's greeting");
  }
  hello = *greeting;
  return {};
}

// Loads a kept artefact into a worker that was started after it.
Expected<void> WorkerClient::State::ensureLoaded(const std::string &id) {
  if (Expected<void> started = ensureStarted(); !started)
    return started;
  if (loaded.count(id))
    return {};
  auto found = kept.find(id);
  if (found == kept.end())
    return Error(ErrorCode::UnknownArtifactId, "'" + id + "'");
  Expected<Response> response =
      exchange(found->second, options.startLimit, "loading an artefact");
  if (!response)
    return response.error();
  if (auto *failed = std::get_if<ErrorResponse>(&*response))
    return failed->error;
  loaded.insert(id);
  return {};
}

WorkerClient::WorkerClient(WorkerOptions options)
    : state(std::make_unique<State>()) {
  state->options = std::move(options);
}

WorkerClient::~WorkerClient() {
  if (state->worker && state->worker->isRunning())
    (void)!state->exchange(ShutdownRequest(), Milliseconds(2000), "stopping");
  state->drop();
}

Expected<WorkerHello> WorkerClient::hello() {
  if (Expected<void> started = state->ensureStarted(); !started)
    return started.error();
  return state->hello;
}

Verdict WorkerClient::verify(const VerifyRequest &request) {
  if (Expected<void> started = state->ensureStarted(); !started)
    return errorVerdict(started.error());
  if (!request.options.incumbent.empty())
    if (auto ready = state->ensureLoaded(request.options.incumbent); !ready)
      return errorVerdict(ready.error());
  Milliseconds limit = fromSeconds(request.options.limitSeconds) + state->options.grace;
  Expected<Response> response = state->exchange(request, limit, "verifying");
  if (!response)
    return errorVerdict(response.error());
  if (auto *failed = std::get_if<ErrorResponse>(&*response))
    return errorVerdict(failed->error);
  auto *verdict = std::get_if<Verdict>(&*response);
  if (!verdict) {
    state->drop();
    return errorVerdict(Error(ErrorCode::ProtocolViolation,
                              "an answer that is no verdict while verifying"));
  }
  if (verdict->accepted() && !request.id.empty()) {
    state->kept[request.id] = {request.id, request.artifact, request.problem, request.sizes};
    state->loaded.insert(request.id);
  }
  return std::move(*verdict);
}

Expected<void> WorkerClient::load(const LoadRequest &request) {
  state->kept[request.id] = request;
  state->loaded.erase(request.id);
  Expected<void> done = state->ensureLoaded(request.id);
  if (!done)
    state->kept.erase(request.id);
  return done;
}

Expected<void> WorkerClient::unload(const std::string &id) {
  if (!state->kept.erase(id))
    return Error(ErrorCode::UnknownArtifactId, "'" + id + "'");
  if (!state->loaded.erase(id) || !state->worker)
    return {};
  Expected<Response> response =
      state->exchange(UnloadRequest{id}, state->options.startLimit, "unloading");
  return response ? Expected<void>() : Expected<void>(response.error());
}

Expected<PairTiming> WorkerClient::timePair(const TimePairRequest &request) {
  for (const std::string &id : {request.candidate, request.incumbent})
    if (Expected<void> ready = state->ensureLoaded(id); !ready)
      return ready.error();
  Milliseconds limit = fromSeconds(request.limitSeconds) + state->options.grace;
  Expected<Response> response = state->exchange(request, limit, "timing a pair");
  if (!response)
    return response.error();
  if (auto *failed = std::get_if<ErrorResponse>(&*response))
    return failed->error;
  if (auto *pair = std::get_if<PairTiming>(&*response))
    return *pair;
  state->drop();
  return Error(ErrorCode::ProtocolViolation, "an answer that is no timing");
}

void WorkerClient::restart() { state->drop(); }
int64_t WorkerClient::startCount() const { return state->starts; }
const std::string &WorkerClient::lastDiagnostics() const {
  return state->diagnostics;
}

} // namespace kgen
