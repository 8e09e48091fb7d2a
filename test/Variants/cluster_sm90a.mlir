// Pairs of workgroups that send each other K and V. An odd number of query tiles
// leaves one of the last pair without rows.
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_90a -o /dev/null 2>&1 | count 0 %}
// RUN: kgen-opt %s --attention-verify=target=emulated:sm_90a,processors=3 -o /dev/null
// RUN: %if hopper-gpu %{ kgen-opt %s --attention-verify=target=sm_90a -o /dev/null %}

func.func @grouped_d64_bf16(%q: tensor<?x4x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>)
    -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 192, tile_kv = 128, warps = 12, consumer_warpgroups = 3, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 32, kv_direction = reverse, cluster_size = 2>)
      : (tensor<?x4x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>)
  return %o#0, %o#1 : tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>
}

func.func @persistent_d128_bf16(%q: tensor<?x4x?x128xbf16>, %k: tensor<?x2x?x128xbf16>, %v: tensor<?x2x?x128xbf16>)
    -> (tensor<?x4x?x128xbf16>, tensor<?x4x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 128, tile_kv = 176, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = reverse, scheduler = persistent_static, cluster_size = 2>)
      : (tensor<?x4x?x128xbf16>, tensor<?x2x?x128xbf16>, tensor<?x2x?x128xbf16>) -> (tensor<?x4x?x128xbf16>, tensor<?x4x?xf32>)
  return %o#0, %o#1 : tensor<?x4x?x128xbf16>, tensor<?x4x?xf32>
}

func.func @alibi_d128_f16(%q: tensor<?x2x?x128xf16>, %k: tensor<?x2x?x128xf16>, %v: tensor<?x2x?x128xf16>)
    -> (tensor<?x2x?x128xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.alibi]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 128, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = reverse, scheduler = persistent_static, order = l2_swizzled, cluster_size = 2>)
      : (tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>) -> (tensor<?x2x?x128xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x128xf16>, tensor<?x2x?xf32>
}

func.func @scored_d256_f16(%q: tensor<?x2x?x256xf16>, %k: tensor<?x2x?x256xf16>, %v: tensor<?x2x?x256xf16>)
    -> tensor<?x2x?x256xf16> {
  %o = attention.forward %q, %k, %v mods [#attention.relative_position]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 80, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 24, order = longest_first, cluster_size = 2>)
      : (tensor<?x2x?x256xf16>, tensor<?x2x?x256xf16>, tensor<?x2x?x256xf16>) -> tensor<?x2x?x256xf16>
  return %o : tensor<?x2x?x256xf16>
}
