// The online softmax: which loops there are, and which of them mask.
// RUN: kgen-opt %s --attention-expand-mods --attention-to-tile=hardware=h100 --canonicalize --cse | FileCheck %s

// 200 keys are three whole tiles and a rest, which alone looks at positions.
// Query heads in pairs share a head of K and V.
// CHECK-LABEL: func.func @full(
// CHECK-SAME:    tile.kernel
// CHECK:         %[[X:.+]], %[[H:.+]], %[[B:.+]] = tile.program_id
// CHECK:         %[[HKV:.+]] = arith.divui %[[H]], %c2
// CHECK:         tile.copy %arg0[%[[B]], %[[H]], %{{.+}}] limit %c200
// CHECK:         tile.load
// CHECK:         tile.copy %arg1[%[[B]], %[[HKV]], %c0] limit %c200
// CHECK:         scf.for %{{.+}} = %c0 to %c3 step %c1
// CHECK-NOT:       arith.cmpi
// CHECK:           tile.dot
// CHECK-NOT:       arith.cmpi
// CHECK:           tile.reduce max
// CHECK-NOT:       arith.cmpi
// CHECK:           scf.yield
// CHECK-NOT:     scf.for
// CHECK:         arith.cmpi slt, %{{.+}}, %c200
// CHECK:         tile.store {{.+}} limit %c200
// CHECK-NOT:     tile.store_rows
func.func @full(%q: memref<1x4x200x64xbf16>, %k: memref<1x2x200x64xbf16>, %v: memref<1x2x200x64xbf16>, %o: memref<1x4x200x64xbf16>) {
  attention.forward %q, %k, %v schedule(#attention.schedule<tile_q = 64, tile_kv = 64, warps = 4>) outs(%o : memref<1x4x200x64xbf16>)
      : (memref<1x4x200x64xbf16>, memref<1x2x200x64xbf16>, memref<1x2x200x64xbf16>) -> ()
  return
}

// No key lies before the first visible one: a plain loop, then a masked one.
// Two stages: what a step waits for, the step before has asked for.
// CHECK-LABEL: func.func @causal(
// CHECK:         tile.alloc : <2x64x64xbf16>
// CHECK:         tile.alloc : <2x64x64xbf16>
// CHECK:         scf.for %{{.+}} = %c0 to %[[FULL:[0-9]+]] step %c1
// CHECK-NOT:       arith.cmpi
// CHECK:           tile.wait %{{.+}} pending 0
// CHECK-NEXT:      tile.barrier
// CHECK:           tile.copy
// CHECK:           tile.copy
// CHECK:           tile.dot
// CHECK-NOT:       arith.cmpi
// CHECK:           scf.yield
// CHECK:         scf.for %{{.+}} = %[[FULL]] to %{{[0-9]+}} step %c1
// The mask keeps a range of keys for each row: one comparison with its end.
// CHECK:           tile.map(
// CHECK-NEXT:      ^bb0(%{{.+}}: f32, %[[ROW:.+]]: index, %[[KEY:.+]]: index):
// CHECK-NEXT:        %[[NEXT:.+]] = arith.addi %[[ROW]], %c1
// CHECK-NEXT:        %[[LEAST:.+]] = arith.minsi %[[NEXT]], %c256
// CHECK-NEXT:        %[[END:.+]] = arith.maxsi %[[LEAST]], %c0
// CHECK-NEXT:        arith.cmpi slt, %[[KEY]], %[[END]] {compares_positions}
// CHECK-NEXT:        arith.select
// CHECK:           scf.yield
// CHECK-NOT:     scf.for
// CHECK:         tile.store
func.func @causal(%q: memref<1x4x256x64xbf16>, %o: memref<1x4x256x64xbf16>) {
  attention.forward %q, %q, %q mods [#attention.causal] schedule(#attention.schedule<tile_q = 64, tile_kv = 64, warps = 4, stages_k = 2, stages_v = 2>) outs(%o : memref<1x4x256x64xbf16>)
      : (memref<1x4x256x64xbf16>, memref<1x4x256x64xbf16>, memref<1x4x256x64xbf16>) -> ()
  return
}

// A window has two edges. Q is read from shared memory by each product.
// CHECK-LABEL: func.func @window(
// CHECK-NOT:     tile.load
// CHECK:         scf.for %{{.+}} = %[[BEGIN:[0-9]+]] to %[[FULL:[0-9]+]] step %c1
// CHECK:           tile.dot {{.+}} transpose_rhs : !tile.view
// CHECK:           arith.select %{{.+}}, %{{.+}}, %cst
// CHECK:         scf.for %{{.+}} = %[[FULL]] to %[[END:[0-9]+]] step %c1
// CHECK-NOT:       arith.cmpi
// CHECK:           scf.yield
// CHECK:         scf.for %{{.+}} = %[[END]] to %{{[0-9]+}} step %c1
// CHECK:           arith.cmpi
// CHECK:         tile.store
// CHECK:         math.log2
// CHECK:         tile.store_rows {{.+}} to %arg2
func.func @window(%q: memref<1x4x512x64xbf16>, %o: memref<1x4x512x64xbf16>, %lse: memref<1x4x512xf32>) {
  attention.forward %q, %q, %q mods [#attention.sliding_window<window = 128>] schedule(#attention.schedule<tile_q = 64, tile_kv = 64, warps = 4, q_operand = shared>) outs(%o, %lse : memref<1x4x512x64xbf16>, memref<1x4x512xf32>)
      : (memref<1x4x512x64xbf16>, memref<1x4x512x64xbf16>, memref<1x4x512x64xbf16>) -> ()
  return
}
