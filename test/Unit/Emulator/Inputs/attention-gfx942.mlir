func.func @attention(%q: tensor<?x1x?x64xf16>, %k: tensor<?x1x?x64xf16>, %v: tensor<?x1x?x64xf16>)
    -> tensor<?x1x?x64xf16> {
  %o = attention.forward %q, %k, %v schedule(#attention.schedule<tile_q = 64, tile_kv = 32, warps = 2, producer = none, consumer_warpgroups = 0, stages_k = 2, stages_v = 2>)
      : (tensor<?x1x?x64xf16>, tensor<?x1x?x64xf16>, tensor<?x1x?x64xf16>) -> tensor<?x1x?x64xf16>
  return %o : tensor<?x1x?x64xf16>
}
