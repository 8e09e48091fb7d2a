// What --attention-lower leaves: host code that packs addresses, sizes and scalars
// into 64-bit words and calls the runtime; all of it dialects of MLIR itself.
// RUN: kgen-opt %s --attention-lower=target=cpu | sed 's/dense<"[^"]*">/dense<BYTES>/' | FileCheck %s

// One artefact a kernel, one declaration for both.
// CHECK-DAG: memref.global "private" constant @kgen_artifact_0 : memref<{{[0-9]+}}xi8> = dense<BYTES> {alignment = 64 : i64}
// CHECK-DAG: memref.global "private" constant @kgen_artifact_1 : memref<{{[0-9]+}}xi8>
// CHECK-DAG: func.func private @kgen_host_invoke(i64, i64, i64, i64) -> i32
// CHECK-NOT: func.func private @kgen_host_invoke

// Dynamic sizes, LSE, scalars of four types in the order of their first use.
// CHECK-LABEL: func.func @tensors(
// CHECK-SAME:    %[[Q:.+]]: tensor<?x4x?x64xf32>, %{{.+}}, %{{.+}}, %[[T:.+]]: f16, %[[W:.+]]: bf16, %[[FLAG:.+]]: i1, %[[N:.+]]: index)
// CHECK:         bufferization.to_buffer %[[Q]] read_only
// CHECK:         %[[TB:.+]] = arith.bitcast %[[T]] : f16 to i16
// CHECK:         arith.extui %[[TB]] : i16 to i64
// CHECK:         %[[WB:.+]] = arith.bitcast %[[W]] : bf16 to i16
// CHECK:         arith.extui %[[WB]] : i16 to i64
// CHECK:         arith.index_cast %[[N]] : index to i64
// CHECK:         arith.extui %[[FLAG]] : i1 to i64
// CHECK:         %[[O:.+]] = memref.alloc(%{{.+}}, %{{.+}}) {alignment = 64 : i64} : memref<?x4x?x32xf32>
// CHECK:         %[[LSE:.+]] = memref.alloc(%{{.+}}, %{{.+}}) {alignment = 64 : i64} : memref<?x4x?xf32>
// CHECK:         %[[STATUS:.+]] = call @kgen_host_invoke
// CHECK:         %[[DONE:.+]] = arith.cmpi eq, %[[STATUS]], %{{.+}} : i32
// CHECK:         cf.assert %[[DONE]], "[KG3008]
// CHECK:         bufferization.to_tensor %[[O]] restrict writable
// CHECK:         bufferization.to_tensor %[[LSE]] restrict writable
func.func @tensors(%q: tensor<?x4x?x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x32xf32>, %t: f16, %w: bf16, %flag: i1, %n: index) -> (tensor<?x4x?x32xf32>, tensor<?x4x?xf32>) {
  %o:2 = attention.forward %q, %k, %v score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %e = arith.extf %t : f16 to f32
    %f = arith.extf %w : bf16 to f32
    %x = arith.mulf %s, %e : f32
    %r = arith.addf %x, %f : f32
    attention.yield %r : f32
  } mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %e = arith.addi %i, %n : index
    %c = arith.cmpi sge, %e, %j : index
    %keep = arith.ori %c, %flag : i1
    attention.yield %keep : i1
  } : (tensor<?x4x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x32xf32>) -> (tensor<?x4x?x32xf32>, tensor<?x4x?xf32>)
  return %o#0, %o#1 : tensor<?x4x?x32xf32>, tensor<?x4x?xf32>
}

// In a loop nothing may stay on the stack until the function returns.
// CHECK-LABEL: func.func @memrefs(
// CHECK:         scf.for
// CHECK-NOT:       memref.alloca
// CHECK:           %[[WORDS:.+]] = memref.alloc() : memref<{{[0-9]+}}xi64>
// CHECK:           call @kgen_host_invoke
// CHECK-NEXT:      memref.dealloc %[[WORDS]]
// CHECK:           cf.assert
func.func @memrefs(%q: memref<1x2x32x64xf32>, %o: memref<1x2x32x64xf32>, %steps: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %step = %c0 to %steps step %c1 {
    attention.forward %q, %q, %q outs(%o : memref<1x2x32x64xf32>)
        : (memref<1x2x32x64xf32>, memref<1x2x32x64xf32>, memref<1x2x32x64xf32>) -> ()
  }
  return
}
