// Read by bench/gpu_check.sh: relative position in bf16, D = 128, dynamic sizes.
func.func @relative_position_bf16(%q: tensor<?x16x?x128xbf16>, %k: tensor<?x16x?x128xbf16>, %v: tensor<?x16x?x128xbf16>)
    -> tensor<?x16x?x128xbf16> {
  %o = attention.forward %q, %k, %v mods [#attention.relative_position]
      : (tensor<?x16x?x128xbf16>, tensor<?x16x?x128xbf16>, tensor<?x16x?x128xbf16>) -> tensor<?x16x?x128xbf16>
  return %o : tensor<?x16x?x128xbf16>
}
