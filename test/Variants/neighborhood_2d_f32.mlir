// 2-D neighbourhood, 5 x 7 of 10 x 20. In f32: honest f32 products on every target that serves it.
// No diagnostics from any lowering: no spills, no serialised products, no scratch.
// RUN: kgen-opt %s --attention-verify=target=cpu -o /dev/null
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_80 -o /dev/null 2>&1 | count 0 %}
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=h100 -o /dev/null 2>&1 | count 0 %}
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_90a -o /dev/null 2>&1 | count 0 %}
// RUN: %if nvidia-gpu %{ kgen-opt %s --attention-verify=target=gpu -o /dev/null %}

func.func @neighborhood_2d_f32(%q: tensor<?x4x200x64xf32>, %k: tensor<?x1x200x64xf32>, %v: tensor<?x1x200x32xf32>)
    -> (tensor<?x4x200x32xf32>, tensor<?x4x200xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.neighborhood<extents = [10, 20], window = [5, 7]>]
      : (tensor<?x4x200x64xf32>, tensor<?x1x200x64xf32>, tensor<?x1x200x32xf32>) -> (tensor<?x4x200x32xf32>, tensor<?x4x200xf32>)
  return %o#0, %o#1 : tensor<?x4x200x32xf32>, tensor<?x4x200xf32>
}
