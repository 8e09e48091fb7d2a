// A head dimension that does not fill its panels of 64 columns in shared memory: TMA reads zeros beyond 96, and the products take six
// slices of them. Grouped heads, causal with LSE, full without. Persistent workgroups for three processors draw several tiles each.
// No diagnostics from any lowering: no spills, no serialised products, no scratch.
// RUN: kgen-opt %s --attention-lower=target=gfx90a -o /dev/null 2>&1 | count 0
// RUN: kgen-opt %s --attention-lower=target=gfx942 -o /dev/null 2>&1 | count 0
// RUN: kgen-opt %s --attention-lower=target=gfx950 -o /dev/null 2>&1 | count 0
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_80 -o /dev/null 2>&1 | count 0 %}
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_90a -o /dev/null 2>&1 | count 0 %}
// RUN: %if hopper-gpu %{ kgen-opt %s --attention-verify=target=sm_90a -o /dev/null %}
// RUN: kgen-opt %s --attention-verify=target=emulated:sm_90a,processors=3 -o /dev/null

func.func @causal_d96_bf16(%q: tensor<?x4x?x96xbf16>, %k: tensor<?x2x?x96xbf16>, %v: tensor<?x2x?x96xbf16>)
    -> (tensor<?x4x?x96xbf16>, tensor<?x4x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.causal]
      : (tensor<?x4x?x96xbf16>, tensor<?x2x?x96xbf16>, tensor<?x2x?x96xbf16>) -> (tensor<?x4x?x96xbf16>, tensor<?x4x?xf32>)
  return %o#0, %o#1 : tensor<?x4x?x96xbf16>, tensor<?x4x?xf32>
}

func.func @full_d96_f16(%q: tensor<?x2x?x96xf16>, %k: tensor<?x2x?x96xf16>, %v: tensor<?x2x?x96xf16>)
    -> tensor<?x2x?x96xf16> {
  %o = attention.forward %q, %k, %v
      : (tensor<?x2x?x96xf16>, tensor<?x2x?x96xf16>, tensor<?x2x?x96xf16>) -> tensor<?x2x?x96xf16>
  return %o : tensor<?x2x?x96xf16>
}
