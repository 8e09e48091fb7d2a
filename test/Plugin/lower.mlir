// A stock mlir-opt lowers through the plugin: the op becomes a call into the C runtime.
// RUN: mlir-opt %s --load-dialect-plugin=%kgen-lib/KgenPlugin.so --load-pass-plugin=%kgen-lib/KgenPlugin.so \
// RUN:   --pass-pipeline='builtin.module(attention-lower{target=cpu})' --mlir-elide-elementsattrs-if-larger=8 | FileCheck %s

// CHECK: memref.global "private" constant @kgen_artifact_0 : memref<{{.*}}xi8>
// CHECK-LABEL: func.func @causal
// CHECK-NOT: attention.forward
// CHECK: call @kgen_host_invoke
func.func @causal(%q: tensor<?x2x?x32xf32>, %k: tensor<?x2x?x32xf32>, %v: tensor<?x2x?x32xf32>) -> tensor<?x2x?x32xf32> {
  %o = attention.forward %q, %k, %v mods [#attention.causal]
      : (tensor<?x2x?x32xf32>, tensor<?x2x?x32xf32>, tensor<?x2x?x32xf32>) -> tensor<?x2x?x32xf32>
  return %o : tensor<?x2x?x32xf32>
}
