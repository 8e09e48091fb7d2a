// kv_range = warpgroup: each warpgroup computes the tiles of keys that its own 64 rows see, and lets the others pass. With causal masks, windows, which
// leave tiles to pass before and after, and prefixes; in order and overlapped, in turns, from either end; lengths that leave a warpgroup without rows.
// No diagnostics from the lowering: no spills, no serialised products.
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_90a -o /dev/null 2>&1 | count 0 %}
// RUN: kgen-opt %s --attention-verify=target=emulated:sm_90a,processors=2 -o /dev/null
// RUN: %if hopper-gpu %{ kgen-opt %s --attention-verify=target=sm_90a -o /dev/null %}

func.func @causal_d64_bf16(%q: tensor<?x4x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 192, tile_kv = 64, warps = 12, consumer_warpgroups = 3, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 32, scheduler = persistent_dynamic, order = l2_swizzled, kv_direction = reverse, kv_range = warpgroup>)
      : (tensor<?x4x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>)
  return %o#0, %o#1 : tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>
}

// Tiles narrower than a warpgroup's rows: whole ones to pass at both ends.
func.func @window_d64_f16(%q: tensor<?x2x?x64xf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x64xf16>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.sliding_window<window = 40>]
      schedule(#attention.schedule<tile_q = 192, tile_kv = 32, warps = 12, consumer_warpgroups = 3, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 32, scheduler = persistent_static, kv_direction = reverse, kv_range = warpgroup>)
      : (tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xf16>, tensor<?x2x?xf32>
}

// Forwards, in order, with a lazy maximum; Q leaves its slot at once.
func.func @window_d128_bf16(%q: tensor<?x2x?x128xbf16>, %k: tensor<?x1x?x128xbf16>, %v: tensor<?x1x?x128xbf16>) -> tensor<?x2x?x128xbf16> {
  %o = attention.forward %q, %k, %v mods [#attention.sliding_window<window = 70>, #attention.softcap<cap = 20.0>]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 112, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = none, q_operand = registers, producer_registers = 40, kv_direction = forward, rescale = lazy, kv_range = warpgroup>)
      : (tensor<?x2x?x128xbf16>, tensor<?x1x?x128xbf16>, tensor<?x1x?x128xbf16>) -> tensor<?x2x?x128xbf16>
  return %o : tensor<?x2x?x128xbf16>
}

func.func @prefix_d64_bf16(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x1x?x64xbf16>, %v: tensor<?x1x?x64xbf16>, %prefix: tensor<?xi32>) -> tensor<?x2x?x64xbf16> {
  %o = attention.forward %q, %k, %v mods [#attention.prefix_lm] (%prefix : tensor<?xi32>)
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 1, stages_v = 1, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = forward, kv_range = warpgroup>)
      : (tensor<?x2x?x64xbf16>, tensor<?x1x?x64xbf16>, tensor<?x1x?x64xbf16>) -> tensor<?x2x?x64xbf16>
  return %o : tensor<?x2x?x64xbf16>
}

// With everything else that a consumer may do: P staged, O by TMA, a lazy maximum.
func.func @staged_d128_f16(%q: tensor<?x2x?x128xf16>, %k: tensor<?x2x?x128xf16>, %v: tensor<?x2x?x128xf16>) -> tensor<?x2x?x128xf16> {
  %o = attention.forward %q, %k, %v mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = registers, p_operand = shared, producer_registers = 40, scheduler = persistent_dynamic, order = longest_first, kv_direction = reverse, rescale = lazy, kv_range = warpgroup, epilogue = tma>)
      : (tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>) -> tensor<?x2x?x128xf16>
  return %o : tensor<?x2x?x128xf16>
}

// Ranges that only a scan knows are the workgroup's.
func.func @document_d64_bf16(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>, %ids: tensor<?x?xi32>) -> tensor<?x2x?x64xbf16> {
  %o = attention.forward %q, %k, %v mods [#attention.document, #attention.causal] (%ids : tensor<?x?xi32>)
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 40, kv_direction = reverse, kv_range = warpgroup>)
      : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> tensor<?x2x?x64xbf16>
  return %o : tensor<?x2x?x64xbf16>
}

// The first rows see no key at all, and no row sees its own: 20 to 90 keys behind.
func.func @behind_d64_bf16(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 192, tile_kv = 32, warps = 12, consumer_warpgroups = 3, producer = tma, stages_k = 2, stages_v = 1, overlap = both, q_operand = shared, producer_registers = 32, scheduler = persistent_dynamic, kv_direction = forward, rescale = lazy, kv_range = warpgroup>)
      mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %least = arith.constant 20 : index
    %most = arith.constant 90 : index
    %behind = arith.subi %i, %j : index
    %far = arith.cmpi sge, %behind, %least : index
    %near = arith.cmpi sle, %behind, %most : index
    %both = arith.andi %far, %near : i1
    attention.yield %both : i1
  } : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>
}

// A warpgroup whose rows all lie past the last one: the table has no place for what its own row numbers would read.
func.func @past_the_end(%q: tensor<1x2x101x64xbf16>, %k: tensor<1x1x128x64xbf16>, %v: tensor<1x1x128x64xbf16>, %rel: tensor<101000xf32>) -> tensor<1x2x101x64xbf16> {
  %o = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 192, tile_kv = 64, warps = 12, consumer_warpgroups = 3, producer = tma, stages_k = 2, stages_v = 2, overlap = none, q_operand = shared, producer_registers = 32, kv_direction = reverse, kv_range = warpgroup>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %distance = arith.subi %i, %j : index
    %stride = arith.constant 1000 : index
    %place = arith.muli %distance, %stride : index
    %x = tensor.extract %rel[%place] : tensor<101000xf32>
    %r = arith.addf %s, %x : f32
    attention.yield %r : f32
  } mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %seen = arith.cmpi sle, %j, %i : index
    attention.yield %seen : i1
  } : (tensor<1x2x101x64xbf16>, tensor<1x1x128x64xbf16>, tensor<1x1x128x64xbf16>) -> tensor<1x2x101x64xbf16>
  return %o : tensor<1x2x101x64xbf16>
}

// The same at the default schedule, under a mask that opens from the last key on.
func.func @from_the_end(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x1x?x64xbf16>, %v: tensor<?x1x?x64xbf16>, %rel: tensor<1800000xf32>) -> tensor<?x2x?x64xbf16> {
  %o = attention.forward %q, %k, %v
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %n = arith.constant 300 : index
    %sum = arith.addi %i, %j : index
    %beyond = arith.subi %sum, %n : index
    %stride = arith.constant 1000 : index
    %place = arith.muli %beyond, %stride : index
    %x = tensor.extract %rel[%place] : tensor<1800000xf32>
    %r = arith.addf %s, %x : f32
    attention.yield %r : f32
  } mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %n = arith.constant 300 : index
    %first = arith.subi %n, %i : index
    %seen = arith.cmpi sge, %j, %first : index
    attention.yield %seen : i1
  } : (tensor<?x2x?x64xbf16>, tensor<?x1x?x64xbf16>, tensor<?x1x?x64xbf16>) -> tensor<?x2x?x64xbf16>
  return %o : tensor<?x2x?x64xbf16>
}
