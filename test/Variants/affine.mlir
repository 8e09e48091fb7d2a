// Scores that are linear in the key's position, beyond the named mods: slopes
// computed from captures, terms of the row, a masked window, positions in f16.
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

// 1.5 s + (scale[h] + 0.1) (j - 2 i) + bias[h, i], with LSE.
func.func @head_slopes(%q: tensor<?x4x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>,
                       %scale: tensor<4xf32>, %bias: tensor<4x?xf32>)
    -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>) {
  %o:2 = attention.forward %q, %k, %v score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %two = arith.constant 2 : index
    %factor = arith.constant 1.5 : f32
    %base = arith.constant 0.1 : f32
    %i2 = arith.muli %i, %two : index
    %d = arith.subi %j, %i2 : index
    %d32 = arith.index_cast %d : index to i32
    %f = arith.sitofp %d32 : i32 to f32
    %c = tensor.extract %scale[%h] : tensor<4xf32>
    %slope = arith.addf %c, %base : f32
    %term = arith.mulf %f, %slope : f32
    %row = tensor.extract %bias[%h, %i] : tensor<4x?xf32>
    %scaled = arith.mulf %s, %factor : f32
    %x = arith.addf %scaled, %term : f32
    %r = arith.addf %x, %row : f32
    attention.yield %r : f32
  } : (tensor<?x4x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>)
  return %o#0, %o#1 : tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>
}

// A slope that is a captured scalar, under a window: rows and tiles without keys
// in every place.
func.func @window_slope(%q: tensor<?x2x?x128xf16>, %k: tensor<?x2x?x128xf16>, %v: tensor<?x2x?x128xf16>, %c: f32)
    -> (tensor<?x2x?x128xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.sliding_window<window = 40>] score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %j32 = arith.index_cast %j : index to i32
    %f = arith.sitofp %j32 : i32 to f32
    %r = math.fma %c, %f, %s : f32
    attention.yield %r : f32
  } : (tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>) -> (tensor<?x2x?x128xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x128xf16>, tensor<?x2x?xf32>
}

// What no sum survives: a row that sees keys is NaN, and one that sees none is 0 for all its slope.
func.func @infinite_slope(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>, %x: f32)
    -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.causal] score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %none = arith.subf %x, %x : f32
    %c = math.log %none : f32
    %j32 = arith.index_cast %j : index to i32
    %f = arith.sitofp %j32 : i32 to f32
    %r = math.fma %c, %f, %s : f32
    attention.yield %r : f32
  } mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %three = arith.constant 3 : index
    %zero = arith.constant 0 : index
    %rest = arith.remui %i, %three : index
    %sees = arith.cmpi ne, %rest, %zero : index
    attention.yield %sees : i1
  } : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>
}
