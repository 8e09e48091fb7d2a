// Comparisons of a lane's columns with bounds of its rows, and of the two in one
// instruction.
// RUN: kgen-opt %s --convert-tile-to-nvvm --nvvm-lower-math --cse --canonicalize | FileCheck %s

// One difference a row and bound; a constant for each column but the first. The
// bound that is read is clamped in 32 bits, and stays there.
// CHECK-LABEL: func.func @window(
// CHECK:         %[[MOST:.+]] = arith.minsi %{{.+}}, %c1000_i32 : i32
// CHECK-NEXT:    %[[BEGIN:.+]] = arith.addi %{{.+}}, %[[MOST]] : i32
// CHECK-NEXT:    %[[END:.+]] = arith.addi %[[BEGIN]], %c7_i32 : i32
// CHECK-NEXT:    %[[FIRST:.+]] = arith.cmpi slt, %[[COL:.+]], %[[END]] {compares_positions} : i32
// CHECK-NEXT:    llvm.inline_asm {{.*}}"setp.ge.and.s32 $0, $1, $3, $2;", "=b,r,b,r" %[[COL]], %[[FIRST]], %[[BEGIN]]
// CHECK:         %[[BEFORE:.+]] = arith.subi %{{.+}}, %{{.+}} : i32
// CHECK-NEXT:    %[[FIRST:.+]] = arith.cmpi sgt, %[[BEFORE]], %c1_i32 {compares_positions} : i32
// CHECK-NEXT:    %[[FROM:.+]] = arith.subi %{{.+}}, %{{.+}} : i32
// CHECK-NEXT:    llvm.inline_asm {{.*}}"setp.le.and.s32 $0, $1, 1, $2;", "=b,r,b" %[[FROM]], %[[FIRST]]
// CHECK-NOT:     arith.andi {{.+}} : i1
// CHECK:         return
func.func @window(%m: !tile.matrix<16x8xf32, accumulator>, %t: memref<?xi32>, %q0: index, %k0: index)
    -> !tile.matrix<16x8xf32, accumulator> attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 16, tile_kv = 16, warps = 1>} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %r = tile.map (%m) at [%q0, %k0] : !tile.matrix<16x8xf32, accumulator> -> !tile.matrix<16x8xf32, accumulator> {
  ^bb0(%e: f32, %i: index, %j: index):
    %least = arith.constant -1000 : i32
    %most = arith.constant 1000 : i32
    %c7 = arith.constant 7 : index
    %read = memref.load %t[%c0] : memref<?xi32>
    %above = arith.maxsi %read, %least : i32
    %clamped = arith.minsi %above, %most : i32
    %n = arith.index_cast %clamped : i32 to index
    %begin = arith.addi %i, %n : index
    %end = arith.addi %begin, %c7 : index
    %before = arith.cmpi slt, %j, %end {compares_positions} : index
    %from = arith.cmpi sge, %j, %begin {compares_positions} : index
    %keep = arith.andi %before, %from : i1
    %x = arith.select %keep, %e, %zero : f32
    tile.yield %x : f32
  }
  return %r : !tile.matrix<16x8xf32, accumulator>
}

// Others stay as they are.
// CHECK-LABEL: func.func @plain(
// CHECK:         arith.cmpi slt, %[[COL:.+]], %{{.+}} : i32
// CHECK-NOT:     llvm.inline_asm
// CHECK:         return
func.func @plain(%m: !tile.matrix<16x8xf32, accumulator>, %q0: index, %k0: index)
    -> !tile.matrix<16x8xf32, accumulator> attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 16, tile_kv = 16, warps = 1>} {
  %zero = arith.constant 0.0 : f32
  %r = tile.map (%m) at [%q0, %k0] : !tile.matrix<16x8xf32, accumulator> -> !tile.matrix<16x8xf32, accumulator> {
  ^bb0(%e: f32, %i: index, %j: index):
    %past = arith.cmpi slt, %j, %i : index
    %near = arith.cmpi sge, %j, %i : index
    %keep = arith.andi %past, %near : i1
    %x = arith.select %keep, %e, %zero : f32
    tile.yield %x : f32
  }
  return %r : !tile.matrix<16x8xf32, accumulator>
}
