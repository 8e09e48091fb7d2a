// Matrices whose columns rise in equal steps.
// RUN: kgen-opt %s --convert-tile-to-nvvm --nvvm-lower-math --cse --canonicalize --split-input-file | FileCheck %s

// A lane has two columns of each block and two rows. What is the lane's passes
// through an empty assembly, once a row: nothing leaves the loop around, and no
// row is a copy of the other. A slope that is not constant is held likewise.
// CHECK-LABEL: func.func @ramp(
// CHECK-SAME:    %[[SLOPE:.+]]: f32
// CHECK-DAG:     %[[M8:.+]] = arith.constant -8.000000e+00 : f32
// CHECK-DAG:     %[[M7:.+]] = arith.constant -7.000000e+00 : f32
// CHECK:         %[[S:.+]] = llvm.inline_asm has_side_effects {{.*}} "=f,0" %[[SLOPE]]
// CHECK:         %[[LANE:.+]] = arith.uitofp
// CHECK-NEXT:    %[[B:.+]] = arith.mulf %[[S]], %[[LANE]]
// CHECK-NEXT:    %[[B0:.+]] = llvm.inline_asm {{.*}} %[[B]]
// CHECK-NEXT:    %[[B1:.+]] = llvm.inline_asm {{.*}} %[[B]]
// CHECK-NEXT:    %[[C0:.+]] = arith.mulf %[[S]], %[[M8]] fastmath<contract>
// CHECK-NEXT:    %[[R0:.+]] = arith.addf %[[C0]], %[[B0]] fastmath<contract>
// CHECK-NEXT:    %[[C1:.+]] = arith.mulf %[[S]], %[[M7]] fastmath<contract>
// CHECK-NEXT:    %[[R1:.+]] = arith.addf %[[C1]], %[[B0]] fastmath<contract>
// CHECK-NEXT:    %[[R2:.+]] = arith.addf %[[C0]], %[[B1]] fastmath<contract>
// CHECK-NEXT:    %[[R3:.+]] = arith.addf %[[C1]], %[[B1]] fastmath<contract>
// CHECK:         return %[[R0]], %[[R1]], %[[R2]], %[[R3]],
func.func @ramp(%slope: f32) -> !tile.matrix<16x16xf32, accumulator> attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 16, tile_kv = 16, warps = 1>} {
  %r = tile.ramp %slope from -8 : !tile.matrix<16x16xf32, accumulator>
  return %r : !tile.matrix<16x16xf32, accumulator>
}
