// Which unit computes powers and tanh.
// RUN: kgen-opt %s --convert-tile-to-nvvm --nvvm-lower-math --cse --canonicalize --split-input-file | FileCheck %s

// Every other pair: x is held above -127, rounded by a sum whose low bits are
// the exponent, and the rest goes through a polynomial of degree 3.
// CHECK-LABEL: func.func @mixed(
// CHECK-SAME:    %[[X0:.+]]: f32, %[[X1:.+]]: f32, %[[X2:.+]]: f32, %[[X3:.+]]: f32, %{{.+}}: index
// CHECK-DAG:     %[[LEAST:.+]] = arith.constant -1.270000e+02 : f32
// CHECK-DAG:     %[[ROUNDER:.+]] = arith.constant 0x4B40007F : f32
// CHECK-DAG:     %[[BITS:.+]] = arith.constant 23 : i32
// CHECK:         %[[P0:.+]] = llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f"(%[[X0]])
// CHECK:         %[[P1:.+]] = llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f"(%[[X1]])
// CHECK:         %[[X:.+]] = arith.maximumf %[[X2]], %[[LEAST]]
// CHECK-NEXT:    %[[T:.+]] = arith.addf %[[X]], %[[ROUNDER]] : f32
// CHECK-NEXT:    %[[N:.+]] = arith.subf %[[T]], %[[ROUNDER]] : f32
// CHECK-NEXT:    %[[R:.+]] = arith.subf %[[X]], %[[N]] : f32
// CHECK-COUNT-3: math.fma
// CHECK-NEXT:    %[[I:.+]] = arith.bitcast %[[T]]
// CHECK-NEXT:    %[[E:.+]] = arith.shli %[[I]], %[[BITS]]
// CHECK-NEXT:    %[[F:.+]] = arith.bitcast %[[E]]
// CHECK-NEXT:    %[[P2:.+]] = arith.mulf %{{.+}}, %[[F]] : f32
// CHECK-NOT:     ex2
// CHECK:         return %[[P0]], %[[P1]], %[[P2]],
func.func @mixed(%m: !tile.matrix<16x8xf32, accumulator>, %q0: index, %k0: index)
    -> !tile.matrix<16x8xf32, accumulator> attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 16, tile_kv = 16, warps = 1, exp2 = mixed>} {
  %r = tile.map (%m) at [%q0, %k0] : !tile.matrix<16x8xf32, accumulator> -> !tile.matrix<16x8xf32, accumulator> {
  ^bb0(%e: f32, %i: index, %j: index):
    %p = math.exp2 %e {exp2_unit = "mixed"} : f32
    tile.yield %p : f32
  }
  return %r : !tile.matrix<16x8xf32, accumulator>
}

// -----

// All of them, and none below the range; a power without a mark stays native.
// CHECK-LABEL: func.func @polynomial(
// CHECK-NOT:     arith.maximumf
// CHECK-COUNT-4: arith.shli
// CHECK:         llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f"
func.func @polynomial(%m: !tile.matrix<16x8xf32, accumulator>, %x: f32, %q0: index, %k0: index)
    -> (!tile.matrix<16x8xf32, accumulator>, f32) attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 16, tile_kv = 16, warps = 1, exp2 = polynomial>} {
  %r = tile.map (%m) at [%q0, %k0] : !tile.matrix<16x8xf32, accumulator> -> !tile.matrix<16x8xf32, accumulator> {
  ^bb0(%e: f32, %i: index, %j: index):
    %p = math.exp2 %e {exp2_in_range, exp2_unit = "polynomial"} : f32
    tile.yield %p : f32
  }
  %y = math.exp2 %x : f32
  return %r, %y : !tile.matrix<16x8xf32, accumulator>, f32
}

// -----

// tanh whose absolute error alone matters: of four pairs one takes a power and an
// inverse, three a quotient of polynomials. Both inverses are one instruction.
// CHECK-LABEL: func.func @tanh(
// CHECK-COUNT-2: llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f"
// CHECK-NOT:     ex2
// CHECK-COUNT-2: arith.minimumf
// CHECK:         return
// CHECK-LABEL: func.func @exact(
// CHECK-COUNT-4: math.copysign
func.func @tanh(%m: !tile.matrix<16x8xf32, accumulator>, %q0: index, %k0: index)
    -> !tile.matrix<16x8xf32, accumulator> attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 16, tile_kv = 16, warps = 1>} {
  %r = tile.map (%m) at [%q0, %k0] : !tile.matrix<16x8xf32, accumulator> -> !tile.matrix<16x8xf32, accumulator> {
  ^bb0(%e: f32, %i: index, %j: index):
    %t = math.tanh %e {absolute_error} : f32
    tile.yield %t : f32
  }
  return %r : !tile.matrix<16x8xf32, accumulator>
}
func.func @exact(%m: !tile.matrix<16x8xf32, accumulator>, %q0: index, %k0: index)
    -> !tile.matrix<16x8xf32, accumulator> attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 16, tile_kv = 16, warps = 1>} {
  %r = tile.map (%m) at [%q0, %k0] : !tile.matrix<16x8xf32, accumulator> -> !tile.matrix<16x8xf32, accumulator> {
  ^bb0(%e: f32, %i: index, %j: index):
    %t = math.tanh %e : f32
    tile.yield %t : f32
  }
  return %r : !tile.matrix<16x8xf32, accumulator>
}
