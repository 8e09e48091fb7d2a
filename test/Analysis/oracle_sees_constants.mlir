// What the reader must hand to the oracle as the kernel computes it.
// RUN: kgen-opt %s --attention-verify='target=cpu' -o /dev/null 2>&1 | FileCheck %s
// CHECK-COUNT-3: accepted on cpu
// CHECK-NOT: error

// A table that is a constant is an argument of the kernel.
func.func @constant_table(%q: tensor<1x2x40x64xf32>) -> tensor<1x2x40x64xf32> {
  %t = arith.constant dense<[0.5, -2.25]> : tensor<2xf32>
  %o = attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %m = tensor.extract %t[%h] : tensor<2xf32>
    %j32 = arith.index_cast %j : index to i32
    %f = arith.sitofp %j32 : i32 to f32
    %x = arith.mulf %m, %f : f32
    %r = arith.addf %s, %x : f32
    attention.yield %r : f32
  } : (tensor<1x2x40x64xf32>, tensor<1x2x40x64xf32>, tensor<1x2x40x64xf32>) -> tensor<1x2x40x64xf32>
  return %o : tensor<1x2x40x64xf32>
}

// `true` is one, not minus one.
func.func @constant_flag(%q: tensor<1x2x40x64xf32>) -> tensor<1x2x40x64xf32> {
  %o = attention.forward %q, %q, %q mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %true = arith.constant true
    %past = arith.cmpi sge, %i, %j : index
    %keep = arith.cmpi eq, %past, %true : i1
    attention.yield %keep : i1
  } : (tensor<1x2x40x64xf32>, tensor<1x2x40x64xf32>, tensor<1x2x40x64xf32>) -> tensor<1x2x40x64xf32>
  return %o : tensor<1x2x40x64xf32>
}

// A captured scalar that is extended before any other use; a negative scale.
func.func @extended_capture(%q: tensor<1x2x40x64xf32>, %temperature: f16, %bias: bf16) -> tensor<1x2x40x64xf32> {
  %o = attention.forward %q, %q, %q scale -1.0e-01 score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %t = arith.extf %temperature : f16 to f32
    %c = arith.extf %bias : bf16 to f32
    %x = arith.mulf %s, %t : f32
    %r = arith.addf %x, %c : f32
    attention.yield %r : f32
  } : (tensor<1x2x40x64xf32>, tensor<1x2x40x64xf32>, tensor<1x2x40x64xf32>) -> tensor<1x2x40x64xf32>
  return %o : tensor<1x2x40x64xf32>
}
