// Where pairs of workgroups are refused.
// RUN: kgen-opt %s -split-input-file -verify-diagnostics --attention-lower=target=sm_90a

func.func @masked(%q: tensor<?x2x?x64xbf16>) -> tensor<?x2x?x64xbf16> {
  // expected-error @below {{[KG2080] cluster_size: has 2, limit 1 with a mask, whose keys are not the same for neighbouring query tiles}}
  %o = attention.forward %q, %q, %q mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 24, cluster_size = 2>)
      : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> tensor<?x2x?x64xbf16>
  return %o : tensor<?x2x?x64xbf16>
}

// -----

func.func @drawn(%q: tensor<?x2x?x64xbf16>) -> tensor<?x2x?x64xbf16> {
  // expected-error @below {{[KG2064] cluster_size: has 2, limit 1 with scheduler = persistent_dynamic}}
  %o = attention.forward %q, %q, %q
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, scheduler = persistent_dynamic, cluster_size = 2>)
      : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> tensor<?x2x?x64xbf16>
  return %o : tensor<?x2x?x64xbf16>
}

// -----

func.func @four(%q: tensor<?x2x?x64xbf16>) -> tensor<?x2x?x64xbf16> {
  // expected-error @below {{[KG2080] cluster_size: has 4, nvvm (wgmma) serves 1, 2}}
  %o = attention.forward %q, %q, %q
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 24, cluster_size = 4>)
      : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> tensor<?x2x?x64xbf16>
  return %o : tensor<?x2x?x64xbf16>
}
