// row_maximum = integer: loops without a mask compare scores as integers, once no row of the warpgroup has a negative maximum; until then the loop with a mask
// takes their tiles, too.
// RUN: kgen-opt %s --attention-expand-mods --attention-to-tile=hardware=h100a --canonicalize --cse | FileCheck %s

// The first step raises maxima below zero by whole octaves, and 0 itself to +0.
// CHECK-LABEL: func.func @full
// CHECK:         } consumers {
// CHECK:           %[[FOUND:.+]] = tile.reduce max %{{.+}} init %{{[0-9]+}} : <
// CHECK-NEXT:      %[[M:.+]] = tile.map_rows(%[[FOUND]])
// CHECK:             %[[BELOW:.+]] = arith.mulf %{{.+}}, %cst
// CHECK-NEXT:        %[[OCTAVES:.+]] = math.ceil %[[BELOW]]
// CHECK-NEXT:        %[[MOVED:.+]] = math.fma %[[OCTAVES]],
// CHECK-NEXT:        arith.maxnumf %[[MOVED]],
// CHECK-DAG:         arith.cmpf oge, %[[BELOW]],
// CHECK-DAG:         arith.cmpf ole, %[[BELOW]],
// CHECK:           %[[SLOW:.+]]:6 = scf.while (%[[PLACE:.+]] = %c1_i32, {{.+}}%[[MAX:arg[0-9]+]] = %[[M]],
// CHECK-NEXT:        %[[LEFT:.+]] = arith.cmpi slt, %[[PLACE]], %[[END:[0-9]+]]
// CHECK:             %[[NEEDS:.+]] = scf.if %{{.+}} -> (i1) {
// CHECK-NEXT:          %[[FITS:.+]] = tile.at_least %[[MAX]] from 0.0
// CHECK-NEXT:          %[[NOT:.+]] = arith.xori %[[FITS]], %true
// CHECK-NEXT:          scf.yield %[[NOT]]
// CHECK-NEXT:        } else {
// CHECK-NEXT:          scf.yield %[[LEFT]]
// CHECK:             scf.condition(%[[NEEDS]]) %[[PLACE]],
// CHECK:             arith.cmpi slt, {{.+}} {compares_positions}
// CHECK-NOT:         nonnegative
// CHECK:             math.ceil
// CHECK:             scf.yield
// CHECK:           scf.for %{{.+}} = %[[SLOW]]#0 to %[[END]] step
// CHECK-NOT:         compares_positions
// CHECK:             tile.reduce max %{{.+}} init %{{.+}} nonnegative
// CHECK-NOT:         math.ceil
// CHECK:             scf.yield
// CHECK-NOT:       scf.for
// CHECK:           tile.store
func.func @full(%q: memref<1x2x?x64xbf16>, %o: memref<1x2x?x64xbf16>) {
  attention.forward %q, %q, %q
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 40, kv_direction = reverse, row_maximum = integer>)
      outs(%o : memref<1x2x?x64xbf16>)
      : (memref<1x2x?x64xbf16>, memref<1x2x?x64xbf16>, memref<1x2x?x64xbf16>) -> ()
  return
}

// With a slope, maxima as the first tile's products see them; later tiles must not add to what they lack.
// What the first step finds is made +0 where it is -0, whose bits are the least integer: nothing is raised here.
// CHECK-LABEL: func.func @alibi
// CHECK:         %[[ZERO:.+]] = arith.constant 0.000000e+00 : f32
// CHECK:         } consumers {
// CHECK:           tile.reduce max
// CHECK-NEXT:      %[[GROWN:.+]] = tile.map_rows
// CHECK:           %[[M:.+]] = tile.map_rows(%[[GROWN]])
// CHECK-NEXT:      ^bb0(%[[FOUND:[a-z0-9]+]]: f32
// CHECK-NEXT:        arith.addf %[[FOUND]], %[[ZERO]]
// CHECK-NOT:       math.ceil
// CHECK:           %[[HERE:.+]] = tile.map_rows(%{{.+}}) at
// CHECK:             arith.subf
// CHECK:           %[[ROWS:.+]] = tile.at_least %{{.+}} from 0.0
// CHECK-NEXT:      %[[FALLS:.+]] = arith.cmpf oge, %{{.+}}, %cst
// CHECK-NEXT:      %[[FITS:.+]] = arith.andi %[[ROWS]], %[[FALLS]]
// CHECK-NEXT:      arith.xori %[[FITS]],
func.func @alibi(%q: memref<1x2x?x64xbf16>, %slopes: memref<2xf32>, %o: memref<1x2x?x64xbf16>) {
  attention.forward %q, %q, %q mods [#attention.alibi] (%slopes : memref<2xf32>)
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = reverse, rescale = lazy, row_maximum = integer>)
      outs(%o : memref<1x2x?x64xbf16>)
      : (memref<1x2x?x64xbf16>, memref<1x2x?x64xbf16>, memref<1x2x?x64xbf16>) -> ()
  return
}

// From the first key on, the last keys come last, with a mask: where scores fall, the first tile has the greatest. The loop of the last keys takes all, if it must.
// CHECK-LABEL: func.func @relative
// CHECK:         } consumers {
// CHECK:           %[[FITS:.+]] = tile.at_least
// CHECK-NEXT:      %[[END:.+]] = arith.select %[[FITS]], %{{.+}}, %c1_i32 : i32
// CHECK:           scf.for %[[PLACE:.+]] = %c1_i32 to %[[END]] step
// CHECK-NOT:         arith.cmpi eq
// CHECK:             arith.muli %[[PLACE]], %c64_i32
// CHECK:             nonnegative
// CHECK:           scf.for %{{.+}} = %[[END]] to
// CHECK-NOT:         nonnegative
// CHECK:           tile.store
func.func @relative(%q: memref<1x2x?x64xbf16>, %o: memref<1x2x?x64xbf16>) {
  attention.forward %q, %q, %q mods [#attention.relative_position]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = forward, rescale = lazy, row_maximum = integer>)
      outs(%o : memref<1x2x?x64xbf16>)
      : (memref<1x2x?x64xbf16>, memref<1x2x?x64xbf16>, memref<1x2x?x64xbf16>) -> ()
  return
}

// Bounded scores are never too far below zero: no vote, and no loop with a mask.
// CHECK-LABEL: func.func @softcap
// CHECK:         } consumers {
// CHECK:           math.ceil
// CHECK-NOT:       tile.at_least
// CHECK:           scf.for
// CHECK:             nonnegative
// CHECK-NOT:       scf.for
// CHECK:           tile.store
func.func @softcap(%q: memref<1x2x?x64xbf16>, %o: memref<1x2x?x64xbf16>) {
  attention.forward %q, %q, %q mods [#attention.softcap<cap = 30.0>]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = reverse, rescale = lazy, row_maximum = integer>)
      outs(%o : memref<1x2x?x64xbf16>)
      : (memref<1x2x?x64xbf16>, memref<1x2x?x64xbf16>, memref<1x2x?x64xbf16>) -> ()
  return
}

// Of f16 weights four octaves are to spare, because all are as many up; the LSE takes them back.
// CHECK-LABEL: func.func @softcap_f16
// CHECK:         %[[LIFT:.+]] = arith.constant 4.0
// CHECK:           %[[BELOW:.+]] = arith.mulf %{{.+}}, %{{.+}}
// CHECK:           arith.cmpf ole, %[[BELOW]], %[[LIFT]]
// CHECK:           arith.addf %{{.+}}, %[[LIFT]]
// CHECK:         tile.at_least
func.func @softcap_f16(%q: memref<1x2x?x64xf16>, %o: memref<1x2x?x64xf16>) {
  attention.forward %q, %q, %q mods [#attention.softcap<cap = 30.0>]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = reverse, rescale = lazy, row_maximum = integer>)
      outs(%o : memref<1x2x?x64xf16>)
      : (memref<1x2x?x64xf16>, memref<1x2x?x64xf16>, memref<1x2x?x64xf16>) -> ()
  return
}
