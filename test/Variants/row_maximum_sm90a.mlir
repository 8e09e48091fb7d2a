// row_maximum = integer: tiles without a mask compare the bits of scores, three at once, where every row of the warpgroup has a maximum of 0 or more. In order,
// overlapped and in turns, with masks, with slopes, and with scores that are never above 0. The verifier's sweeps bring rows of large and small scores, infinite and
// NaN inputs, rows without keys, and lengths that end within a tile.
// No diagnostics from the lowering: no spills, no serialised products.
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_90a -o /dev/null 2>&1 | count 0 %}
// RUN: kgen-opt %s --attention-verify=target=emulated:sm_90a,processors=2 -o /dev/null
// RUN: %if hopper-gpu %{ kgen-opt %s --attention-verify=target=sm_90a -o /dev/null %}

func.func @causal_d64_bf16(%q: tensor<?x4x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 192, tile_kv = 64, warps = 12, consumer_warpgroups = 3, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 32, scheduler = persistent_dynamic, order = l2_swizzled, kv_direction = reverse, rescale = lazy, kv_range = warpgroup, row_maximum = integer>)
      : (tensor<?x4x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>)
  return %o#0, %o#1 : tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>
}

func.func @full_d128_f16(%q: tensor<?x2x?x128xf16>, %k: tensor<?x2x?x128xf16>, %v: tensor<?x2x?x128xf16>) -> (tensor<?x2x?x128xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 128, tile_kv = 112, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = forward, row_maximum = integer>)
      : (tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>) -> (tensor<?x2x?x128xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x128xf16>, tensor<?x2x?xf32>
}

// Step by step, one warpgroup; rows that see nothing in a tile have no maximum yet.
func.func @window_d64_bf16(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x1x?x64xbf16>, %v: tensor<?x1x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.sliding_window<window = 150>]
      schedule(#attention.schedule<tile_q = 64, tile_kv = 32, warps = 4, consumer_warpgroups = 1, producer = tma, stages_k = 1, stages_v = 2, overlap = none, q_operand = registers, producer_registers = 32, kv_direction = reverse, rescale = lazy, row_maximum = integer>)
      : (tensor<?x2x?x64xbf16>, tensor<?x1x?x64xbf16>, tensor<?x1x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>
}

// Slopes of either sign: of those that fall with the walk, and of the others.
func.func @alibi_reverse_d64_f16(%q: tensor<?x2x?x64xf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x64xf16>, %slopes: tensor<2xf32>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.alibi] (%slopes : tensor<2xf32>)
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, scheduler = persistent_static, kv_direction = reverse, rescale = lazy, affine = tensor, row_maximum = integer>)
      : (tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xf16>, tensor<?x2x?xf32>
}

func.func @alibi_forward_d64_bf16(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>, %slopes: tensor<2xf32>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.alibi] (%slopes : tensor<2xf32>)
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = none, q_operand = shared, producer_registers = 40, kv_direction = forward, row_maximum = integer>)
      : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>
}

func.func @relative_d64_bf16(%q: tensor<?x4x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.relative_position]
      schedule(#attention.schedule<tile_q = 192, tile_kv = 128, warps = 12, consumer_warpgroups = 3, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 32, scheduler = persistent_dynamic, kv_direction = forward, rescale = lazy, affine = tensor, row_maximum = integer>)
      : (tensor<?x4x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>)
  return %o#0, %o#1 : tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>
}

// -|s|: no score is above zero, and some are -0. References are raised to 0.
func.func @negative_d64_bf16(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = reverse, rescale = lazy, row_maximum = integer>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %zero = arith.constant 0.0 : f32
    %size = math.absf %s : f32
    %t = arith.subf %zero, %size : f32
    attention.yield %t : f32
  }
      : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>
}

func.func @negative_d64_f16(%q: tensor<?x2x?x64xf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x64xf16>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 40, kv_direction = reverse, row_maximum = integer>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %zero = arith.constant 0.0 : f32
    %size = math.absf %s : f32
    %t = arith.subf %zero, %size : f32
    attention.yield %t : f32
  }
      : (tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xf16>, tensor<?x2x?xf32>
}

// -60 - 40 s * s: too far below 0. All tiles take the loop with a mask.
func.func @far_d64_bf16(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 40, kv_direction = reverse, rescale = lazy, scheduler = persistent_dynamic, row_maximum = integer>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %least = arith.constant -60.0 : f32
    %steep = arith.constant 40.0 : f32
    %square = arith.mulf %s, %s : f32
    %fall = arith.mulf %square, %steep : f32
    %t = arith.subf %least, %fall : f32
    attention.yield %t : f32
  }
      : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>
}

func.func @far_d64_f16(%q: tensor<?x2x?x64xf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x64xf16>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = none, q_operand = shared, producer_registers = 40, kv_direction = reverse, row_maximum = integer>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %least = arith.constant -60.0 : f32
    %steep = arith.constant 40.0 : f32
    %square = arith.mulf %s, %s : f32
    %fall = arith.mulf %square, %steep : f32
    %t = arith.subf %least, %fall : f32
    attention.yield %t : f32
  }
      : (tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xf16>, tensor<?x2x?xf32>
}

// Bounded, and so raised without a vote.
func.func @softcap_d64_bf16(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.softcap<cap = 30.0>]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = reverse, rescale = lazy, row_maximum = integer>)
      : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>
}

// Most rows see the last keys alone, and walk on over hidden ones towards greater scores: what they have is not raised again in each tile.
func.func @hidden_tensor_d64_bf16(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 128, tile_kv = 32, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 40, kv_direction = reverse, rescale = lazy, affine = tensor, row_maximum = integer>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %slope = arith.constant 1.2 : f32
    %distance = arith.subi %i, %j : index
    %d32 = arith.index_cast %distance : index to i32
    %d = arith.sitofp %d32 : i32 to f32
    %term = arith.mulf %d, %slope : f32
    %t = arith.addf %s, %term : f32
    attention.yield %t : f32
  } mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %zero = arith.constant 0 : index
    %last = arith.constant 150 : index
    %first_row = arith.cmpi eq, %i, %zero : index
    %late = arith.cmpi sge, %j, %last : index
    %keep = arith.ori %first_row, %late : i1
    attention.yield %keep : i1
  } : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>
}

// By as much as f16 weights have to spare.
func.func @hidden_fma_d64_f16(%q: tensor<?x2x?x64xf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x64xf16>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 128, tile_kv = 32, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 40, kv_direction = reverse, rescale = lazy, affine = fma, row_maximum = integer>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %slope = arith.constant 0.08 : f32
    %distance = arith.subi %i, %j : index
    %d32 = arith.index_cast %distance : index to i32
    %d = arith.sitofp %d32 : i32 to f32
    %term = arith.mulf %d, %slope : f32
    %t = arith.addf %s, %term : f32
    attention.yield %t : f32
  } mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %zero = arith.constant 0 : index
    %last = arith.constant 150 : index
    %first_row = arith.cmpi eq, %i, %zero : index
    %late = arith.cmpi sge, %j, %last : index
    %keep = arith.ori %first_row, %late : i1
    attention.yield %keep : i1
  } : (tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xf16>, tensor<?x2x?xf32>
}
