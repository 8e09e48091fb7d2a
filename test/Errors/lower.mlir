// Variants that have no kernel.
// RUN: kgen-opt %s -split-input-file -verify-diagnostics --attention-lower=target=cpu

func.func @kg3001(%q: tensor<1x1x64x32xf32>) -> tensor<1x1x64x32xf32> {
  %o = attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    // expected-error @below {{[KG3001]}}
    %r = math.cbrt %s : f32
    attention.yield %r : f32
  } : (tensor<1x1x64x32xf32>, tensor<1x1x64x32xf32>, tensor<1x1x64x32xf32>) -> tensor<1x1x64x32xf32>
  return %o : tensor<1x1x64x32xf32>
}

// -----

func.func @kg3002(%q: tensor<1x1x64x32xf32>, %x: f64) -> tensor<1x1x64x32xf32> {
  // expected-error @below {{[KG3002] captured value of type 'f64' cannot be a kernel argument}}
  %o = attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %y = arith.truncf %x : f64 to f32
    %r = arith.addf %s, %y : f32
    attention.yield %r : f32
  } : (tensor<1x1x64x32xf32>, tensor<1x1x64x32xf32>, tensor<1x1x64x32xf32>) -> tensor<1x1x64x32xf32>
  return %o : tensor<1x1x64x32xf32>
}
