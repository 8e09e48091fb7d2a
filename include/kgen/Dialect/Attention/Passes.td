#ifndef KGEN_DIALECT_ATTENTION_PASSES
#define KGEN_DIALECT_ATTENTION_PASSES

include "mlir/Pass/PassBase.td"

def AttentionExpandModsPass : Pass<"attention-expand-mods"> {
  let summary = "Write the named mods of attention.forward into its regions";
  let description = [{
    Every mod of `mods` is looked up in the library, its parameters become
    constants, its operands become captured values, and its body is inlined:
    score functions after the explicit score region, in order; masks are ANDed
    with the mask region. Constants are folded. Afterwards the op has regions
    only: no `mods` and no mod operands.

    Warns when the mask is false for every pair: each row then gives O = 0 and
    LSE = -inf, which is rarely meant.

    Example: `attention.forward %q, %k, %v mods [#attention.causal] : ...` gets
    the mask region `q_idx >= kv_idx`.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::tensor::TensorDialect"
  ];
  let statistics = [
    Statistic<"expandedMods", "expanded-mods", "Mods written into regions">
  ];
}

#endif // KGEN_DIALECT_ATTENTION_PASSES
