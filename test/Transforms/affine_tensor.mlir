// affine = tensor: products start from a ramp that the matrix unit adds. Its operand is made once a query tile, before the loops.
// RUN: kgen-opt %s --attention-expand-mods --attention-to-tile=hardware=h100a --canonicalize --cse | FileCheck %s

// The slope is split into three pieces, truncated: each row of the operand has all of them. Rows eight apart have them in other columns.
// CHECK-LABEL: func.func @alibi
// CHECK:         } consumers {
// CHECK:         %[[READ:.+]] = memref.load %arg1
// CHECK:         %[[SLOPE:.+]] = arith.addf
// CHECK:         %[[BITS:.+]] = arith.bitcast %[[SLOPE]] : f32 to i32
// CHECK-NEXT:    %[[HALF:.+]] = arith.andi %[[BITS]], %c-65536_i32 : i32
// CHECK-NEXT:    %[[HIGH:.+]] = arith.bitcast %[[HALF]] : i32 to f32
// CHECK-NEXT:    %[[REST:.+]] = arith.subf %[[SLOPE]], %[[HIGH]]
// CHECK-NEXT:    arith.bitcast %[[REST]] : f32 to i32
// CHECK-NEXT:    arith.andi
// CHECK-NEXT:    %[[MIDDLE:.+]] = arith.bitcast
// CHECK-NEXT:    %[[LOW:.+]] = arith.subf %[[REST]], %[[MIDDLE]]
// CHECK:         %[[MATRIX:.+]] = tile.map(%{{.+}}) at[%c0, %c0]
// CHECK:           arith.select %{{.+}}, %[[HIGH]],
// CHECK:           arith.select %{{.+}}, %[[MIDDLE]],
// CHECK:           arith.select %{{.+}}, %[[LOW]],
// CHECK:         %[[PACKED:.+]] = tile.pack %[[MATRIX]] : <128x16xf32, accumulator> -> <128x16xbf16, operand>
// CHECK:         %[[SLOPES:.+]] = tile.pin %[[PACKED]]
// CHECK-NOT:     tile.ramp
// CHECK:         tile.dot {{.+}} ramp %[[SLOPES]] from -32 transpose_rhs :
// CHECK:         scf.for
// CHECK-NOT:       tile.pack %{{.+}} : <128x16
// CHECK:           tile.take_turn
// CHECK-NEXT:      tile.dot {{.+}} ramp %[[SLOPES]] from -32 transpose_rhs async
// The tile's middle is in the row's values, as ever.
// CHECK:           arith.mulf %[[SLOPE]], %{{.+}} : f32
// CHECK-NOT:     tile.ramp
// CHECK:         tile.store
func.func @alibi(%q: memref<1x2x1024x64xf16>, %slopes: memref<2xf32>, %o: memref<1x2x1024x64xf16>) {
  attention.forward %q, %q, %q mods [#attention.alibi] (%slopes : memref<2xf32>)
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, affine = tensor>)
      outs(%o : memref<1x2x1024x64xf16>)
      : (memref<1x2x1024x64xf16>, memref<1x2x1024x64xf16>, memref<1x2x1024x64xf16>) -> ()
  return
}

// No slope: no ramp, and what depends on the row alone stays out of the loops.
// CHECK-LABEL: func.func @row_bias
// CHECK-NOT:     ramp
// CHECK:         tile.store
func.func @row_bias(%q: memref<1x2x1024x64xbf16>, %bias: memref<1024xf32>, %o: memref<1x2x1024x64xbf16>) {
  attention.forward %q, %q, %q scale 1.25e-01
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, affine = tensor>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = memref.load %bias[%i] : memref<1024xf32>
    %r = arith.addf %s, %c : f32
    attention.yield %r : f32
  } outs(%o : memref<1x2x1024x64xbf16>)
      : (memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>) -> ()
  return
}

// affine = fma: the ramp comes before the turn, under the others' products.
// CHECK-LABEL: func.func @relative_in_turns
// CHECK:         } consumers {
// CHECK:         scf.for
// CHECK:           %[[START:.+]] = tile.ramp
// CHECK:           tile.receive
// CHECK:           tile.take_turn
// CHECK-NEXT:      tile.dot {{.+}} acc %[[START]] transpose_rhs async
// CHECK:           tile.await
// CHECK:         tile.store
func.func @relative_in_turns(%q: memref<1x2x1024x64xbf16>, %o: memref<1x2x1024x64xbf16>) {
  attention.forward %q, %q, %q mods [#attention.relative_position]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40>)
      outs(%o : memref<1x2x1024x64xbf16>)
      : (memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>) -> ()
  return
}
