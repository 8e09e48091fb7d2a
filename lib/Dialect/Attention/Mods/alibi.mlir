// s + slope(h) * (kv_idx - q_idx), slope(h) = 2^(-8 (h + 1) / Hq)
func.func @score(%s: f32, %b: index, %h: index, %q_idx: index, %kv_idx: index,
                 %heads: index {attention.parameter = "heads_q"}) -> f32 {
  %one = arith.constant 1 : index
  %number = arith.addi %h, %one : index
  %number_i = arith.index_cast %number : index to i32
  %number_f = arith.sitofp %number_i : i32 to f32
  %heads_i = arith.index_cast %heads : index to i32
  %heads_f = arith.sitofp %heads_i : i32 to f32
  %minus8 = arith.constant -8.0 : f32
  %step = arith.divf %minus8, %heads_f : f32
  %exponent = arith.mulf %step, %number_f : f32
  %slope = math.exp2 %exponent : f32
  %distance = arith.subi %kv_idx, %q_idx : index
  %distance_i = arith.index_cast %distance : index to i32
  %distance_f = arith.sitofp %distance_i : i32 to f32
  %bias = arith.mulf %slope, %distance_f : f32
  %r = arith.addf %s, %bias : f32
  return %r : f32
}

// The same with a table of slopes.
func.func @score_with_slopes(%s: f32, %b: index, %h: index, %q_idx: index, %kv_idx: index,
                             %slopes: tensor<?xf32> {attention.operand = "slopes"}) -> f32 {
  %slope = tensor.extract %slopes[%h] : tensor<?xf32>
  %distance = arith.subi %kv_idx, %q_idx : index
  %distance_i = arith.index_cast %distance : index to i32
  %distance_f = arith.sitofp %distance_i : i32 to f32
  %bias = arith.mulf %slope, %distance_f : f32
  %r = arith.addf %s, %bias : f32
  return %r : f32
}
