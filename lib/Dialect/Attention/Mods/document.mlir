// keep = ids[b, q_idx] == ids[b, kv_idx]
func.func @mask_with_ids(%b: index, %h: index, %q_idx: index, %kv_idx: index,
                         %ids: tensor<?x?xi32> {attention.operand = "ids"}) -> i1 {
  %of_q = tensor.extract %ids[%b, %q_idx] : tensor<?x?xi32>
  %of_kv = tensor.extract %ids[%b, %kv_idx] : tensor<?x?xi32>
  %keep = arith.cmpi eq, %of_q, %of_kv : i32
  return %keep : i1
}
