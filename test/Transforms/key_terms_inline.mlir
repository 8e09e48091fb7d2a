// Scores with a term of the key that are computed as they were written, behind the product: without roles, and in f32.
// RUN: kgen-opt %s --attention-expand-mods --attention-to-tile=hardware=h100 --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func @key_bias
// CHECK-NOT:     acc %
// CHECK:         tile.dot
// CHECK:         memref.load
func.func @key_bias(%q: memref<1x2x1024x64xbf16>, %bias: memref<1024xf32>, %o: memref<1x2x1024x64xbf16>) {
  attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = memref.load %bias[%j] : memref<1024xf32>
    %r = arith.addf %s, %c : f32
    attention.yield %r : f32
  } outs(%o : memref<1x2x1024x64xbf16>)
      : (memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>) -> ()
  return
}

// CHECK-LABEL: func.func @key_bias_f32
// CHECK-NOT:     acc %
// CHECK:         tile.dot
// CHECK:         memref.load
func.func @key_bias_f32(%q: memref<1x2x1024x64xf32>, %bias: memref<1024xf32>, %o: memref<1x2x1024x64xf32>) {
  attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = memref.load %bias[%j] : memref<1024xf32>
    %r = arith.addf %s, %c : f32
    attention.yield %r : f32
  } outs(%o : memref<1x2x1024x64xf32>)
      : (memref<1x2x1024x64xf32>, memref<1x2x1024x64xf32>, memref<1x2x1024x64xf32>) -> ()
  return
}
