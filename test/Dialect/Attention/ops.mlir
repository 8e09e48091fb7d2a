// RUN: kgen-opt %s | kgen-opt | FileCheck %s
// RUN: kgen-opt --mlir-print-op-generic %s | kgen-opt | FileCheck %s
// RUN: kgen-opt --emit-bytecode %s | kgen-opt | FileCheck %s
// RUN: kgen-opt --verify-roundtrip %s -o /dev/null

// The example of the design, as it stands there.
// CHECK-LABEL: @alibi
// CHECK-SAME: %[[Q:[^:]*]]: tensor<4x16x4096x128xbf16>, %[[K:[^:]*]]: tensor<4x16x4096x128xbf16>, %[[V:[^:]*]]: tensor<4x16x4096x128xbf16>, %[[SLOPES:[^:]*]]: tensor<16xf32>
func.func @alibi(%q: tensor<4x16x4096x128xbf16>, %k: tensor<4x16x4096x128xbf16>, %v: tensor<4x16x4096x128xbf16>,
                 %slopes: tensor<16xf32>) -> tensor<4x16x4096x128xbf16> {
  // CHECK: attention.forward %[[Q]], %[[K]], %[[V]] scale 0.0883883476{{[0-9]*}} score {
  // CHECK: ^bb0(%[[S:[^:]*]]: f32, %[[B:[^:]*]]: index, %[[H:[^:]*]]: index, %[[I:[^:]*]]: index, %[[J:[^:]*]]: index):
  // CHECK: tensor.extract %[[SLOPES]][%[[H]]]
  // CHECK: attention.yield %{{.*}} : f32
  // CHECK: } mask {
  // CHECK: ^bb0(%{{[^:]*}}: index, %{{[^:]*}}: index, %[[I2:[^:]*]]: index, %[[J2:[^:]*]]: index):
  // CHECK: arith.cmpi sge, %[[I2]], %[[J2]] : index
  // CHECK: attention.yield %{{.*}} : i1
  // CHECK: } : (tensor<4x16x4096x128xbf16>, tensor<4x16x4096x128xbf16>, tensor<4x16x4096x128xbf16>) -> tensor<4x16x4096x128xbf16>
  %o = attention.forward %q, %k, %v scale 0.08838834764 score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):      // score after scale, batch, head, q_idx, kv_idx
    %m = tensor.extract %slopes[%h] : tensor<16xf32>
    %d = arith.subi %j, %i : index
    %di = arith.index_cast %d : index to i32
    %df = arith.sitofp %di : i32 to f32
    %t = arith.mulf %m, %df : f32
    %r = arith.addf %s, %t : f32
    attention.yield %r : f32
  } mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %keep = arith.cmpi sge, %i, %j : index
    attention.yield %keep : i1
  } : (tensor<4x16x4096x128xbf16>, tensor<4x16x4096x128xbf16>, tensor<4x16x4096x128xbf16>) -> tensor<4x16x4096x128xbf16>
  return %o : tensor<4x16x4096x128xbf16>
}

// A missing scale is 1/sqrt(Dqk) and is printed; an integer will do.
// CHECK-LABEL: @scale
func.func @scale(%q: tensor<1x1x8x64xf32>) -> (tensor<1x1x8x64xf32>, tensor<1x1x8x64xf32>) {
  // CHECK: attention.forward %{{.*}}, %{{.*}}, %{{.*}} scale 1.250000e-01 :
  %o = attention.forward %q, %q, %q : (tensor<1x1x8x64xf32>, tensor<1x1x8x64xf32>, tensor<1x1x8x64xf32>) -> tensor<1x1x8x64xf32>
  // CHECK: scale 2.000000e+00 :
  %p = attention.forward %q, %q, %q scale 2 : (tensor<1x1x8x64xf32>, tensor<1x1x8x64xf32>, tensor<1x1x8x64xf32>) -> tensor<1x1x8x64xf32>
  return %o, %p : tensor<1x1x8x64xf32>, tensor<1x1x8x64xf32>
}

// Grouped heads, Dv other than Dqk, dynamic sizes, LSE, discardable attributes.
// CHECK-LABEL: @dynamic_lse
func.func @dynamic_lse(%q: tensor<?x8x?x64xf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x128xf16>)
    -> (tensor<?x8x?x128xf16>, tensor<?x8x?xf32>) {
  // CHECK: attention.forward {{.*}} allow_tf32 allow_approx_math attributes {note = "kept"} : (tensor<?x8x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x128xf16>) -> (tensor<?x8x?x128xf16>, tensor<?x8x?xf32>)
  %o, %lse = attention.forward %q, %k, %v scale 0.125 allow_tf32 allow_approx_math attributes {note = "kept"}
    : (tensor<?x8x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x128xf16>) -> (tensor<?x8x?x128xf16>, tensor<?x8x?xf32>)
  return %o, %lse : tensor<?x8x?x128xf16>, tensor<?x8x?xf32>
}

// CHECK-LABEL: @memref_form
func.func @memref_form(%q: memref<1x8x512x64xf16>, %k: memref<1x2x512x64xf16>, %v: memref<1x2x512x64xf16>,
                       %slopes: memref<8xf32>, %o: memref<1x8x512x64xf16>, %lse: memref<1x8x512xf32>) {
  // CHECK: attention.forward {{.*}} mods [#attention.causal, #attention.alibi] (%{{.*}} : memref<8xf32>)
  // CHECK-SAME: schedule(#attention.schedule<tile_q = 128>) outs(%{{.*}}, %{{.*}} : memref<1x8x512x64xf16>, memref<1x8x512xf32>)
  // CHECK-SAME: : (memref<1x8x512x64xf16>, memref<1x2x512x64xf16>, memref<1x2x512x64xf16>) -> ()
  attention.forward %q, %k, %v mods [#attention.causal, #attention.alibi] (%slopes : memref<8xf32>)
    schedule(#attention.schedule<tile_q = 128>)
    outs(%o, %lse : memref<1x8x512x64xf16>, memref<1x8x512xf32>)
    : (memref<1x8x512x64xf16>, memref<1x2x512x64xf16>, memref<1x2x512x64xf16>) -> ()
  return
}

// Scalars, memrefs and tensors from above.
// CHECK-LABEL: @captures
func.func @captures(%q: tensor<2x4x16x32xf32>, %shift: index, %bias: memref<16x16xf32>, %lengths: tensor<2xi32>)
    -> tensor<2x4x16x32xf32> {
  %o = attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    // CHECK: memref.load %{{.*}}[%{{.*}}, %{{.*}}] : memref<16x16xf32>
    %t = memref.load %bias[%i, %j] : memref<16x16xf32>
    %r = arith.addf %s, %t : f32
    attention.yield %r : f32
  } mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %n = tensor.extract %lengths[%b] : tensor<2xi32>
    %m = index.casts %n : i32 to index
    %e = arith.addi %m, %shift : index
    %keep = index.cmp slt(%j, %e)
    attention.yield %keep : i1
  } : (tensor<2x4x16x32xf32>, tensor<2x4x16x32xf32>, tensor<2x4x16x32xf32>) -> tensor<2x4x16x32xf32>
  return %o : tensor<2x4x16x32xf32>
}

// Names that a person can read.
// RUN: kgen-opt %s | FileCheck %s --check-prefix=NAMES
// NAMES: ^bb0(%s: f32, %b: index, %h: index, %q_idx: index, %kv_idx: index):
// NAMES: ^bb0(%b: index, %h: index, %q_idx: index, %kv_idx: index):

// A schedule right before the types: its attribute must not take the ':'.
// CHECK-LABEL: func.func @schedule_before_types
func.func @schedule_before_types(%q: tensor<1x2x64x64xf16>) -> tensor<1x2x64x64xf16> {
  // CHECK: attention.forward {{.*}} schedule(#attention.schedule<tile_q = 128>) :
  %o = attention.forward %q, %q, %q schedule(#attention.schedule<tile_q = 128>)
      : (tensor<1x2x64x64xf16>, tensor<1x2x64x64xf16>, tensor<1x2x64x64xf16>) -> tensor<1x2x64x64xf16>
  return %o : tensor<1x2x64x64xf16>
}
