// Softcap with approximate math allowed: tanh.approx on NVIDIA. Bounded scores
// (bf16) and a running maximum (f16, and a large cap); causal and windows.
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

func.func @softcap_approx_bf16(%q: tensor<?x4x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>)
    -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>) {
  %o:2 = attention.forward %q, %k, %v allow_approx_math mods [#attention.causal, #attention.softcap<cap = 20.0>]
      : (tensor<?x4x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>)
  return %o#0, %o#1 : tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>
}

func.func @softcap_approx_f16(%q: tensor<?x2x?x128xf16>, %k: tensor<?x2x?x128xf16>, %v: tensor<?x2x?x128xf16>)
    -> tensor<?x2x?x128xf16> {
  %o = attention.forward %q, %k, %v allow_approx_math mods [#attention.softcap<cap = 30.0>]
      : (tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>) -> tensor<?x2x?x128xf16>
  return %o : tensor<?x2x?x128xf16>
}

func.func @large_cap_bf16(%q: tensor<?x2x?x128xbf16>, %k: tensor<?x2x?x128xbf16>, %v: tensor<?x2x?x128xbf16>)
    -> (tensor<?x2x?x128xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v allow_approx_math mods [#attention.softcap<cap = 50.0>, #attention.sliding_window<window = 48>]
      : (tensor<?x2x?x128xbf16>, tensor<?x2x?x128xbf16>, tensor<?x2x?x128xbf16>) -> (tensor<?x2x?x128xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x128xbf16>, tensor<?x2x?xf32>
}

// A small cap bounds even f16.
func.func @small_cap_f16(%q: tensor<?x2x?x64xf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x64xf16>)
    -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v allow_approx_math mods [#attention.softcap<cap = 10.0>, #attention.sliding_window<window = 48>]
      : (tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xf16>, tensor<?x2x?xf32>
}
