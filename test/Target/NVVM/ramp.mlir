// Matrices whose columns rise in equal steps.
// RUN: kgen-opt %s --convert-tile-to-nvvm --nvvm-lower-math --cse --canonicalize --split-input-file | FileCheck %s

// A lane has two columns of each block and two rows, which are equal. What is
// the lane's passes through an empty assembly, so that nothing leaves the loop
// around; a slope that is not constant does, too.
// CHECK-LABEL: func.func @ramp(
// CHECK-SAME:    %[[SLOPE:.+]]: f32
// CHECK-DAG:     %[[M8:.+]] = arith.constant -8.000000e+00 : f32
// CHECK-DAG:     %[[M7:.+]] = arith.constant -7.000000e+00 : f32
// CHECK:         %[[S:.+]] = llvm.inline_asm has_side_effects {{.*}} "=f,0" %[[SLOPE]]
// CHECK:         %[[LANE:.+]] = arith.uitofp
// CHECK-NEXT:    %[[PART:.+]] = arith.mulf %[[S]], %[[LANE]]
// CHECK-NEXT:    %[[B:.+]] = llvm.inline_asm {{.*}} %[[PART]]
// CHECK-NEXT:    %[[C0:.+]] = arith.mulf %[[S]], %[[M8]] fastmath<contract>
// CHECK-NEXT:    %[[R0:.+]] = arith.addf %[[C0]], %[[B]] fastmath<contract>
// CHECK-NEXT:    %[[C1:.+]] = arith.mulf %[[S]], %[[M7]] fastmath<contract>
// CHECK-NEXT:    %[[R1:.+]] = arith.addf %[[C1]], %[[B]] fastmath<contract>
// CHECK-NOT:     st.shared
// CHECK:         return %[[R0]], %[[R1]], %[[R0]], %[[R1]],
func.func @ramp(%slope: f32) -> !tile.matrix<16x16xf32, accumulator> attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 16, tile_kv = 16, warps = 1>} {
  %r = tile.ramp %slope from -8 : !tile.matrix<16x16xf32, accumulator>
  return %r : !tile.matrix<16x16xf32, accumulator>
}

// -----

// With roles each row is a chain of sums of its own, one up and one down, and a
// store that never happens keeps them above what follows. A constant folds.
// CHECK-LABEL: func.func @chains(
// CHECK-DAG:     %[[DOWN:.+]] = arith.constant -4.000000e+00 : f32
// CHECK-DAG:     %[[UP:.+]] = arith.constant 4.000000e+00 : f32
// CHECK-DAG:     %[[LAST:.+]] = arith.constant 4.500000e+00 : f32
// CHECK:         %[[B:.+]] = llvm.inline_asm has_side_effects {{.*}} "=f,0"
// CHECK:         %[[A0:.+]] = arith.addf %[[B]], %[[DOWN]] fastmath<contract>
// CHECK:         %[[A1:.+]] = arith.addf %[[B]], %{{.+}} fastmath<contract>
// CHECK:         %[[D0:.+]] = arith.addf %[[B]], %{{.+}} fastmath<contract>
// CHECK:         %[[D1:.+]] = arith.addf %[[B]], %[[LAST]] fastmath<contract>
// CHECK:         %[[A2:.+]] = arith.addf %[[A0]], %[[UP]] : f32
// CHECK:         %[[A3:.+]] = arith.addf %[[A1]], %[[UP]] : f32
// CHECK:         %[[D2:.+]] = arith.addf %[[D0]], %[[DOWN]] : f32
// CHECK:         %[[D3:.+]] = arith.addf %[[D1]], %[[DOWN]] : f32
// CHECK:         %[[A4:.+]] = arith.addf %[[A2]], %[[UP]] : f32
// CHECK:         llvm.inline_asm has_side_effects {{.*}}@p st.shared.f32 [$0], t;
// CHECK:         nvvm.barrier id
func.func @chains() attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 128, tile_kv = 24, warps = 8, consumer_warpgroups = 2, producer = tma, overlap = both>} {
  %slope = arith.constant 0.5 : f32
  tile.roles producer {
  } consumers {
    %r = tile.ramp %slope from -8 : !tile.matrix<128x24xf32, accumulator>
    tile.take_turn
    tile.pass_turn
  }
  return
}
