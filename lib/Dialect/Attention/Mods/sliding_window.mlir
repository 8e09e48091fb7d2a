// keep = q_idx >= kv_idx and q_idx - kv_idx < window
func.func @mask(%b: index, %h: index, %q_idx: index, %kv_idx: index,
                %window: index {attention.parameter = "window"}) -> i1 {
  %causal = arith.cmpi sge, %q_idx, %kv_idx : index
  %distance = arith.subi %q_idx, %kv_idx : index
  %near = arith.cmpi slt, %distance, %window : index
  %keep = arith.andi %causal, %near : i1
  return %keep : i1
}
