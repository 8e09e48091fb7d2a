//===- CompileVariant.cpp - A module's attention op as an artefact
//---------===//

#include "kgen/Autotune/CompileVariant.h"

#include "KernelJob.h"

#include "kgen/Dialect/Attention/AttentionAttrs.h"
#include "kgen/Schedule/Json.h"

#include "mlir/AsmParser/AsmParser.h"

using namespace mlir;

namespace kgen {
namespace {

/// The schedule of the request, in either spelling.
FailureOr<Schedule> parseRequested(attention::ForwardOp op,
                                   const std::string &text) {
  if (StringRef(text).trim().starts_with("{")) {
    Expected<Schedule> schedule = parseSchedule(text);
    if (!schedule)
      return emitOn(op, schedule.error());
    return *schedule;
  }
  Attribute attribute = parseAttribute(text, op.getContext());
  if (auto schedule = dyn_cast_or_null<attention::ScheduleAttr>(attribute))
    return schedule.getSchedule();
  return emitOn(op, Error(ErrorCode::KnobValue,
                          "the schedule given is neither a JSON object nor "
                          "#attention.schedule<...>: '" +
                              text + "'"));
}

FailureOr<Schedule> scheduleFor(attention::ForwardOp op,
                                const KernelCompiler &compiler,
                                const Machine &machine,
                                const CompileRequest &request) {
  if (!request.schedule.empty())
    return parseRequested(op, request.schedule);
  Expected<Schedule> schedule =
      chooseSchedule(op, compiler, machine, request.history);
  if (!schedule)
    return emitOn(op, schedule.error());
  return *schedule;
}

/// The text or artefact that the request asks for.
Expected<std::string> emit(KernelCompiler &compiler, const Schedule &schedule,
                           EmitKind kind, CompileTimes &times) {
  if (kind == EmitKind::Tiled)
    return compiler.printTiled(schedule);
  if (kind == EmitKind::Llvm)
    return compiler.printLowered(schedule);
  Expected<CompiledKernel> kernel = compiler.compile(schedule);
  if (!kernel)
    return kernel.error();
  times = kernel->code.times;
  return kind == EmitKind::Artifact ? std::move(kernel->artifact)
                                    : std::move(kernel->code.assembly);
}

} // namespace

FailureOr<CompiledVariant> compileVariant(ModuleOp module,
                                          const CompileRequest &request) {
  std::vector<attention::ForwardOp> ops = findAttention(module);
  if (ops.size() != 1)
    return emitOn(module,
                  Error(ErrorCode::NotOneKernel,
                        "the module has " + std::to_string(ops.size())));
  attention::ForwardOp op = ops.front();
  Expected<Machine> machine = resolveMachine(request.target, request.worker);
  if (!machine)
    return emitOn(op, machine.error());
  EmitOptions options;
  setAssembler(options, *machine, request.ptxas);
  options.keepAssembly = request.emit == EmitKind::Assembly;
  std::unique_ptr<KernelCompiler> compiler = compilerFor(op, *machine, options);
  if (!compiler)
    return failure();
  FailureOr<Schedule> schedule = scheduleFor(op, *compiler, *machine, request);
  if (failed(schedule))
    return failure();
  CompileTimes times;
  Expected<std::string> bytes =
      emit(*compiler, *schedule, request.emit, times);
  if (!bytes)
    return emitOn(op, bytes.error());
  return CompiledVariant{std::move(*bytes), compiler->problem().name,
                         machine->hardware.arch, toJson(*schedule), times};
}

} // namespace kgen
