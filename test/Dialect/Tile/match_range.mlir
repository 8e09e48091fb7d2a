// RUN: kgen-opt %s | kgen-opt | FileCheck %s
// RUN: kgen-opt %s --mlir-print-op-generic | kgen-opt | FileCheck %s

// The scan of tables: one table for both sides, and two with leading indices of
// their own. Also read by the targets' tests.

// CHECK-LABEL: func.func @documents
// CHECK: %[[B:.+]], %[[E:.+]], %[[ALL:.+]] = tile.match_range rows %{{.+}} to %{{.+}} of %{{.+}}[%{{.+}}] keys %{{.+}} to %{{.+}} of %{{.+}}[%{{.+}}] : memref<?x?xi32>, memref<?x?xi32>
// CHECK: arith.select %[[ALL]], %[[B]], %[[E]]
// CHECK: tile.match_range rows %{{.+}} to %{{.+}} of %{{.+}}[] keys %{{.+}} to %{{.+}} of %{{.+}}[%{{.+}}, %{{.+}}] : memref<?xi8>, memref<2x4x?xi8>
func.func @documents(%ids: memref<?x?xi32>, %of_q: memref<?xi8>, %of_k: memref<2x4x?xi8>, %b: index, %h: index,
                     %first: index, %last: index, %n: index) -> (index, index, i1) attributes {tile.kernel} {
  %c0 = arith.constant 0 : index
  %begin, %end, %all = tile.match_range rows %first to %last of %ids[%b] keys %c0 to %n of %ids[%b]
      : memref<?x?xi32>, memref<?x?xi32>
  %x = arith.select %all, %begin, %end : index
  %r:3 = tile.match_range rows %first to %last of %of_q[] keys %x to %n of %of_k[%b, %h]
      : memref<?xi8>, memref<2x4x?xi8>
  return %r#0, %r#1, %r#2 : index, index, i1
}
