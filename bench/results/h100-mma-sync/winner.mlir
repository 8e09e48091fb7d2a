module {
  func.func @relative_position_bf16(%arg0: tensor<?x16x?x128xbf16>, %arg1: tensor<?x16x?x128xbf16>, %arg2: tensor<?x16x?x128xbf16>) -> tensor<?x16x?x128xbf16> {
    %0 = attention.forward %arg0, %arg1, %arg2 scale 0.088388347648318433 mods [#attention.relative_position] schedule(#attention.schedule<tile_q = 256, tile_kv = 48, warps = 8, stages_k = 3, stages_v = 3, q_operand = shared>) : (tensor<?x16x?x128xbf16>, tensor<?x16x?x128xbf16>, tensor<?x16x?x128xbf16>) -> tensor<?x16x?x128xbf16>
    return %0 : tensor<?x16x?x128xbf16>
  }
}

