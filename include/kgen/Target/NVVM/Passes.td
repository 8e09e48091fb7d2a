//===- Passes.td - Passes of the NVVM target -------------------------------===//
#ifndef KGEN_TARGET_NVVM_PASSES
#define KGEN_TARGET_NVVM_PASSES

include "mlir/Pass/PassBase.td"

def ConvertTileToNvvmPass : Pass<"convert-tile-to-nvvm", "::mlir::ModuleOp"> {
  let summary = "Distributes tiles over warps (mma.sync, cp.async) or warpgroups (wgmma, TMA)";
  let description = [{
    Converts every `func.func` with `tile.kernel`. Each warp owns 16 or more
    rows of the query tile; every tile value becomes scalars of one lane (see
    lib/Target/NVVM/Fragments.h). 16-bit products use mma.sync.m16n8k16, f32
    products FMAs. Buffers lie in dynamic shared memory, whose size is left on
    the function for `nvvm-finish-kernels`. The number of warps is that of the
    `attention.schedule` attribute, 4 without one.

    A kernel whose schedule has `producer = tma` (sm_90a) has `tile.roles`
    instead of copies: a warpgroup whose one thread fills rings by TMA, and
    warpgroups that multiply with wgmma (lib/Target/NVVM/Hopper.h). Each tensor
    map is a pointer argument after the others.

    ```mlir
    %s = tile.dot %q, %k transpose_rhs
       : !tile.matrix<64x16xbf16, operand>, !tile.view<16x16xbf16> -> !tile.matrix<64x16xf32, accumulator>
    // becomes, with 4 warps:
    %b = nvvm.ldmatrix %p {...} : (!llvm.ptr<3>) -> !llvm.struct<(i32, i32, i32, i32)>
    %0 = nvvm.mma.sync A[%a0, %a1, %a2, %a3] B[%b0, %b1] C[...] ...
    %1 = nvvm.mma.sync A[%a0, %a1, %a2, %a3] B[%b2, %b3] C[...] ...
    ```
  }];
  let dependentDialects = [
    "::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect", "::mlir::arith::ArithDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect"];
}

def NvvmLowerMathPass : Pass<"nvvm-lower-math", "::mlir::ModuleOp"> {
  let summary = "Maps math functions to the special-function unit or expands them";
  let description = [{
    exp2, log2 and rsqrt become ex2.approx.ftz, lg2.approx and rsqrt.approx;
    everything else is expanded into them. In a function with the unit attribute
    `approximate_math`, tanh becomes tanh.approx.

    ```mlir
    %e = math.exp2 %x : f32
    // becomes
    %e = llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f"(%x) : (f32) -> f32
    ```
  }];
  let dependentDialects = [
    "::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::vector::VectorDialect"];
}

def NvvmFinishKernelsPass : Pass<"nvvm-finish-kernels", "::mlir::ModuleOp"> {
  let summary = "Marks lowered kernels for the NVPTX backend";
  let description = [{
    Turns what `convert-tile-to-nvvm` noted on a function (threads, registers)
    into `nvvm.kernel`, `nvvm.reqntid` and `nvvm.minctasm` or `nvvm.maxnreg`,
    which only an `llvm.func` may have.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect"];
}

#endif // KGEN_TARGET_NVVM_PASSES
