//===- Passes.td - Passes of the CPU target --------------------------------===//
#ifndef KGEN_TARGET_CPU_PASSES
#define KGEN_TARGET_CPU_PASSES

include "mlir/Pass/PassBase.td"

def ConvertTileToCpu : Pass<"convert-tile-to-cpu", "::mlir::ModuleOp"> {
  let summary = "Lower kernels in tiled form to vector code on cache-resident scratch";
  let description = [{
    Every `func.func` with the `tile.kernel` attribute becomes a function with
    the C interface of CPU kernels, `(arguments, block, scratch)`, which is
    called once for each block of the grid. Its attribute `kgen.scratch_bytes`
    says how much scratch a call needs.

    Each tile is an array of f32 in scratch at a place that is known now. An
    operation works in place where its operand has no later use, so that the
    accumulators of a loop stay where they are. Buffers hold K and V as packed
    panels of columns, as the products read them; products are register-blocked
    loops of fused multiply-adds; maps become loops over rows of vector code,
    fused with the reductions of their result.

    ```mlir
    func.func @scale(%o: memref<1x1x?x64xf32>) attributes {tile.kernel} {
      ...
      %t = tile.splat %one : !tile.matrix<64x64xf32, accumulator>
      tile.store %t to %o[%b, %h, %q0] limit %n : ...
    }
    // becomes
    func.func @scale(%arguments: !llvm.ptr, %block: !llvm.ptr, %scratch: !llvm.ptr)
        attributes {kgen.scratch_bytes = 16384 : i64} {
      ...
      scf.for %r = %c0 to %c64 step %c1 { llvm.store ... : vector<16xf32>, !llvm.ptr }
    }
    ```

    Sequence lengths below 2^30 are assumed: index arithmetic inside maps that
    then fits 32 bits is done in 32 bits.
  }];
  let options = [
    Option<"lanes", "lanes", "int64_t", /*default=*/"16",
           "f32 lanes of a vector: 4, 8 or 16">,
    Option<"registers", "registers", "int64_t", /*default=*/"32",
           "vector registers that the micro kernel may use: 16 or 32">];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::vector::VectorDialect",
                           "::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect",
                           "::mlir::math::MathDialect", "::mlir::func::FuncDialect"];
}

#endif // KGEN_TARGET_CPU_PASSES
