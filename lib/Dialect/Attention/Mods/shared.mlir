// Functions that several mods call; they are found beside the mod's own.

// One dimension of neighbourhood attention: is `kv` in the window of `q`? Positions are
// looked at within their dilation group (equal position modulo dilation), where the window is
// contiguous. `stride` queries share the window of their leader.
func.func private @neighborhood_sees(%q: index, %kv: index, %extent: index, %window: index, %dilation: index,
                        %stride: index, %causal: i1) -> i1 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %group = arith.remui %q, %dilation : index
  %group_kv = arith.remui %kv, %dilation : index
  %same_group = arith.cmpi eq, %group, %group_kv : index
  %i = arith.divui %q, %dilation : index
  %j = arith.divui %kv, %dilation : index
  // Positions in this group: ceil((extent - group) / dilation).
  %left = arith.subi %extent, %group : index
  %dilation_1 = arith.subi %dilation, %c1 : index
  %padded = arith.addi %left, %dilation_1 : index
  %length = arith.divui %padded, %dilation : index
  %last = arith.subi %length, %c1 : index
  // Leader: the middle of the stride group, or its last query where causal.
  %block = arith.divui %i, %stride : index
  %first = arith.muli %block, %stride : index
  %stride_1 = arith.subi %stride, %c1 : index
  %middle = arith.divui %stride, %c2 : index
  %offset = arith.select %causal, %stride_1, %middle : index
  %wanted = arith.addi %first, %offset : index
  %in_group = arith.minsi %wanted, %last : index
  %alone = arith.cmpi eq, %stride, %c1 : index
  %leader = arith.select %alone, %i, %in_group : index
  // Window: [start, start + window), or [leader - window + 1, i] where causal.
  %half = arith.divui %window, %c2 : index
  %window_1 = arith.subi %window, %c1 : index
  %before = arith.select %causal, %window_1, %half : index
  %unclamped = arith.subi %leader, %before : index
  %from_0 = arith.maxsi %unclamped, %c0 : index
  %latest = arith.subi %length, %window : index
  %shifted = arith.minsi %from_0, %latest : index
  %start = arith.select %causal, %from_0, %shifted : index
  %end_centred = arith.addi %start, %window : index
  %end_causal = arith.addi %i, %c1 : index
  %end = arith.select %causal, %end_causal, %end_centred : index
  %after_start = arith.cmpi sge, %j, %start : index
  %before_end = arith.cmpi slt, %j, %end : index
  %inside = arith.andi %after_start, %before_end : i1
  %keep = arith.andi %same_group, %inside : i1
  return %keep : i1
}
