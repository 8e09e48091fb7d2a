//===- Passes.td - Passes of the AMD target --------------------------------===//
#ifndef KGEN_TARGET_ROCDL_PASSES
#define KGEN_TARGET_ROCDL_PASSES

include "mlir/Pass/PassBase.td"

def ConvertTileToRocdl : Pass<"convert-tile-to-rocdl", "::mlir::ModuleOp"> {
  let summary = "Lower kernels in tiled form to waves of MFMA on gfx90a, gfx942 and gfx950";
  let description = [{
    Every `func.func` with the `tile.kernel` attribute becomes a `rocdl.kernel`
    whose tiles are registers of lanes. A wave of 64 lanes holds blocks of 32
    query rows (`warps` of the schedule is the number of waves; without a
    schedule there is one for each 32 rows, at most 8; its `max_registers` asks
    the backend for as many waves on a SIMD as have them). Products are computed
    transposed on `v_mfma_f32_32x32x8` (gfx950: `v_mfma_f32_32x32x16`), so that
    a query row stays in one lane and probabilities go from the first product to
    the second in place.

    Buffers are one global in LDS; buffers that a product reads as V hold their
    tile transposed. A tile.copy loads into registers, which its token carries,
    and the tile.wait stores them to LDS; Q, which one tile.load reads, goes
    from global memory into fragments and takes no LDS. Tensors become a pointer
    and an i64 for each dynamic size. Copies and stores go through raw buffer
    resources, whose bounds check gives zeros for rows past the limit and drops
    stores to them.

    The result still has scf, arith, math, cf and func operations; the pipeline
    `lower-tile-to-rocdl` adds the passes to the LLVM dialect.

    ```mlir
    %s = tile.dot %q, %k transpose_rhs
       : !tile.matrix<128x64xbf16, operand>, !tile.view<32x64xbf16> -> !tile.matrix<128x32xf32, accumulator>
    // becomes, with 4 waves, for each of 8 steps of 8:
    %a = llvm.load %k_line : !llvm.ptr<3> -> vector<4xi16>
    %s1 = rocdl.mfma.f32.32x32x8bf16.1k %a, %q0, %s0, %c0, %c0, %c0
       : (vector<4xi16>, vector<4xi16>, vector<16xf32>, i32, i32, i32) -> vector<16xf32>
    ```
  }];
  let options = [
    Option<"arch", "arch", "std::string", "\"gfx942\"",
           "architecture: gfx90a, gfx942 or gfx950">];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::ROCDL::ROCDLDialect",
                           "::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect",
                           "::mlir::math::MathDialect", "::mlir::func::FuncDialect"];
}

#endif // KGEN_TARGET_ROCDL_PASSES
