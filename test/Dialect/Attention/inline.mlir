// RUN: kgen-opt %s --inline --symbol-dce | FileCheck %s

// A function that holds attention is inlined like any other, regions and all.
// CHECK-NOT: func.func private
// CHECK-LABEL: @caller
// CHECK-SAME: %[[Q:[^:]*]]: tensor<1x8x16x64xf32>, %[[T:[^:]*]]: tensor<16xf32>
// CHECK-NOT: call
// CHECK: attention.forward %[[Q]], %[[Q]], %[[Q]]
// CHECK: tensor.extract %[[T]]
func.func private @callee(%q: tensor<1x8x16x64xf32>, %t: tensor<16xf32>) -> tensor<1x8x16x64xf32> {
  %o = attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %x = tensor.extract %t[%j] : tensor<16xf32>
    %r = arith.addf %s, %x : f32
    attention.yield %r : f32
  } : (tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xf32>
  return %o : tensor<1x8x16x64xf32>
}
func.func @caller(%q: tensor<1x8x16x64xf32>, %t: tensor<16xf32>) -> tensor<1x8x16x64xf32> {
  %o = call @callee(%q, %t) : (tensor<1x8x16x64xf32>, tensor<16xf32>) -> tensor<1x8x16x64xf32>
  return %o : tensor<1x8x16x64xf32>
}
