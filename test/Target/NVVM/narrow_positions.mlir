// RUN: kgen-opt %s --convert-tile-to-nvvm --canonicalize --cse | FileCheck %s

// Positions, sizes and constants are compared in 32 bits, once an element.
// CHECK-LABEL: func.func @causal_within(
// CHECK-NOT:     arith.cmpi {{.+}} : index
// CHECK:         arith.cmpi sge, %{{.+}}, %{{.+}} : i32
// CHECK:         arith.cmpi slt, %{{.+}}, %{{.+}} : i32
// CHECK-NOT:     arith.cmpi {{.+}} : index
// CHECK:         return
func.func @causal_within(%k: memref<1x1x?x16xf16>, %o: memref<1x1x?x16xf32>, %row: index, %col: index) attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 16, tile_kv = 16, warps = 1>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %n = memref.dim %k, %c2 : memref<1x1x?x16xf16>
  %last = arith.subi %n, %c1 : index
  %s = tile.splat %one : !tile.matrix<16x16xf32, accumulator>
  %m = tile.map (%s) at [%row, %col] : !tile.matrix<16x16xf32, accumulator> -> !tile.matrix<16x16xf32, accumulator> {
  ^bb0(%x: f32, %i: index, %j: index):
    %c100 = arith.constant 100 : index
    %inside = arith.minsi %j, %last : index
    %d = arith.subi %i, %inside : index
    %past = arith.cmpi sge, %d, %c0 : index
    %near = arith.cmpi slt, %d, %c100 : index
    %keep = arith.andi %past, %near : i1
    %r = arith.select %keep, %x, %zero : f32
    tile.yield %r : f32
  }
  tile.store %m to %o[%c0, %c0, %row] limit %n : !tile.matrix<16x16xf32, accumulator>, memref<1x1x?x16xf32>
  return
}

// A table is read at a zero-extended position; quotients become 32 bits wide.
// CHECK-LABEL: func.func @table(
// CHECK:         %[[QUOTIENT:.+]] = arith.divui %{{.+}}, %c48_i32 : i32
// CHECK:         arith.index_castui %[[QUOTIENT]] : i32 to index
// CHECK:         llvm.load
func.func @table(%t: memref<?xf32>, %o: memref<1x1x?x16xf32>, %row: index, %col: index, %n: index) attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 16, tile_kv = 16, warps = 1>} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %s = tile.splat %one : !tile.matrix<16x16xf32, accumulator>
  %m = tile.map (%s) at [%row, %col] : !tile.matrix<16x16xf32, accumulator> -> !tile.matrix<16x16xf32, accumulator> {
  ^bb0(%x: f32, %i: index, %j: index):
    %c48 = arith.constant 48 : index
    %q = arith.divui %j, %c48 : index
    %y = memref.load %t[%q] : memref<?xf32>
    %r = arith.addf %x, %y : f32
    tile.yield %r : f32
  }
  tile.store %m to %o[%c0, %c0, %row] limit %n : !tile.matrix<16x16xf32, accumulator>, memref<1x1x?x16xf32>
  return
}

// What may not fit stays wide: captured values, products of positions.
// CHECK-LABEL: func.func @wide(
// CHECK:         arith.muli %{{.+}}, %{{.+}} : index
// CHECK:         arith.cmpi slt, %{{.+}}, %{{.+}} : index
// CHECK:         arith.cmpi slt, %{{.+}}, %{{.+}} : index
func.func @wide(%o: memref<1x1x?x16xf32>, %row: index, %col: index, %n: index) attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 16, tile_kv = 16, warps = 1>} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %s = tile.splat %one : !tile.matrix<16x16xf32, accumulator>
  %m = tile.map (%s) at [%row, %col] : !tile.matrix<16x16xf32, accumulator> -> !tile.matrix<16x16xf32, accumulator> {
  ^bb0(%x: f32, %i: index, %j: index):
    %p = arith.muli %i, %j : index
    %a = arith.cmpi slt, %p, %i : index
    %b = arith.cmpi slt, %j, %n : index
    %keep = arith.andi %a, %b : i1
    %r = arith.select %keep, %x, %zero : f32
    tile.yield %r : f32
  }
  tile.store %m to %o[%c0, %c0, %row] limit %n : !tile.matrix<16x16xf32, accumulator>, memref<1x1x?x16xf32>
  return
}
