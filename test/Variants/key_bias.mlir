// Biases of keys: tables that are read at the key's position. The products start from them.
// No diagnostics from any lowering: no spills, no serialised products, no scratch.
// RUN: kgen-opt %s --attention-verify=target=cpu -o /dev/null
// RUN: kgen-opt %s --attention-lower=target=gfx942 -o /dev/null 2>&1 | count 0
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_80 -o /dev/null 2>&1 | count 0 %}
// RUN: kgen-opt %s --attention-verify=target=emulated:sm_80 -o /dev/null
// RUN: kgen-opt %s --attention-verify=target=emulated:sm_90a -o /dev/null
// RUN: kgen-opt %s --attention-verify=target=emulated:gfx942 -o /dev/null
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_90a -o /dev/null 2>&1 | count 0 %}
// RUN: %if nvidia-gpu %{ kgen-opt %s --attention-verify=target=gpu -o /dev/null %}
// RUN: %if hopper-gpu %{ kgen-opt %s --attention-verify=target=sm_90a -o /dev/null %}

// s + bias[j]
func.func @one_table(%q: tensor<?x4x?x128xbf16>, %k: tensor<?x2x?x128xbf16>, %v: tensor<?x2x?x128xbf16>,
    %bias: tensor<?xf32>)
    -> (tensor<?x4x?x128xbf16>, tensor<?x4x?xf32>) {
  %o:2 = attention.forward %q, %k, %v score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = tensor.extract %bias[%j] : tensor<?xf32>
    %r = arith.addf %s, %c : f32
    attention.yield %r : f32
  } : (tensor<?x4x?x128xbf16>, tensor<?x2x?x128xbf16>, tensor<?x2x?x128xbf16>) -> (tensor<?x4x?x128xbf16>, tensor<?x4x?xf32>)
  return %o#0, %o#1 : tensor<?x4x?x128xbf16>, tensor<?x4x?xf32>
}

// 0.5 s - scale[h] bias[b, h, j] + 1, under a mask.
func.func @heads_causal(%q: tensor<?x4x?x64xf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x64xf16>,
    %bias: tensor<?x4x?xf32>, %scale: tensor<4xf32>)
    -> (tensor<?x4x?x64xf16>, tensor<?x4x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.causal] score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %x = arith.mulf %s, %half : f32
    %e = tensor.extract %bias[%b, %h, %j] : tensor<?x4x?xf32>
    %c = tensor.extract %scale[%h] : tensor<4xf32>
    %t = arith.mulf %e, %c : f32
    %y = arith.subf %x, %t : f32
    %r = arith.addf %y, %one : f32
    attention.yield %r : f32
  } : (tensor<?x4x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>) -> (tensor<?x4x?x64xf16>, tensor<?x4x?xf32>)
  return %o#0, %o#1 : tensor<?x4x?x64xf16>, tensor<?x4x?xf32>
}

// Keys that do not take part have -inf: half of them, and of some rows all.
func.func @padding(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>,
    %bias: tensor<?xf32>)
    -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.sliding_window<window = 3>] score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %zero = arith.constant 0.0 : f32
    %none = arith.constant 0xFF800000 : f32
    %c = tensor.extract %bias[%j] : tensor<?xf32>
    %out = arith.cmpf olt, %c, %zero : f32
    %p = arith.select %out, %none, %zero : f32
    %r = arith.addf %s, %p : f32
    attention.yield %r : f32
  } : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>
}

// A slope, a term of keys and one of rows.
func.func @slope_and_table(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x1x?x64xbf16>, %v: tensor<?x1x?x64xbf16>,
    %slopes: tensor<2xf32>, %bias: tensor<?xf32>, %rows: tensor<2x?xf32>)
    -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.alibi] (%slopes : tensor<2xf32>) score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = tensor.extract %bias[%j] : tensor<?xf32>
    %d = tensor.extract %rows[%h, %i] : tensor<2x?xf32>
    %t = math.tanh %c : f32
    %x = arith.subf %s, %t : f32
    %r = arith.addf %x, %d : f32
    attention.yield %r : f32
  } : (tensor<?x2x?x64xbf16>, tensor<?x1x?x64xbf16>, tensor<?x1x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>
}

// What is computed from the key's position alone, not linearly.
func.func @without_table(%q: tensor<?x2x?x128xf16>, %k: tensor<?x2x?x128xf16>, %v: tensor<?x2x?x128xf16>,
    %c: f32)
    -> tensor<?x2x?x128xf16> {
  %o = attention.forward %q, %k, %v mods [#attention.sliding_window<window = 40>] score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %j32 = arith.index_cast %j : index to i32
    %f = arith.sitofp %j32 : i32 to f32
    %t = arith.mulf %f, %c : f32
    %w = math.sin %t : f32
    %r = arith.addf %s, %w : f32
    attention.yield %r : f32
  } : (tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>) -> tensor<?x2x?x128xf16>
  return %o : tensor<?x2x?x128xf16>
}

// A table of keys that is compared with one of rows first, as the two may cancel.
func.func @differences(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>,
    %bias: tensor<?xf32>, %rows: tensor<?xf32>)
    -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = tensor.extract %bias[%j] : tensor<?xf32>
    %d = tensor.extract %rows[%i] : tensor<?xf32>
    %t = arith.subf %c, %d : f32
    %r = arith.addf %s, %t : f32
    attention.yield %r : f32
  } : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>
}

// Padding by great finite numbers: the first rows see no other key, and their weights are as if they had none.
func.func @left_padding(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>)
    -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.causal] score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %none = arith.constant -1.0e9 : f32
    %zero = arith.constant 0.0 : f32
    %end = arith.constant 130 : index
    %padded = arith.cmpi ult, %j, %end : index
    %p = arith.select %padded, %none, %zero : f32
    %r = arith.addf %s, %p : f32
    attention.yield %r : f32
  } : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>
}

// The same at the end, where walks begin.
func.func @right_padding(%q: tensor<?x2x?x64xf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x64xf16>)
    -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %none = arith.constant -1.0e30 : f32
    %zero = arith.constant 0.0 : f32
    %end = arith.constant 130 : index
    %padded = arith.cmpi uge, %j, %end : index
    %p = arith.select %padded, %none, %zero : f32
    %r = arith.addf %s, %p : f32
    attention.yield %r : f32
  } : (tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xf16>, tensor<?x2x?xf32>
}
