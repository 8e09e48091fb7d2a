//===- Worker.cpp - The serving end of the protocol ------------------------===//

#include "Worker.h"

#include <cerrno>
#include <unistd.h>

namespace kgen {

Watchdog::Watchdog(std::chrono::milliseconds limit, std::function<void()> expire)
    : thread([this, limit, expire = std::move(expire)] {
        std::unique_lock<std::mutex> lock(mutex);
        if (!changed.wait_for(lock, limit, [this] { return isDone; }))
          expire();
      }) {}

Watchdog::~Watchdog() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    isDone = true;
  }
  changed.notify_all();
  thread.join();
}

static bool readAll(int descriptor, char *to, size_t count) {
  while (count > 0) {
    ssize_t got = read(descriptor, to, count);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    to += got;
    count -= static_cast<size_t>(got);
  }
  return true;
}

static bool writeAll(int descriptor, const std::string &bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    ssize_t put = write(descriptor, bytes.data() + sent, bytes.size() - sent);
    if (put < 0 && errno == EINTR)
      continue;
    if (put <= 0)
      return false;
    sent += static_cast<size_t>(put);
  }
  return true;
}

namespace {

class Worker {
public:
  Worker(Expected<std::unique_ptr<Device>> device, int input, int output)
      : device(std::move(device)), input(input), output(output) {}

  int serve();

private:
  struct Loaded {
    std::unique_ptr<LoadedKernel> kernel;
    Problem problem;
    ProblemSizes sizes;
    Subject subject() const { return {kernel.get(), problem, sizes}; }
  };

  Expected<std::string> readFrame(uint32_t limit);
  Expected<Request> readRequest();
  bool respond(const Response &response);
  void expire(double seconds);

  Response answer(const HelloRequest &request) { return (*device)->describe(); }
  Response answer(const ShutdownRequest &request) {
    isEnding = true;
    return DoneResponse();
  }
  Response answer(const UnloadRequest &request);
  Response answer(const LoadRequest &request);
  Response answer(const VerifyRequest &request);
  Response answer(const TimePairRequest &request);
  Response failure(const Error &error) {
    return ErrorResponse{error, isEnding || (*device)->isLost()};
  }
  Expected<Subject> find(const std::string &id) const;

  Expected<std::unique_ptr<Device>> device;
  int input;
  int output;
  CaseCache cache;
  std::map<std::string, Loaded> artifacts;
  bool inputEnded = false;
  bool isEnding = false;
  std::mutex answering; ///< held while writing; guards `answered`
  bool answered = false;
};

Expected<std::string> Worker::readFrame(uint32_t limit) {
  std::string header(4, '\0');
  inputEnded = !readAll(input, header.data(), 4);
  if (inputEnded)
    return Error(ErrorCode::ProtocolViolation, "end of input");
  Expected<uint32_t> length = parseFrameLength(header, limit);
  if (!length) {
    isEnding = true; // there is no telling where the next frame starts
    return length.error();
  }
  std::string payload(*length, '\0');
  inputEnded = !readAll(input, payload.data(), payload.size());
  if (inputEnded)
    return Error(ErrorCode::ProtocolViolation, "end of input inside a frame");
  return payload;
}

Expected<Request> Worker::readRequest() {
  Expected<std::string> text = readFrame(kMaxMessageBytes);
  if (!text)
    return text.error();
  Expected<ParsedRequest> parsed = parseRequest(*text);
  if (!parsed) {
    isEnding = true; // a raw frame may follow that nobody asked for
    return parsed.error();
  }
  if (parsed->artifactBytes == 0)
    return std::move(parsed->request);
  Expected<std::string> bytes = readFrame(kMaxArtifactBytes);
  if (!bytes)
    return bytes.error();
  if (bytes->size() != parsed->artifactBytes)
    return Error(ErrorCode::ProtocolViolation,
                 "an artefact of " + std::to_string(bytes->size()) +
                     " bytes, announced were " + std::to_string(parsed->artifactBytes));
  if (auto *load = std::get_if<LoadRequest>(&parsed->request))
    load->artifact.bytes = *std::move(bytes);
  else
    std::get<VerifyRequest>(parsed->request).artifact.bytes = *std::move(bytes);
  return std::move(parsed->request);
}

bool Worker::respond(const Response &response) {
  std::lock_guard<std::mutex> lock(answering);
  answered = true;
  return writeAll(output, makeFrame(toJson(response)));
}

// Runs on the watchdog's thread while the kernel may hang: answer, and end the
// process without waiting for anything.
void Worker::expire(double seconds) {
  std::lock_guard<std::mutex> lock(answering);
  if (answered)
    return;
  Verdict verdict = errorVerdict(
      Error(ErrorCode::VerificationTimedOut,
            "no verdict within " + std::to_string(seconds) + " s"));
  verdict.verifySeconds = seconds;
  verdict.workerEnds = true;
  writeAll(output, makeFrame(toJson(Response(verdict))));
  _exit(0);
}

Expected<Subject> Worker::find(const std::string &id) const {
  auto found = artifacts.find(id);
  if (found == artifacts.end())
    return Error(ErrorCode::UnknownArtifactId, "'" + id + "'");
  return found->second.subject();
}

Response Worker::answer(const UnloadRequest &request) {
  if (artifacts.erase(request.id))
    return DoneResponse();
  return failure(Error(ErrorCode::UnknownArtifactId, "'" + request.id + "'"));
}

Response Worker::answer(const LoadRequest &request) {
  auto kernel = (*device)->load(request.artifact);
  if (!kernel)
    return failure(kernel.error());
  if (auto fits = (*kernel)->checkSignature(request.problem); !fits)
    return failure(fits.error());
  artifacts[request.id] = {*std::move(kernel), request.problem, request.sizes};
  return LoadedResponse{request.id};
}

Response Worker::answer(const VerifyRequest &request) {
  if (Expected<void> checked = checkOptions(request.options); !checked)
    return errorVerdict(checked.error());
  double limit = request.options.limitSeconds;
  Watchdog watchdog(std::chrono::milliseconds(static_cast<int64_t>(limit * 1000)),
                    [this, limit] { expire(limit); });
  auto kernel = (*device)->load(request.artifact);
  if (!kernel) {
    Verdict verdict = errorVerdict(kernel.error());
    verdict.workerEnds = (*device)->isLost();
    return verdict;
  }
  Loaded loaded{*std::move(kernel), request.problem, request.sizes};
  Subject incumbent;
  bool isPaired = !request.options.incumbent.empty();
  if (isPaired) {
    Expected<Subject> found = find(request.options.incumbent);
    if (!found)
      return errorVerdict(found.error());
    incumbent = *found;
    if (!(incumbent.problem == request.problem) || !(incumbent.sizes == request.sizes))
      return errorVerdict(Error(ErrorCode::InvalidVerifyRequest,
                                "the incumbent was loaded for another problem or sizes"));
  }
  Verdict verdict = verifyKernel(**device, cache, loaded.subject(), request.options,
                                 isPaired ? &incumbent : nullptr);
  if (verdict.accepted() && !request.id.empty())
    artifacts[request.id] = std::move(loaded);
  return verdict;
}

Response Worker::answer(const TimePairRequest &request) {
  Expected<Subject> candidate = find(request.candidate);
  Expected<Subject> incumbent = find(request.incumbent);
  if (!candidate || !incumbent)
    return failure(candidate ? incumbent.error() : candidate.error());
  if (!(request.limitSeconds > 0) || request.limitSeconds > 86400)
    return failure(Error(ErrorCode::InvalidVerifyRequest,
                         "limit_seconds must be in (0, 86400]"));
  double limit = request.limitSeconds;
  Watchdog watchdog(std::chrono::milliseconds(static_cast<int64_t>(limit * 1000)),
                    [this, limit] { expire(limit); });
  auto pair = timeInTurn(**device, cache, *candidate, *incumbent, request);
  if (!pair)
    return failure(pair.error());
  return *pair;
}

int Worker::serve() {
  while (true) {
    Expected<Request> request = readRequest();
    if (inputEnded)
      return 0;
    answered = false;
    Response response = DoneResponse();
    if (!request)
      response = ErrorResponse{request.error(), isEnding};
    else if (!device)
      response = ErrorResponse{device.error(), isEnding = true};
    else
      response = std::visit([this](const auto &one) { return answer(one); }, *request);
    if (!respond(response))
      return 1;
    if (isEnding || (device && (*device)->isLost()))
      break;
  }
  // Destroying handles of a lost device may hang; the process ends anyway.
  if (device && (*device)->isLost())
    _exit(0);
  artifacts.clear();
  return 0;
}

} // namespace

int serveWorker(Expected<std::unique_ptr<Device>> device, int input, int output) {
  return Worker(std::move(device), input, output).serve();
}

} // namespace kgen
