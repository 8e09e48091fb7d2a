//===- Worker.h - The serving end of the protocol --------------------------===//
#ifndef KGEN_LIB_VERIFIER_WORKER_H
#define KGEN_LIB_VERIFIER_WORKER_H

#include "Verification.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace kgen {

/// Calls `expire` from a thread of its own unless destroyed within `limit`.
class Watchdog {
public:
  Watchdog(std::chrono::milliseconds limit, std::function<void()> expire);
  ~Watchdog();
  Watchdog(const Watchdog &) = delete;
  Watchdog &operator=(const Watchdog &) = delete;

private:
  std::mutex mutex;
  std::condition_variable changed;
  bool isDone = false;
  std::thread thread;
};

/// Serves requests on two file descriptors until end of file, shutdown or a
/// fault that ends the worker. `device` may be an error: it is then the answer
/// to everything, so that the client learns why. Returns the exit status.
int serveWorker(Expected<std::unique_ptr<Device>> device, int input, int output);

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_WORKER_H
