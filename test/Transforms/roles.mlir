// The online softmax of a workgroup with roles: what the producer sends, which
// loops the consumers have, and that two steps overlap.
// RUN: kgen-opt %s --attention-expand-mods --attention-to-tile=hardware=h100a --canonicalize --cse | FileCheck %s

// The walk starts at the last keys, the only ones whose positions matter.
// CHECK-LABEL: func.func @full(
// CHECK:         %[[Q:.+]] = tile.alloc : <1x128x64xbf16>
// CHECK:         %[[K:.+]] = tile.alloc : <2x64x64xbf16>
// CHECK:         %[[V:.+]] = tile.alloc : <2x64x64xbf16>
// CHECK:         tile.roles producer {
// CHECK:           tile.send %arg1[%{{.+}}, %{{.+}}, %c192] to %[[K]] at %c0
// CHECK:           tile.send %arg0[%{{.+}}] to %[[Q]] at %c0
// CHECK:           scf.for %{{.+}} = %c0_i32 to %c3_i32 step %c1_i32  : i32 {
// CHECK:             tile.send %arg1{{.+}} to %[[K]]
// CHECK:             tile.send %arg2{{.+}} to %[[V]]
// CHECK:           }
// CHECK:           tile.send %arg2[%{{.+}}, %{{.+}}, %c0] to %[[V]] at %c3
// CHECK:         } consumers {
// CHECK:           tile.receive %[[Q]]
// CHECK:           tile.receive %[[K]] at %c0
// CHECK:           tile.dot {{.+}} transpose_rhs :
// CHECK:           tile.release %[[K]] at %c0
// CHECK:           arith.cmpi slt, %{{.+}}, %c200
// CHECK:           scf.for %[[PLACE:.+]] = %c1_i32 to %c4_i32 step %c1_i32
// CHECK-NOT:         arith.cmpi
// CHECK:             %[[N:.+]] = arith.index_cast %[[PLACE]] : i32 to index
// CHECK:             tile.receive %[[K]] at %[[N]]
// CHECK:             tile.take_turn
// CHECK:             %[[S:.+]] = tile.dot {{.+}} transpose_rhs async
// CHECK:             tile.receive %[[V]]
// CHECK:             %[[O:.+]] = tile.dot {{.+}} acc %{{.+}} async
// CHECK:             tile.pass_turn
// CHECK:             tile.await %[[S]] pending 1
// CHECK:             tile.release %[[K]] at %[[N]]
// CHECK:             tile.reduce max
// CHECK:             %[[L:.+]] = tile.reduce add
// CHECK:             tile.await %[[O]], %{{.+}} after %[[L]] : {{.+}} pending 0
// CHECK:             tile.release %[[V]]
// CHECK:             tile.pack
// CHECK-NOT:       scf.for
// CHECK:           tile.release %[[V]] at %c3
// CHECK:           tile.store {{.+}} limit %c256
func.func @full(%q: memref<1x4x256x64xbf16>, %k: memref<1x2x200x64xbf16>, %v: memref<1x2x200x64xbf16>, %o: memref<1x4x256x64xbf16>) {
  attention.forward %q, %k, %v schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 24, kv_direction = reverse>) outs(%o : memref<1x4x256x64xbf16>)
      : (memref<1x4x256x64xbf16>, memref<1x2x200x64xbf16>, memref<1x2x200x64xbf16>) -> ()
  return
}

// Forwards and step by step: a plain loop, then a masked one; nothing in flight.
// CHECK-LABEL: func.func @causal_in_order(
// CHECK:         } consumers {
// CHECK:           scf.for %{{.+}} = %c0_i32 to %[[FULL:[0-9]+]] step %c1_i32
// CHECK-NOT:         async
// CHECK-NOT:         arith.cmpi
// CHECK:             tile.release
// CHECK:             tile.release
// CHECK:             scf.yield
// CHECK:           scf.for %{{.+}} = %[[FULL]] to
// CHECK:             arith.cmpi slt, %{{.+}} {compares_positions}
// CHECK-NOT:       tile.await
// CHECK:           tile.store
func.func @causal_in_order(%q: memref<1x4x256x64xbf16>, %o: memref<1x4x256x64xbf16>) {
  attention.forward %q, %q, %q mods [#attention.causal] schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, q_operand = shared, producer_registers = 24>) outs(%o : memref<1x4x256x64xbf16>)
      : (memref<1x4x256x64xbf16>, memref<1x4x256x64xbf16>, memref<1x4x256x64xbf16>) -> ()
  return
}

// The producer posts where each tile lies that it draws, and draws the next one late,
// when only the last V is left to send; the consumers collect it once more for the
// epilogue.
// CHECK-LABEL: func.func @drawn(
// CHECK:         tile.alloc : <2x64x64xbf16>
// CHECK-NEXT:    %[[V:.+]] = tile.alloc : <2x64x64xbf16>
// CHECK-NEXT:    %[[HEADS:.+]] = tile.alloc : <2x1x1xi32>
// CHECK:         %[[TILES:.+]] = tile.alloc : <2x1x1xi32>
// CHECK:         tile.roles producer {
// CHECK:           scf.while (%[[DRAWN:.+]] = %{{.+}}, %{{.+}} = %c0_i32, %{{.+}} = %c0_i32)
// CHECK:             arith.select %{{.+}}, %{{.+}}, %c-1_i32
// CHECK:             tile.post %{{.+}} to %[[HEADS]] at
// CHECK:             tile.post %{{.+}} to %[[TILES]] at
// CHECK:             arith.cmpi sge
// CHECK:             scf.condition
// CHECK:             scf.for
// CHECK:               tile.send %arg0{{.+}} to %[[V]]
// CHECK-NEXT:        }
// CHECK-NOT:         tile.send
// CHECK:             %[[NEXT:.+]] = tile.draw_tile of
// CHECK-NOT:         tile.draw_tile
// CHECK:             tile.send %arg0{{.+}} to %[[V]]
// CHECK-NOT:         tile.send
// CHECK:             %[[NARROW:.+]] = arith.index_cast %[[NEXT]]
// CHECK:             scf.yield %[[NARROW]]
// CHECK:         } consumers {
// CHECK:           scf.while
// CHECK:             tile.collect %[[HEADS]] at
// CHECK:             tile.collect %[[TILES]] at
// CHECK:             scf.condition
// CHECK:             tile.receive
// CHECK:             tile.collect %[[HEADS]] at
// CHECK:             tile.store
// CHECK:             tile.release %[[HEADS]] at
// CHECK:             tile.release %[[TILES]] at
func.func @drawn(%q: memref<?x4x?x64xbf16>, %o: memref<?x4x?x64xbf16>) {
  attention.forward %q, %q, %q mods [#attention.causal] schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 32, scheduler = persistent_dynamic, order = l2_swizzled, kv_direction = reverse>) outs(%o : memref<?x4x?x64xbf16>)
      : (memref<?x4x?x64xbf16>, memref<?x4x?x64xbf16>, memref<?x4x?x64xbf16>) -> ()
  return
}

// Q goes into registers and its slot to the next tile's before any product. P is
// staged once the product that read the one before it was awaited; loops do not
// carry it.
// CHECK-LABEL: func.func @operands(
// CHECK:         %[[Q:.+]] = tile.alloc : <1x128x64xbf16>
// CHECK:         %[[P:.+]] = tile.alloc : <1x128x96xbf16>
// CHECK:         } consumers {
// CHECK:           %[[STAGED:.+]] = tile.slot %[[P]][%c0] : <1x128x96xbf16>
// CHECK:           scf.for
// CHECK:             %[[RECEIVED:.+]] = tile.receive %[[Q]] at %[[N:[^ ]+]]
// CHECK:             %[[LOADED:.+]] = tile.load %[[RECEIVED]] : <128x64xbf16>
// CHECK-NEXT:        tile.release %[[Q]] at %[[N]]
// CHECK:             tile.dot %[[LOADED]], {{.+}} transpose_rhs :
// CHECK:             %[[FIRST:.+]] = tile.pack
// CHECK-NEXT:        tile.stage %[[FIRST]] to %[[STAGED]] : <128x96xbf16>
// CHECK:             scf.for {{.+}} -> (!tile.per_row<128xf32>, !tile.matrix<128x64xf32, accumulator>,
// CHECK:               tile.dot %[[LOADED]], {{.+}} transpose_rhs async
// CHECK:               %[[O:.+]] = tile.dot %[[STAGED]], {{.+}} acc {{.+}} async
// CHECK:               tile.await %[[O]] after {{.+}} pending 0
// CHECK:               %[[NEXT:.+]] = tile.pack
// CHECK-NEXT:          tile.stage %[[NEXT]] to %[[STAGED]]
// CHECK:             tile.dot %[[STAGED]], {{.+}} acc
// CHECK-NOT:         tile.release %[[Q]]
// CHECK:             tile.store
func.func @operands(%q: memref<?x4x?x64xbf16>, %o: memref<?x4x?x64xbf16>) {
  attention.forward %q, %q, %q schedule(#attention.schedule<tile_q = 128, tile_kv = 96, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = registers, p_operand = shared, producer_registers = 40, scheduler = persistent_static, kv_direction = reverse>) outs(%o : memref<?x4x?x64xbf16>)
      : (memref<?x4x?x64xbf16>, memref<?x4x?x64xbf16>, memref<?x4x?x64xbf16>) -> ()
  return
}

// The same in order.
// CHECK-LABEL: func.func @operands_in_order(
// CHECK:         } consumers {
// CHECK:           %[[STAGED:.+]] = tile.slot
// CHECK:           %[[LOADED:.+]] = tile.load
// CHECK-NEXT:      tile.release
// CHECK:           scf.for
// CHECK:             tile.dot %[[LOADED]]
// CHECK:             %[[P:.+]] = tile.pack
// CHECK-NEXT:        tile.stage %[[P]] to %[[STAGED]]
// CHECK-NEXT:        tile.dot %[[STAGED]], {{.+}} acc
func.func @operands_in_order(%q: memref<?x4x?x64xbf16>, %o: memref<?x4x?x64xbf16>) {
  attention.forward %q, %q, %q schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, q_operand = registers, p_operand = shared, producer_registers = 40>) outs(%o : memref<?x4x?x64xbf16>)
      : (memref<?x4x?x64xbf16>, memref<?x4x?x64xbf16>, memref<?x4x?x64xbf16>) -> ()
  return
}

// From the first key on, too, the tile with the last keys comes first: it alone
// needs a mask, and there is no loop with one.
// CHECK-LABEL: func.func @forward_full(
// CHECK:         } consumers {
// CHECK:           tile.map(
// CHECK:             arith.cmpi slt
// CHECK:           scf.for %[[PLACE:.+]] = %c1_i32 to
// CHECK-NOT:         arith.cmpi slt
// CHECK:             %[[IS_FIRST:.+]] = arith.cmpi eq, %{{.+}}, %c0_i32
// CHECK-NOT:       scf.for
// CHECK:           tile.store
func.func @forward_full(%q: memref<1x4x?x64xbf16>, %o: memref<1x4x?x64xbf16>) {
  attention.forward %q, %q, %q schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, q_operand = shared, producer_registers = 24, overlap = intra, kv_direction = forward>) outs(%o : memref<1x4x?x64xbf16>)
      : (memref<1x4x?x64xbf16>, memref<1x4x?x64xbf16>, memref<1x4x?x64xbf16>) -> ()
  return
}
