// Scores that minima and maxima bound, in f32.
// RUN: kgen-opt %s --attention-verify=target=cpu -o /dev/null
// RUN: kgen-opt %s --attention-verify=target=emulated:sm_80 -o /dev/null
// RUN: %if nvidia-gpu %{ kgen-opt %s --attention-verify=target=gpu -o /dev/null %}

// Clamped scores.
func.func @clamped_f32(%q: tensor<?x2x?x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x64xf32>)
    -> (tensor<?x2x?x64xf32>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v allow_approx_math mods [#attention.causal] score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %low = arith.constant -6.0 : f32
    %high = arith.constant 6.0 : f32
    %u = arith.maximumf %s, %low : f32
    %r = arith.minimumf %u, %high : f32
    attention.yield %r : f32
  } : (tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>) -> (tensor<?x2x?x64xf32>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xf32>, tensor<?x2x?xf32>
}
