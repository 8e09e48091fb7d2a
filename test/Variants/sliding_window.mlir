// Causal, the last 100 keys. Grouped heads, two head dimensions, with and without LSE.
// No diagnostics from any lowering: no spills, no serialised products, no scratch.
// RUN: kgen-opt %s --attention-verify=target=cpu -o /dev/null
// RUN: kgen-opt %s --attention-lower=target=gfx90a -o /dev/null 2>&1 | count 0
// RUN: kgen-opt %s --attention-lower=target=gfx942 -o /dev/null 2>&1 | count 0
// RUN: kgen-opt %s --attention-lower=target=gfx950 -o /dev/null 2>&1 | count 0
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_80 -o /dev/null 2>&1 | count 0 %}
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=h100 -o /dev/null 2>&1 | count 0 %}
// RUN: kgen-opt %s --attention-verify=target=emulated:sm_80 -o /dev/null
// RUN: kgen-opt %s --attention-verify=target=emulated:sm_90a,processors=3 -o /dev/null
// RUN: kgen-opt %s --attention-verify=target=emulated:gfx942 -o /dev/null
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_90a -o /dev/null 2>&1 | count 0 %}
// RUN: %if nvidia-gpu %{ kgen-opt %s --attention-verify=target=gpu -o /dev/null %}
// RUN: %if hopper-gpu %{ kgen-opt %s --attention-verify=target=sm_90a -o /dev/null %}

func.func @sliding_window_bf16(%q: tensor<?x4x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>)
    -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.sliding_window<window = 100>]
      : (tensor<?x4x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>)
  return %o#0, %o#1 : tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>
}

func.func @sliding_window_f16(%q: tensor<?x4x?x128xf16>, %k: tensor<?x4x?x128xf16>, %v: tensor<?x4x?x128xf16>)
    -> tensor<?x4x?x128xf16> {
  %o = attention.forward %q, %k, %v mods [#attention.sliding_window<window = 100>]
      : (tensor<?x4x?x128xf16>, tensor<?x4x?x128xf16>, tensor<?x4x?x128xf16>) -> tensor<?x4x?x128xf16>
  return %o : tensor<?x4x?x128xf16>
}
