//===- KernelCompiler.cpp - One attention op, any schedule, an artefact ----===//

#include "kgen/Compiler/KernelCompiler.h"
#include "kgen/Analysis/ProblemReader.h"
#include "kgen/Compiler/Pipelines.h"
#include "kgen/Compiler/Registration.h"
#include "kgen/Schedule/Legality.h"
#include "kgen/Target/Common/ArtifactWriter.h"
#include "kgen/Transforms/KernelFunction.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"

#include <chrono>

using namespace mlir;

namespace kgen {

struct KernelCompiler::State {
  Problem problem;
  HardwareModel hardware;
  EmitOptions options;
  std::unique_ptr<TargetBackend> backend;
  std::unique_ptr<MLIRContext> context;
  OwningOpRef<ModuleOp> kernel; ///< the op outlined, without a schedule

  OwningOpRef<ModuleOp> cloneWith(const Schedule &schedule);
  Expected<OwningOpRef<ModuleOp>> lower(const Schedule &schedule, Phase last);
  Expected<std::string> print(const Schedule &schedule, Phase last);
};

namespace {

/// Turns the first error of a run into an Error: its "[KG4001] " prefix, where
/// it has one, into the code.
class DiagnosticCollector {
public:
  explicit DiagnosticCollector(MLIRContext *context)
      : handler(context, [this](Diagnostic &diagnostic) {
          if (diagnostic.getSeverity() == DiagnosticSeverity::Error &&
              text.empty())
            text = diagnostic.str();
          return success();
        }) {}

  Error error() const {
    StringRef message = text;
    unsigned number = 0;
    size_t bracket = message.find("[KG");
    if (bracket != StringRef::npos) {
      StringRef digits = message.substr(bracket + 3);
      if (!digits.consumeInteger(10, number) && digits.consume_front("] "))
        return Error(static_cast<ErrorCode>(number), digits.str());
    }
    return Error(ErrorCode::LoweringFailed,
                 text.empty() ? "a pass failed without an error" : text);
  }

private:
  std::string text;
  ScopedDiagnosticHandler handler;
};

std::string printToString(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream, OpPrintingFlags().assumeVerified());
  return text;
}

} // namespace

KernelCompiler::KernelCompiler() : state(std::make_unique<State>()) {}
KernelCompiler::~KernelCompiler() = default;

const Problem &KernelCompiler::problem() const { return state->problem; }
const HardwareModel &KernelCompiler::hardware() const {
  return state->hardware;
}

std::unique_ptr<KernelCompiler>
KernelCompiler::create(attention::ForwardOp op, const HardwareModel &hardware,
                       const EmitOptions &options) {
  FailureOr<Problem> problem = analysis::readProblem(op);
  if (failed(problem))
    return nullptr;
  std::string name = problem->name + "_attention";
  FailureOr<OwningOpRef<ModuleOp>> module = buildKernelModule(op, name);
  if (failed(module))
    return nullptr;

  std::unique_ptr<KernelCompiler> compiler(new KernelCompiler);
  State &state = *compiler->state;
  state.problem = std::move(*problem);
  state.hardware = hardware;
  state.options = options;
  state.backend = createBackend(hardware.target);
  DialectRegistry registry;
  registerKgenDialects(registry);
  state.backend->registerDialects(registry);
  state.context = std::make_unique<MLIRContext>(
      registry, MLIRContext::Threading::DISABLED);
  state.kernel =
      parseSourceString<ModuleOp>(printToString(**module), state.context.get());
  if (!state.kernel) {
    op.emitOpError() << "[KG3007] its kernel function cannot be read back";
    return nullptr;
  }
  return compiler;
}

OwningOpRef<ModuleOp> KernelCompiler::State::cloneWith(const Schedule &schedule) {
  OwningOpRef<ModuleOp> module = kernel->clone();
  module->walk([&](attention::ForwardOp op) {
    op.setScheduleAttr(attention::ScheduleAttr::get(context.get(), schedule));
  });
  return module;
}

Expected<OwningOpRef<ModuleOp>>
KernelCompiler::State::lower(const Schedule &schedule, Phase last) {
  std::vector<Violation> violations =
      checkLegality(problem, schedule, hardware);
  if (!violations.empty()) {
    // All at once: a schedule with two faults takes one round.
    std::string details = violations.front().detail;
    for (size_t i = 1; i < violations.size(); ++i)
      details += "; " + toString(violations[i]);
    return Error(violations.front().code, details);
  }
  OwningOpRef<ModuleOp> module = cloneWith(schedule);
  DiagnosticCollector diagnostics(context.get());
  if (failed(runKernelPipeline(*module, *backend, hardware, last)))
    return diagnostics.error();
  return Expected<OwningOpRef<ModuleOp>>(std::move(module));
}

Expected<CompiledKernel> KernelCompiler::compile(const Schedule &schedule) {
  auto start = std::chrono::steady_clock::now();
  Expected<OwningOpRef<ModuleOp>> module =
      state->lower(schedule, Phase::Llvm);
  if (!module)
    return module.error();
  std::chrono::duration<double> lowering =
      std::chrono::steady_clock::now() - start;
  Expected<KernelCode> code =
      state->backend->emit(**module, state->hardware, state->options);
  if (!code)
    return code.error();
  code->times.lowering = lowering.count();
  Expected<std::string> artifact =
      writeArtifact(*code, state->problem, schedule, state->hardware);
  if (!artifact)
    return artifact.error();
  std::chrono::duration<double> elapsed =
      std::chrono::steady_clock::now() - start;
  return CompiledKernel{std::move(*code), std::move(*artifact),
                        elapsed.count()};
}

Expected<std::string>
KernelCompiler::State::print(const Schedule &schedule, Phase last) {
  Expected<OwningOpRef<ModuleOp>> module = lower(schedule, last);
  if (!module)
    return module.error();
  return printToString(**module);
}

Expected<std::string> KernelCompiler::printTiled(const Schedule &schedule) {
  return state->print(schedule, Phase::Tile);
}

Expected<std::string> KernelCompiler::printLowered(const Schedule &schedule) {
  return state->print(schedule, Phase::Llvm);
}

} // namespace kgen
