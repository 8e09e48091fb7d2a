//===- Arguments.cpp - kgen-verify's command line --------------------------===//

#include "Arguments.h"

#include "kgen/Schedule/Json.h"
#include "kgen/Verifier/Service.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <sstream>

namespace kgen {

const char *const kUsage =
    "usage: kgen-verify ARTIFACT [options]     verify one artefact\n"
    "       kgen-verify --serve [--device=D]   serve the worker protocol\n"
    "       kgen-verify --list-devices | --self-test | --help\n"
    "\n"
    "  --device=cpu|cuda:N|hip:N   where the kernel runs (cpu)\n"
    "  --device=emulated:ARCH      without a GPU, on an emulated sm_80, gfx942, ...;\n"
    "                              emulated:ARCH,seed=N interleaves its threads otherwise;\n"
    "                              emulated:ARCH,processors=N has persistent grids for N\n"
    "  --problem=FILE              problem JSON; default: the artefact's own\n"
    "  --sizes=B=2,Sq=128,Skv=128  target shape, or JSON; default: nominal sizes,\n"
    "                              small ones on an emulated device\n"
    "  --families=a,b              input families; default: all\n"
    "  --seed=N                    seeds inputs and row sampling (1)\n"
    "  --repeats=N                 runs per family, bitwise equal (3)\n"
    "  --no-neighbours             only the target shape\n"
    "  --time                      time the kernel once it is accepted; an emulated\n"
    "                              device has no clock and gives counts\n"
    "  --time-seconds=X            seconds to spend on timing (1)\n"
    "  --floor-seconds=X           a faster time is refused (0: not checked)\n"
    "  --limit-seconds=X           give up after this long (120; emulated: 1800)\n"
    "\n"
    "exit status: 0 accepted, 1 rejected, 2 could not be judged\n";

static Error invalid(const std::string &detail) {
  return Error(ErrorCode::InvalidVerifyRequest, detail);
}

static bool readNumber(const std::string &text, double &value) {
  char *end = nullptr;
  value = std::strtod(text.c_str(), &end);
  return !text.empty() && !*end;
}

static bool readInteger(const std::string &text, int64_t &value) {
  char *end = nullptr;
  value = std::strtoll(text.c_str(), &end, 10);
  return !text.empty() && !*end;
}

static bool readFamilies(const std::string &text, std::vector<InputFamily> &families) {
  std::istringstream names(text);
  for (std::string name; std::getline(names, name, ',');) {
    Expected<InputFamily> family = parseInputFamily(name);
    if (!family)
      return false;
    families.push_back(*family);
  }
  return !families.empty();
}

// One "--key=value"; false when the value is not understood.
static bool setValue(ToolArguments &arguments, const std::string &key,
                     const std::string &value, bool &isKnown) {
  VerifyOptions &options = arguments.options;
  int64_t seed = 0;
  const std::map<std::string, std::function<bool()>> setters = {
      {"--device", [&] { arguments.device = value; return !value.empty(); }},
      {"--problem", [&] { arguments.problemPath = value; return !value.empty(); }},
      {"--sizes", [&] { arguments.sizes = value; return !value.empty(); }},
      {"--families", [&] { return readFamilies(value, options.families); }},
      {"--seed", [&] { bool ok = readInteger(value, seed); options.seed = seed; return ok; }},
      {"--repeats", [&] { return readInteger(value, options.repeats); }},
      {"--time-seconds", [&] { return readNumber(value, options.timeSeconds); }},
      {"--floor-seconds", [&] { return readNumber(value, options.floorSeconds); }},
      {"--limit-seconds", [&] {
         arguments.hasLimit = true;
         return readNumber(value, options.limitSeconds);
       }},
  };
  auto found = setters.find(key);
  isKnown = found != setters.end();
  return isKnown && found->second();
}

static bool setFlag(ToolArguments &arguments, const std::string &flag) {
  if (flag == "--help" || flag == "-h")
    arguments.mode = ToolMode::Help;
  else if (flag == "--serve")
    arguments.mode = ToolMode::Serve;
  else if (flag == "--list-devices")
    arguments.mode = ToolMode::ListDevices;
  else if (flag == "--self-test")
    arguments.mode = ToolMode::SelfTest;
  else if (flag == "--time")
    arguments.options.time = true;
  else if (flag == "--no-neighbours")
    arguments.options.neighbours = false;
  else
    return false;
  return true;
}

Expected<ToolArguments> parseArguments(int argc, char **argv) {
  ToolArguments arguments;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (argument.empty() || argument[0] != '-') {
      if (!arguments.artifact.empty())
        return invalid("two artefacts, '" + arguments.artifact + "' and '" + argument + "'");
      arguments.artifact = argument;
      continue;
    }
    if (setFlag(arguments, argument))
      continue;
    size_t equals = argument.find('=');
    bool isKnown = false;
    if (equals != std::string::npos &&
        setValue(arguments, argument.substr(0, equals), argument.substr(equals + 1), isKnown))
      continue;
    return invalid(std::string(isKnown ? "bad value in '" : "unknown option '") +
                   argument + "', see kgen-verify --help");
  }
  if (arguments.mode == ToolMode::Once && arguments.artifact.empty())
    return invalid("no artefact is given, see kgen-verify --help");
  if (!arguments.hasLimit)
    arguments.options.limitSeconds = defaultLimitSeconds(arguments.device);
  return arguments;
}

std::string workerBeside() {
  std::error_code ignored;
  std::filesystem::path self =
      std::filesystem::read_symlink("/proc/self/exe", ignored);
  std::filesystem::path worker = self.parent_path() / "kgen-verify";
  return std::filesystem::exists(worker, ignored) ? worker.string()
                                                  : "kgen-verify";
}

static Expected<std::string> readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return invalid("cannot read '" + path + "'");
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Sizes that are named replace the device's default ones before captured shapes are
// derived.
static Expected<ProblemSizes> readSizes(const Problem &problem, const std::string &text,
                                        const std::string &device) {
  if (!text.empty() && text[0] == '{')
    return parseProblemSizes(text);
  Problem fixed = problem;
  const std::map<std::string, int64_t *> fields = {
      {"B", &fixed.batch}, {"Sq", &fixed.seqQ}, {"Skv", &fixed.seqKV}};
  std::istringstream items(text);
  for (std::string item; std::getline(items, item, ',');) {
    size_t equals = item.find('=');
    auto field = fields.find(item.substr(0, equals));
    int64_t value = 0;
    if (equals == std::string::npos || field == fields.end() ||
        !readInteger(item.substr(equals + 1), value) || value < 1)
      return invalid("sizes '" + text + "' are not of the form B=2,Sq=128,Skv=128");
    if (*field->second != kDynamicSize && *field->second != value)
      return invalid(item + " contradicts the problem's static size " +
                     std::to_string(*field->second));
    *field->second = value;
  }
  return defaultSizes(fixed, device);
}

Expected<VerifyRequest> makeRequest(const ToolArguments &arguments) {
  VerifyRequest request;
  request.artifact.path = arguments.artifact;
  request.options = arguments.options;
  Expected<Problem> problem = Problem();
  if (arguments.problemPath.empty()) {
    problem = problemOfArtifact(arguments.artifact);
  } else {
    Expected<std::string> text = readFile(arguments.problemPath);
    if (!text)
      return text.error();
    problem = parseProblem(*text);
  }
  if (!problem)
    return problem.error();
  request.problem = *std::move(problem);
  Expected<ProblemSizes> sizes = readSizes(request.problem, arguments.sizes, arguments.device);
  if (!sizes)
    return sizes.error();
  request.sizes = *std::move(sizes);
  return request;
}

} // namespace kgen
