// In the window of the query, in every dimension; see shared.mlir.
func.func @mask(%b: index, %h: index, %q_idx: index, %kv_idx: index,
                %extent0: index {attention.parameter = "extents.0"},
                %window0: index {attention.parameter = "window.0"},
                %dilation0: index {attention.parameter = "dilation.0"},
                %stride0: index {attention.parameter = "stride.0"},
                %causal0: i1 {attention.parameter = "causal.0"}) -> i1 {
  %keep0 = func.call @neighborhood_sees(%q_idx, %kv_idx, %extent0, %window0, %dilation0, %stride0, %causal0)
      : (index, index, index, index, index, index, i1) -> i1
  return %keep0 : i1
}
