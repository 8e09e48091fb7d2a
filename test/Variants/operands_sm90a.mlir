// Left operands of wgmma: Q in registers, read out of a slot that the next tile's takes at once; P in shared memory, which consumers write themselves.
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_90a -o /dev/null 2>&1 | count 0 %}
// RUN: kgen-opt %s --attention-verify=target=emulated:sm_90a,processors=3 -o /dev/null
// RUN: %if hopper-gpu %{ kgen-opt %s --attention-verify=target=sm_90a -o /dev/null %}

// Drawn tiles in turns; panels of P that its columns do not fill.
func.func @drawn_bf16(%q: tensor<?x4x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>)
    -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 96, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = registers, p_operand = shared, producer_registers = 40, scheduler = persistent_dynamic, order = l2_swizzled, kv_direction = reverse>)
      : (tensor<?x4x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>)
  return %o#0, %o#1 : tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>
}

// Three warpgroups and two steps at a time.
func.func @three_groups_f16(%q: tensor<?x2x?x64xf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x64xf16>) -> tensor<?x2x?x64xf16> {
  %o = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 192, tile_kv = 128, warps = 12, consumer_warpgroups = 3, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, p_operand = shared, producer_registers = 32, scheduler = persistent_static, kv_direction = reverse>)
      : (tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>) -> tensor<?x2x?x64xf16>
  return %o : tensor<?x2x?x64xf16>
}

// Step by step: each product is awaited where it starts.
func.func @in_order_bf16(%q: tensor<?x2x?x96xbf16>, %k: tensor<?x2x?x96xbf16>, %v: tensor<?x2x?x96xbf16>) -> tensor<?x2x?x96xbf16> {
  %o = attention.forward %q, %k, %v mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 64, tile_kv = 48, warps = 4, consumer_warpgroups = 1, producer = tma, stages_k = 1, stages_v = 2, overlap = none, q_operand = registers, p_operand = shared, producer_registers = 32, scheduler = persistent_dynamic>)
      : (tensor<?x2x?x96xbf16>, tensor<?x2x?x96xbf16>, tensor<?x2x?x96xbf16>) -> tensor<?x2x?x96xbf16>
  return %o : tensor<?x2x?x96xbf16>
}

// Keys wider than values, and Q alone in registers with P.
func.func @registers_d192_d128_bf16(%q: tensor<?x2x?x192xbf16>, %k: tensor<?x1x?x192xbf16>, %v: tensor<?x1x?x128xbf16>)
    -> tensor<?x2x?x128xbf16> {
  %o = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = registers, p_operand = registers, producer_registers = 40, kv_direction = forward>)
      : (tensor<?x2x?x192xbf16>, tensor<?x1x?x192xbf16>, tensor<?x1x?x128xbf16>) -> tensor<?x2x?x128xbf16>
  return %o : tensor<?x2x?x128xbf16>
}

func.func @staged_d256_f16(%q: tensor<?x2x?x256xf16>, %k: tensor<?x2x?x256xf16>, %v: tensor<?x2x?x256xf16>) -> tensor<?x2x?x256xf16> {
  %o = attention.forward %q, %k, %v mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 1, stages_v = 1, overlap = intra, q_operand = shared, p_operand = shared, producer_registers = 40, order = longest_first, kv_direction = reverse>)
      : (tensor<?x2x?x256xf16>, tensor<?x2x?x256xf16>, tensor<?x2x?x256xf16>) -> tensor<?x2x?x256xf16>
  return %o : tensor<?x2x?x256xf16>
}
