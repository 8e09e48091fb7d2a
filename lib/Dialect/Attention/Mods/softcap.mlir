// cap * tanh(s / cap)
func.func @score(%s: f32, %b: index, %h: index, %q_idx: index, %kv_idx: index,
                 %cap: f32 {attention.parameter = "cap"}) -> f32 {
  %one = arith.constant 1.0 : f32
  %inverse = arith.divf %one, %cap : f32
  %x = arith.mulf %s, %inverse : f32
  %t = math.tanh %x : f32
  %r = arith.mulf %cap, %t : f32
  return %r : f32
}
