// What the target-independent passes take, and what to run first.
// RUN: kgen-opt %s -split-input-file -verify-diagnostics --attention-to-tile=hardware=cpu

func.func @kg3003(%q: memref<1x1x64x32xf32>, %o: memref<1x1x64x32xf32>) {
  // expected-error @below {{[KG3003] has named mods; run --attention-expand-mods first}}
  attention.forward %q, %q, %q mods [#attention.causal] outs(%o : memref<1x1x64x32xf32>)
      : (memref<1x1x64x32xf32>, memref<1x1x64x32xf32>, memref<1x1x64x32xf32>) -> ()
  return
}

// -----

func.func @kg3005(%q: memref<1x1x64x32xf32>, %o: memref<1x1x64x32xf32>, %p: memref<1x1x64x32xf32>) {
  attention.forward %q, %q, %q outs(%o : memref<1x1x64x32xf32>)
      : (memref<1x1x64x32xf32>, memref<1x1x64x32xf32>, memref<1x1x64x32xf32>) -> ()
  // expected-error @below {{[KG3005] a kernel function holds one attention.forward; run --attention-outline}}
  attention.forward %q, %q, %q outs(%p : memref<1x1x64x32xf32>)
      : (memref<1x1x64x32xf32>, memref<1x1x64x32xf32>, memref<1x1x64x32xf32>) -> ()
  return
}

// -----

func.func @kg3006(%q: tensor<1x1x64x32xf32>) -> tensor<1x1x64x32xf32> {
  // expected-error @below {{[KG3006] expected the memref form; bufferize first}}
  %o = attention.forward %q, %q, %q
      : (tensor<1x1x64x32xf32>, tensor<1x1x64x32xf32>, tensor<1x1x64x32xf32>) -> tensor<1x1x64x32xf32>
  return %o : tensor<1x1x64x32xf32>
}
