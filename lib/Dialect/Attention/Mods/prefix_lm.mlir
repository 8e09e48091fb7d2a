// keep = kv_idx < prefix or q_idx >= kv_idx
func.func @mask(%b: index, %h: index, %q_idx: index, %kv_idx: index,
                %prefix: index {attention.parameter = "prefix"}) -> i1 {
  %inside = arith.cmpi slt, %kv_idx, %prefix : index
  %causal = arith.cmpi sge, %q_idx, %kv_idx : index
  %keep = arith.ori %inside, %causal : i1
  return %keep : i1
}

// The same with a length per batch entry.
func.func @mask_with_lengths(%b: index, %h: index, %q_idx: index, %kv_idx: index,
                             %lengths: tensor<?xi32> {attention.operand = "lengths"}) -> i1 {
  %length = tensor.extract %lengths[%b] : tensor<?xi32>
  %prefix = arith.index_cast %length : i32 to index
  %inside = arith.cmpi slt, %kv_idx, %prefix : index
  %causal = arith.cmpi sge, %q_idx, %kv_idx : index
  %keep = arith.ori %inside, %causal : i1
  return %keep : i1
}
