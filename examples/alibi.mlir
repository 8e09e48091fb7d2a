// ALiBi under a causal mask: the score function reads a table of the surrounding function, one slope for each query
// head; the mask is a named mod. Four query heads share each key head.
func.func @alibi(%q: tensor<?x8x?x128xbf16>, %k: tensor<?x2x?x128xbf16>, %v: tensor<?x2x?x128xbf16>, %slopes: tensor<8xf32>)
    -> tensor<?x8x?x128xbf16> {
  %o = attention.forward %q, %k, %v mods [#attention.causal] score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %slope = tensor.extract %slopes[%h] : tensor<8xf32>
    %d = arith.subi %j, %i : index
    %di = arith.index_cast %d : index to i32
    %df = arith.sitofp %di : i32 to f32
    %bias = arith.mulf %slope, %df : f32
    %r = arith.addf %s, %bias : f32
    attention.yield %r : f32
  } : (tensor<?x8x?x128xbf16>, tensor<?x2x?x128xbf16>, tensor<?x2x?x128xbf16>) -> tensor<?x8x?x128xbf16>
  return %o : tensor<?x8x?x128xbf16>
}
