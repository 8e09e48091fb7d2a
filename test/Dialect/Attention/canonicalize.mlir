// RUN: kgen-opt %s --canonicalize --split-input-file | FileCheck %s

!t = tensor<1x8x16x64xf32>

// score(s) = (s * 0.5) / 2 + 1, scale 8: the factors belong to the scale.
// CHECK-LABEL: @factors
func.func @factors(%q: !t) -> !t {
  // CHECK: attention.forward {{.*}} scale 2.000000e+00 score {
  // CHECK-NEXT: ^bb0(%[[S:[^:]*]]: f32,
  // CHECK-NEXT: %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
  // CHECK-NEXT: %[[R:.*]] = arith.addf %[[S]], %[[ONE]] : f32
  // CHECK-NEXT: attention.yield %[[R]] : f32
  %half = arith.constant 0.5 : f32
  %two = arith.constant 2.0 : f32
  %one = arith.constant 1.0 : f32
  %o = attention.forward %q, %q, %q scale 8.0 score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %x = arith.mulf %half, %s : f32
    %y = arith.divf %x, %two : f32
    %z = arith.addf %y, %one : f32
    attention.yield %z : f32
  } : (!t, !t, !t) -> !t
  return %o : !t
}

// -----

!t = tensor<1x8x16x64xf32>

// A score that was nothing but a factor disappears.
// CHECK-LABEL: @only_factor
func.func @only_factor(%q: !t) -> !t {
  // CHECK: attention.forward %{{.*}}, %{{.*}}, %{{.*}} scale 4.000000e+00 :
  %o = attention.forward %q, %q, %q scale 8.0 score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %half = arith.constant 0.5 : f32
    %x = arith.mulf %s, %half : f32
    attention.yield %x : f32
  } : (!t, !t, !t) -> !t
  return %o : !t
}

// -----

!t = tensor<1x8x16x64xf32>

// Not folded: a negative factor, a factor of something else, 2 / s, and a score
// that is used twice.
// CHECK-LABEL: @no_factor
func.func @no_factor(%q: !t, %f: f32) -> (!t, !t, !t, !t) {
  %minus = arith.constant -2.0 : f32
  // CHECK: scale 8.000000e+00 score {
  // CHECK: arith.mulf
  %o = attention.forward %q, %q, %q scale 8.0 score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %x = arith.mulf %s, %minus : f32
    attention.yield %x : f32
  } : (!t, !t, !t) -> !t
  // CHECK: scale 8.000000e+00 score {
  // CHECK: arith.mulf
  %p = attention.forward %q, %q, %q scale 8.0 score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %x = arith.mulf %s, %f : f32
    attention.yield %x : f32
  } : (!t, !t, !t) -> !t
  // CHECK: scale 8.000000e+00 score {
  // CHECK: arith.divf
  %r = attention.forward %q, %q, %q scale 8.0 score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %two = arith.constant 2.0 : f32
    %x = arith.divf %two, %s : f32
    attention.yield %x : f32
  } : (!t, !t, !t) -> !t
  // CHECK: scale 8.000000e+00 score {
  // CHECK: arith.mulf
  %u = attention.forward %q, %q, %q scale 8.0 score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %two = arith.constant 2.0 : f32
    %x = arith.mulf %s, %two : f32
    %y = arith.addf %x, %s : f32
    attention.yield %y : f32
  } : (!t, !t, !t) -> !t
  return %o, %p, %r, %u : !t, !t, !t, !t
}

// -----

!t = tensor<1x8x16x64xf32>

// CHECK-LABEL: @idle_regions
func.func @idle_regions(%q: !t, %unused: tensor<16xf32>) -> !t {
  // CHECK: attention.forward %{{.*}}, %{{.*}}, %{{.*}} scale 8.000000e+00 :
  %zero = arith.constant 0 : index
  %o = attention.forward %q, %q, %q scale 8.0 score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %dead = tensor.extract %unused[%j] : tensor<16xf32>
    attention.yield %s : f32
  } mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %k = arith.cmpi eq, %zero, %zero : index
    attention.yield %k : i1
  } : (!t, !t, !t) -> !t
  return %o : !t
}

// -----

!t = tensor<1x8x16x64xf32>

// A mask that is false everywhere stays: it means O = 0.
// CHECK-LABEL: @false_mask
func.func @false_mask(%q: !t) -> !t {
  // CHECK: mask {
  // CHECK: arith.constant false
  %o = attention.forward %q, %q, %q mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %no = arith.constant false
    attention.yield %no : i1
  } : (!t, !t, !t) -> !t
  return %o : !t
}

// -----

!t = tensor<1x8x16x64xf32>

// `full` goes, and a mask given twice; a score given twice applies twice.
// CHECK-LABEL: @idle_mods
func.func @idle_mods(%q: !t, %slopes: tensor<8xf32>) -> !t {
  // CHECK: mods [#attention.causal, #attention.relative_position, #attention.alibi, #attention.relative_position] (%{{.*}} : tensor<8xf32>) :
  %o = attention.forward %q, %q, %q
    mods [#attention.full, #attention.causal, #attention.relative_position, #attention.alibi, #attention.causal, #attention.relative_position] (%slopes : tensor<8xf32>)
    : (!t, !t, !t) -> !t
  return %o : !t
}

// -----

!t = tensor<1x8x16x64xf32>

// The operand of a dropped mod goes with it; an empty list disappears.
// CHECK-LABEL: @dropped_operand
func.func @dropped_operand(%q: !t, %ids: tensor<1x16xi32>, %other: tensor<1x16xi32>) -> (!t, !t, !t) {
  // CHECK: mods [#attention.document] (%{{.*}} : tensor<1x16xi32>) :
  %o = attention.forward %q, %q, %q mods [#attention.document, #attention.document] (%ids, %ids : tensor<1x16xi32>, tensor<1x16xi32>) : (!t, !t, !t) -> !t
  // CHECK: mods [#attention.document, #attention.document] (
  %p = attention.forward %q, %q, %q mods [#attention.document, #attention.document] (%ids, %other : tensor<1x16xi32>, tensor<1x16xi32>) : (!t, !t, !t) -> !t
  // CHECK: attention.forward %{{.*}}, %{{.*}}, %{{.*}} scale 1.250000e-01 :
  %r = attention.forward %q, %q, %q mods [#attention.full] : (!t, !t, !t) -> !t
  return %o, %p, %r : !t, !t, !t
}

// -----

!t = tensor<1x8x16x64xf32>

// Constants from above move into the region; nothing is left outside.
// CHECK-LABEL: @sink
func.func @sink(%q: !t) -> !t {
  // CHECK-NEXT: attention.forward
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: arith.constant 3 : index
  %three = arith.constant 3 : index
  %o = attention.forward %q, %q, %q mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %d = arith.subi %i, %j : index
    %k = arith.cmpi slt, %d, %three : index
    attention.yield %k : i1
  } : (!t, !t, !t) -> !t
  return %o : !t
}

// -----

!t = tensor<1x8x16x64xf32>

// The tensor form has no effects: unused, it disappears, and equal ones can be
// merged.
// RUN: kgen-opt %s --cse --split-input-file | FileCheck %s --check-prefix=CSE
// CHECK-LABEL: @dead
// CSE-LABEL: @dead
func.func @dead(%q: !t, %m: memref<1x8x16x64xf32>, %out: memref<1x8x16x64xf32>) {
  // CHECK-NEXT: attention.forward {{.*}} outs(
  // CHECK-NEXT: return
  %o = attention.forward %q, %q, %q : (!t, !t, !t) -> !t
  attention.forward %m, %m, %m outs(%out : memref<1x8x16x64xf32>) : (memref<1x8x16x64xf32>, memref<1x8x16x64xf32>, memref<1x8x16x64xf32>) -> ()
  return
}

// CSE-LABEL: @merge
func.func @merge(%q: !t) -> (!t, !t) {
  // CSE: %[[O:.*]] = attention.forward
  // CSE-NOT: attention.forward
  // CSE: return %[[O]], %[[O]]
  %o = attention.forward %q, %q, %q mods [#attention.causal] : (!t, !t, !t) -> !t
  %p = attention.forward %q, %q, %q mods [#attention.causal] : (!t, !t, !t) -> !t
  return %o, %p : !t, !t
}
