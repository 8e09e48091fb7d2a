//===- main.cpp - kgen-emulate: runs an artefact without a GPU -------------===//
//
// kgen-emulate KERNEL.kgen [--arch=sm_80] [--seeds=N] [options of kgen-verify]
// kgen-emulate KERNEL.kgen --static
//
// Runs one artefact on an emulated device, on one shape and one input family
// unless others are given, in N interleavings of its threads, and prints verdict,
// findings and counts. It is the short way while a kernel is written; the long
// one, on every family and neighbour, is kgen-verify --device=emulated:ARCH.
//
//===----------------------------------------------------------------------===//

#include "../kgen-verify/Arguments.h"

#include "kgen/Verifier/Client.h"
#include "kgen/Verifier/Service.h"

#include <cstdio>
#include <string>
#include <vector>

using namespace kgen;

namespace {

constexpr const char *kEmulateUsage =
    "usage: kgen-emulate KERNEL.kgen [options]\n"
    "       kgen-emulate --list | --help\n"
    "\n"
    "  --arch=ARCH          the architecture to emulate; default: the artefact's\n"
    "  --seed=N             the first interleaving of the threads (0)\n"
    "  --seeds=N            how many interleavings; results must agree bitwise (1)\n"
    "  --families=a,b       input families of kgen-verify (normal)\n"
    "  --sizes=B=2,Sq=197   target shape; default: small and ragged\n"
    "  --input-seed=N       seeds the inputs (1)\n"
    "  --problem=FILE, --limit-seconds=X   as for kgen-verify\n"
    "  --static             runs nothing: prints the program's instructions by class\n"
    "\n"
    "exit status: 0 accepted, 1 a finding or a wrong result, 2 could not be judged\n";

int fail(const Error &error) {
  std::fprintf(stderr, "kgen-emulate: %s\n", error.message().c_str());
  return 2;
}

int list() {
  Expected<std::vector<std::string>> devices = listEmulatedDevices();
  if (!devices)
    return fail(devices.error());
  for (const std::string &line : *devices)
    std::printf("%s\n", line.c_str());
  return 0;
}

/// This tool's command line in the words of kgen-verify.
struct Translation {
  std::string artifact, arch, seed;
  std::vector<std::string> options = {"--no-neighbours", "--time"};
  bool hasFamilies = false, isStatic = false;
};

Translation translate(int argc, char **argv) {
  Translation result;
  std::string repeats = "1";
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    auto takes = [&](const char *name, std::string &value) {
      if (!argument.starts_with(name))
        return false;
      value = argument.substr(std::string_view(name).size());
      return true;
    };
    std::string inputSeed;
    if (takes("--arch=", result.arch) || takes("--seed=", result.seed) ||
        takes("--seeds=", repeats))
      continue;
    if (argument == "--static")
      result.isStatic = true;
    else if (takes("--input-seed=", inputSeed))
      result.options.push_back("--seed=" + inputSeed);
    else if (argument.starts_with("-") || !result.artifact.empty())
      result.options.push_back(argument);
    else
      result.artifact = argument;
    result.hasFamilies |= argument.starts_with("--families=");
  }
  result.options.push_back("--repeats=" + repeats);
  if (!result.hasFamilies)
    result.options.push_back("--families=normal");
  return result;
}

/// "emulated:sm_80", for the artefact's own architecture unless one was given.
Expected<std::string> deviceFor(const Translation &given) {
  if (!given.arch.empty())
    return "emulated:" + given.arch;
  Expected<std::string> own = archOfArtifact(given.artifact);
  if (!own)
    return own.error();
  return "emulated:" + *own;
}

int describe(const Translation &given) {
  Expected<std::string> device = deviceFor(given);
  if (!device)
    return fail(device.error());
  Expected<std::string> text = describeProgram(given.artifact, *device);
  if (!text)
    return fail(text.error());
  return std::fputs(text->c_str(), stdout) < 0 ? 2 : 0;
}

/// Everything that kgen-verify knows about such a command line.
Expected<ToolArguments> parse(const Translation &given) {
  Expected<std::string> device = deviceFor(given);
  if (!device)
    return device.error();
  std::string option = "--device=" + *device;
  if (!given.seed.empty())
    option += ",seed=" + given.seed;
  std::vector<std::string> words = {"kgen-emulate", given.artifact, option};
  words.insert(words.end(), given.options.begin(), given.options.end());
  std::vector<char *> argv;
  for (std::string &word : words)
    argv.push_back(word.data());
  Expected<ToolArguments> parsed =
      parseArguments(static_cast<int>(argv.size()), argv.data());
  if (parsed && parsed->mode != ToolMode::Once)
    return Error(ErrorCode::InvalidVerifyRequest,
                 "such an option is kgen-verify's, see kgen-emulate --help");
  return parsed;
}

// In a worker of its own, as every kernel: an emulator that crashed or hung would
// end in a verdict, too.
int emulate(const ToolArguments &arguments) {
  Expected<VerifyRequest> request = makeRequest(arguments);
  if (!request)
    return fail(request.error());
  WorkerOptions options;
  options.command.front() = workerBeside();
  options.device = arguments.device;
  WorkerClient client(options);
  Expected<WorkerHello> hello = client.hello();
  if (!hello)
    return fail(hello.error());
  std::printf("%s on %s (%s), B=%lld Sq=%lld Skv=%lld, interleavings a family: %lld\n",
              request->problem.name.c_str(), hello->device.c_str(), hello->name.c_str(),
              static_cast<long long>(request->sizes.batch),
              static_cast<long long>(request->sizes.seqQ),
              static_cast<long long>(request->sizes.seqKV),
              static_cast<long long>(request->options.repeats));
  Verdict verdict = client.verify(*request);
  std::fputs(toString(verdict).c_str(), stdout);
  return static_cast<int>(verdict.status); // 0 accepted, 1 rejected, 2 error
}

} // namespace

int main(int argc, char **argv) {
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (argument == "--list")
      return list();
    if (argument == "--help" || argument == "-h")
      return std::fputs(kEmulateUsage, stdout) < 0;
  }
  Translation given = translate(argc, argv);
  if (given.artifact.empty())
    return fail(Error(ErrorCode::InvalidVerifyRequest,
                      "no artefact is given, see kgen-emulate --help"));
  if (given.isStatic)
    return describe(given);
  Expected<ToolArguments> arguments = parse(given);
  return arguments ? emulate(*arguments) : fail(arguments.error());
}
