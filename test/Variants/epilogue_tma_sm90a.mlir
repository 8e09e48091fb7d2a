// O through shared memory and out by TMA: plain grids and persistent workgroups for two processors, which stage several tiles one after
// another; one to three warpgroups; lengths that end within a warpgroup's rows and before those of the next; head dimensions that end
// within a panel of 64 columns. With P staged as well, and in pairs of workgroups.
// No diagnostics from the lowering: no spills, no serialised products.
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_90a -o /dev/null 2>&1 | count 0 %}
// RUN: kgen-opt %s --attention-verify=target=emulated:sm_90a,processors=2 -o /dev/null
// RUN: %if hopper-gpu %{ kgen-opt %s --attention-verify=target=sm_90a -o /dev/null %}

func.func @grid_d64_bf16(%q: tensor<?x4x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = reverse, epilogue = tma>)
      : (tensor<?x4x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>)
  return %o#0, %o#1 : tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>
}

func.func @static_d128_f16(%q: tensor<?x2x?x128xf16>, %k: tensor<?x2x?x128xf16>, %v: tensor<?x2x?x128xf16>) -> tensor<?x2x?x128xf16> {
  %o = attention.forward %q, %k, %v mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, scheduler = persistent_static, kv_direction = reverse, epilogue = tma>)
      : (tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>) -> tensor<?x2x?x128xf16>
  return %o : tensor<?x2x?x128xf16>
}

func.func @dynamic_d128_bf16(%q: tensor<?x2x?x128xbf16>, %k: tensor<?x1x?x128xbf16>, %v: tensor<?x1x?x128xbf16>) -> (tensor<?x2x?x128xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 40, scheduler = persistent_dynamic, kv_direction = reverse, epilogue = tma>)
      : (tensor<?x2x?x128xbf16>, tensor<?x1x?x128xbf16>, tensor<?x1x?x128xbf16>) -> (tensor<?x2x?x128xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x128xbf16>, tensor<?x2x?xf32>
}

func.func @one_warpgroup_d96_f16(%q: tensor<?x2x?x96xf16>, %k: tensor<?x2x?x96xf16>, %v: tensor<?x2x?x96xf16>) -> (tensor<?x2x?x96xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 64, tile_kv = 64, warps = 4, consumer_warpgroups = 1, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 32, scheduler = persistent_static, kv_direction = reverse, epilogue = tma>)
      : (tensor<?x2x?x96xf16>, tensor<?x2x?x96xf16>, tensor<?x2x?x96xf16>) -> (tensor<?x2x?x96xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x96xf16>, tensor<?x2x?xf32>
}

func.func @three_warpgroups_d64_bf16(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 192, tile_kv = 64, warps = 12, consumer_warpgroups = 3, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 32, scheduler = persistent_dynamic, kv_direction = reverse, epilogue = tma>)
      : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>
}

func.func @d192_d128_bf16(%q: tensor<?x2x?x192xbf16>, %k: tensor<?x2x?x192xbf16>, %v: tensor<?x2x?x128xbf16>) -> tensor<?x2x?x128xbf16> {
  %o = attention.forward %q, %k, %v mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, scheduler = persistent_dynamic, kv_direction = reverse, epilogue = tma>)
      : (tensor<?x2x?x192xbf16>, tensor<?x2x?x192xbf16>, tensor<?x2x?x128xbf16>) -> tensor<?x2x?x128xbf16>
  return %o : tensor<?x2x?x128xbf16>
}

func.func @d192_f16(%q: tensor<?x2x?x192xf16>, %k: tensor<?x2x?x192xf16>, %v: tensor<?x2x?x192xf16>) -> (tensor<?x2x?x192xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, q_operand = shared, producer_registers = 40, kv_direction = reverse, epilogue = tma>)
      : (tensor<?x2x?x192xf16>, tensor<?x2x?x192xf16>, tensor<?x2x?x192xf16>) -> (tensor<?x2x?x192xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x192xf16>, tensor<?x2x?xf32>
}

func.func @d256_bf16(%q: tensor<?x2x?x256xbf16>, %k: tensor<?x2x?x256xbf16>, %v: tensor<?x2x?x256xbf16>) -> (tensor<?x2x?x256xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 32, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, scheduler = persistent_static, kv_direction = reverse, epilogue = tma>)
      : (tensor<?x2x?x256xbf16>, tensor<?x2x?x256xbf16>, tensor<?x2x?x256xbf16>) -> (tensor<?x2x?x256xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x256xbf16>, tensor<?x2x?xf32>
}

func.func @staged_operands_d128_bf16(%q: tensor<?x2x?x128xbf16>, %k: tensor<?x1x?x128xbf16>, %v: tensor<?x1x?x128xbf16>) -> tensor<?x2x?x128xbf16> {
  %o = attention.forward %q, %k, %v mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = registers, p_operand = shared, producer_registers = 40, scheduler = persistent_dynamic, kv_direction = reverse, epilogue = tma>)
      : (tensor<?x2x?x128xbf16>, tensor<?x1x?x128xbf16>, tensor<?x1x?x128xbf16>) -> tensor<?x2x?x128xbf16>
  return %o : tensor<?x2x?x128xbf16>
}

func.func @pair_d64_f16(%q: tensor<?x2x?x64xf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x64xf16>) -> tensor<?x2x?x64xf16> {
  %o = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, cluster_size = 2, scheduler = persistent_static, kv_direction = reverse, epilogue = tma>)
      : (tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>) -> tensor<?x2x?x64xf16>
  return %o : tensor<?x2x?x64xf16>
}
