// RUN: kgen-opt %s --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" | FileCheck %s
// RUN: kgen-opt %s --one-shot-bufferize="bufferize-function-boundaries" 2>&1 | FileCheck %s --check-prefix=STRIDED

// CHECK-LABEL: @table
// CHECK-SAME: %[[Q:[^:]*]]: memref<2x8x64x32xf32>, %[[SLOPES:[^:]*]]: memref<8xf32>) -> (memref<2x8x64x32xf32>, memref<2x8x64xf32>)
func.func @table(%q: tensor<2x8x64x32xf32>, %slopes: tensor<8xf32>) -> (tensor<2x8x64x32xf32>, tensor<2x8x64xf32>) {
  // CHECK-DAG: %[[O:.*]] = memref.alloc() {{.*}} : memref<2x8x64x32xf32>
  // CHECK-DAG: %[[LSE:.*]] = memref.alloc() {{.*}} : memref<2x8x64xf32>
  // CHECK: attention.forward %[[Q]], %[[Q]], %[[Q]] scale 1.000000e+00 schedule(#attention.schedule<tile_q = 128>) score {
  // CHECK: ^bb0(%{{[^:]*}}: f32, %{{[^:]*}}: index, %[[H:[^:]*]]: index,
  // CHECK-NEXT: memref.load %[[SLOPES]][%[[H]]] : memref<8xf32>
  // CHECK: } outs(%[[O]], %[[LSE]] : memref<2x8x64x32xf32>, memref<2x8x64xf32>) attributes {note = "kept"} :
  // CHECK: return %[[O]], %[[LSE]]
  %o, %lse = attention.forward %q, %q, %q scale 1.0 schedule(#attention.schedule<tile_q = 128>) score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %m = tensor.extract %slopes[%h] : tensor<8xf32>
    %r = arith.addf %s, %m : f32
    attention.yield %r : f32
  } attributes {note = "kept"} : (tensor<2x8x64x32xf32>, tensor<2x8x64x32xf32>, tensor<2x8x64x32xf32>) -> (tensor<2x8x64x32xf32>, tensor<2x8x64xf32>)
  return %o, %lse : tensor<2x8x64x32xf32>, tensor<2x8x64xf32>
}
// A strided argument is copied, with a remark that says how to avoid it; so is a strided table.
// STRIDED: remark: copies 'memref<2x8x64x32xf32, strided<[?, ?, ?, ?], offset: ?>>' into contiguous memory
// STRIDED-LABEL: @table
// STRIDED: memref.copy
// STRIDED: memref.load %{{.*}} : memref<8xf32>

// Sizes known only at run time come from q.
// CHECK-LABEL: @dynamic
// CHECK-SAME: %[[Q:[^:]*]]: memref<?x8x?x64xf16>, %[[K:[^:]*]]: memref<?x2x?x64xf16>
func.func @dynamic(%q: tensor<?x8x?x64xf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x128xf16>) -> tensor<?x8x?x128xf16> {
  // CHECK-DAG: %[[B:.*]] = memref.dim %[[Q]], %c0
  // CHECK-DAG: %[[S:.*]] = memref.dim %[[Q]], %c2
  // CHECK: %[[O:.*]] = memref.alloc(%[[B]], %[[S]]) {{.*}} : memref<?x8x?x128xf16>
  // CHECK: attention.forward {{.*}} outs(%[[O]] : memref<?x8x?x128xf16>)
  %o = attention.forward %q, %k, %v : (tensor<?x8x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x128xf16>) -> tensor<?x8x?x128xf16>
  return %o : tensor<?x8x?x128xf16>
}

// Named mods keep their names; their tables become memrefs. Q may not be overwritten while it
// is still needed.
// CHECK-LABEL: @mods
func.func @mods(%q: tensor<2x8x64x32xf32>, %ids: tensor<2x64xi32>) -> (tensor<2x8x64x32xf32>, tensor<2x8x64x32xf32>) {
  // CHECK: attention.forward {{.*}} mods [#attention.document] (%{{.*}} : memref<2x64xi32>) outs(
  %o = attention.forward %q, %q, %q mods [#attention.document] (%ids : tensor<2x64xi32>)
    : (tensor<2x8x64x32xf32>, tensor<2x8x64x32xf32>, tensor<2x8x64x32xf32>) -> tensor<2x8x64x32xf32>
  return %o, %q : tensor<2x8x64x32xf32>, tensor<2x8x64x32xf32>
}
