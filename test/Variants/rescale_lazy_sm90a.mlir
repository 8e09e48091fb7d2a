// rescale = lazy: the maximum follows only where it grows by more than eight octaves, and only then O is multiplied. In order and overlapped, with a score
// function of its own maximum (alibi, whose ramp is in the product) and one that is bounded (softcap). The verifier's sweeps bring rows whose scores
// grow from key to key (large Q and K, alibi), infinite and NaN inputs, rows without keys, and lengths that end within a tile.
// No diagnostics from the lowering: no spills, no serialised products.
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_90a -o /dev/null 2>&1 | count 0 %}
// RUN: kgen-opt %s --attention-verify=target=emulated:sm_90a,processors=2 -o /dev/null
// RUN: %if hopper-gpu %{ kgen-opt %s --attention-verify=target=sm_90a -o /dev/null %}

func.func @causal_d64_bf16(%q: tensor<?x4x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 192, tile_kv = 64, warps = 12, consumer_warpgroups = 3, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 32, scheduler = persistent_dynamic, order = l2_swizzled, kv_direction = reverse, rescale = lazy>)
      : (tensor<?x4x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>)
  return %o#0, %o#1 : tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>
}

func.func @full_d128_f16(%q: tensor<?x2x?x128xf16>, %k: tensor<?x2x?x128xf16>, %v: tensor<?x2x?x128xf16>) -> (tensor<?x2x?x128xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 128, tile_kv = 112, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = forward, rescale = lazy>)
      : (tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>) -> (tensor<?x2x?x128xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x128xf16>, tensor<?x2x?xf32>
}

// The maximum moves with the ramp from tile to tile.
func.func @alibi_d64_f16(%q: tensor<?x2x?x64xf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x64xf16>, %slopes: tensor<2xf32>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.causal, #attention.alibi] (%slopes : tensor<2xf32>)
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, scheduler = persistent_static, kv_direction = forward, rescale = lazy, kv_range = warpgroup>)
      : (tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xf16>, tensor<?x2x?xf32>
}

func.func @softcap_d64_bf16(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>) -> tensor<?x2x?x64xbf16> {
  %o = attention.forward %q, %k, %v mods [#attention.softcap<cap = 100.0>]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = reverse, rescale = lazy>)
      : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> tensor<?x2x?x64xbf16>
  return %o : tensor<?x2x?x64xbf16>
}

// Step by step, a warpgroup of its own; a window leaves rows that see nothing in a tile.
func.func @window_d96_bf16(%q: tensor<?x2x?x96xbf16>, %k: tensor<?x1x?x96xbf16>, %v: tensor<?x1x?x96xbf16>) -> (tensor<?x2x?x96xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.sliding_window<window = 50>]
      schedule(#attention.schedule<tile_q = 64, tile_kv = 32, warps = 4, consumer_warpgroups = 1, producer = tma, stages_k = 1, stages_v = 2, overlap = none, q_operand = registers, producer_registers = 32, kv_direction = reverse, rescale = lazy>)
      : (tensor<?x2x?x96xbf16>, tensor<?x1x?x96xbf16>, tensor<?x1x?x96xbf16>) -> (tensor<?x2x?x96xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x96xbf16>, tensor<?x2x?xf32>
}

func.func @pair_d64_bf16(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>) -> tensor<?x2x?x64xbf16> {
  %o = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, p_operand = shared, producer_registers = 40, cluster_size = 2, scheduler = persistent_static, kv_direction = reverse, rescale = lazy, kv_range = warpgroup, epilogue = tma>)
      : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> tensor<?x2x?x64xbf16>
  return %o : tensor<?x2x?x64xbf16>
}

// Scores that rise from tile to tile by just below eight octaves, and slowly: the maximum follows every other tile, and every fourth; weights are
// up to 2^8 meanwhile.
func.func @rising_d64_f16(%q: tensor<?x2x?x64xf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x64xf16>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = forward, rescale = lazy>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c3 = arith.constant 3 : index
    %first = arith.constant 0.085 : f32
    %less = arith.constant 0.06 : f32
    %h32 = arith.index_cast %h : index to i32
    %head = arith.sitofp %h32 : i32 to f32
    %difference = arith.mulf %head, %less : f32
    %slope = arith.subf %first, %difference : f32
    %position = arith.maxsi %j, %c3 : index
    %j32 = arith.index_cast %position : index to i32
    %f = arith.sitofp %j32 : i32 to f32
    %term = arith.mulf %f, %slope : f32
    %r = arith.addf %s, %term : f32
    attention.yield %r : f32
  } : (tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xf16>, tensor<?x2x?xf32>
}

// A scale so small that 8 octaves are more than f32 holds.
func.func @tiny_scale(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x1x?x64xbf16>, %v: tensor<?x1x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v scale 1.0e-38
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = reverse, rescale = lazy>)
      : (tensor<?x2x?x64xbf16>, tensor<?x1x?x64xbf16>, tensor<?x1x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>
}
