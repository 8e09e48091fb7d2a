// A stock mlir-opt searches through the plugin and prints the module with the winner on the op.
// RUN: mlir-opt %s --load-dialect-plugin=%kgen-lib/KgenPlugin.so --load-pass-plugin=%kgen-lib/KgenPlugin.so \
// RUN:   --pass-pipeline='builtin.module(attention-search{target=cpu budget=60s candidates=2 sizes=seq_q=128,seq_kv=128})' \
// RUN:   2>%t.progress | FileCheck %s
// RUN: FileCheck %s --check-prefix=PROGRESS <%t.progress

// CHECK: attention.forward {{.*}}#attention.schedule<{{.*}}tile_kv = {{[0-9]+}}
// PROGRESS: 1/2] accepted
// PROGRESS: 2 candidates
func.func @full(%q: tensor<1x2x?x32xf32>, %k: tensor<1x2x?x32xf32>, %v: tensor<1x2x?x32xf32>) -> tensor<1x2x?x32xf32> {
  %o = attention.forward %q, %k, %v
      : (tensor<1x2x?x32xf32>, tensor<1x2x?x32xf32>, tensor<1x2x?x32xf32>) -> tensor<1x2x?x32xf32>
  return %o : tensor<1x2x?x32xf32>
}
