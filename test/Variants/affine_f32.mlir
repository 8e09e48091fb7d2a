// f32: what is linear in the key's position stays with the element, what is of
// the row alone does not.
// RUN: kgen-opt %s --attention-verify=target=cpu -o /dev/null
// RUN: kgen-opt %s --attention-verify=target=emulated:sm_80 -o /dev/null
// RUN: %if nvidia-gpu %{ kgen-opt %s --attention-verify=target=gpu -o /dev/null %}

// A term of the row alone, in f32.
func.func @row_bias(%q: tensor<?x2x?x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x64xf32>, %bias: tensor<?xf32>)
    -> (tensor<?x2x?x64xf32>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = tensor.extract %bias[%i] : tensor<?xf32>
    %r = arith.subf %s, %c : f32
    attention.yield %r : f32
  } : (tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>) -> (tensor<?x2x?x64xf32>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xf32>, tensor<?x2x?xf32>
}

// Rows of -inf are like rows without keys; a row of +inf is NaN where it sees one.
func.func @infinite_rows(%q: tensor<?x2x?x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x64xf32>)
    -> (tensor<?x2x?x64xf32>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %three = arith.constant 3 : index
    %ten = arith.constant 10 : index
    %one = arith.constant 1 : index
    %zero = arith.constant 0.0 : f32
    %least = arith.constant 0xFF800000 : f32
    %most = arith.constant 0x7F800000 : f32
    %r3 = arith.remui %i, %three : index
    %r10 = arith.remui %i, %ten : index
    %empty = arith.cmpi eq, %r3, %one : index
    %nan = arith.cmpi eq, %r10, %three : index
    %c = arith.select %nan, %most, %zero : f32
    %d = arith.select %empty, %least, %c : f32
    %r = arith.addf %s, %d : f32
    attention.yield %r : f32
  } mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    // Row 23 sees no key, and is 0 for all its +inf.
    %none = arith.constant 23 : index
    %keep = arith.cmpi ne, %i, %none : index
    attention.yield %keep : i1
  } : (tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>) -> (tensor<?x2x?x64xf32>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xf32>, tensor<?x2x?xf32>
}
