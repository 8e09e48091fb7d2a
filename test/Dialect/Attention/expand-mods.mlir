// RUN: kgen-opt %s --attention-expand-mods --canonicalize --split-input-file --verify-diagnostics | FileCheck %s
// Afterwards nothing but regions remains.
// RUN: kgen-opt %s --attention-expand-mods --canonicalize --split-input-file --verify-diagnostics | FileCheck %s --check-prefix=NONE
// NONE-NOT: #attention.

!t = tensor<2x8x64x32xf32>

// CHECK-LABEL: @causal
func.func @causal(%q: !t) -> !t {
  // CHECK: attention.forward %{{[^ ]*}}, %{{[^ ]*}}, %{{[^ ]*}} scale 1.000000e+00 mask {
  // CHECK-NEXT: ^bb0(%[[B:[^:]*]]: index, %[[H:[^:]*]]: index, %[[I:[^:]*]]: index, %[[J:[^:]*]]: index):
  // CHECK-NEXT: %[[KEEP:.*]] = arith.cmpi sge, %[[I]], %[[J]] : index
  // CHECK-NEXT: attention.yield %[[KEEP]] : i1
  // CHECK-NEXT: } :
  %o = attention.forward %q, %q, %q scale 1.0 mods [#attention.causal] : (!t, !t, !t) -> !t
  return %o : !t
}

// CHECK-LABEL: @full
func.func @full(%q: !t) -> !t {
  // CHECK: attention.forward %{{[^ ]*}}, %{{[^ ]*}}, %{{[^ ]*}} scale 1.000000e+00 :
  %o = attention.forward %q, %q, %q scale 1.0 mods [#attention.full] : (!t, !t, !t) -> !t
  return %o : !t
}

// CHECK-LABEL: @sliding_window
func.func @sliding_window(%q: !t) -> !t {
  // CHECK: ^bb0(%{{[^:]*}}: index, %{{[^:]*}}: index, %[[I:[^:]*]]: index, %[[J:[^:]*]]: index):
  // CHECK-DAG: %[[W:.*]] = arith.constant 16 : index
  // CHECK-DAG: %[[C:.*]] = arith.cmpi sge, %[[I]], %[[J]] : index
  // CHECK-DAG: %[[D:.*]] = arith.subi %[[I]], %[[J]] : index
  // CHECK: %[[N:.*]] = arith.cmpi slt, %[[D]], %[[W]] : index
  // CHECK: %[[K:.*]] = arith.andi %[[C]], %[[N]] : i1
  // CHECK: attention.yield %[[K]]
  %o = attention.forward %q, %q, %q mods [#attention.sliding_window<window = 16>] : (!t, !t, !t) -> !t
  return %o : !t
}

// CHECK-LABEL: @relative_position
func.func @relative_position(%q: !t) -> !t {
  // CHECK: score {
  // CHECK-NEXT: ^bb0(%[[S:[^:]*]]: f32, %{{[^:]*}}: index, %{{[^:]*}}: index, %[[I:[^:]*]]: index, %[[J:[^:]*]]: index):
  // CHECK-NEXT: %[[D:.*]] = arith.subi %[[I]], %[[J]] : index
  // CHECK-NEXT: %[[DI:.*]] = arith.index_cast %[[D]] : index to i32
  // CHECK-NEXT: %[[DF:.*]] = arith.sitofp %[[DI]] : i32 to f32
  // CHECK-NEXT: %[[R:.*]] = arith.addf %[[S]], %[[DF]] : f32
  // CHECK-NEXT: attention.yield %[[R]]
  %o = attention.forward %q, %q, %q mods [#attention.relative_position] : (!t, !t, !t) -> !t
  return %o : !t
}

// Slopes by the formula, with Hq a constant: -8 / 8 = -1.
// CHECK-LABEL: @alibi
func.func @alibi(%q: !t) -> !t {
  // CHECK: ^bb0(%[[S:[^:]*]]: f32, %{{[^:]*}}: index, %[[H:[^:]*]]: index,
  // CHECK-DAG: %[[STEP:.*]] = arith.constant -1.000000e+00 : f32
  // CHECK-NOT: arith.divf
  // CHECK: %[[E:.*]] = arith.mulf %{{.*}} : f32
  // CHECK: math.exp2 %[[E]] : f32
  %o = attention.forward %q, %q, %q mods [#attention.alibi] : (!t, !t, !t) -> !t
  return %o : !t
}

// CHECK-LABEL: @alibi_table
// CHECK-SAME: %[[SLOPES:[^:]*]]: tensor<8xf32>
func.func @alibi_table(%q: !t, %slopes: tensor<8xf32>) -> !t {
  // CHECK: attention.forward %{{[^ ]*}}, %{{[^ ]*}}, %{{[^ ]*}} scale {{[^ ]*}} score {
  // CHECK-NEXT: ^bb0(%[[S:[^:]*]]: f32, %{{[^:]*}}: index, %[[H:[^:]*]]: index, %[[I:[^:]*]]: index, %[[J:[^:]*]]: index):
  // CHECK-NEXT: tensor.extract %[[SLOPES]][%[[H]]] : tensor<8xf32>
  // CHECK-NEXT: arith.subi %[[J]], %[[I]] : index
  %o = attention.forward %q, %q, %q mods [#attention.alibi] (%slopes : tensor<8xf32>) : (!t, !t, !t) -> !t
  return %o : !t
}

// The factor 1 / cap belongs to the scale after canonicalisation.
// CHECK-LABEL: @softcap
func.func @softcap(%q: !t) -> !t {
  // CHECK: scale 0.0500000{{[0-9]*}} score {
  // CHECK-NEXT: ^bb0(%[[S:[^:]*]]: f32,
  // CHECK-NEXT: %[[CAP:.*]] = arith.constant 2.000000e+01 : f32
  // CHECK-NEXT: %[[T:.*]] = math.tanh %[[S]] : f32
  // CHECK-NEXT: %[[R:.*]] = arith.mulf %[[T]], %[[CAP]] : f32
  // CHECK-NEXT: attention.yield %[[R]]
  %o = attention.forward %q, %q, %q scale 1.0 mods [#attention.softcap<cap = 20>] : (!t, !t, !t) -> !t
  return %o : !t
}

// CHECK-LABEL: @prefix_lm
func.func @prefix_lm(%q: !t, %lengths: tensor<2xi32>) -> (!t, !t) {
  // CHECK: ^bb0(%{{[^:]*}}: index, %{{[^:]*}}: index, %[[I:[^:]*]]: index, %[[J:[^:]*]]: index):
  // CHECK-DAG: %[[P:.*]] = arith.constant 8 : index
  // CHECK-DAG: %[[IN:.*]] = arith.cmpi slt, %[[J]], %[[P]] : index
  // CHECK-DAG: %[[C:.*]] = arith.cmpi sge, %[[I]], %[[J]] : index
  // CHECK: arith.ori %[[IN]], %[[C]] : i1
  %o = attention.forward %q, %q, %q mods [#attention.prefix_lm<prefix = 8>] : (!t, !t, !t) -> !t
  // CHECK: ^bb0(%[[B:[^:]*]]: index,
  // CHECK: tensor.extract %{{.*}}[%[[B]]] : tensor<2xi32>
  %p = attention.forward %q, %q, %q mods [#attention.prefix_lm] (%lengths : tensor<2xi32>) : (!t, !t, !t) -> !t
  return %o, %p : !t, !t
}

// CHECK-LABEL: @document
// CHECK-SAME: %[[IDS:[^:]*]]: tensor<?x?xi32>
func.func @document(%q: !t, %ids: tensor<?x?xi32>) -> !t {
  // CHECK: ^bb0(%[[B:[^:]*]]: index, %{{[^:]*}}: index, %[[I:[^:]*]]: index, %[[J:[^:]*]]: index):
  // CHECK-NEXT: %[[OFQ:.*]] = tensor.extract %[[IDS]][%[[B]], %[[I]]] : tensor<?x?xi32>
  // CHECK-NEXT: %[[OFKV:.*]] = tensor.extract %[[IDS]][%[[B]], %[[J]]] : tensor<?x?xi32>
  // CHECK-NEXT: arith.cmpi eq, %[[OFQ]], %[[OFKV]] : i32
  %o = attention.forward %q, %q, %q mods [#attention.document] (%ids : tensor<?x?xi32>) : (!t, !t, !t) -> !t
  return %o : !t
}

// One dimension, no dilation: start = clamp(i - 3, 0, 64 - 7), keep = start <= j < start + 7.
// CHECK-LABEL: @neighborhood_1d
func.func @neighborhood_1d(%q: !t) -> !t {
  // CHECK: ^bb0(%{{[^:]*}}: index, %{{[^:]*}}: index, %[[I:[^:]*]]: index, %[[J:[^:]*]]: index):
  // CHECK-DAG: %[[HALF:.*]] = arith.constant 3 : index
  // CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[LATEST:.*]] = arith.constant 57 : index
  // CHECK-DAG: %[[W:.*]] = arith.constant 7 : index
  // CHECK: %[[U:.*]] = arith.subi %[[I]], %[[HALF]] : index
  // CHECK: %[[L:.*]] = arith.maxsi %[[U]], %[[ZERO]] : index
  // CHECK: %[[START:.*]] = arith.minsi %[[L]], %[[LATEST]] : index
  // CHECK: %[[END:.*]] = arith.addi %[[START]], %[[W]] : index
  // CHECK: %[[A:.*]] = arith.cmpi sge, %[[J]], %[[START]] : index
  // CHECK: %[[Z:.*]] = arith.cmpi slt, %[[J]], %[[END]] : index
  // CHECK: %[[KEEP:.*]] = arith.andi %[[A]], %[[Z]] : i1
  // CHECK: attention.yield %[[KEEP]]
  %o = attention.forward %q, %q, %q mods [#attention.neighborhood<extents = [64], window = [7]>] : (!t, !t, !t) -> !t
  return %o : !t
}

// CHECK-LABEL: @neighborhood_2d
func.func @neighborhood_2d(%q: !t) -> !t {
  // CHECK: ^bb0(%{{[^:]*}}: index, %{{[^:]*}}: index, %[[I:[^:]*]]: index, %[[J:[^:]*]]: index):
  // CHECK: arith.divui %[[I]], %[[X:.*]] : index
  // CHECK: arith.remui %[[I]], %[[X]] : index
  // CHECK: arith.divui %[[J]], %[[X]] : index
  // CHECK: arith.remui %[[J]], %[[X]] : index
  %o = attention.forward %q, %q, %q mods [#attention.neighborhood<extents = [8, 8], window = [3, 5], causal = [false, true]>] : (!t, !t, !t) -> !t
  return %o : !t
}

// CHECK-LABEL: @neighborhood_3d
func.func @neighborhood_3d(%q: !t) -> !t {
  // CHECK-COUNT-4: arith.divui
  // CHECK-COUNT-3: arith.maxsi
  %o = attention.forward %q, %q, %q mods [#attention.neighborhood<extents = [4, 4, 4], window = [3, 3, 3]>] : (!t, !t, !t) -> !t
  return %o : !t
}

// Scores in order after the region, masks ANDed with the region.
// CHECK-LABEL: @combined
func.func @combined(%q: !t, %limit: index) -> !t {
  // CHECK: ^bb0(%[[S:[^:]*]]: f32,
  // CHECK: %[[OWN:.*]] = arith.negf %[[S]] : f32
  // CHECK: %[[REL:.*]] = arith.addf %[[OWN]], %{{.*}} : f32
  // CHECK: arith.mulf %[[REL]], %{{.*}} : f32
  // CHECK: math.tanh
  // CHECK: mask {
  // CHECK: ^bb0(%{{[^:]*}}: index, %{{[^:]*}}: index, %[[I:[^:]*]]: index, %[[J:[^:]*]]: index):
  // CHECK: %[[A:.*]] = arith.cmpi slt, %[[J]], %{{.*}} : index
  // CHECK: %[[C:.*]] = arith.cmpi sge, %[[I]], %[[J]] : index
  // CHECK: %[[K:.*]] = arith.andi %[[A]], %[[C]] : i1
  // CHECK: attention.yield %[[K]] : i1
  %o = attention.forward %q, %q, %q
    mods [#attention.relative_position, #attention.causal, #attention.softcap<cap = 5.0>]
    score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      %n = arith.negf %s : f32
      attention.yield %n : f32
    } mask {
    ^bb0(%b: index, %h: index, %i: index, %j: index):
      %k = arith.cmpi slt, %j, %limit : index
      attention.yield %k : i1
    } : (!t, !t, !t) -> !t
  return %o : !t
}

// In the memref form tables are memrefs.
// CHECK-LABEL: @memref_form
func.func @memref_form(%q: memref<1x8x16x64xf16>, %slopes: memref<8xf32>, %o: memref<1x8x16x64xf16>) {
  // CHECK: ^bb0(%{{[^:]*}}: f32, %{{[^:]*}}: index, %[[H:[^:]*]]: index,
  // CHECK: memref.load %{{.*}}[%[[H]]] : memref<8xf32>
  attention.forward %q, %q, %q mods [#attention.alibi] (%slopes : memref<8xf32>) outs(%o : memref<1x8x16x64xf16>)
    : (memref<1x8x16x64xf16>, memref<1x8x16x64xf16>, memref<1x8x16x64xf16>) -> ()
  return
}

// -----

!t = tensor<2x8x64x32xf32>

// CHECK-LABEL: @everything_masked
func.func @everything_masked(%q: !t) -> !t {
  // CHECK: arith.constant false
  // expected-warning @+1 {{[KG1019] the mask is false for every pair: every row of O is 0 and its LSE -inf}}
  %o = attention.forward %q, %q, %q mods [#attention.causal] mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %no = arith.constant false
    attention.yield %no : i1
  } : (!t, !t, !t) -> !t
  return %o : !t
}
