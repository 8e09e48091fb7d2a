//===- Client.h - Talks to a verification worker ---------------------------===//
//
// A kernel may crash, hang, or leave its device in an error that never clears,
// so it never runs in the searching process. A WorkerClient owns one worker
// process, starts it when it is first needed, and kills and restarts it
// whenever it crashes, hangs, closes its pipe or answers garbage. The verdict
// of the request that met the fault says so; the next request goes on.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_VERIFIER_CLIENT_H
#define KGEN_VERIFIER_CLIENT_H

#include "kgen/Verifier/Protocol.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace kgen {

struct WorkerOptions {
  /// Program and arguments; "{device}" in an argument is replaced by `device`.
  /// A launcher may stand in front: {"ssh", "gpu1", "kgen-verify", ...}.
  std::vector<std::string> command = {"kgen-verify", "--device={device}",
                                      "--serve"};
  /// "cpu", "cuda:0".
  std::string device = "cpu";
  /// For the start and the hello of a worker.
  std::chrono::milliseconds startLimit{60000};
  /// Added to a request's own limitSeconds before the client kills the worker.
  std::chrono::milliseconds grace{10000};
};

/// One worker process and the artefacts it holds. Not thread-safe: one client
/// per thread.
class WorkerClient {
public:
  explicit WorkerClient(WorkerOptions options);
  /// Asks the worker to stop, and kills it if it does not.
  ~WorkerClient();
  WorkerClient(const WorkerClient &) = delete;
  WorkerClient &operator=(const WorkerClient &) = delete;

  /// Starts the worker if none runs. Fails when it cannot be started, speaks
  /// another protocol version, or has no such device.
  Expected<WorkerHello> hello();

  /// Never fails: whatever befalls the worker is a verdict of status Error. A
  /// request with an id that is accepted stays loaded, also over restarts.
  Verdict verify(const VerifyRequest &request);

  /// Keeps an artefact for time_pair and as an incumbent, over restarts too.
  Expected<void> load(const LoadRequest &request);
  Expected<void> unload(const std::string &id);
  Expected<PairTiming> timePair(const TimePairRequest &request);

  /// Kills the worker; the next request starts a fresh one. Finalists are
  /// re-measured in a fresh process.
  void restart();
  /// How many workers were started.
  int64_t startCount() const;
  /// What the last worker that died said last, for a report.
  const std::string &lastDiagnostics() const;

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace kgen

#endif // KGEN_VERIFIER_CLIENT_H
