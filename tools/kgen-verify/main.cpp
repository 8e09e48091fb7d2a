//===- main.cpp - kgen-verify: checks and times one artefact ---------------===//
//
// kgen-verify --serve --device=cuda:0     a worker on standard input and output
// kgen-verify ARTIFACT [options]          one verdict, for people
//
// Exit status of the second: 0 accepted, 1 rejected, 2 could not be judged.
//
//===----------------------------------------------------------------------===//

#include "Arguments.h"

#include "kgen/Schedule/Json.h"
#include "kgen/Verifier/Client.h"
#include "kgen/Verifier/Service.h"

#include <csignal>
#include <cstdio>
#include <unistd.h>

using namespace kgen;

static int fail(const Error &error) {
  std::fprintf(stderr, "kgen-verify: %s\n", error.message().c_str());
  return 2;
}

// The protocol gets a descriptor of its own; whatever a library prints to
// standard output goes to standard error and cannot break a frame.
static int serve(const std::string &device) {
  std::signal(SIGPIPE, SIG_IGN);
  int output = dup(STDOUT_FILENO);
  dup2(STDERR_FILENO, STDOUT_FILENO);
  return serveDevice(device, STDIN_FILENO, output);
}

static int list() {
  Expected<std::vector<std::string>> devices = listDevices();
  if (!devices)
    return fail(devices.error());
  for (const std::string &line : *devices)
    std::printf("%s\n", line.c_str());
  return 0;
}

static int selfTest() {
  SelfTestResult result = runSelfTest([](const std::string &line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  });
  std::printf("honest kernels accepted: %lld / %lld; mutants killed: %lld / %lld\n",
              static_cast<long long>(result.honestAccepted),
              static_cast<long long>(result.honest),
              static_cast<long long>(result.mutantsKilled),
              static_cast<long long>(result.mutants));
  return result.passed() ? 0 : 1;
}

// The verification runs in a worker of its own, so that a kernel that crashes
// or hangs ends in a verdict here too.
static int verifyOnce(const ToolArguments &arguments) {
  Expected<VerifyRequest> request = makeRequest(arguments);
  if (!request)
    return fail(request.error());
  WorkerOptions options;
  options.command = {"/proc/self/exe", "--device={device}", "--serve"};
  options.device = arguments.device;
  WorkerClient client(options);
  Expected<WorkerHello> hello = client.hello();
  if (!hello)
    return fail(hello.error());
  std::printf("%s on %s (%s, %s)\n", request->problem.name.c_str(),
              hello->name.c_str(), hello->arch.c_str(), hello->driver.c_str());
  Verdict verdict = client.verify(*request);
  std::fputs(toString(verdict).c_str(), stdout);
  return static_cast<int>(verdict.status); // 0 accepted, 1 rejected, 2 error
}

int main(int argc, char **argv) {
  Expected<ToolArguments> arguments = parseArguments(argc, argv);
  if (!arguments)
    return fail(arguments.error());
  switch (arguments->mode) {
  case ToolMode::Help:
    std::fputs(kUsage, stdout);
    return 0;
  case ToolMode::Serve:
    return serve(arguments->device);
  case ToolMode::ListDevices:
    return list();
  case ToolMode::SelfTest:
    return selfTest();
  case ToolMode::Once:
    return verifyOnce(*arguments);
  }
  return 2;
}
