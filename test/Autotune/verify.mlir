// A right kernel is a remark; the module stays as it was.
// RUN: kgen-opt %s --attention-verify='target=cpu sizes=batch=1,seq_q=33,seq_kv=70' 2>&1 | FileCheck %s
// Verdicts, limits and sizes that no run could mean are refused before one.
// RUN: not kgen-opt %s --attention-verify='target=cpu limit=inf' -o /dev/null 2>&1 | FileCheck %s --check-prefix=TIME
// RUN: not kgen-opt %s --attention-verify='target=cpu limit=800h' -o /dev/null 2>&1 | FileCheck %s --check-prefix=TIME
// RUN: not kgen-opt %s --attention-verify='target=cpu limit=5x' -o /dev/null 2>&1 | FileCheck %s --check-prefix=TIME
// RUN: not kgen-opt %s --attention-verify='target=cpu sizes=batch=0' -o /dev/null 2>&1 | FileCheck %s --check-prefix=SIZES
// RUN: not kgen-opt %s --attention-verify='target=cpu sizes=heads=2' -o /dev/null 2>&1 | FileCheck %s --check-prefix=SIZES

// CHECK: accepted on cpu
// CHECK: attention.forward %{{.+}} mods [#attention.causal]
// TIME: [KG8011]
// SIZES: [KG8012]
func.func @causal(%q: tensor<?x2x?x64xf32>, %k: tensor<?x2x?x64xf32>) -> (tensor<?x2x?x64xf32>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %k mods [#attention.causal]
      : (tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>) -> (tensor<?x2x?x64xf32>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xf32>, tensor<?x2x?xf32>
}
