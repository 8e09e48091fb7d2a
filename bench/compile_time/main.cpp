//===- main.cpp - kgen-bench-compile: how long a kernel takes to compile --===//
//
// kgen-bench-compile VARIANT.mlir... [--target=sm_90a] [--rounds=9]
// [--json=FILE]
//
// Compiles every attention.forward of the files, each from its text to an
// artefact, again and again in this one process: a first round that is not
// counted warms it, then all kernels take turns. Prints for each the median and
// range of the whole, the processor time (with the assembler's; near the whole
// on an idle machine, since nothing runs in parallel), and the medians of the
// parts. Exit status: 0, or 1 if one
// does not compile or a median is above --limit seconds.
//
//===----------------------------------------------------------------------===//

#include "kgen/Autotune/CompileVariant.h"
#include "kgen/Compiler/Registration.h"
#include "kgen/Dialect/Attention/AttentionOps.h"
#include "kgen/Support/Error.h"
#include "nlohmann/json.hpp"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sys/resource.h>
#include <thread>

using namespace kgen;
namespace cl = llvm::cl;
using Json = nlohmann::ordered_json;

namespace {

/// Values from the command line. Not the options themselves: the linker that
/// the CPU target runs in this process resets those.
struct Arguments {
  std::vector<std::string> inputs;
  std::string command, jsonPath;
  CompileRequest request;
  unsigned rounds = 0;
  double limit = 0; ///< seconds; 0: none
};

/// The options stay: the linker walks over them.
Arguments readArguments(int argc, char **argv) {
  static cl::list<std::string> inputs(
      cl::Positional, cl::desc("<variant.mlir>..."), cl::OneOrMore);
  static cl::opt<std::string> target("target", cl::desc("As of kgen-compile"),
                                     cl::init("sm_90a"));
  static cl::opt<std::string> schedule("schedule",
                                       cl::desc("As of kgen-compile"));
  static cl::opt<std::string> ptxas("ptxas", cl::desc("As of kgen-compile"));
  static cl::opt<unsigned> rounds(
      "rounds", cl::desc("Compilations of each kernel"), cl::init(9));
  static cl::opt<std::string> jsonPath("json", cl::desc("Write the results"),
                                       cl::value_desc("file"));
  static cl::opt<double> limit(
      "limit", cl::desc("Greatest median allowed, seconds"), cl::init(0));
  cl::ParseCommandLineOptions(
      argc, argv, "kgen-bench-compile: how long kernels take to compile\n");
  Arguments arguments;
  arguments.inputs = inputs;
  for (int i = 0; i < argc; ++i)
    arguments.command += (i ? " " : "") + std::string(argv[i]);
  arguments.jsonPath = jsonPath;
  arguments.request.target = target;
  arguments.request.schedule = schedule;
  arguments.request.ptxas = ptxas;
  arguments.rounds = rounds;
  arguments.limit = limit;
  return arguments;
}

/// Milliseconds of one compilation.
struct Sample {
  double total = 0;
  double processor = 0; ///< of this process and its children
  CompileTimes parts;   ///< in milliseconds here
  /// Reading the text, the analysis, the artefact.
  double rest() const {
    return total - parts.lowering - parts.llvm - parts.assembler;
  }
};

struct Kernel {
  std::string name, text;
  std::vector<Sample> samples;
  std::string schedule; ///< JSON
};

int fail(ErrorCode code, const std::string &detail) {
  std::fprintf(stderr, "kgen-bench-compile: %s\n",
               Error(code, detail).message().c_str());
  return 1;
}

/// The functions of a file with one attention op each, as texts of their own;
/// empty if the file cannot be read.
std::vector<Kernel> readKernels(const std::string &path,
                                mlir::MLIRContext &context) {
  std::vector<Kernel> kernels;
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(path, &context);
  if (!module)
    return kernels;
  llvm::StringRef file = llvm::StringRef(path).rsplit('/').second;
  std::string stem = (file.empty() ? llvm::StringRef(path) : file)
                         .take_until([](char c) { return c == '.'; })
                         .str();
  for (auto function : module->getOps<mlir::func::FuncOp>()) {
    size_t ops = 0;
    function.walk([&](attention::ForwardOp) { ++ops; });
    if (ops != 1)
      continue;
    Kernel kernel{stem + "/" + function.getName().str(), "", {}, ""};
    llvm::raw_string_ostream(kernel.text) << function;
    kernels.push_back(std::move(kernel));
  }
  return kernels;
}

/// Milliseconds of processor time, so far, of this process and of the children
/// that it has waited for.
double processorTime() {
  double total = 0;
  for (int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    for (const timeval &time : {usage.ru_utime, usage.ru_stime})
      total += static_cast<double>(time.tv_sec) * 1e3 +
               static_cast<double>(time.tv_usec) * 1e-3;
  }
  return total;
}

/// Compiles once, from text to artefact.
std::optional<Sample> compileOnce(Kernel &kernel, mlir::MLIRContext &context,
                                  const CompileRequest &request) {
  auto start = std::chrono::steady_clock::now();
  double processor = processorTime();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(kernel.text, &context);
  if (!module)
    return std::nullopt;
  mlir::FailureOr<CompiledVariant> variant = compileVariant(*module, request);
  if (mlir::failed(variant))
    return std::nullopt;
  std::chrono::duration<double, std::milli> total =
      std::chrono::steady_clock::now() - start;
  kernel.schedule = variant->schedule;
  const CompileTimes &times = variant->times;
  return Sample{
      total.count(),
      processorTime() - processor,
      {times.lowering * 1e3, times.llvm * 1e3, times.assembler * 1e3}};
}

struct Summary {
  double median, least, most;
};

template <typename Part>
Summary summarise(const std::vector<Sample> &samples, Part part) {
  std::vector<double> values;
  for (const Sample &sample : samples)
    values.push_back(part(sample));
  std::sort(values.begin(), values.end());
  size_t middle = values.size() / 2;
  double median = values.size() % 2 ? values[middle]
                                    : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back()};
}

Json toJson(const Summary &summary) {
  return {{"median_ms", summary.median},
          {"range_ms", {summary.least, summary.most}}};
}

std::string processorName() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name"))
      return line.substr(std::min(line.size(), line.find(':') + 2));
  return "unknown";
}

/// Prints one line and returns it as JSON; `median`: of the whole.
Json report(const Kernel &kernel, double &median) {
  auto of = [&](auto part) { return summarise(kernel.samples, part); };
  Summary total = of([](auto &s) { return s.total; });
  Summary processor = of([](auto &s) { return s.processor; });
  Summary lowering = of([](auto &s) { return s.parts.lowering; });
  Summary llvm = of([](auto &s) { return s.parts.llvm; });
  Summary assembler = of([](auto &s) { return s.parts.assembler; });
  Summary rest = of([](auto &s) { return s.rest(); });
  std::printf("%-40s %6.1f ms [%.1f, %.1f]  processor %6.1f  lowering %5.1f  "
              "LLVM %5.1f  assembler %6.1f  rest %4.1f\n",
              kernel.name.c_str(), total.median, total.least, total.most,
              processor.median, lowering.median, llvm.median, assembler.median,
              rest.median);
  median = total.median;
  return {{"kernel", kernel.name},
          {"total", toJson(total)},
          {"processor", toJson(processor)},
          {"lowering", toJson(lowering)},
          {"llvm", toJson(llvm)},
          {"assembler", toJson(assembler)},
          {"rest", toJson(rest)},
          {"schedule", Json::parse(kernel.schedule)}};
}

int reportAll(const std::vector<Kernel> &kernels, const Arguments &arguments) {
  Json rows = Json::array();
  double slowest = 0;
  for (const Kernel &kernel : kernels) {
    double median = 0;
    rows.push_back(report(kernel, median));
    slowest = std::max(slowest, median);
  }
  std::printf("slowest of %zu kernels: %.1f ms; %u rounds, %s on %s\n",
              kernels.size(), slowest, arguments.rounds,
              arguments.request.target.c_str(), processorName().c_str());
  if (!arguments.jsonPath.empty()) {
    Json all = {{"command", arguments.command},
                {"processor", processorName()},
                {"cores", std::thread::hardware_concurrency()},
                {"target", arguments.request.target},
                {"rounds", arguments.rounds},
                {"kernels", rows}};
    std::ofstream file(arguments.jsonPath);
    file << all.dump(1) << "\n";
    if (!file.flush())
      return fail(ErrorCode::FileNotWritten, "'" + arguments.jsonPath + "'");
  }
  return arguments.limit > 0 && slowest > arguments.limit * 1e3 ? 1 : 0;
}

} // namespace

int main(int argc, char **argv) {
  Arguments arguments = readArguments(argc, argv);
  mlir::DialectRegistry registry;
  registerKgenDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  std::vector<Kernel> kernels;
  for (const std::string &path : arguments.inputs) {
    std::vector<Kernel> read = readKernels(path, context);
    if (read.empty())
      return fail(ErrorCode::InputUnreadable,
                  "'" + path + "' has no function with one attention.forward");
    std::move(read.begin(), read.end(), std::back_inserter(kernels));
  }
  for (unsigned round = 0; round <= arguments.rounds; ++round)
    for (Kernel &kernel : kernels) {
      std::optional<Sample> sample =
          compileOnce(kernel, context, arguments.request);
      if (!sample) // the diagnostics have said why
        return 1;
      if (round > 0 || arguments.rounds == 0)
        kernel.samples.push_back(*sample);
    }
  return reportAll(kernels, arguments);
}
