// Terms of the key alone: products start from them.
// RUN: sed 's/@schedule@/affine = fma/' %s > %t.mlir
// RUN: kgen-opt %t.mlir --attention-expand-mods --attention-to-tile=hardware=h100a --canonicalize --cse | FileCheck %s
// RUN: sed 's/@schedule@/affine = tensor/' %s > %t.mlir
// RUN: kgen-opt %t.mlir --attention-expand-mods --attention-to-tile=hardware=h100a --canonicalize --cse | FileCheck %s --check-prefix=ROLES

// In units of 0.125 log2(e); both rows of a thread have the same. Behind the product nothing is left of them, nor in the LSE.
// CHECK-LABEL: func.func @key_bias
// CHECK-DAG:     %[[UNIT:.+]] = arith.constant 8.000000e+00 : f32
// CHECK-NOT:     tile.alloc {{.*}}xf32>
// CHECK:         } consumers {
// CHECK:         scf.for
// CHECK:           %[[START:.+]] = tile.map(%{{.+}}) at[%{{.+}}, %{{.+}}]
// CHECK-NEXT:      ^bb0(%{{.+}}: f32, %{{.+}}: index, %[[J:.+]]: index):
// CHECK-NEXT:        %[[READ:.+]] = memref.load %arg1[%[[J]]]
// CHECK-NEXT:        %[[TERM:.+]] = arith.mulf %[[READ]], %[[UNIT]]
// CHECK-NEXT:        tile.yield %[[TERM]]
// CHECK:           tile.dot {{.+}} acc %[[START]] transpose_rhs async
// CHECK-NOT:       memref.load
// The maximum is subtracted before the factor: a row that sees nothing but a padding of -1e9 has the weights that it has without.
// CHECK:           %[[NEGATED:.+]] = tile.map_rows(%{{.+}})
// CHECK:             arith.negf
// CHECK:           tile.map(%{{.+}}, %[[NEGATED]])
// CHECK-NEXT:      ^bb0
// CHECK-NEXT:        %[[DIFFERENCE:.+]] = arith.addf
// CHECK-NEXT:        math.fma %[[DIFFERENCE]], %{{.+}}, %{{.+}}
// CHECK-NEXT:        math.exp2
// CHECK-NOT:       memref.load
// CHECK:           scf.yield
// CHECK:         tile.combine
// CHECK-NOT:     memref.load
// CHECK:         tile.store_rows
//
// affine = tensor: a warpgroup stages them a step ahead: number n + 1 once the product with n was awaited, published behind the softmax.
// ROLES-LABEL: func.func @key_bias
// ROLES:         %[[RING:.+]] = tile.alloc : <2x[[KEYS:[0-9]+]]x1xf32>
// ROLES:         } consumers {
// ROLES:           tile.receive %[[RING]]
// ROLES:           tile.stage_columns %[[RING]] at %[[FIRST:.+]] from
// ROLES:             memref.load %arg1
// ROLES:           tile.publish_columns %[[RING]] at %[[FIRST]]
// ROLES:           %[[COLUMNS:.+]] = tile.receive %[[RING]] at %[[FIRST]]
// ROLES:           tile.dot {{.+}} columns %[[COLUMNS]] : !tile.view<[[KEYS]]x1xf32> transpose_rhs
// ROLES:           tile.stage_columns %[[RING]] at %[[SECOND:.+]] from
// ROLES:           tile.publish_columns %[[RING]] at %[[SECOND]]
// ROLES:           scf.for
// ROLES:             %[[COLUMNS:.+]] = tile.receive %[[RING]] at
// ROLES:             tile.dot {{.+}} columns %[[COLUMNS]] : !tile.view<[[KEYS]]x1xf32> transpose_rhs async
// ROLES:             tile.await %{{.+}} pending 1
// ROLES:             tile.stage_columns %[[RING]] at %[[NEXT:.+]] from
// ROLES:             tile.reduce max
// ROLES:             tile.await %{{.+}} pending 0
// ROLES:             tile.publish_columns %[[RING]] at %[[NEXT]]
// ROLES:         tile.store
func.func @key_bias(%q: memref<1x2x1024x64xbf16>, %bias: memref<1024xf32>, %o: memref<1x2x1024x64xbf16>, %lse: memref<1x2x1024xf32>) {
  attention.forward %q, %q, %q scale 1.25e-01
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 40, kv_direction = reverse, @schedule@>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = memref.load %bias[%j] : memref<1024xf32>
    %r = arith.addf %s, %c : f32
    attention.yield %r : f32
  } outs(%o, %lse : memref<1x2x1024x64xbf16>, memref<1x2x1024xf32>)
      : (memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>) -> ()
  return
}

// A slope as well: a ramp to which they are added, or columns that have both. What a head multiplies them by is read once.
// CHECK-LABEL: func.func @slope
// CHECK:         } consumers {
// CHECK:         memref.load %arg2
// CHECK:         scf.for
// CHECK-NOT:       memref.load %arg2
// CHECK:           %[[RAMP:.+]] = tile.ramp
// CHECK:           %[[START:.+]] = tile.map(%[[RAMP]])
// CHECK:             memref.load %arg1
// CHECK:             arith.addf
// CHECK:           tile.dot {{.+}} acc %[[START]]
// ROLES-LABEL: func.func @slope
// ROLES-NOT:     ramp
// ROLES:         tile.stage_columns
// ROLES:           memref.load %arg1
// ROLES:           arith.subi
// ROLES:           arith.sitofp
// ROLES:           math.fma
// ROLES-NOT:     ramp
// ROLES:         tile.store
func.func @slope(%q: memref<1x2x1024x64xbf16>, %bias: memref<1024xf32>, %scale: memref<2xf32>, %slopes: memref<2xf32>, %o: memref<1x2x1024x64xbf16>) {
  attention.forward %q, %q, %q mods [#attention.alibi] (%slopes : memref<2xf32>)
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 40, kv_direction = reverse, @schedule@>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = memref.load %bias[%j] : memref<1024xf32>
    %d = memref.load %scale[%h] : memref<2xf32>
    %t = arith.mulf %c, %d : f32
    %r = arith.addf %s, %t : f32
    attention.yield %r : f32
  } outs(%o : memref<1x2x1024x64xbf16>)
      : (memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>) -> ()
  return
}
