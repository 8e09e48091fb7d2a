// O through a buffer of its own: packed, staged and copied by TMA. Persistent
// workgroups wait for the copy of the tile before; all wait before they end.
// RUN: kgen-opt %s --attention-expand-mods --attention-to-tile=hardware=h100a --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func @grid(
// CHECK:         %[[STAGED:.+]] = tile.alloc : <1x128x96xbf16>
// CHECK:         } consumers {
// CHECK:           %[[VIEW:.+]] = tile.slot %[[STAGED]][%c0]
// CHECK:           %[[PACKED:.+]] = tile.pack %{{.+}} : <128x96xf32, accumulator> -> <128x96xbf16, operand>
// CHECK-NOT:       tile.await_stores
// CHECK:           tile.stage %[[PACKED]] to %[[VIEW]]
// CHECK-NEXT:      tile.store_staged %[[VIEW]] to %arg3[%{{.+}}, %{{.+}}, %{{.+}}] : <128x96xbf16>, memref<1x4x250x96xbf16>
// CHECK:           tile.store_rows
// CHECK-NEXT:      tile.await_stores
// CHECK-NEXT:    }
// CHECK-NOT:     tile.store %
func.func @grid(%q: memref<1x4x250x64xbf16>, %k: memref<1x2x200x64xbf16>, %v: memref<1x2x200x96xbf16>, %o: memref<1x4x250x96xbf16>, %lse: memref<1x4x250xf32>) {
  attention.forward %q, %k, %v schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 24, kv_direction = reverse, epilogue = tma>) outs(%o, %lse : memref<1x4x250x96xbf16>, memref<1x4x250xf32>)
      : (memref<1x4x250x64xbf16>, memref<1x2x200x64xbf16>, memref<1x2x200x96xbf16>) -> ()
  return
}

// CHECK-LABEL: func.func @persistent(
// CHECK:         } consumers {
// CHECK:           scf.for
// CHECK:             %[[PACKED:.+]] = tile.pack %{{.+}} : <128x80xf32, accumulator>
// CHECK-NEXT:        tile.await_stores
// CHECK-NEXT:        tile.stage %[[PACKED]]
// CHECK-NEXT:        tile.store_staged
// CHECK:           }
// CHECK-NEXT:      tile.await_stores
// CHECK-NEXT:    }
func.func @persistent(%q: memref<1x4x256x64xf16>, %k: memref<1x2x200x64xf16>, %v: memref<1x2x200x80xf16>, %o: memref<1x4x256x80xf16>) {
  attention.forward %q, %k, %v schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 24, scheduler = persistent_static, kv_direction = reverse, epilogue = tma>) outs(%o : memref<1x4x256x80xf16>)
      : (memref<1x4x256x64xf16>, memref<1x2x200x64xf16>, memref<1x2x200x80xf16>) -> ()
  return
}
