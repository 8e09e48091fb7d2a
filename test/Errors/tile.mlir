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
