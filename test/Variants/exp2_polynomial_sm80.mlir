// Powers of two on the FMA pipe, some or all, inside the ordinary bounds.
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_80 -o /dev/null 2>&1 | count 0 %}
// RUN: kgen-opt %s --attention-verify=target=emulated:sm_80 -o /dev/null
// RUN: %if hopper-gpu %{ kgen-opt %s --attention-verify=target=h100 -o /dev/null %}

// Masked tiles hold -inf, whose power must be 0; scores below the bound's end.
func.func @window_mixed_bf16(%q: tensor<?x4x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>)
    -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.sliding_window<window = 40>]
      schedule(#attention.schedule<tile_q = 64, tile_kv = 64, warps = 4, producer = cp_async, exp2 = mixed>)
      : (tensor<?x4x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> (tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>)
  return %o#0, %o#1 : tensor<?x4x?x64xbf16>, tensor<?x4x?xf32>
}

func.func @softcap_mixed_bf16(%q: tensor<?x2x?x128xbf16>, %k: tensor<?x2x?x128xbf16>, %v: tensor<?x2x?x128xbf16>)
    -> (tensor<?x2x?x128xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v allow_approx_math mods [#attention.causal, #attention.softcap<cap = 20.0>]
      schedule(#attention.schedule<tile_q = 64, tile_kv = 64, warps = 4, producer = cp_async, exp2 = mixed>)
      : (tensor<?x2x?x128xbf16>, tensor<?x2x?x128xbf16>, tensor<?x2x?x128xbf16>) -> (tensor<?x2x?x128xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x128xbf16>, tensor<?x2x?xf32>
}

func.func @polynomial_f16(%q: tensor<?x2x?x64xf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x64xf16>)
    -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 64, tile_kv = 64, warps = 4, producer = cp_async, exp2 = polynomial>)
      : (tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16>) -> (tensor<?x2x?x64xf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xf16>, tensor<?x2x?xf32>
}
