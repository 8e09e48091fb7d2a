// Terms of keys that warpgroups stage as columns, in every place of a schedule that moves them.
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_90a -o /dev/null 2>&1 | count 0 %}
// RUN: kgen-opt %s --attention-verify=target=emulated:sm_90a,processors=2 -o /dev/null
// RUN: %if hopper-gpu %{ kgen-opt %s --attention-verify=target=sm_90a -o /dev/null %}

// Three warpgroups in turns, tiles drawn.
func.func @in_turns_drawn(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>,
    %bias: tensor<?xf32>)
    -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 192, tile_kv = 128, warps = 12, consumer_warpgroups = 3, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 32, kv_direction = reverse, rescale = lazy, scheduler = persistent_dynamic, row_maximum = integer, affine = tensor>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = tensor.extract %bias[%j] : tensor<?xf32>
    %r = arith.addf %s, %c : f32
    attention.yield %r : f32
  } : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>
}

// No overlap, more keys than a warpgroup has threads, and half as many columns as that besides.
func.func @in_order(%q: tensor<?x2x?x64xf16>, %k: tensor<?x1x?x64xf16>, %v: tensor<?x1x?x64xf16>,
    %bias: tensor<?xf32>)
    -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 64, tile_kv = 192, warps = 4, consumer_warpgroups = 1, producer = tma, stages_k = 1, stages_v = 1, overlap = none, q_operand = shared, producer_registers = 32, kv_direction = reverse, affine = tensor>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = tensor.extract %bias[%j] : tensor<?xf32>
    %r = arith.addf %s, %c : f32
    attention.yield %r : f32
  } : (tensor<?x2x?x64xf16>, tensor<?x1x?x64xf16>, tensor<?x1x?x64xf16>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xf16>, tensor<?x2x?xf32>
}

// Warpgroups let tiles pass, before and behind their own; the numbers of columns go on.
func.func @passed_static(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>,
    %bias: tensor<?xf32>)
    -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.sliding_window<window = 70>]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 40, kv_direction = reverse, kv_range = warpgroup, scheduler = persistent_static, rescale = lazy, affine = tensor>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = tensor.extract %bias[%j] : tensor<?xf32>
    %r = arith.addf %s, %c : f32
    attention.yield %r : f32
  } : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>
}

// The same without overlap, forwards.
func.func @passed_in_order(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>,
    %bias: tensor<?xf32>)
    -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = none, q_operand = shared, producer_registers = 40, kv_direction = forward, kv_range = warpgroup, scheduler = persistent_dynamic, affine = tensor>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = tensor.extract %bias[%j] : tensor<?xf32>
    %r = arith.addf %s, %c : f32
    attention.yield %r : f32
  } : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>
}

// A falling slope and terms in one step, the greatest scores first; part of a warpgroup stages.
func.func @with_slope(%q: tensor<?x2x?x128xf16>, %k: tensor<?x2x?x128xf16>, %v: tensor<?x2x?x128xf16>,
    %bias: tensor<?xf32>)
    -> (tensor<?x2x?x128xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 128, tile_kv = 80, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = registers, producer_registers = 40, kv_direction = forward, rescale = lazy, row_maximum = integer, affine = tensor>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = tensor.extract %bias[%j] : tensor<?xf32>
    %x = arith.addf %s, %c : f32
    %d = arith.subi %i, %j : index
    %d32 = arith.index_cast %d : index to i32
    %fd = arith.sitofp %d32 : i32 to f32
    %r = arith.addf %x, %fd : f32
    attention.yield %r : f32
  } : (tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>) -> (tensor<?x2x?x128xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x128xf16>, tensor<?x2x?xf32>
}

// Two workgroups share keys, P is staged as well.
func.func @in_clusters(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>,
    %bias: tensor<?xf32>)
    -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 40, kv_direction = reverse, cluster_size = 2, p_operand = shared, scheduler = persistent_static, affine = tensor>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = tensor.extract %bias[%j] : tensor<?xf32>
    %r = arith.addf %s, %c : f32
    attention.yield %r : f32
  } : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>
}

// Head dimension 256.
func.func @wide(%q: tensor<?x1x?x256xbf16>, %k: tensor<?x1x?x256xbf16>, %v: tensor<?x1x?x256xbf16>,
    %bias: tensor<?xf32>)
    -> (tensor<?x1x?x256xbf16>, tensor<?x1x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 128, tile_kv = 48, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 40, kv_direction = reverse, affine = tensor>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = tensor.extract %bias[%j] : tensor<?xf32>
    %r = arith.addf %s, %c : f32
    attention.yield %r : f32
  } : (tensor<?x1x?x256xbf16>, tensor<?x1x?x256xbf16>, tensor<?x1x?x256xbf16>) -> (tensor<?x1x?x256xbf16>, tensor<?x1x?xf32>)
  return %o#0, %o#1 : tensor<?x1x?x256xbf16>, tensor<?x1x?xf32>
}
