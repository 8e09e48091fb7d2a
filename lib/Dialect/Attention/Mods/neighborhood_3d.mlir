// In the window of the query, in every dimension; see shared.mlir.
// Row-major positions: idx = (z * extent1 + y) * extent2 + x.
func.func @mask(%b: index, %h: index, %q_idx: index, %kv_idx: index,
                %extent0: index {attention.parameter = "extents.0"},
                %window0: index {attention.parameter = "window.0"},
                %dilation0: index {attention.parameter = "dilation.0"},
                %stride0: index {attention.parameter = "stride.0"},
                %causal0: i1 {attention.parameter = "causal.0"},
                %extent1: index {attention.parameter = "extents.1"},
                %window1: index {attention.parameter = "window.1"},
                %dilation1: index {attention.parameter = "dilation.1"},
                %stride1: index {attention.parameter = "stride.1"},
                %causal1: i1 {attention.parameter = "causal.1"},
                %extent2: index {attention.parameter = "extents.2"},
                %window2: index {attention.parameter = "window.2"},
                %dilation2: index {attention.parameter = "dilation.2"},
                %stride2: index {attention.parameter = "stride.2"},
                %causal2: i1 {attention.parameter = "causal.2"}) -> i1 {
  %q_zy = arith.divui %q_idx, %extent2 : index
  %q_x = arith.remui %q_idx, %extent2 : index
  %q_z = arith.divui %q_zy, %extent1 : index
  %q_y = arith.remui %q_zy, %extent1 : index
  %kv_zy = arith.divui %kv_idx, %extent2 : index
  %kv_x = arith.remui %kv_idx, %extent2 : index
  %kv_z = arith.divui %kv_zy, %extent1 : index
  %kv_y = arith.remui %kv_zy, %extent1 : index
  %keep0 = func.call @neighborhood_sees(%q_z, %kv_z, %extent0, %window0, %dilation0, %stride0, %causal0)
      : (index, index, index, index, index, index, i1) -> i1
  %keep1 = func.call @neighborhood_sees(%q_y, %kv_y, %extent1, %window1, %dilation1, %stride1, %causal1)
      : (index, index, index, index, index, index, i1) -> i1
  %keep2 = func.call @neighborhood_sees(%q_x, %kv_x, %extent2, %window2, %dilation2, %stride2, %causal2)
      : (index, index, index, index, index, index, i1) -> i1
  %keep01 = arith.andi %keep0, %keep1 : i1
  %keep = arith.andi %keep01, %keep2 : i1
  return %keep : i1
}
