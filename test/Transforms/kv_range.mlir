// A warpgroup walks over the tiles of keys that its own 64 rows see. Those of the
// workgroup's walk that it does not compute it lets pass, at both ends: it receives
// and releases K and V, and takes and passes its turn, as the others expect.
// RUN: kgen-opt %s --attention-expand-mods --attention-to-tile=hardware=h100a --canonicalize --cse | FileCheck %s

// From the last keys: later warpgroups see more of them.
// CHECK-LABEL: func.func @reverse(
// CHECK:         %[[K:.+]] = tile.alloc : <2x32x64xbf16>
// CHECK:         %[[V:.+]] = tile.alloc : <2x32x64xbf16>
// CHECK:         } consumers {
// CHECK:           %[[GROUP:.+]] = tile.warpgroup
// CHECK-NEXT:      %[[AT:.+]] = arith.muli %[[GROUP]], %c64
// CHECK-NEXT:      arith.addi %{{.+}}, %[[AT]]
// CHECK:           scf.for %[[P:.+]] = %c0_i32 to %[[BEGIN:.+]] step
// CHECK-NEXT:        %[[PLACE:.+]] = arith.index_cast %[[P]]
// CHECK-NEXT:        tile.receive %[[K]] at %[[PLACE]]
// CHECK-NEXT:        tile.take_turn
// CHECK-NEXT:        tile.pass_turn
// CHECK-NEXT:        tile.release %[[K]] at %[[PLACE]]
// CHECK-NEXT:        tile.receive %[[V]] at %[[PLACE]]
// CHECK-NEXT:        tile.release %[[V]] at %[[PLACE]]
// CHECK-NEXT:      }
// CHECK:           %[[FIRST:.+]] = arith.index_cast %[[BEGIN]]
// CHECK:           tile.receive %[[K]] at %[[FIRST]]
// CHECK:           %[[SECOND:.+]] = arith.addi %[[BEGIN]], %c1_i32
// Masked tiles at both ends of the walk: two rounds of the same loops, the second with masked steps alone.
// CHECK:           scf.while (%[[ROUND:.+]] = %[[SECOND]],
// CHECK-NEXT:        %[[LEFT:.+]] = arith.cmpi slt, %[[ROUND]], %[[END:[0-9]+]]
// CHECK-NEXT:        scf.condition(%[[LEFT]])
// CHECK:             %[[ISFIRST:.+]] = arith.cmpi slt, %[[ROUND2:.+]], %[[PLAINEND:[0-9]+]]
// CHECK-NEXT:        %[[PLAIN:.+]] = arith.select %[[ISFIRST]], %{{.+}}, %[[END]]
// CHECK-NEXT:        scf.for %{{.+}} = %[[ROUND2]] to %[[PLAIN]] step
// CHECK:             %[[PLAINLAST:.+]] = arith.maxsi %[[PLAINEND]], %[[PLAIN]]
// CHECK-NEXT:        scf.for %{{.+}} = %[[PLAIN]] to %[[PLAINLAST]] step
// CHECK-NOT:           compares_positions
// CHECK:             scf.yield %[[PLAINLAST]],
// CHECK:           tile.release %{{[0-9]+}} at %c0
// CHECK:           tile.receive %[[V]] at
// CHECK:           tile.dot {{.+}} acc
// CHECK-NEXT:      tile.release %[[V]] at
// CHECK-NEXT:      scf.for %[[P:.+]] = %[[END]] to %{{.+}} step
// CHECK-NEXT:        %[[PLACE:.+]] = arith.index_cast %[[P]]
// CHECK-NEXT:        tile.receive %[[K]] at %[[PLACE]]
// CHECK-NEXT:        tile.take_turn
// CHECK-NEXT:        tile.pass_turn
// CHECK-NEXT:        tile.release %[[K]] at %[[PLACE]]
// CHECK-NEXT:        tile.receive %[[V]] at %[[PLACE]]
// CHECK-NEXT:        tile.release %[[V]] at %[[PLACE]]
// CHECK-NEXT:      }
// CHECK:           tile.store
func.func @reverse(%q: memref<?x4x?x64xbf16>, %o: memref<?x4x?x64xbf16>) {
  attention.forward %q, %q, %q mods [#attention.sliding_window<window = 40>] schedule(#attention.schedule<tile_q = 128, tile_kv = 32, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = reverse, kv_range = warpgroup>) outs(%o : memref<?x4x?x64xbf16>)
      : (memref<?x4x?x64xbf16>, memref<?x4x?x64xbf16>, memref<?x4x?x64xbf16>) -> ()
  return
}

// From the first key, which causal rows all see: tiles pass at the end only.
// Without turns.
// CHECK-LABEL: func.func @forward_intra(
// CHECK:         %[[Q:.+]] = tile.alloc : <1x128x64xf16>
// CHECK:         %[[K:.+]] = tile.alloc : <2x64x64xf16>
// CHECK:         } consumers {
// CHECK:           tile.warpgroup
// CHECK-NOT:       scf.for
// CHECK:           tile.receive %[[K]] at %c0
// CHECK:           tile.release %[[Q]]
// CHECK:           tile.dot {{.+}} acc
// CHECK-NEXT:      tile.release
// CHECK-NEXT:      scf.for
// CHECK-NEXT:        arith.index_cast
// CHECK-NEXT:        tile.receive
// CHECK-NEXT:        tile.release
// CHECK-NEXT:        tile.receive
// CHECK-NEXT:        tile.release
// CHECK-NEXT:      }
// CHECK:           tile.store
func.func @forward_intra(%q: memref<?x4x?x64xf16>, %o: memref<?x4x?x64xf16>) {
  attention.forward %q, %q, %q mods [#attention.causal] schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 40, kv_direction = forward, kv_range = warpgroup>) outs(%o : memref<?x4x?x64xf16>)
      : (memref<?x4x?x64xf16>, memref<?x4x?x64xf16>, memref<?x4x?x64xf16>) -> ()
  return
}

// In order. Causal rows see the first keys: from the end, tiles pass at the begin only.
// CHECK-LABEL: func.func @reverse_in_order(
// CHECK:         %[[Q:.+]] = tile.alloc : <1x128x64xbf16>
// CHECK:         } consumers {
// CHECK:           tile.warpgroup
// CHECK:           scf.for %{{.+}} = %c0_i32 to %[[BEGIN:.+]] step
// CHECK-NEXT:        arith.index_cast
// CHECK-NEXT:        tile.receive
// CHECK-NEXT:        tile.release
// CHECK-NEXT:        tile.receive
// CHECK-NEXT:        tile.release
// CHECK-NEXT:      }
// CHECK:           scf.for %{{.+}} = %[[BEGIN]] to
// CHECK:             tile.dot {{.+}} transpose_rhs :
// CHECK:             tile.dot {{.+}} acc
// CHECK:           scf.for
// CHECK:             tile.dot
// CHECK:           tile.release %[[Q]]
func.func @reverse_in_order(%q: memref<?x4x?x64xbf16>, %o: memref<?x4x?x64xbf16>) {
  attention.forward %q, %q, %q mods [#attention.causal] schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, q_operand = shared, producer_registers = 40, kv_direction = reverse, kv_range = warpgroup>) outs(%o : memref<?x4x?x64xbf16>)
      : (memref<?x4x?x64xbf16>, memref<?x4x?x64xbf16>, memref<?x4x?x64xbf16>) -> ()
  return
}

// Without a mask, and alone, a warpgroup sees what its workgroup sees.
// CHECK-LABEL: func.func @full(
// CHECK-NOT:     tile.warpgroup
// CHECK:         return
func.func @full(%q: memref<?x4x?x64xbf16>, %o: memref<?x4x?x64xbf16>) {
  attention.forward %q, %q, %q schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = reverse, kv_range = warpgroup>) outs(%o : memref<?x4x?x64xbf16>)
      : (memref<?x4x?x64xbf16>, memref<?x4x?x64xbf16>, memref<?x4x?x64xbf16>) -> ()
  return
}

// CHECK-LABEL: func.func @alone(
// CHECK-NOT:     tile.warpgroup
// CHECK:         return
func.func @alone(%q: memref<?x4x?x64xbf16>, %o: memref<?x4x?x64xbf16>) {
  attention.forward %q, %q, %q mods [#attention.causal] schedule(#attention.schedule<tile_q = 64, tile_kv = 64, warps = 4, consumer_warpgroups = 1, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 32, kv_direction = reverse, kv_range = warpgroup>) outs(%o : memref<?x4x?x64xbf16>)
      : (memref<?x4x?x64xbf16>, memref<?x4x?x64xbf16>, memref<?x4x?x64xbf16>) -> ()
  return
}
