// RUN: kgen-opt %s --split-input-file --verify-diagnostics

func.func @rank(%q: tensor<8x16x64xf32>) {
  // expected-error @+1 {{[KG1001] q must have rank 4, [B, H, S, D], but has type 'tensor<8x16x64xf32>'}}
  %o = attention.forward %q, %q, %q : (tensor<8x16x64xf32>, tensor<8x16x64xf32>, tensor<8x16x64xf32>) -> tensor<8x16x64xf32>
  return
}

// -----

func.func @not_shaped(%q: tensor<1x8x16x64xf32>, %v: f32) {
  // expected-error @+1 {{[KG1001] v must have rank 4, [B, H, S, D], but has type 'f32'}}
  %o = attention.forward %q, %q, %v : (tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>, f32) -> tensor<1x8x16x64xf32>
  return
}

// -----

func.func @unranked(%q: tensor<*xf32>) {
  // expected-error @+1 {{[KG1001] q must have rank 4}}
  %o = attention.forward %q, %q, %q : (tensor<*xf32>, tensor<*xf32>, tensor<*xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @dtype(%q: tensor<1x8x16x64xf64>) {
  // expected-error @+1 {{[KG1002] element type 'f64' is not one of f32, f16, bf16}}
  %o = attention.forward %q, %q, %q : (tensor<1x8x16x64xf64>, tensor<1x8x16x64xf64>, tensor<1x8x16x64xf64>) -> tensor<1x8x16x64xf64>
  return
}

// -----

func.func @mixed_dtype(%q: tensor<1x8x16x64xf16>, %k: tensor<1x8x16x64xbf16>) {
  // expected-error @+1 {{[KG1002] element types of q, k and v differ: 'f16' and 'bf16'}}
  %o = attention.forward %q, %k, %q : (tensor<1x8x16x64xf16>, tensor<1x8x16x64xbf16>, tensor<1x8x16x64xf16>) -> tensor<1x8x16x64xf16>
  return
}

// -----

func.func @heads_no_multiple(%q: tensor<1x8x16x64xf16>, %k: tensor<1x3x16x64xf16>) {
  // expected-error @+1 {{[KG1003] q has 8 heads, which is no multiple of the 3 of k and v}}
  %o = attention.forward %q, %k, %k : (tensor<1x8x16x64xf16>, tensor<1x3x16x64xf16>, tensor<1x3x16x64xf16>) -> tensor<1x8x16x64xf16>
  return
}

// -----

func.func @heads_of_v(%q: tensor<1x8x16x64xf16>, %k: tensor<1x4x16x64xf16>) {
  // expected-error @+1 {{[KG1003] k has 4 heads and v has 8}}
  %o = attention.forward %q, %k, %q : (tensor<1x8x16x64xf16>, tensor<1x4x16x64xf16>, tensor<1x8x16x64xf16>) -> tensor<1x8x16x64xf16>
  return
}

// -----

func.func @head_dim(%q: tensor<1x8x16x64xf16>, %k: tensor<1x8x16x32xf16>) {
  // expected-error @+1 {{[KG1004] head dimension of q is 64, of k 32}}
  %o = attention.forward %q, %k, %q : (tensor<1x8x16x64xf16>, tensor<1x8x16x32xf16>, tensor<1x8x16x64xf16>) -> tensor<1x8x16x64xf16>
  return
}

// -----

func.func @batch(%q: tensor<?x8x16x64xf16>, %k: tensor<1x8x16x64xf16>, %v: tensor<2x8x16x64xf16>) {
  // expected-error @+1 {{[KG1005] batch sizes differ: 1 and 2}}
  %o = attention.forward %q, %k, %v : (tensor<?x8x16x64xf16>, tensor<1x8x16x64xf16>, tensor<2x8x16x64xf16>) -> tensor<?x8x16x64xf16>
  return
}

// -----

func.func @sequence(%q: tensor<1x8x16x64xf16>, %v: tensor<1x8x32x64xf16>) {
  // expected-error @+1 {{[KG1005] lengths of k and v differ: 16 and 32}}
  %o = attention.forward %q, %q, %v : (tensor<1x8x16x64xf16>, tensor<1x8x16x64xf16>, tensor<1x8x32x64xf16>) -> tensor<1x8x16x64xf16>
  return
}

// -----

func.func @result(%q: tensor<1x8x16x64xf16>, %v: tensor<1x8x16x32xf16>) {
  // expected-error @+1 {{[KG1006] O must be 1x8x16x32xf16 but has type 'tensor<1x8x16x64xf16>'}}
  %o = attention.forward %q, %q, %v : (tensor<1x8x16x64xf16>, tensor<1x8x16x64xf16>, tensor<1x8x16x32xf16>) -> tensor<1x8x16x64xf16>
  return
}

// -----

func.func @lse(%q: tensor<1x8x16x64xf16>) {
  // expected-error @+1 {{[KG1006] LSE must be 1x8x16xf32 but has type 'tensor<1x8x16xf16>'}}
  %o, %l = attention.forward %q, %q, %q : (tensor<1x8x16x64xf16>, tensor<1x8x16x64xf16>, tensor<1x8x16x64xf16>) -> (tensor<1x8x16x64xf16>, tensor<1x8x16xf16>)
  return
}

// -----

func.func @score_arguments(%q: tensor<1x8x16x64xf32>) {
  // expected-error @+1 {{[KG1007] score region must take ('f32', 'index', 'index', 'index', 'index') but takes ('f32', 'index')}}
  %o = attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index):
    attention.yield %s : f32
  } : (tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xf32>
  return
}

// -----

func.func @mask_yield(%q: tensor<1x8x16x64xf32>) {
  // expected-error @+1 {{[KG1007] mask region must yield 'i1' but yields 'index'}}
  %o = attention.forward %q, %q, %q mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    attention.yield %j : index
  } : (tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xf32>
  return
}

// -----

func.func @two_blocks(%q: tensor<1x8x16x64xf32>) {
  // expected-error @+1 {{[KG1007] score region must have one block}}
  %o = attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    cf.br ^bb1
  ^bb1:
    attention.yield %s : f32
  } : (tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xf32>
  return
}

// -----

func.func @side_effect(%q: tensor<1x8x16x64xf32>, %m: memref<16xf32>) {
  // expected-error @+1 {{[KG1008] score region may not use 'memref.store'}}
  %o = attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    // expected-note @+1 {{used here}}
    memref.store %s, %m[%i] : memref<16xf32>
    attention.yield %s : f32
  } : (tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xf32>
  return
}

// -----

func.func private @f(f32) -> f32
func.func @call(%q: tensor<1x8x16x64xf32>) {
  // expected-error @+1 {{[KG1008] score region may not use 'func.call'}}
  %o = attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    // expected-note @+1 {{used here}}
    %r = func.call @f(%s) : (f32) -> f32
    attention.yield %r : f32
  } : (tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xf32>
  return
}

// -----

func.func @no_scalar(%q: tensor<1x8x16x64xf32>, %t: tensor<16xf32>) {
  // expected-error @+1 {{[KG1008] score region may not use 'arith.negf' on type 'tensor<16xf32>': values are scalars}}
  %o = attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    // expected-note @+1 {{used here}}
    %n = arith.negf %t : tensor<16xf32>
    attention.yield %s : f32
  } : (tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xf32>
  return
}

// -----

func.func @capture(%q: tensor<1x8x16x64xf32>, %t: i5) {
  // expected-error @+1 {{[KG1009] score region captures a value of type 'i5'}}
  %o = attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    // expected-note @+1 {{used here}}
    %n = arith.sitofp %t : i5 to f32
    attention.yield %n : f32
  } : (tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xf32>
  return
}

// -----

func.func @dynamic_heads(%q: tensor<1x?x16x64xf32>) {
  // expected-error @+1 {{[KG1015] head count of q is ?; it must be static and at least 1}}
  %o = attention.forward %q, %q, %q : (tensor<1x?x16x64xf32>, tensor<1x?x16x64xf32>, tensor<1x?x16x64xf32>) -> tensor<1x?x16x64xf32>
  return
}

// -----

func.func @empty_head(%q: tensor<1x1x16x64xf32>, %v: tensor<1x1x16x0xf32>) {
  // expected-error @+1 {{[KG1015] head dimension of v is 0; it must be static and at least 1}}
  %o = attention.forward %q, %q, %v : (tensor<1x1x16x64xf32>, tensor<1x1x16x64xf32>, tensor<1x1x16x0xf32>) -> tensor<1x1x16x0xf32>
  return
}

// -----

func.func @mixed_forms(%q: tensor<1x8x16x64xf32>, %k: memref<1x8x16x64xf32>) {
  // expected-error @+1 {{[KG1016] mixes tensors and memrefs: q is a tensor, an operand has type 'memref<1x8x16x64xf32>'}}
  %o = attention.forward %q, %k, %q : (tensor<1x8x16x64xf32>, memref<1x8x16x64xf32>, tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xf32>
  return
}

// -----

func.func @no_outs(%q: memref<1x8x16x64xf32>) {
  // expected-error @+1 {{[KG1016] has 0 results and 0 outs; the memref form has 1 or 2 outs (O, LSE) and no results}}
  attention.forward %q, %q, %q : (memref<1x8x16x64xf32>, memref<1x8x16x64xf32>, memref<1x8x16x64xf32>) -> ()
  return
}

// -----

func.func @strided(%q: memref<1x8x16x64xf32, strided<[16384, 2048, 128, 1]>>, %o: memref<1x8x16x64xf32>) {
  // expected-error @+1 {{[KG1017] operand type 'memref<1x8x16x64xf32, strided<[16384, 2048, 128, 1]>>' is not contiguous in the default memory space}}
  attention.forward %q, %q, %q outs(%o : memref<1x8x16x64xf32>) : (memref<1x8x16x64xf32, strided<[16384, 2048, 128, 1]>>, memref<1x8x16x64xf32, strided<[16384, 2048, 128, 1]>>, memref<1x8x16x64xf32, strided<[16384, 2048, 128, 1]>>) -> ()
  return
}

// -----

func.func @strided_capture(%q: memref<1x8x16x64xf32>, %t: memref<16xf32, strided<[2]>>, %o: memref<1x8x16x64xf32>) {
  // expected-error @+1 {{[KG1017] score region captures 'memref<16xf32, strided<[2]>>', which is not contiguous in the default memory space}}
  attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %x = memref.load %t[%j] : memref<16xf32, strided<[2]>>
    attention.yield %x : f32
  } outs(%o : memref<1x8x16x64xf32>) : (memref<1x8x16x64xf32>, memref<1x8x16x64xf32>, memref<1x8x16x64xf32>) -> ()
  return
}

// -----

func.func @scale(%q: tensor<1x8x16x64xf32>) {
  // expected-error @+1 {{[KG1018] scale is not finite}}
  %o = attention.forward %q, %q, %q scale 1.0e400 : (tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xf32>
  return
}

// -----

func.func @in_place(%q: memref<1x8x16x64xf32>, %k: memref<1x8x16x64xf32>) {
  // expected-error @+1 {{[KG1021] out 0 is another operand too; the op reads its inputs while it writes}}
  attention.forward %q, %k, %k outs(%q : memref<1x8x16x64xf32>) : (memref<1x8x16x64xf32>, memref<1x8x16x64xf32>, memref<1x8x16x64xf32>) -> ()
  return
}
