// A stock mlir-opt verifies through the plugin. The worker is found beside the plugin, in ../bin.
// RUN: mlir-opt %s --load-dialect-plugin=%kgen-lib/KgenPlugin.so --load-pass-plugin=%kgen-lib/KgenPlugin.so \
// RUN:   --pass-pipeline='builtin.module(attention-verify{target=cpu})' 2>&1 | FileCheck %s
// A worker that is named is the one that is used.
// RUN: not mlir-opt %s --load-dialect-plugin=%kgen-lib/KgenPlugin.so --load-pass-plugin=%kgen-lib/KgenPlugin.so \
// RUN:   --pass-pipeline='builtin.module(attention-verify{target=cpu worker=/nowhere/kgen-verify})' 2>&1 \
// RUN:   | FileCheck %s --check-prefix=NO-WORKER

// CHECK: remark: accepted on cpu
// CHECK: attention.forward
// NO-WORKER: error: {{.*}}[KG6024]
func.func @softcap(%q: tensor<1x2x?x32xf32>, %k: tensor<1x2x?x32xf32>, %v: tensor<1x2x?x32xf32>) -> tensor<1x2x?x32xf32> {
  %o = attention.forward %q, %k, %v mods [#attention.softcap<cap = 20.0>]
      : (tensor<1x2x?x32xf32>, tensor<1x2x?x32xf32>, tensor<1x2x?x32xf32>) -> tensor<1x2x?x32xf32>
  return %o : tensor<1x2x?x32xf32>
}
