//===- Passes.td - Target-independent passes --------------------------------===//
#ifndef KGEN_TRANSFORMS_PASSES
#define KGEN_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def AttentionOutlinePass : Pass<"attention-outline", "::mlir::ModuleOp"> {
  let summary = "Give each attention.forward a kernel function of its own";
  let description = [{
    Moves every `attention.forward` in memref form into a private function
    `@<parent>_attention_<n>` that holds nothing else. Its arguments are the
    kernel's, in the order of the kernel ABI: Q, K, V, the values that the
    regions capture, O and, if written, LSE. The op is replaced by a call.

    Named mods are written into the regions first. The tensor form is refused:
    bufferize before, or use `--attention-lower`, which does both.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AttentionToTilePass : Pass<"attention-to-tile", "::mlir::func::FuncOp"> {
  let summary = "Lower attention to online softmax over tiles";
  let description = [{
    Rewrites a kernel function (see `attention-outline`) into tiled form: copies
    of K and V tiles, products, the score and mask functions inlined with their
    (q_idx, kv_idx), online softmax in the exp2 domain, and stores. This is the
    one place where the flash-attention algorithm stands.

    The op's `schedule` says the tile sizes, stages and orders; without one the
    default schedule of `hardware` is taken. Keys that the mask hides from every
    row of a tile are skipped, and tiles that it does not touch run in a loop
    without a mask.
  }];
  let options = [
    Option<"hardware", "hardware", "std::string", "\"host\"",
           "machine whose default schedule and limits apply, e.g. h100">
  ];
  let dependentDialects = ["::kgen::tile::TileDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect"];
}

#endif // KGEN_TRANSFORMS_PASSES
