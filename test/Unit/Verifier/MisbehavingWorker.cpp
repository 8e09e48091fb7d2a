//===- MisbehavingWorker.cpp - A worker with one bad habit ------------------===//
//
// kgen-misbehaving-worker HABIT [FILE]: greets properly (unless the habit is in
// the greeting), then does HABIT instead of answering the next request. With
// FILE, it misbehaves only the first time and answers properly once FILE is
// there, so that a test can see the client recover.
//
//===----------------------------------------------------------------------===//

#include "kgen/Verifier/Protocol.h"

#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>
#include <unistd.h>

using namespace kgen;

static bool readAll(std::string &bytes) {
  for (size_t have = 0; have < bytes.size();) {
    ssize_t got = read(0, bytes.data() + have, bytes.size() - have);
    if (got <= 0)
      return false;
    have += static_cast<size_t>(got);
  }
  return true;
}

static bool readFrame(std::string &payload) {
  std::string header(4, '\0');
  if (!readAll(header))
    return false;
  Expected<uint32_t> length = parseFrameLength(header, kMaxArtifactBytes);
  payload.assign(length ? *length : 0, '\0');
  return length && readAll(payload);
}

static void send(const std::string &bytes) {
  if (write(1, bytes.data(), bytes.size()) < 0)
    _exit(9);
}

static void answer(const Response &response) { send(makeFrame(toJson(response))); }

static void misbehave(const std::string &habit) {
  if (habit == "crash") {
    std::fputs("about to crash\n", stderr);
    raise(SIGSEGV);
  } else if (habit == "exit") {
    _exit(3);
  } else if (habit == "hang") {
    while (true)
      pause();
  } else if (habit == "garbage") {
    send("Hello, this is a line of text and not a frame\n");
  } else if (habit == "bad-json") {
    send(makeFrame("{\"version\":2,"));
  } else if (habit == "close") {
    close(1);
    while (true)
      pause();
  } else if (habit == "half") {
    send(makeFrame(std::string(100, ' ')).substr(0, 50));
    _exit(0);
  } else if (habit == "ends") {
    Verdict verdict = errorVerdict(Error(ErrorCode::KernelLaunchFailed, "sticky device error"));
    verdict.workerEnds = true;
    answer(verdict);
    while (true)
      pause();
  } else if (habit == "time-of-wrong") {
    send(makeFrame("{\"version\":2,\"type\":\"verdict\",\"status\":\"rejected\",\"code\":0,"
                   "\"reason\":\"\",\"hints\":[],\"cases_checked\":0,\"runs_checked\":0,"
                   "\"verify_seconds\":0,\"worker_ends\":false}"));
  }
}

int main(int argc, char **argv) {
  std::string habit = argc > 1 ? argv[1] : "";
  std::string marker = argc > 2 ? argv[2] : "";
  std::string payload;
  while (readFrame(payload)) {
    Expected<ParsedRequest> parsed = parseRequest(payload);
    if (!parsed)
      return 4;
    if (parsed->artifactBytes && !readFrame(payload))
      return 5;
    if (std::holds_alternative<HelloRequest>(parsed->request)) {
      WorkerHello hello;
      hello.name = "misbehaving";
      hello.processId = getpid();
      if (habit == "version")
        send(makeFrame("{\"version\":99,\"type\":\"hello\"}"));
      else
        answer(hello);
      continue;
    }
    if (std::holds_alternative<ShutdownRequest>(parsed->request)) {
      answer(DoneResponse());
      return 0;
    }
    bool isCured = !marker.empty() && std::ifstream(marker).good();
    if (!isCured) {
      if (!marker.empty())
        std::ofstream(marker) << "once";
      misbehave(habit);
      continue;
    }
    if (auto *load = std::get_if<LoadRequest>(&parsed->request)) {
      answer(LoadedResponse{load->id});
      continue;
    }
    Verdict verdict;
    verdict.status = VerdictStatus::Accepted;
    answer(verdict);
  }
  return 0;
}
