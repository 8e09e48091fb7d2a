// Malformed tiled form.
// RUN: kgen-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{[KG1101] unknown attribute 'tile.colour'}}
func.func private @kg1101() attributes {tile.colour}

// -----

// expected-error @below {{[KG1102] tile elements are f32, f16 or bf16, got 'f64'}}
func.func private @kg1102(!tile.view<64x64xf64>)

// -----

func.func @kg1103(%q: memref<?x8x?x32xf16>, %view: !tile.view<64x64xf16>, %n: index) {
  // expected-error @below {{[KG1103] expected rows of 64}}
  %token = tile.copy %q[%n, %n, %n] limit %n to %view : memref<?x8x?x32xf16>, !tile.view<64x64xf16>
  return
}

// -----

func.func @sum_of_bits(%s: !tile.matrix<64x32xf32, accumulator>, %m: !tile.per_row<64xf32>) {
  // expected-error @+1 {{[KG1103] expected the maximum of f32 values with 'nonnegative', got add of}}
  %r = tile.reduce add %s init %m nonnegative : !tile.matrix<64x32xf32, accumulator>, !tile.per_row<64xf32>
  return
}

// -----

func.func @bits_of_f16(%s: !tile.matrix<64x32xf32, accumulator>, %m: !tile.per_row<64xf16>) {
  // expected-error @+1 {{[KG1103] expected the maximum of f32 values with 'nonnegative', got max of}}
  %r = tile.reduce max %s init %m nonnegative : !tile.matrix<64x32xf32, accumulator>, !tile.per_row<64xf16>
  return
}

// -----

func.func @two_types(%a: memref<?xi32>, %c: memref<?xi64>, %n: index) attributes {tile.kernel} {
  // expected-error @+1 {{[KG1103] cannot match 'memref<?xi32>' with 'memref<?xi64>'}}
  %r:3 = tile.match_range rows %n to %n of %a[] keys %n to %n of %c[] : memref<?xi32>, memref<?xi64>
  return
}

// -----

func.func @too_few_indices(%a: memref<?x?xi32>, %n: index) attributes {tile.kernel} {
  // expected-error @+1 {{[KG1103] expected 1 leading indices of 'memref<?x?xi32>', got 0}}
  %r:3 = tile.match_range rows %n to %n of %a[] keys %n to %n of %a[%n] : memref<?x?xi32>, memref<?x?xi32>
  return
}

// -----

func.func @floats(%a: memref<?xf32>, %n: index) attributes {tile.kernel} {
  // expected-error @+1 {{[KG1103] expected a table of integers, got 'memref<?xf32>'}}
  %r:3 = tile.match_range rows %n to %n of %a[] keys %n to %n of %a[] : memref<?xf32>, memref<?xf32>
  return
}

// -----

func.func @parted(%a: memref<?xi32>, %n: index) attributes {tile.kernel} {
  tile.roles producer {
    // expected-error @+1 {{[KG1104] stands inside of tile.roles}}
    %r:3 = tile.match_range rows %n to %n of %a[] keys %n to %n of %a[] : memref<?xi32>, memref<?xi32>
  } consumers {
  }
  return
}

// -----

func.func @post(%ring: !tile.buffer<2x64x64xf16>, %n: index) {
  // expected-error @+1 {{[KG1103] expected a ring of 1x1xi32, got '!tile.buffer<2x64x64xf16>'}}
  tile.post %n to %ring at %n : !tile.buffer<2x64x64xf16>
  return
}

// -----

func.func @collect(%ring: !tile.buffer<2x64x64xf16>, %n: index) {
  // expected-error @+1 {{[KG1103] expected a ring of 1x1xi32, got '!tile.buffer<2x64x64xf16>'}}
  %value = tile.collect %ring at %n : !tile.buffer<2x64x64xf16>
  return
}

// -----

func.func @uneven() {
  // expected-error @+1 {{[KG1103] cannot share the rows of '!tile.buffer<2x64x64xf16>' among 3 workgroups}}
  %ring = tile.alloc cluster 3 : !tile.buffer<2x64x64xf16>
  return
}

// -----

func.func @other_elements(%view: !tile.view<64x64xf16>, %o: memref<?x8x?x64xbf16>, %n: index) {
  // expected-error @+1 {{[KG1103] cannot store '!tile.view<64x64xf16>' as 'bf16'}}
  tile.store_staged %view to %o[%n, %n, %n] : !tile.view<64x64xf16>, memref<?x8x?x64xbf16>
  return
}

// -----

func.func @other_columns(%view: !tile.view<64x64xf16>, %o: memref<?x8x?x96xf16>, %n: index) {
  // expected-error @+1 {{[KG1103] expected rows of 64 elements, got 'memref<?x8x?x96xf16>'}}
  tile.store_staged %view to %o[%n, %n, %n] : !tile.view<64x64xf16>, memref<?x8x?x96xf16>
  return
}
