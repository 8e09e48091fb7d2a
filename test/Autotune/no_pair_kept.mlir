// A mask that masks everything: every row is 0 and its LSE minus infinity, from
// tiles of every shape, and no key is read.
// RUN: kgen-opt %s --attention-verify='target=cpu' -o /dev/null 2>&1 | FileCheck %s
// CHECK-COUNT-3: accepted on cpu
// CHECK-NOT: error

func.func @constant(%q: tensor<1x2x40x64xf32>) -> (tensor<1x2x40x64xf32>, tensor<1x2x40xf32>) {
  %o:2 = attention.forward %q, %q, %q mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %never = arith.constant false
    attention.yield %never : i1
  } : (tensor<1x2x40x64xf32>, tensor<1x2x40x64xf32>, tensor<1x2x40x64xf32>) -> (tensor<1x2x40x64xf32>, tensor<1x2x40xf32>)
  return %o#0, %o#1 : tensor<1x2x40x64xf32>, tensor<1x2x40xf32>
}

func.func @beyond_the_keys(%q: tensor<1x2x40x64xf32>) -> (tensor<1x2x40x64xf32>, tensor<1x2x40xf32>) {
  %o:2 = attention.forward %q, %q, %q schedule(#attention.schedule<tile_q = 16, tile_kv = 16, warps = 1, producer = none, order = longest_first>) mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %far = arith.constant 400000000 : index
    %keep = arith.cmpi sgt, %j, %far : index
    attention.yield %keep : i1
  } : (tensor<1x2x40x64xf32>, tensor<1x2x40x64xf32>, tensor<1x2x40x64xf32>) -> (tensor<1x2x40x64xf32>, tensor<1x2x40xf32>)
  return %o#0, %o#1 : tensor<1x2x40x64xf32>, tensor<1x2x40xf32>
}

// Keys are few and begin after the rows of the first tiles: only these are empty.
func.func @some_rows(%q: tensor<1x2x90x64xf32>, %k: tensor<1x2x20x64xf32>) -> (tensor<1x2x90x64xf32>, tensor<1x2x90xf32>) {
  %o:2 = attention.forward %q, %k, %k mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %c = arith.constant 50 : index
    %x = arith.subi %i, %c : index
    %keep = arith.cmpi sgt, %x, %j : index
    attention.yield %keep : i1
  } : (tensor<1x2x90x64xf32>, tensor<1x2x20x64xf32>, tensor<1x2x20x64xf32>) -> (tensor<1x2x90x64xf32>, tensor<1x2x90xf32>)
  return %o#0, %o#1 : tensor<1x2x90x64xf32>, tensor<1x2x90xf32>
}
