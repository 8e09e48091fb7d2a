// keep = q_idx >= kv_idx
func.func @mask(%b: index, %h: index, %q_idx: index, %kv_idx: index) -> i1 {
  %keep = arith.cmpi sge, %q_idx, %kv_idx : index
  return %keep : i1
}
