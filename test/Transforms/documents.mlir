// A mask that compares tables: the kernel scans them before its walk, last of
// all conditions, and walks over the keys that match; between partly matching
// ends there is a loop without a mask. Where the tile's rows have one entry, the
// mask is the range that was found; else it reads the tables.
// RUN: kgen-opt %s --attention-expand-mods --attention-to-tile=hardware=h100 --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,PLAIN
// RUN: kgen-opt %s --attention-expand-mods --attention-to-tile=hardware=h100a --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,ROLES

// CHECK-LABEL: func.func @documents(
// CHECK:         %[[FIRST:.+]], %[[END:.+]], %[[SAME:.+]] = tile.match_range rows %[[ROW:.+]] to %[[LAST:.+]] of %[[IDS:.+]][%[[B:.+]]] keys %c0 to %[[N:.+]] of %[[IDS]][%[[B]]] : memref<?x?xi32>, memref<?x?xi32>
// CHECK:         arith.select %[[SAME]], %[[END]], %c0
// CHECK:         arith.maxsi %[[FIRST]], %c0
// PLAIN-NOT:     tile.roles
// ROLES:         tile.roles producer
// ROLES:         } consumers {
// CHECK:         scf.for
// CHECK:           scf.if %[[SAME]] -> (!tile.matrix
// CHECK:             tile.map
// CHECK-NOT:         memref.load
// CHECK:             arith.cmpi slt, %[[KEY:.+]], %{{.+}} {compares_positions}
// CHECK:             arith.cmpi sge, %[[KEY]], %{{.+}} {compares_positions}
// CHECK-NOT:         memref.load
// CHECK:           } else {
// CHECK:             memref.load
// CHECK:             arith.cmpi eq
// CHECK:           scf.yield
// CHECK:         scf.for
// CHECK-NOT:       memref.load
// CHECK:           tile.dot
// CHECK-NOT:       memref.load
// CHECK:           scf.yield
// CHECK:         scf.for
// CHECK:           memref.load
func.func @documents(%q: memref<?x4x?x64xbf16>, %ids: memref<?x?xi32>, %o: memref<?x4x?x64xbf16>) {
  attention.forward %q, %q, %q mods [#attention.document] (%ids : memref<?x?xi32>) outs(%o : memref<?x4x?x64xbf16>)
      : (memref<?x4x?x64xbf16>, memref<?x4x?x64xbf16>, memref<?x4x?x64xbf16>) -> ()
  return
}

// The causal bound is known first: keys past the tile are not looked at. The
// tables' leading indices, the head among them, are computed once.
// CHECK-LABEL: func.func @by_head_and_causal(
// CHECK:         %[[BOUND:.+]] = arith.minsi
// CHECK:         tile.match_range rows %{{.+}} to %{{.+}} of %[[A:.+]][%{{.+}}, %{{.+}}] keys %c0 to %{{.+}} of %[[C:.+]][] : memref<?x4x?xi64>, memref<?xi64>
// CHECK-NOT:     tile.match_range
// CHECK:         return
func.func @by_head_and_causal(%q: memref<?x4x?x64xbf16>, %a: memref<?x4x?xi64>, %c: memref<?xi64>, %o: memref<?x4x?x64xbf16>) {
  attention.forward %q, %q, %q mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %x = memref.load %a[%b, %h, %i] : memref<?x4x?xi64>
    %y = memref.load %c[%j] : memref<?xi64>
    %same = arith.cmpi eq, %x, %y : i64
    %past = arith.cmpi sge, %i, %j : index
    %keep = arith.andi %same, %past : i1
    attention.yield %keep : i1
  } outs(%o : memref<?x4x?x64xbf16>) : (memref<?x4x?x64xbf16>, memref<?x4x?x64xbf16>, memref<?x4x?x64xbf16>) -> ()
  return
}

// A computed place is not followed: every key is visible.
// CHECK-LABEL: func.func @computed_place(
// CHECK-NOT:     tile.match_range
// CHECK:         return
func.func @computed_place(%q: memref<1x4x256x64xbf16>, %ids: memref<256xi32>, %o: memref<1x4x256x64xbf16>) {
  attention.forward %q, %q, %q mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %two = arith.constant 2 : index
    %half = arith.divui %i, %two : index
    %x = memref.load %ids[%half] : memref<256xi32>
    %y = memref.load %ids[%j] : memref<256xi32>
    %keep = arith.cmpi eq, %x, %y : i32
    attention.yield %keep : i1
  } outs(%o : memref<1x4x256x64xbf16>) : (memref<1x4x256x64xbf16>, memref<1x4x256x64xbf16>, memref<1x4x256x64xbf16>) -> ()
  return
}
