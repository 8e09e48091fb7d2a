// order = l2_swizzled: heads in groups whose keys and values fit a part of the cache, a smaller part where sequences are short.
// RUN: kgen-opt %s --attention-expand-mods --attention-to-tile=hardware=h100a --canonicalize --cse | FileCheck %s

// Never more heads than there are: the tiles of a group are counted in i32, and those of 2^27 heads with one key each are too many.
// CHECK-LABEL: func.func @any_length(
// CHECK:         %[[LENGTH:.+]] = arith.maxsi %{{.+}}, %c1_i32
// CHECK-NEXT:    %[[SHORT:.+]] = arith.cmpi sle, %[[LENGTH]], %c1024_i32
// CHECK-NEXT:    %[[ROWS:.+]] = arith.select %[[SHORT]], %c134217728_i32, %c536870912_i32
// CHECK-NEXT:    %[[HEADS:.+]] = arith.divui %[[ROWS]], %[[LENGTH]]
// CHECK-NEXT:    %[[SOME:.+]] = arith.maxsi %[[HEADS]], %c1_i32
// CHECK:         %[[ALL:.+]] = arith.muli %{{.+}}, %c1024_i32
// CHECK:         %[[GROUP:.+]] = arith.minsi %[[SOME]], %[[ALL]]
// CHECK:         arith.muli %[[GROUP]],
func.func @any_length(%q: memref<?x1024x?x16xbf16>, %k: memref<?x1x?x16xbf16>, %o: memref<?x1024x?x16xbf16>) {
  attention.forward %q, %k, %k mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 64, tile_kv = 64, warps = 4, consumer_warpgroups = 1, producer = tma, q_operand = shared, producer_registers = 32, order = l2_swizzled>)
      outs(%o : memref<?x1024x?x16xbf16>)
      : (memref<?x1024x?x16xbf16>, memref<?x1x?x16xbf16>, memref<?x1x?x16xbf16>) -> ()
  return
}
