// Scales and factors that leave f32 when they meet, and jumps on exact bits.
// RUN: kgen-opt %s --attention-verify='target=cpu' -o /dev/null 2>&1 | FileCheck %s
// CHECK-COUNT-5: accepted on cpu
// CHECK-NOT: error

func.func @tiny_scale(%q: tensor<1x1x50x64xf32>) -> (tensor<1x1x50x64xf32>, tensor<1x1x50xf32>) {
  %o:2 = attention.forward %q, %q, %q scale 1.0e-46 mods [#attention.causal]
      : (tensor<1x1x50x64xf32>, tensor<1x1x50x64xf32>, tensor<1x1x50x64xf32>) -> (tensor<1x1x50x64xf32>, tensor<1x1x50xf32>)
  return %o#0, %o#1 : tensor<1x1x50x64xf32>, tensor<1x1x50xf32>
}

func.func @zero_scale(%q: tensor<1x1x50x64xf32>) -> (tensor<1x1x50x64xf32>, tensor<1x1x50xf32>) {
  %o:2 = attention.forward %q, %q, %q scale 0.0 mods [#attention.causal]
      : (tensor<1x1x50x64xf32>, tensor<1x1x50x64xf32>, tensor<1x1x50x64xf32>) -> (tensor<1x1x50x64xf32>, tensor<1x1x50xf32>)
  return %o#0, %o#1 : tensor<1x1x50x64xf32>, tensor<1x1x50xf32>
}

func.func @negative_scale(%q: tensor<1x1x50x64xf32>) -> tensor<1x1x50x64xf32> {
  %o = attention.forward %q, %q, %q scale -2.5e-01
      : (tensor<1x1x50x64xf32>, tensor<1x1x50x64xf32>, tensor<1x1x50x64xf32>) -> tensor<1x1x50x64xf32>
  return %o : tensor<1x1x50x64xf32>
}

func.func @block_number(%q: tensor<1x1x98x64xf32>) -> tensor<1x1x98x64xf32> {
  %o = attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %size = arith.constant 41.0 : f32
    %i32 = arith.index_cast %i : index to i32
    %f = arith.sitofp %i32 : i32 to f32
    %d = arith.divf %f, %size : f32
    %block = math.floor %d : f32
    %j32 = arith.index_cast %j : index to i32
    %jf = arith.sitofp %j32 : i32 to f32
    %p = arith.mulf %block, %jf : f32
    %r = arith.addf %s, %p : f32
    attention.yield %r : f32
  } : (tensor<1x1x98x64xf32>, tensor<1x1x98x64xf32>, tensor<1x1x98x64xf32>) -> tensor<1x1x98x64xf32>
  return %o : tensor<1x1x98x64xf32>
}

// A table that has a place for each kept pair, and for no other.
func.func @relative_table(%q: tensor<1x1x98x64xf32>, %rel: tensor<98xf32>) -> tensor<1x1x98x64xf32> {
  %o = attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %d = arith.subi %i, %j : index
    %m = tensor.extract %rel[%d] : tensor<98xf32>
    %r = arith.addf %s, %m : f32
    attention.yield %r : f32
  } mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %keep = arith.cmpi sge, %i, %j : index
    attention.yield %keep : i1
  } : (tensor<1x1x98x64xf32>, tensor<1x1x98x64xf32>, tensor<1x1x98x64xf32>) -> tensor<1x1x98x64xf32>
  return %o : tensor<1x1x98x64xf32>
}
