// RUN: kgen-opt %s --attention-expand-mods --attention-to-tile=hardware=h100a --canonicalize --cse | FileCheck %s

// Tiles that a warpgroup lets pass have a number, too, and nothing staged.
// CHECK-LABEL: func.func @passed
// CHECK:         } consumers {
// CHECK:           scf.for
// CHECK:             tile.receive %[[RING:.+]] at
// CHECK-NEXT:        tile.publish_columns %[[RING]] at
// CHECK:           tile.stage_columns %[[RING]]
// CHECK:         tile.store
func.func @passed(%q: memref<1x2x1024x64xbf16>, %bias: memref<1024xf32>, %o: memref<1x2x1024x64xbf16>) {
  attention.forward %q, %q, %q mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 40, kv_direction = reverse, kv_range = warpgroup, affine = tensor>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = memref.load %bias[%j] : memref<1024xf32>
    %r = arith.addf %s, %c : f32
    attention.yield %r : f32
  } outs(%o : memref<1x2x1024x64xbf16>)
      : (memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>) -> ()
  return
}
