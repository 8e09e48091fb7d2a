// Where the left operands of wgmma may live, and what is in the way; before ptxas.
// RUN: kgen-opt %s -split-input-file -verify-diagnostics --attention-lower=target=sm_90a

func.func @queries(%q: tensor<?x2x?x256xbf16>) -> tensor<?x2x?x256xbf16> {
  // expected-error @below {{[KG2085] registers: has 264 a thread (estimate), limit 232 (h100a): use smaller tiles, more warps, or keep an operand in shared memory}}
  %o = attention.forward %q, %q, %q schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = registers, producer_registers = 40>)
      : (tensor<?x2x?x256xbf16>, tensor<?x2x?x256xbf16>, tensor<?x2x?x256xbf16>) -> tensor<?x2x?x256xbf16>
  return %o : tensor<?x2x?x256xbf16>
}

// -----

func.func @weights(%q: tensor<?x2x?x128xbf16>) -> tensor<?x2x?x128xbf16> {
  // expected-error @below {{[KG2084] shared memory: has 245856 bytes, limit 232448 (h100a): use smaller tiles, fewer stages or fewer staged operands}}
  %o = attention.forward %q, %q, %q schedule(#attention.schedule<tile_q = 128, tile_kv = 160, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, p_operand = shared, producer_registers = 40>)
      : (tensor<?x2x?x128xbf16>, tensor<?x2x?x128xbf16>, tensor<?x2x?x128xbf16>) -> tensor<?x2x?x128xbf16>
  return %o : tensor<?x2x?x128xbf16>
}
