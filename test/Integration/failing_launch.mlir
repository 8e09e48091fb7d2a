// A launch that the runtime refuses ends the program with the runtime's message: K and V of unequal lengths.
// RUN: kgen-opt %s --attention-lower=target=cpu -o %t.lowered.mlir
// RUN: FileCheck %s --check-prefix=HOST <%t.lowered.mlir
// RUN: mlir-opt %t.lowered.mlir --expand-strided-metadata --lower-affine --finalize-memref-to-llvm --convert-func-to-llvm \
// RUN:   --convert-cf-to-llvm --convert-arith-to-llvm --reconcile-unrealized-casts | mlir-translate --mlir-to-llvmir -o %t.ll
// RUN: llc -O1 -filetype=obj -relocation-model=pic %t.ll -o %t.o
// RUN: clang %t.o %kgen-lib/libkgen_runtime.a -lm -ldl -lpthread -o %t
// RUN: not --crash %t 2>&1 | FileCheck %s
// HOST: cf.assert %{{.*}}, "[KG3008] the attention kernel did not run
// CHECK: [KG7019]

func.func @main() -> i32 {
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c9 = arith.constant 9 : index
  %q = memref.alloc(%c8) : memref<1x1x?x32xf32>
  %k = memref.alloc(%c8) : memref<1x1x?x32xf32>
  %v = memref.alloc(%c9) : memref<1x1x?x32xf32>
  %o = memref.alloc(%c8) : memref<1x1x?x32xf32>
  attention.forward %q, %k, %v outs(%o : memref<1x1x?x32xf32>)
      : (memref<1x1x?x32xf32>, memref<1x1x?x32xf32>, memref<1x1x?x32xf32>) -> ()
  %status = arith.constant 0 : i32
  return %status : i32
}
