//===- Verify.cpp - A variant against the float64 oracle
//-------------------===//

#include "KernelJob.h"

#include "kgen/Autotune/Passes.h"
#include "kgen/Verifier/Service.h"

using namespace mlir;

namespace kgen {

#define GEN_PASS_DEF_ATTENTIONVERIFYPASS
#include "kgen/Autotune/Passes.h.inc"

namespace {

struct AttentionVerifyPass
    : impl::AttentionVerifyPassBase<AttentionVerifyPass> {
  using AttentionVerifyPassBase::AttentionVerifyPassBase;

  void runOnOperation() override {
    std::vector<attention::ForwardOp> ops = findAttention(getOperation());
    if (ops.empty())
      return;
    Expected<Machine> machine =
        resolveMachine(target.getValue(), worker, device);
    if (!machine) {
      (void)emitOn(getOperation(), machine.error());
      return signalPassFailure();
    }
    WorkerClient client(workerOptions(worker, machine->device));
    for (attention::ForwardOp op : ops)
      if (failed(verify(op, *machine, client)))
        return signalPassFailure();
  }

  LogicalResult verify(attention::ForwardOp op, const Machine &machine,
                       WorkerClient &client) {
    std::unique_ptr<KernelCompiler> compiler = compilerFor(op, machine, ptxas);
    if (!compiler)
      return failure();
    Expected<std::vector<Schedule>> schedules =
        chooseSchedules(op, *compiler, machine, history);
    if (!schedules)
      return emitOn(op, schedules.error());
    Expected<ProblemSizes> shape =
        parseSizes(compiler->problem(), sizes.getValue(), machine.device);
    if (!shape)
      return emitOn(op, shape.error());
    Expected<double> seconds = defaultLimitSeconds(machine.device);
    if (!limit.empty())
      seconds = parseDuration(limit.getValue());
    if (!seconds)
      return emitOn(op, seconds.error());
    Expected<ScheduledKernel> compiled = compileFirst(*compiler, *schedules);
    if (!compiled)
      return emitOn(op, compiled.error());
    VerifyRequest request;
    request.artifact.bytes = compiled->kernel.artifact;
    request.problem = compiler->problem();
    request.sizes = *shape;
    request.options.seed = seed;
    request.options.limitSeconds = *seconds;
    return report(op, client.verify(request), machine);
  }

  LogicalResult report(attention::ForwardOp op, const Verdict &verdict,
                       const Machine &machine) {
    if (!verdict.accepted()) {
      InFlightDiagnostic error = op.emitOpError() << verdict.reason;
      for (const std::string &hint : verdict.hints)
        error.attachNote() << hint;
      return error;
    }
    mlir::emitRemark(op.getLoc())
        << "accepted on " << machine.device << " (" << machine.hardware.arch
        << "): " << verdict.casesChecked << " cases, " << verdict.runsChecked
        << " runs";
    return success();
  }
};

} // namespace
} // namespace kgen
