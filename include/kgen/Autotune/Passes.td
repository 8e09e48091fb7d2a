//===- Passes.td - Passes that search, verify and lower --------------------===//
#ifndef KGEN_AUTOTUNE_PASSES
#define KGEN_AUTOTUNE_PASSES

include "mlir/Pass/PassBase.td"

class AutotunePass<string flag> : Pass<flag, "::mlir::ModuleOp"> {
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::cf::ControlFlowDialect", "::mlir::func::FuncDialect",
    "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::tensor::TensorDialect"];
}

def TargetOption : Option<"target", "target", "std::string", "\"auto\"",
  "a machine (h100, a100, rtx4090, mi250x, mi300x, mi355x), an architecture (sm_80, gfx942), "
  "an emulated one (emulated:sm_80), cpu, or auto: the first GPU, else the CPU">;
def DeviceOption : Option<"device", "device", "std::string", "\"\"",
  "where kernels run, as kgen-verify takes it (cuda:1, emulated:sm_80); empty: the target's own">;
def PtxasOption : Option<"ptxas", "ptxas", "std::string", "\"\"",
  "the ptxas to use; empty: PATH and the toolkit, else the driver assembles; none: the driver">;
def WorkerOption : Option<"worker", "worker", "std::string", "\"\"",
  "the kgen-verify to use; empty: beside this program, else PATH">;
def SizesOption : Option<"sizes", "sizes", "std::string", "\"\"",
  "values of dynamic sizes, as batch=2,seq_q=1024,seq_kv=1024">;
def HistoryOption : Option<"history", "history", "std::string", "\"\"",
  "history file of searches (JSON lines); empty: none">;

def AttentionLowerPass : AutotunePass<"attention-lower"> {
  let summary = "Turn attention.forward into a call of a compiled kernel";
  let description = [{
    Compiles each `attention.forward` for `target` and replaces it by a call of
    the C runtime, with the artefact embedded as a constant global. The schedule
    is the one on the op, else the best one that `history` knows for this
    problem and machine, else the default. What is left is host code that MLIR's
    own conversions, `mlir-translate` and a linker turn into a program; link it
    with libkgen_runtime.

    Example: `kgen-opt variant.mlir --attention-lower='target=cpu'`
  }];
  let options = [TargetOption, PtxasOption, WorkerOption, HistoryOption,
    Option<"artifact", "artifact", "std::string", "\"\"",
           "also write the artefact of the (only) kernel to this file">];
}

def AttentionVerifyPass : AutotunePass<"attention-verify"> {
  let summary = "Check the lowered variant against the float64 oracle";
  let description = [{
    Compiles each `attention.forward` as `attention-lower` would, runs it in a
    verification worker on all input families, and fails if it is wrong. The
    module is left as it was: one RUN line makes a lit test of a new variant.

    On an emulated device (`target=emulated:sm_80`) that needs no GPU: its
    checks are part of the verdict, and default sizes are small.

    Example: `kgen-opt variant.mlir --attention-verify='target=cpu'`
  }];
  let options = [TargetOption, DeviceOption, PtxasOption, WorkerOption, SizesOption, HistoryOption,
    Option<"seed", "seed", "uint64_t", "1", "seed of the inputs">,
    Option<"limit", "limit", "std::string", "\"\"",
           "time limit, as 90s or 2m; empty: 120s, and 30m on an emulated device">];
}

def AttentionSearchPass : AutotunePass<"attention-search"> {
  let summary = "Search the fastest schedule that the verifier accepts";
  let description = [{
    For each `attention.forward`: a proposer gives schedules; each legal one is
    compiled, checked by a worker process against the float64 oracle, and timed
    if it is right. The fastest accepted schedule is put on the op. Progress
    goes to standard error, one line a candidate. With `history`, results are
    kept and a second run compiles nothing that it already knows. An emulated
    device (`target=emulated:sm_80`) has no clock: its candidates are ranked by
    the cycles that their instructions need at ideal issue.

    Example: `kgen-opt variant.mlir --attention-search='target=h100 budget=15m'`
  }];
  let options = [TargetOption, DeviceOption, PtxasOption, WorkerOption, SizesOption, HistoryOption,
    Option<"budget", "budget", "std::string", "\"15m\"", "wall time, as 90s, 15m or 1h">,
    Option<"candidates", "candidates", "uint64_t", "64", "most schedules to compile">,
    Option<"proposer", "proposer", "std::string", "\"default\"",
           "default, random, evolutionary, replay or llm">,
    Option<"seed", "seed", "uint64_t", "1", "seed of the proposer and of the inputs">,
    Option<"replay", "replay", "std::string", "\"\"", "history or schedules to replay">,
    Option<"llmEndpoint", "llm-endpoint", "std::string", "\"\"",
           "base URL of an OpenAI-compatible server; its key is read from KGEN_LLM_API_KEY">,
    Option<"llmModel", "llm-model", "std::string", "\"\"", "name of the model">,
    Option<"report", "report", "std::string", "\"\"",
           "write reports to this path with .html and .txt appended">,
    Option<"artifact", "artifact", "std::string", "\"\"",
           "write the artefact of the winner to this file">];
}

#endif // KGEN_AUTOTUNE_PASSES
