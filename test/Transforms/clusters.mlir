// Query tiles of pairs of workgroups: K and V are shared, and a head has an even
// number of tiles.
// RUN: kgen-opt %s --attention-expand-mods --attention-to-tile=hardware=h100a --canonicalize --cse | FileCheck %s

// In a plain grid the pair are neighbours as they stand.
// CHECK-LABEL: func.func @grid(
// CHECK:         tile.alloc : <1x128x64xbf16>
// CHECK:         tile.alloc cluster 2 : <2x64x64xbf16>
// CHECK:         tile.alloc cluster 2 : <2x64x64xbf16>
// CHECK:         %[[X:.+]], %{{.+}}, %{{.+}} = tile.program_id
// CHECK:         arith.muli %[[X]], %c128
// CHECK:         tile.roles
func.func @grid(%q: memref<1x4x300x64xbf16>, %k: memref<1x2x200x64xbf16>, %o: memref<1x4x300x64xbf16>) {
  attention.forward %q, %k, %k schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 24, kv_direction = reverse, cluster_size = 2>) outs(%o : memref<1x4x300x64xbf16>)
      : (memref<1x4x300x64xbf16>, memref<1x2x200x64xbf16>, memref<1x2x200x64xbf16>) -> ()
  return
}

// Three tiles of a head count as four, sixteen in all: pair n / 2 is in head
// n / 4.
// CHECK-LABEL: func.func @persistent(
// CHECK:         tile.roles producer {
// CHECK:           scf.for %[[N:.+]] = %{{.+}} to %c16_i32 step
// CHECK:             %[[PAIR:.+]] = arith.divui %[[N]], %c2_i32
// CHECK:             %[[HEAD:.+]] = arith.divui %[[PAIR]], %c2_i32
// CHECK:             %[[FIRST:.+]] = arith.muli %[[HEAD]], %c2_i32
// CHECK:             %[[OF_HEAD:.+]] = arith.subi %[[PAIR]], %[[FIRST]]
// CHECK:             %[[EVEN:.+]] = arith.muli %[[PAIR]], %c2_i32
// CHECK:             %[[MEMBER:.+]] = arith.subi %[[N]], %[[EVEN]]
// CHECK:             %[[TWICE:.+]] = arith.muli %[[OF_HEAD]], %c2_i32
// CHECK:             arith.addi %[[TWICE]], %[[MEMBER]]
func.func @persistent(%q: memref<1x4x300x64xbf16>, %k: memref<1x2x200x64xbf16>, %o: memref<1x4x300x64xbf16>) {
  attention.forward %q, %k, %k schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 24, kv_direction = reverse, scheduler = persistent_static, cluster_size = 2>) outs(%o : memref<1x4x300x64xbf16>)
      : (memref<1x4x300x64xbf16>, memref<1x2x200x64xbf16>, memref<1x2x200x64xbf16>) -> ()
  return
}
