// RUN: kgen-opt %s --convert-tile-to-cpu | FileCheck %s

// One thread: a loop over rows and one over keys.
// CHECK-LABEL: func.func @scan
// CHECK:         %[[ROWS:.+]]:2 = scf.for %{{.+}} = %{{.+}} to %{{.+}} step %{{.+}} iter_args
// CHECK:           arith.minsi
// CHECK:           arith.maxsi
// CHECK:         %[[WIDTH:.+]] = arith.subi %[[ROWS]]#1, %[[ROWS]]#0
// CHECK:         scf.for {{.+}} -> (i32, i32, i32)
// CHECK:           arith.cmpi ule, %{{.+}}, %[[WIDTH]]
func.func @scan(%ids: memref<?xi32>, %out: memref<1x1x?xf32>, %first: index, %last: index, %n: index) attributes {tile.kernel} {
  %c0 = arith.constant 0 : index
  %r:3 = tile.match_range rows %first to %last of %ids[] keys %c0 to %n of %ids[] : memref<?xi32>, memref<?xi32>
  %x = arith.select %r#2, %r#0, %r#1 : index
  %i = arith.index_cast %x : index to i32
  %f = arith.sitofp %i : i32 to f32
  %row = tile.splat %f : !tile.per_row<32xf32>
  tile.store_rows %row to %out[%c0, %c0, %c0] limit %n : !tile.per_row<32xf32>, memref<1x1x?xf32>
  return
}
