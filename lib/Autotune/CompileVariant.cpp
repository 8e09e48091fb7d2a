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

FailureOr<std::vector<Schedule>> schedulesFor(attention::ForwardOp op,
                                              const KernelCompiler &compiler,
                                              const Machine &machine,
                                              const CompileRequest &request) {
  if (!request.schedule.empty()) {
    FailureOr<Schedule> schedule = parseRequested(op, request.schedule);
    if (failed(schedule))
      return failure();
    return std::vector<Schedule>{*schedule};
  }
  Expected<std::vector<Schedule>> schedules =
      chooseSchedules(op, compiler, machine, request.history);
  if (!schedules)
    return emitOn(op, schedules.error());
  return *schedules;
}

/// The text or artefact that the request asks for. `schedule` becomes the one
/// that it is of.
Expected<std::string> emit(KernelCompiler &compiler,
                           const std::vector<Schedule> &schedules,
                           EmitKind kind, Schedule &schedule,
                           CompileTimes &times) {
  schedule = schedules.front();
  if (kind == EmitKind::Tiled)
    return compiler.printTiled(schedule);
  if (kind == EmitKind::Llvm)
    return compiler.printLowered(schedule);
  Expected<ScheduledKernel> compiled = compileFirst(compiler, schedules);
  if (!compiled)
    return compiled.error();
  schedule = compiled->schedule;
  times = compiled->kernel.code.times;
  return kind == EmitKind::Artifact
             ? std::move(compiled->kernel.artifact)
             : std::move(compiled->kernel.code.assembly);
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
  FailureOr<std::vector<Schedule>> schedules =
      schedulesFor(op, *compiler, *machine, request);
  if (failed(schedules))
    return failure();
  Schedule schedule;
  CompileTimes times;
  Expected<std::string> bytes =
      emit(*compiler, *schedules, request.emit, schedule, times);
  if (!bytes)
    return emitOn(op, bytes.error());
  return CompiledVariant{std::move(*bytes), compiler->problem().name,
                         machine->hardware.arch, toJson(schedule), times};
}

} // namespace kgen
