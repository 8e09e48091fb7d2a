// s + (q_idx - kv_idx)
func.func @score(%s: f32, %b: index, %h: index, %q_idx: index, %kv_idx: index) -> f32 {
  %distance = arith.subi %q_idx, %kv_idx : index
  %i = arith.index_cast %distance : index to i32
  %f = arith.sitofp %i : i32 to f32
  %r = arith.addf %s, %f : f32
  return %r : f32
}
