// One artefact file cannot hold two kernels, and one error names both faults of a schedule.
// RUN: not kgen-opt %s --attention-lower='target=cpu artifact=%t.kgen' -o /dev/null 2>&1 | FileCheck %s
// RUN: not test -e %t.kgen
// RUN: not kgen-compile %kgen-src/examples/relative_position.mlir --target=cpu -o %t.kgen --schedule='{"version":1,"tile_q":64,"tile_kv":24,"warps":7,"producer":"none"}' 2>&1 | FileCheck %s --check-prefix=TWO
// CHECK: error: {{.*}}[KG8015]{{.*}}the module has 2
// TWO: tile_kv{{.*}}; [KG{{[0-9]+}}] {{.*}}warps

func.func @two(%q: tensor<1x1x16x16xf32>) -> (tensor<1x1x16x16xf32>, tensor<1x1x16x16xf32>) {
  %a = attention.forward %q, %q, %q : (tensor<1x1x16x16xf32>, tensor<1x1x16x16xf32>, tensor<1x1x16x16xf32>) -> tensor<1x1x16x16xf32>
  %b = attention.forward %a, %q, %q : (tensor<1x1x16x16xf32>, tensor<1x1x16x16xf32>, tensor<1x1x16x16xf32>) -> tensor<1x1x16x16xf32>
  return %a, %b : tensor<1x1x16x16xf32>, tensor<1x1x16x16xf32>
}
