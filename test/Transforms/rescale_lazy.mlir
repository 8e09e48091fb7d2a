// A maximum that follows lazily: by more than 8 octaves of the exp2 domain, here
// 8 / 0.18033688, or not at all. O is multiplied in a branch that most steps do
// not take.
// RUN: kgen-opt %s --attention-expand-mods --attention-to-tile=hardware=h100a --canonicalize --cse | FileCheck %s

// Overlapped: O is multiplied at the end of a step, where no product is in flight,
// not before the next one's. In the first step it is zero.
// CHECK-LABEL: func.func @overlapped(
// CHECK-DAG:     %[[SLACK:.+]] = arith.constant 44.361{{[0-9]+}} : f32
// CHECK-DAG:     %[[ONE:.+]] = arith.constant 1.000000e+00 : f32
// CHECK:         } consumers {
// CHECK-NOT:       tile.differs
// CHECK:           scf.for {{.+}} iter_args({{.+}}, %[[BEFORE:[a-z0-9]+]] = %{{.+}}, %{{[a-z0-9]+}} = %{{.+}}) -> (!tile.matrix<128x64xbf16, operand>, !tile.matrix<128x64xf32, accumulator>, !tile.per_row<128xf32>, !tile.per_row<128xf32>)
// CHECK:             tile.dot {{.+}} transpose_rhs async
// CHECK-NEXT:        arith.index_cast
// CHECK-NEXT:        tile.receive
// CHECK-NEXT:        %[[PRODUCT:.+]] = tile.dot {{.+}} acc %{{.+}} async
// CHECK:             %[[MOST:.+]] = tile.reduce max %{{.+}} init %[[BEFORE]]
// CHECK:             %[[MAX:.+]] = tile.map_rows(%[[BEFORE]], %[[MOST]])
// CHECK-NEXT:        ^bb0(%[[OLD:.+]]: f32, %[[NEW:.+]]: f32, %{{.+}}: index):
// CHECK-NEXT:          %[[LIMIT:.+]] = arith.addf %[[OLD]], %[[SLACK]]
// CHECK-NEXT:          %[[EXCEEDS:.+]] = arith.cmpf ogt, %[[NEW]], %[[LIMIT]]
// CHECK-NEXT:          arith.select %[[EXCEEDS]], %[[NEW]], %[[OLD]]
// CHECK:             %[[FACTOR:.+]] = tile.map_rows(%[[BEFORE]], %[[MAX]])
// CHECK:               arith.subf
// CHECK:               math.exp2
// CHECK:             tile.await %[[PRODUCT]]
// CHECK:             tile.release
// CHECK:             %[[CHANGED:.+]] = tile.differs %[[FACTOR]] from 1.000000e+00
// CHECK-NEXT:        scf.if %[[CHANGED]]
// CHECK-NEXT:          tile.map
// CHECK:                 arith.mulf
// CHECK:             } else {
// CHECK-NEXT:          scf.yield
// CHECK-NEXT:        }
// CHECK-NEXT:        scf.yield
// After the last step's product O is only normalised.
// CHECK:           tile.dot {{.+}} acc %
// CHECK-NOT:       tile.differs
// CHECK:           tile.store
func.func @overlapped(%q: memref<1x4x256x64xbf16>, %o: memref<1x4x256x64xbf16>) {
  attention.forward %q, %q, %q schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = reverse, rescale = lazy>) outs(%o : memref<1x4x256x64xbf16>)
      : (memref<1x4x256x64xbf16>, memref<1x4x256x64xbf16>, memref<1x4x256x64xbf16>) -> ()
  return
}

// In order nothing is ever in flight there: before P V, as always.
// CHECK-LABEL: func.func @in_order(
// CHECK:         } consumers {
// CHECK:           scf.for
// CHECK:             %[[CHANGED:.+]] = tile.differs %{{.+}} from 1.000000e+00
// CHECK-NEXT:        %[[O:.+]] = scf.if %[[CHANGED]]
// CHECK:             tile.dot {{.+}} acc %[[O]] :
func.func @in_order(%q: memref<1x4x256x64xf16>, %o: memref<1x4x256x64xf16>) {
  attention.forward %q, %q, %q schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, q_operand = shared, producer_registers = 40, rescale = lazy>) outs(%o : memref<1x4x256x64xf16>)
      : (memref<1x4x256x64xf16>, memref<1x4x256x64xf16>, memref<1x4x256x64xf16>) -> ()
  return
}

// Bounded scores have no maximum that could follow.
// CHECK-LABEL: func.func @bounded(
// CHECK-NOT:     tile.differs
// CHECK:         return
func.func @bounded(%q: memref<1x4x256x64xbf16>, %o: memref<1x4x256x64xbf16>) {
  attention.forward %q, %q, %q allow_approx_math mods [#attention.softcap<cap = 20.0>] schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = reverse, rescale = lazy>) outs(%o : memref<1x4x256x64xbf16>)
      : (memref<1x4x256x64xbf16>, memref<1x4x256x64xbf16>, memref<1x4x256x64xbf16>) -> ()
  return
}
