//===- Lower.cpp - attention.forward as a call of a compiled kernel
//--------===//

#include "KernelJob.h"

#include "kgen/Autotune/Passes.h"
#include "kgen/Compiler/HostCall.h"
#include "kgen/Dialect/Attention/Passes.h"

using namespace mlir;

namespace kgen {

#define GEN_PASS_DEF_ATTENTIONLOWERPASS
#include "kgen/Autotune/Passes.h.inc"

namespace {

struct AttentionLowerPass : impl::AttentionLowerPassBase<AttentionLowerPass> {
  using AttentionLowerPassBase::AttentionLowerPassBase;

  void runOnOperation() override {
    std::vector<attention::ForwardOp> ops = findAttention(getOperation());
    if (ops.empty())
      return;
    if (!artifact.empty() && ops.size() != 1) {
      (void)emitOn(getOperation(),
                   Error(ErrorCode::NotOneKernel,
                         "artifact= was given, and the module has " +
                             std::to_string(ops.size())));
      return signalPassFailure();
    }
    Expected<Machine> machine = resolveMachine(target.getValue(), worker);
    if (!machine) {
      (void)emitOn(getOperation(), machine.error());
      return signalPassFailure();
    }
    for (attention::ForwardOp op : ops)
      if (failed(lower(op, *machine)))
        return signalPassFailure();
  }

  LogicalResult lower(attention::ForwardOp op, const Machine &machine) {
    std::unique_ptr<KernelCompiler> compiler = compilerFor(op, machine, ptxas);
    if (!compiler)
      return failure();
    Expected<std::vector<Schedule>> schedules =
        chooseSchedules(op, *compiler, machine, history);
    if (!schedules)
      return emitOn(op, schedules.error());
    Expected<ScheduledKernel> compiled = compileFirst(*compiler, *schedules);
    if (!compiled)
      return emitOn(op, compiled.error());
    const CompiledKernel &kernel = compiled->kernel;
    // Spills, serialised products: the assembler said it, the user should know.
    for (const std::string &warning : kernel.code.warnings)
      mlir::emitWarning(op.getLoc()) << warning;
    if (!artifact.empty())
      if (Expected<void> written = writeFile(artifact, kernel.artifact);
          !written)
        return emitOn(op, written.error());
    IRRewriter rewriter(op);
    if (failed(attention::expandMods(rewriter, op)))
      return failure();
    return replaceWithRuntimeCall(rewriter, op, kernel.artifact);
  }
};

} // namespace
} // namespace kgen
