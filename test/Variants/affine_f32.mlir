// f32: what is linear in the key's position stays with the element, what is of
// the row alone does not.
// RUN: kgen-opt %s --attention-verify=target=cpu -o /dev/null
// RUN: kgen-opt %s --attention-verify=target=emulated:sm_80 -o /dev/null
// RUN: %if nvidia-gpu %{ kgen-opt %s --attention-verify=target=gpu -o /dev/null %}

// A term of the row alone, in f32.
func.func @row_bias(%q: tensor<?x2x?x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x64xf32>, %bias: tensor<?xf32>)
    -> (tensor<?x2x?x64xf32>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = tensor.extract %bias[%i] : tensor<?xf32>
    %r = arith.subf %s, %c : f32
    attention.yield %r : f32
  } : (tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>) -> (tensor<?x2x?x64xf32>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xf32>, tensor<?x2x?xf32>
}
