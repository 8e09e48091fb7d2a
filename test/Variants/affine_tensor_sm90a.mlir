// affine = tensor: what a score has that is linear in the key's position is one more step of the products, in bf16 whatever the others have. In turns,
// overlapped and in order; with masks, walks of warpgroups, pairs, and the widest tile; a score without such a part is computed as ever.
// The verifier's sweeps bring slopes of all sizes, infinite and NaN ones, rows without keys, and lengths that end within a tile.
// No diagnostics from the lowering: no spills, no serialised products.
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_90a -o /dev/null 2>&1 | count 0 %}
// RUN: kgen-opt %s --attention-verify=target=emulated:sm_90a,processors=2 -o /dev/null
// RUN: %if hopper-gpu %{ kgen-opt %s --attention-verify=target=sm_90a -o /dev/null %}

func.func @relative_d64_bf16(%q: tensor<?x4x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.relative_position]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 128, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, scheduler = persistent_dynamic, affine = tensor>)
      : (tensor<?x4x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>)
  return %o#0, %o#1 : tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>
}

// Steps of two element types in one product.
func.func @alibi_d128_f16(%q: tensor<?x2x?x128xf16>, %k: tensor<?x2x?x128xf16>, %v: tensor<?x2x?x128xf16>, %slopes: tensor<2xf32>) -> (tensor<?x2x?x128xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.alibi] (%slopes : tensor<2xf32>)
      schedule(#attention.schedule<tile_q = 128, tile_kv = 112, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 40, kv_direction = reverse, rescale = lazy, affine = tensor>)
      : (tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>) -> (tensor<?x2x?x128xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x128xf16>, tensor<?x2x?xf32>
}

func.func @alibi_causal_d64_bf16(%q: tensor<?x4x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>, %slopes: tensor<4xf32>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.causal, #attention.alibi] (%slopes : tensor<4xf32>)
      schedule(#attention.schedule<tile_q = 192, tile_kv = 64, warps = 12, consumer_warpgroups = 3, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 32, scheduler = persistent_dynamic, order = l2_swizzled, kv_direction = reverse, rescale = lazy, kv_range = warpgroup, affine = tensor>)
      : (tensor<?x4x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>)
  return %o#0, %o#1 : tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>
}

// Step by step, Q in registers; rows that see nothing in a tile.
func.func @window_d64_f16(%q: tensor<?x2x?x64xf16>, %k: tensor<?x1x?x64xf16>, %v: tensor<?x1x?x64xf16>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.sliding_window<window = 50>, #attention.relative_position]
      schedule(#attention.schedule<tile_q = 64, tile_kv = 32, warps = 4, consumer_warpgroups = 1, producer = tma, stages_k = 1, stages_v = 2, overlap = none, q_operand = registers, producer_registers = 32, affine = tensor>)
      : (tensor<?x2x?x64xf16>, tensor<?x1x?x64xf16>, tensor<?x1x?x64xf16>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xf16>, tensor<?x2x?xf32>
}

// A cluster, whose barrier does not order what the workgroup wrote; P and O in shared memory.
func.func @pair_d128_bf16(%q: tensor<?x2x?x128xbf16>, %k: tensor<?x2x?x128xbf16>, %v: tensor<?x2x?x128xbf16>, %slopes: tensor<2xf32>) -> tensor<?x2x?x128xbf16> {
  %o = attention.forward %q, %k, %v mods [#attention.alibi] (%slopes : tensor<2xf32>)
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, p_operand = shared, producer_registers = 40, cluster_size = 2, scheduler = persistent_static, kv_direction = reverse, epilogue = tma, affine = tensor>)
      : (tensor<?x2x?x128xbf16>, tensor<?x2x?x128xbf16>, tensor<?x2x?x128xbf16>) -> tensor<?x2x?x128xbf16>
  return %o : tensor<?x2x?x128xbf16>
}

// Columns from -128 to 127.
func.func @wide_d32_bf16(%q: tensor<?x2x?x32xbf16>, %k: tensor<?x2x?x32xbf16>, %v: tensor<?x2x?x32xbf16>) -> (tensor<?x2x?x32xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.causal, #attention.relative_position]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 256, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = none, q_operand = shared, producer_registers = 40, affine = tensor>)
      : (tensor<?x2x?x32xbf16>, tensor<?x2x?x32xbf16>, tensor<?x2x?x32xbf16>) -> (tensor<?x2x?x32xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x32xbf16>, tensor<?x2x?xf32>
}

// Not affine: the knob says nothing.
func.func @softcap_d64_bf16(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>) -> tensor<?x2x?x64xbf16> {
  %o = attention.forward %q, %k, %v mods [#attention.softcap<cap = 20.0>]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, affine = tensor>)
      : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> tensor<?x2x?x64xbf16>
  return %o : tensor<?x2x?x64xbf16>
}
