// RUN: kgen-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{[KG1010] no mod is named 'casual'; did you mean 'causal'?}}
#m = #attention.casual

// -----

// expected-error @+1 {{[KG1010] no mod is named 'something'}}
#m = #attention.something

// -----

// expected-error @+1 {{[KG1011] mod 'sliding_window' has no parameter 'size'; it takes: window}}
#m = #attention.sliding_window<size = 4>

// -----

// expected-error @+1 {{[KG1011] mod 'causal' has no parameter 'window'; it takes none}}
#m = #attention.causal<window = 4>

// -----

// expected-error @+1 {{[KG1011] parameter 'window' is given twice}}
#m = #attention.sliding_window<window = 4, window = 4>

// -----

// expected-error @+1 {{[KG1011] parameter 'window' takes an integer}}
#m = #attention.sliding_window<window = 4.5>

// -----

// expected-error @+1 {{[KG1011] parameter 'causal' takes a list of true and false}}
#m = #attention.neighborhood<extents = [8], window = [3], causal = [1]>

// -----

// expected-error @+1 {{[KG1011] mod 'sliding_window': parameter 'window' is missing}}
#m = #attention.sliding_window

// -----

// expected-error @+1 {{[KG1011] mod 'sliding_window': parameter 'window' has 0.000000e+00, limits 1.000000e+00 to}}
#m = #attention.sliding_window<window = 0>

// -----

// expected-error @+1 {{[KG1011] mod 'softcap': parameter 'cap' has -1.000000e+00, limits}}
#m = #attention.softcap<cap = -1.0>

// -----

// expected-error @+1 {{[KG1011] mod 'neighborhood': parameter 'window' has 1 elements, 'extents' has 2}}
#m = #attention.neighborhood<extents = [8, 8], window = [3]>

// -----

// expected-error @+1 {{[KG1011] mod "neighborhood" does not exist in 4 dimensions}}
#m = #attention.neighborhood<extents = [2, 2, 2, 2], window = [1, 1, 1, 1]>

// -----

// expected-error @+1 {{[KG1011] mod "neighborhood": window * dilation is 3 * 3, limit is the extent 8}}
#m = #attention.neighborhood<extents = [8], window = [3], dilation = [3]>

// -----

// expected-error @+1 {{[KG1011] mod "neighborhood": stride is 4, limit is the window 3}}
#m = #attention.neighborhood<extents = [8], window = [3], stride = [4]>

// -----

func.func @grid(%q: tensor<1x8x16x64xf32>) {
  // expected-error @+1 {{[KG1011] mod "neighborhood": product of 'extents' is 15, the sequence is 16}}
  %o = attention.forward %q, %q, %q mods [#attention.neighborhood<extents = [3, 5], window = [3, 3]>] : (tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xf32>
  return
}

// -----

// The product may be larger than any integer.
func.func @huge_grid(%q: tensor<1x8x16x64xf32>) {
  // expected-error @+1 {{[KG1011] mod "neighborhood": product of 'extents' is 9223372036854775807, the sequence is 16}}
  %o = attention.forward %q, %q, %q mods [#attention.neighborhood<extents = [2000000000, 2000000000, 2000000000], window = [3, 3, 3]>] : (tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xf32>
  return
}

// -----

func.func @no_taker(%q: tensor<1x8x16x64xf32>, %t: tensor<8xf32>) {
  // expected-error @+1 {{[KG1012] no mod of the list takes an operand of type 'tensor<8xf32>'}}
  %o = attention.forward %q, %q, %q mods [#attention.causal] (%t : tensor<8xf32>) : (tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xf32>
  return
}

// -----

func.func @missing(%q: tensor<1x8x16x64xf32>) {
  // expected-error @+1 {{[KG1012] mod "document" needs an operand 'ids'}}
  %o = attention.forward %q, %q, %q mods [#attention.document] : (tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xf32>
  return
}

// -----

func.func @wrong_size(%q: tensor<1x8x16x64xf32>, %t: tensor<4xf32>) {
  // expected-error @+1 {{[KG1012] mod "alibi": dimension 0 of 'slopes' is 4, Hq is 8}}
  %o = attention.forward %q, %q, %q mods [#attention.alibi] (%t : tensor<4xf32>) : (tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xf32>
  return
}

// -----

func.func @other_length(%q: tensor<1x8x16x64xf32>, %k: tensor<1x8x32x64xf32>, %t: tensor<1x32xi32>) {
  // expected-error @+1 {{[KG1012] mod "document": dimension 1 of 'ids' is 32, the sequence is 16}}
  %o = attention.forward %q, %k, %k mods [#attention.document] (%t : tensor<1x32xi32>) : (tensor<1x8x16x64xf32>, tensor<1x8x32x64xf32>, tensor<1x8x32x64xf32>) -> tensor<1x8x16x64xf32>
  return
}

// -----

func.func @both(%q: tensor<1x8x16x64xf32>, %t: tensor<1xi32>) {
  // expected-error @+1 {{[KG1012] mod "prefix_lm" takes either the parameter 'prefix' or the operand 'lengths', and has both}}
  %o = attention.forward %q, %q, %q mods [#attention.prefix_lm<prefix = 4>] (%t : tensor<1xi32>) : (tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xf32>
  return
}

// -----

func.func @neither(%q: tensor<1x8x16x64xf32>) {
  // expected-error @+1 {{[KG1012] mod "prefix_lm" takes either the parameter 'prefix' or the operand 'lengths', and has neither}}
  %o = attention.forward %q, %q, %q mods [#attention.prefix_lm] : (tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xf32>
  return
}
