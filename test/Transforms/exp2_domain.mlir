// Factors meet in constants; what a jump hangs on stays as it was written.
// RUN: kgen-opt %s --attention-to-tile=hardware=h100 --canonicalize --split-input-file | FileCheck %s

// (qk * 0.125 + rel) * log2(e) is two products and a sum. (Of f32: 16-bit types
// take the split form, affine_score.mlir.)
// CHECK-LABEL: func.func @relative_position
// CHECK-DAG:     %[[SCALE:.+]] = arith.constant 0.180336878 : f32
// CHECK-DAG:     %[[LOG2E:.+]] = arith.constant 1.44269502 : f32
// CHECK:         ^bb0(%[[S:.+]]: f32, %[[I:.+]]: index, %[[J:.+]]: index):
// CHECK:           %[[REL:.+]] = arith.sitofp
// CHECK-NEXT:      %[[A:.+]] = arith.mulf %[[S]], %[[SCALE]] fastmath<contract>
// CHECK-NEXT:      %[[B:.+]] = arith.mulf %[[REL]], %[[LOG2E]] fastmath<contract>
// CHECK-NEXT:      %[[T:.+]] = arith.addf %[[A]], %[[B]] fastmath<contract>
// CHECK-NEXT:      tile.yield %[[T]]
func.func @relative_position(%q: memref<1x2x128x64xf32>, %o: memref<1x2x128x64xf32>) {
  attention.forward %q, %q, %q scale 1.25e-01 score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %d = arith.subi %i, %j : index
    %d32 = arith.index_cast %d : index to i32
    %rel = arith.sitofp %d32 : i32 to f32
    %r = arith.addf %s, %rel : f32
    attention.yield %r : f32
  } outs(%o : memref<1x2x128x64xf32>) : (memref<1x2x128x64xf32>, memref<1x2x128x64xf32>, memref<1x2x128x64xf32>) -> ()
  return
}

// -----

// 20 tanh(qk * 0.125 / 20) log2(e): a product before, and one in the exponent.
// CHECK-LABEL: func.func @softcap
// CHECK-DAG:     %[[AFTER:.+]] = arith.constant 2.885390e+01 : f32
// CHECK-DAG:     %[[BEFORE:.+]] = arith.constant 6.250000e-03 : f32
// CHECK:         ^bb0(%[[S:.+]]: f32, %{{.+}}: index, %{{.+}}: index):
// CHECK-NEXT:      %[[X:.+]] = arith.mulf %[[S]], %[[BEFORE]]
// CHECK-NEXT:      %[[Y:.+]] = math.tanh %[[X]]
// CHECK-NEXT:      tile.yield %[[Y]]
// CHECK:           math.fma %{{.+}}, %[[AFTER]], %{{.+}} : f32
// CHECK-NEXT:      math.exp2
func.func @softcap(%q: memref<1x2x128x64xbf16>, %o: memref<1x2x128x64xbf16>) {
  attention.forward %q, %q, %q scale 1.25e-01 score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %cap = arith.constant 20.0 : f32
    %x = arith.divf %s, %cap : f32
    %t = math.tanh %x : f32
    %r = arith.mulf %t, %cap : f32
    attention.yield %r : f32
  } outs(%o : memref<1x2x128x64xbf16>) : (memref<1x2x128x64xbf16>, memref<1x2x128x64xbf16>, memref<1x2x128x64xbf16>) -> ()
  return
}

// -----

// floor(41 / 41) is 1, and floor(41 * (1 / 41)) is not.
// CHECK-LABEL: func.func @block_number
// CHECK:         %[[Q:.+]] = arith.divf
// CHECK-NEXT:    math.floor %[[Q]]
func.func @block_number(%q: memref<1x2x128x64xbf16>, %o: memref<1x2x128x64xbf16>) {
  attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %size = arith.constant 41.0 : f32
    %i32 = arith.index_cast %i : index to i32
    %f = arith.sitofp %i32 : i32 to f32
    %d = arith.divf %f, %size : f32
    %block = math.floor %d : f32
    %r = arith.addf %s, %block : f32
    attention.yield %r : f32
  } outs(%o : memref<1x2x128x64xbf16>) : (memref<1x2x128x64xbf16>, memref<1x2x128x64xbf16>, memref<1x2x128x64xbf16>) -> ()
  return
}
